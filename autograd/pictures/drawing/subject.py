"""The subject of a drawing: a graph, and the names and modules of its nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FrameType

from autograd.engine.graph import Node
from autograd.pictures.drawing.components import Component, tree
from autograd.pictures.drawing.names import names_of, without_numbers
from autograd.scopes import Owner, Scope, scopes


@dataclass(frozen=True)
class Subject:
    """A graph and its names.

    nodes: in the order of their creation.
    parents: of each node, in the same order.
    names: of nodes and of constant arrays, by `id`.
    parameters: the leaves that are parameters of the parts in `scopes`.
    scopes, roots: which part of the program made what, and the names of the outermost parts by
        `id`.
    """

    nodes: Sequence[Node]
    parents: Sequence[tuple[Node, ...]]
    outputs: Collection[Node]
    names: Mapping[int, str]
    parameters: Collection[Node]
    scopes: Sequence[Scope]
    roots: Mapping[int, str]

    @cached_property
    def patterns(self) -> Mapping[Node, str]:
        """The name of each leaf, the same for names that differ in numbers only."""
        leaves = (node for node in self.nodes if node.op is None)
        return {leaf: without_numbers(self.names.get(id(leaf), "")) for leaf in leaves}

    @cached_property
    def changed(self) -> frozenset[Node]:
        """The leaves that were given new data after an operation had used the old."""
        results = (node for node in self.nodes if node.op is not None)
        return frozenset(leaf for node in results for leaf in node.changed_parents())

    @cached_property
    def program(self) -> Component:
        """The operations as a tree of components."""
        operations = [node for node in self.nodes if node.op is not None]
        return tree(operations, self.scopes, self.roots)


def subject(nodes: Sequence[Node], outputs: Collection[Node], frame: FrameType | None) -> Subject:
    """All that is known of `nodes`, which come in the order of their creation.

    frame: whose variables may hold nodes, arrays and modules, and so name them.
    """
    runs = scopes(nodes[0].index, nodes[-1].index)
    owners = {id(run.root): run.root for run in runs}
    paths = parameter_paths(owners.values())
    names = names_of(nodes, paths, frame, owners.values())
    parents = [node.parents for node in nodes]
    return Subject(nodes, parents, outputs, names, paths.keys(), runs, _roots(owners, names))


def parameter_paths(roots: Iterable[Owner]) -> dict[Node, str]:
    """The paths of all parameters of `roots`, frozen ones too."""
    return {
        node: path
        for root in roots
        for path, node in root.named_parameters(frozen=True).items()
        if isinstance(node, Node)
    }


def _roots(owners: Mapping[int, Owner], names: Mapping[int, str]) -> dict[int, str]:
    """A name for each outermost part: the variable that holds it, or its class, and a number."""
    roots: dict[int, str] = {}
    for key, owner in owners.items():
        kind = type(owner).__name__
        name, number = names.get(key, kind), 1
        while name in roots.values():
            number += 1
            name = f"{kind}{number}"
        roots[key] = name
    return roots
