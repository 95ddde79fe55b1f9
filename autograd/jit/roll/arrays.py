"""The arrays and numbers that nodes stand in, and how nodes are read from them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.roll.grouping import Group, Groups, Node
from autograd.jit.roll.views import Places, gather, read, reshaped, runs
from autograd.jit.terms import Term, Terms, entry, pack
from autograd.ops.structural import cast_op, concatenate_op

Nodes: TypeAlias = Any
"""An array of nodes: the numbers at its places are asked for."""

FEW_RUNS = 8
"""Up to so many slices are concatenated; with more, the entries are gathered."""


class Arrays:
    """The terms of the groups that have been computed so far."""

    def __init__(self, terms: Terms, groups: Groups) -> None:
        self._terms = terms
        self._groups = groups
        self._group = np.array([group.number for group in groups.of])
        self._place = np.zeros(len(groups.of), int)
        self._arrays: dict[int, Term] = {}
        self._numbers: dict[int, list[Term]] = {}
        self._joined: dict[tuple[int, ...], tuple[Term, Any]] = {}

    def apply(self, op: Op, *args: Term, **settings: Any) -> Term:
        """A term of the operation."""
        return self._terms.apply(op, args, **settings)

    # ----------------------------------------------------------------------------------------------
    # Groups that have been computed

    def hold(self, group: Group, array: Term, places: Places | None = None) -> None:
        """The nodes of the group stand in `array` at `places` in C order, else in their order."""
        self._arrays[group.number] = array
        self._place[group.nodes] = np.arange(len(group.nodes)) if places is None else places

    def hold_numbers(self, group: Group, numbers: list[Term]) -> None:
        """The nodes of the group are numbers of Python."""
        self._numbers[group.number] = numbers
        self._place[group.nodes] = np.arange(len(group.nodes))

    # ----------------------------------------------------------------------------------------------
    # Reading

    def is_number(self, node: Node) -> bool:
        """Whether a node is a number of Python."""
        return self._group[node] in self._numbers

    def array_of(self, node: Node) -> Term | None:
        """The array that a node stands in; None for a number of Python."""
        return None if self.is_number(node) else self._arrays[int(self._group[node])]

    def without_axes(self, number: Term) -> Term:
        """A number as an array, if it is none."""
        if not number.scalar:
            return number
        array = reshaped(self._terms, self.apply(pack, number), ())
        if number.dtype.kind == "b":
            array = self.apply(cast_op, array, dtype=number.dtype)
        return array

    def number(self, node: Node) -> Term:
        """One node as a number of Python."""
        number, place = int(self._group[node]), int(self._place[node])
        if number in self._numbers:
            return self._numbers[number][place]
        return self.apply(entry, self._arrays[number], index=place)

    def read(self, nodes: Nodes) -> Term:
        """The nodes in an array that broadcasts to the shape of `nodes`, or a number."""
        first = int(nodes.flat[0])
        if self.is_number(first) and (nodes == first).all():
            return self.number(first)
        array, places = self.source(nodes)
        if array.constant:
            return self._terms.constant(_narrowed(array.example.ravel()[places]))
        return read(self._terms, array, places)

    def full(self, nodes: Nodes) -> Term:
        """The nodes in an array of the shape of `nodes`."""
        array, places = self.source(nodes)
        if array.constant:
            return self._terms.constant(array.example.ravel()[places])
        found = read(self._terms, array, places)
        return found if found.shape == nodes.shape else gather(self._terms, array, places)

    def real(self, x: Term) -> Term:
        """x as real numbers: booleans are 0 and 1."""
        return x if x.dtype.kind == "f" else self.apply(cast_op, x, dtype=np.dtype(np.float64))

    def row(self, nodes: Nodes) -> Term:
        """The nodes one after the other, so that they leave their arrays by one call."""
        parts = runs(self._group[nodes], self._place[nodes])
        if len(parts) > FEW_RUNS:
            row = self.full(nodes)
        else:
            slices = [self.full(nodes[part]) for part in parts]
            row = slices[0] if len(slices) == 1 else self.apply(concatenate_op, *slices, axis=0)
        return row if row.dtype.kind == "b" else self.real(row)

    def source(self, nodes: Nodes) -> tuple[Term, Places]:
        """One array in which all of `nodes` stand, and where."""
        numbers = tuple(np.unique(self._group[nodes]).tolist())
        if len(numbers) == 1:
            return self._array(numbers[0]), self._place[nodes]
        if numbers not in self._joined:
            parts = [reshaped(self._terms, self._array(number), (-1,)) for number in numbers]
            if len({part.dtype.kind for part in parts}) > 1:
                parts = [self.real(part) for part in parts]
            starts = np.zeros(max(numbers) + 1, int)
            starts[list(numbers)] = np.cumsum([0, *[part.size for part in parts[:-1]]])
            self._joined[numbers] = self.apply(concatenate_op, *parts, axis=0), starts
        array, starts = self._joined[numbers]
        return array, starts[self._group[nodes]] + self._place[nodes]

    def _array(self, number: int) -> Term:
        if number not in self._arrays:
            numbers = self._numbers[number]
            if all(term.constant for term in numbers):
                packed = self._terms.constant(
                    np.array([term.example for term in numbers], np.float64)
                )
            else:
                packed = self.apply(pack, *numbers)
            self._arrays[number] = packed
        return self._arrays[number]


def _narrowed(x: Any) -> Any:
    """x with length 1 along axes where all entries are the same; a float if they all are."""
    for axis in range(x.ndim):
        first = x.take([0], axis)
        if np.array_equal(np.broadcast_to(first, x.shape), x):
            x = first
    return float(x.item()) if x.size == 1 else x
