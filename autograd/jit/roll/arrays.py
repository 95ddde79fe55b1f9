"""The arrays and numbers that nodes stand in, and how nodes are read from them.

Regular patterns of entries in an array are read as views instead of being gathered. An index array
is regular if it is a start and a stride for each axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.roll.grouping import Group, Groups, Node
from autograd.jit.terms import Term, Terms, entry, pack
from autograd.ops.structural import cast_op, concatenate_op, index_op, reshape_op, transpose_op

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


# --------------------------------------------------------------------------------------------------
# Regular patterns

Shape: TypeAlias = tuple[int, ...]
Places: TypeAlias = Any
"""An array of integers: places in a flat array."""


def strides_of(places: Places) -> Shape | None:
    """The strides s with places[i, j, ...] = places[0, 0, ...] + i s[0] + j s[1] + ..., if any."""
    start = places[(0,) * places.ndim]
    strides = []
    for axis, size in enumerate(places.shape):
        second = [0] * places.ndim
        second[axis] = min(1, size - 1)
        strides.append(int(places[tuple(second)] - start))
    expected = start
    for size, stride in zip(places.shape, strides, strict=True):
        expected = np.add.outer(expected, np.arange(size) * stride)
    return tuple(strides) if np.array_equal(expected, places) else None


def common_shape(rows: Sequence[Places]) -> Shape | None:
    """The shape in which flat index arrays of one length have strides, all of them; None where
    there is none.

    The innermost axis is as long as all of them go in even steps; its starts, by themselves, give
    the axes before it.
    """
    table = np.array(rows)
    shape: list[int] = []
    while table.shape[1] > 1:
        steps = np.diff(table, axis=1)
        uneven = (steps != steps[:, :1]).any(axis=0)
        n = int(uneven.argmax()) + 1 if uneven.any() else table.shape[1]
        if n == 1 or table.shape[1] % n:
            return None
        blocks = table.reshape(len(table), -1, n)
        if (np.diff(blocks, axis=2) != steps[:, :1, None]).any():
            return None
        shape.insert(0, n)
        table = blocks[:, :, 0]
    return tuple(shape) or (1,)


def runs(groups: Any, places: Places) -> list[slice]:
    """Cut a row of places in several arrays into slices of one array with one step."""
    cuts = [0]
    while cuts[-1] < len(places):
        start = cuts[-1]
        same = groups[start:] == groups[start]
        steps = np.diff(places[start:])
        even = np.concatenate([[True], steps == steps[:1].sum()]) & same
        cuts.append(start + (len(even) if even.all() else int(even.argmin())))
    return [slice(start, stop) for start, stop in pairwise(cuts)]


def inverse(order: Any) -> Any:
    """The inverse of a permutation."""
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return place


# --------------------------------------------------------------------------------------------------
# Parts of an array


def read(terms: Terms, source: Term, places: Places) -> Term:
    """The entries of `source` at `places` in C order, in an array that broadcasts to their shape.

    An axis along which all entries are the same has length 1.
    """
    strides = strides_of(places)
    view = None
    if strides is not None:
        view = _view(terms, source, places.shape, int(places.flat[0]), strides)
    return view or gather(terms, source, places)


def gather(terms: Terms, source: Term, places: Places) -> Term:
    """The entries of `source` at `places` in C order, each copied."""
    return terms.apply(index_op, [reshaped(terms, source, (-1,))], key=(places,))


def reshaped(terms: Terms, x: Term, shape: Shape) -> Term:
    """x in another shape, where it has not that shape."""
    if shape == (-1,):
        shape = (x.size,)
    return x if x.shape == shape else terms.apply(reshape_op, [x], shape=shape)


def _view(terms: Terms, source: Term, shape: Shape, start: int, strides: Shape) -> Term | None:
    """As slices of the axes that `source` has, or else of those that it can be reshaped to."""
    axes = [axis for axis, stride in enumerate(strides) if stride and shape[axis] > 1]
    axes.sort(key=lambda axis: -abs(strides[axis]))
    axes = axes or [len(shape) - 1]
    sizes = [shape[axis] if strides[axis] else 1 for axis in axes]
    steps = [strides[axis] or 1 for axis in axes]
    low = start + sum([(n - 1) * s for n, s in zip(sizes, steps, strict=True) if s < 0])
    x = _picked(terms, source, low, sizes, steps)
    if x is None:
        return None
    order = sorted(range(len(axes)), key=lambda place: axes[place])
    if order != list(range(len(axes))):
        x = terms.apply(transpose_op, [x], axes=tuple(order))
    lengths = dict(zip(axes, sizes, strict=True))
    return reshaped(terms, x, tuple([lengths.get(axis, 1) for axis in range(len(shape))]))


def _picked(
    terms: Terms, source: Term, low: int, sizes: list[int], steps: list[int]
) -> Term | None:
    """The entries from place `low` on in steps that do not grow from axis to axis."""
    for shape in (source.shape, (source.size,)):
        key = _key(shape, low, sizes, steps)
        if key is not None:
            return _indexed(terms, reshaped(terms, source, shape), key)
    # Rows of a length that is a step of the first axis, cut out of the flat array.
    length = sizes[0] * abs(steps[0])
    first = max(0, min(low, source.size - length))
    shape, rest = (sizes[0],), abs(steps[0])
    for step in steps[1:]:
        if rest % step:
            return None
        shape, rest = (*shape, rest // abs(step)), abs(step)
    if rest > 1:
        shape = (*shape, rest)
    if math.prod(shape) != length or length > source.size:
        return None
    key = _key(shape, low - first, sizes, steps)
    if key is None:
        return None
    x = reshaped(terms, source, (-1,))
    x = _indexed(terms, x, [slice(first, first + length, 1)])
    return _indexed(terms, reshaped(terms, x, shape), key)


def _key(shape: Shape, low: int, sizes: list[int], steps: list[int]) -> list[Any] | None:
    """The key that picks from an array of `shape` the axes asked for, outermost first."""
    if not shape:
        return [] if not sizes else None
    offsets = [int(offset) for offset in np.unravel_index(low, shape)]
    key: list[Any] = []
    wanted = 0
    for axis, (length, offset) in enumerate(zip(shape, offsets, strict=True)):
        stride = math.prod(shape[axis + 1 :])
        if wanted == len(sizes) or abs(steps[wanted]) % stride:
            key.append(offset)
            continue
        n, step = sizes[wanted], abs(steps[wanted]) // stride
        last = offset + (n - 1) * step
        if last >= length:
            key.append(offset)
            continue
        forward = steps[wanted] > 0
        key.append(slice(offset, last + 1, step) if forward else slice(last, offset - 1, -step))
        wanted += 1
    return key if wanted == len(sizes) else None


def _indexed(terms: Terms, x: Term, key: list[Any]) -> Term:
    """x[key], without bounds in the key that are those of the axis; x itself for all of it."""
    parts: list[Any] = []
    for part, n in zip(key, x.shape, strict=True):
        if isinstance(part, slice):
            start, stop, step = part.start, part.stop, part.step
            if step > 0:
                start, stop = start or None, stop if stop < n else None
            else:
                start, stop = start if start < n - 1 else None, stop if stop >= 0 else None
            part = slice(start, stop, step if step != 1 else None)
        parts.append(part)
    while parts and parts[-1] == slice(None):
        parts.pop()
    return terms.apply(index_op, [x], key=tuple(parts)) if parts else x
