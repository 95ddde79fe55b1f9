"""The components of a program (its modules), nested, with the operations of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from autograd.engine.graph import Node
from autograd.scopes import Scope


@dataclass(eq=False)
class Component:
    """All runs of one part of a program, in one place of the tree.

    name: what `draw(expand=...)` calls it; "" for the whole program.
    direct: the operations made in it, and not in a part inside it.
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
        for part in self.inner.values():
            yield from part.operations()

    def walk(self) -> Iterator[Component]:
        """Itself and all parts in it, outer ones first."""
        yield self
        for part in self.inner.values():
            yield from part.walk()

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """Equal for two parts that make the same operations in the same order, wired the same."""
        nodes = sorted(self.operations(), key=attrgetter("index"))
        inside = set(nodes)
        found: list[Any] = []
        for node in nodes:
            found += (node.op.name, node.shape)
            for parent in node.parents:
                if parent in inside:
                    found.append(node.index - parent.index)
                else:
                    found.append("leaf" if parent.op is None else "outside")
        return tuple(found)


def tree(
    operations: Sequence[Node], scopes: Sequence[Scope], roots: Mapping[int, str]
) -> Component:
    """The whole program as a part; `operations` and `scopes` come in the order of creation.

    roots: the names of the outermost parts by `id`, which their parts' names begin with where
        there is more than one outermost part.
    """
    program = Component("", "")
    running: list[tuple[Component, float]] = [(program, float("inf"))]
    coming = list(reversed(scopes))
    for node in operations:
        while coming and coming[-1].first < node.index:
            scope = coming.pop()
            _end(running, scope.first)
            running.append((_part(running[-1][0], scope, roots), scope.last))
        _end(running, node.index)
        running[-1][0].direct.append(node)
    _prune(program)
    return program


def _end(running: list[tuple[Component, float]], index: int) -> None:
    while running[-1][1] < index:
        running.pop()


def _part(outer: Component, scope: Scope, roots: Mapping[int, str]) -> Component:
    root = roots[id(scope.root)]
    name = scope.path or root
    if len(roots) > 1 and scope.path:
        name = f"{root}.{scope.path}"
    part = outer.inner.get(name)
    if part is None:
        part = outer.inner[name] = Component(name, scope.kind, outer)
    part.runs += 1
    return part


def _prune(part: Component) -> None:
    """Forget parts in which nothing was made that led to what is drawn."""
    for name, inner in list(part.inner.items()):
        _prune(inner)
        if not inner.direct and not inner.inner:
            del part.inner[name]
