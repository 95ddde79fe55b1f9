"""The components of a program (its modules), nested, with the operations of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from autograd.engine.graph import Node
from autograd.scopes import Scope


@dataclass(eq=False)
class Component:
    """All runs of one component of a program, at its place in the tree.

    name: what `draw(expand=...)` calls it; "" for the whole program.
    direct: the operations made in it but not in a component inside it.
    """

    name: str
    kind: str
    parent: Component | None = None
    direct: list[Node] = field(default_factory=list)
    inner: dict[str, Component] = field(default_factory=dict)
    runs: int = 0

    def operations(self) -> Iterator[Node]:
        """All operations made in it."""
        yield from self.direct
        for component in self.inner.values():
            yield from component.operations()

    def walk(self) -> Iterator[Component]:
        """Itself and all components in it, outer ones first."""
        yield self
        for component in self.inner.values():
            yield from component.walk()

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """Equal for components that compute the same operations in the same order and wiring.

        Whether what comes from outside is a result, a leaf or a constant makes no difference.
        """
        nodes = sorted(self.operations(), key=attrgetter("index"))
        place = {node: number for number, node in enumerate(nodes)}
        found: list[Any] = []
        for number, node in enumerate(nodes):
            found += (node.op.name, node.shape)
            for arg in node.args:
                inside = place.get(arg) if isinstance(arg, Node) else None
                found.append("outside" if inside is None else number - inside)
        return tuple(found)

    @cached_property
    def ranks(self) -> Mapping[Component, int]:
        """The length of the longest chain of other components that each inner one is computed from.

        Operations directly in the component count as components.
        """
        owner: dict[Node, Component | Node] = {node: node for node in self.direct}
        for inner in self.inner.values():
            owner.update(dict.fromkeys(inner.operations(), inner))
        ranks: defaultdict[Any, int] = defaultdict(int)
        for node in sorted(owner, key=attrgetter("index")):
            here = owner[node]
            for parent in node.parents:
                before = owner.get(parent, here)
                if before is not here and ranks[before] >= ranks[here]:
                    ranks[here] = ranks[before] + 1
        return ranks


def tree(
    operations: Sequence[Node], scopes: Sequence[Scope], roots: Mapping[int, str]
) -> Component:
    """The whole program as a component; `operations` and `scopes` come in the order of creation.

    roots: the names of the outermost components by `id`. If there are several, the names of the
        components in them begin with these.
    """
    program = Component("", "")
    running: list[tuple[Component, float]] = [(program, float("inf"))]
    coming = list(reversed(scopes))
    for node in operations:
        while coming and coming[-1].first < node.index:
            scope = coming.pop()
            _end(running, scope.first)
            running.append((_component(running[-1][0], scope, roots), scope.last))
        _end(running, node.index)
        running[-1][0].direct.append(node)
    _prune(program)
    return program


def _end(running: list[tuple[Component, float]], index: int) -> None:
    while running[-1][1] < index:
        running.pop()


def _component(outer: Component, scope: Scope, roots: Mapping[int, str]) -> Component:
    root = roots[id(scope.root)]
    name = scope.path or root
    if len(roots) > 1 and scope.path:
        name = f"{root}.{scope.path}"
    component = outer.inner.get(name)
    if component is None:
        component = outer.inner[name] = Component(name, scope.kind, outer)
    component.runs += 1
    return component


def _prune(component: Component) -> None:
    """Remove components without operations that lead to what is drawn."""
    for name, inner in list(component.inner.items()):
        _prune(inner)
        if not inner.direct and not inner.inner:
            del component.inner[name]
