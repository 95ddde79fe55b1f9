"""Regular patterns of entries in an array, which are read as views instead of being gathered.

An index array is regular if it is a start and a stride for each axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from autograd.jit.terms import Term, Terms, is_view
from autograd.ops.structural import index_op, reshape_op, transpose_op

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


# --------------------------------------------------------------------------------------------------
# Views of views undone

Origin: TypeAlias = tuple[Term, Places]
"""An array that is no view, and the places in it, in C order."""

LARGE = 2**20
"""The entries of larger arrays are not numbered."""


class Origins(dict[Term, Origin]):
    """The array that each term shows, itself if it is no view, and the places of its entries."""

    def __missing__(self, term: Term) -> Origin:
        if is_view(term) and term.args[0].size < LARGE:
            base, places = self[term.args[0]]
            assert term.op is not None
            shown: Any = term.op.evaluate((places,), term.settings)
            self[term] = base, np.asarray(shown)
        else:
            self[term] = term, np.arange(term.size).reshape(term.shape)
        return self[term]
