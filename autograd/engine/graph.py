"""The graph: nodes, which remember the operation and the arguments that made them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from operator import attrgetter
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""What operations take and give: a number, an array, or a node that holds one."""

Args: TypeAlias = tuple[Array, ...]
Settings: TypeAlias = Mapping[str, Any]
Derivatives: TypeAlias = dict["Node", Array]
"""Cotangents or tangents, of those nodes that have one so far."""
Nodes: TypeAlias = "Collection[Node] | None"  # None stands for all
OneOrMore: TypeAlias = "Node | Sequence[Node]"
NO_SETTINGS: Settings = MappingProxyType({})

next_index: Callable[[], int] = count().__next__
"""Creation numbers. An operation is made after its arguments, so they order any graph."""


class Node:
    """A value in a computation, with the operation and the arguments that made it.

    Nodes point to their arguments only, never to their uses, so a graph has no reference cycles
    and is freed as soon as its last output is dropped.
    """

    __slots__ = ("__weakref__", "grad", "index", "label", "op", "primal")

    number: ClassVar[Any]
    array: ClassVar[Any]
    """The two kinds of node: `Value`, which holds a float, and `Tensor`, which holds an array."""

    primal: Any
    """The plain data: a Python float, or a NumPy array."""
    op: Any
    """The `Op` that made this node; None for a leaf."""
    args: Any
    """The arguments of the operation, nodes and constants; `()` for a leaf."""
    saved: tuple[Any, ...]
    """The plain data of the arguments, for the derivative."""
    settings: Settings
    """The settings of the operation, such as an axis."""
    index: int
    label: str
    grad: Any

    @property
    def parents(self) -> tuple[Node, ...]:
        """The arguments that are nodes themselves, in order; `()` for a leaf."""
        return tuple([arg for arg in self.args if isinstance(arg, Node)])

    def visit(self, stack: list[Node], seen: set[Node], first: int) -> None:
        """Put the arguments that have a history on the stack, but for those that were seen."""
        for arg in self.args:
            if isinstance(arg, Node) and arg.op and arg.index >= first and arg not in seen:
                seen.add(arg)
                stack.append(arg)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; `()` for one number."""
        return self.primal.shape

    @property
    def ndim(self) -> int:
        """How many axes the data has."""
        return self.primal.ndim

    @property
    def size(self) -> int:
        """How many numbers the data holds."""
        return self.primal.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of the numbers."""
        return self.primal.dtype

    def save(self) -> Any:
        """The data, which a graph relies on from now on."""

    def fit(self, share: Array) -> Array:
        """A cotangent in the shape and type of this node: summed over broadcast axes, and cast."""

    def share_memory(self, args: Sequence[Array]) -> None:
        """This is a leaf made of `args`: where it is a view of one, none may be written to."""

    def changed_parents(self) -> list[Node]:
        """The arguments that no longer hold what they held when this node was recorded."""
        raise NotImplementedError

    def check_unchanged(self) -> None:
        """Raise GraphChangedError where an argument no longer holds what this was computed from."""
        for changed in self.changed_parents():
            raise GraphChangedError(
                f"{changed!r} was given new data after the operation {self.op.name!r} had used the "
                "old, which create_graph=True needs: compute the output again first"
            )


class GraphChangedError(RuntimeError):
    """A leaf was given new data, and a graph that had read the old is now differentiated again."""


def leaf(primal: Any) -> Node:
    """A node without a history around `primal` itself, not a copy."""
    return (Node.number if primal.__class__ is float else Node.array).made(primal)


def ancestors(
    outputs: Iterable[Node], first: int = 0, stop: Collection[Node] = (), flowing: bool = False
) -> list[Node]:
    """The nodes with a history that `outputs` depend on, themselves included, latest first.

    first: nodes created before this number are left out, and so is all that only they depend on.
    stop: these are left out likewise.
    flowing: leave out what no cotangent flows to on these numbers.

    The order matters: in `b = a + a; c = b + b` the cotangent of b is complete only after both
    uses in c, and only then may it flow on to a.
    """
    stack = [node for node in dict.fromkeys(outputs) if node.op is not None and node not in stop]
    seen = {*stack, *stop}
    found = []
    while stack:
        node = stack.pop()
        found.append(node)
        if flowing:
            node.visit(stack, seen, first)
        else:
            Node.visit(node, stack, seen, first)
    found.sort(key=attrgetter("index"), reverse=True)
    return found


def between(inputs: Iterable[Node], order: list[Node]) -> tuple[list[Node], set[Node]]:
    """Those `ancestors` of an output that depend on `inputs`; and, as a set, these and `inputs`."""
    found = set(inputs)
    for node in reversed(order):
        for arg in node.args if node.op.has_derivative else ():
            if isinstance(arg, Node) and arg in found:
                found.add(node)
    return [node for node in order if node in found], found
