"""Where arrays are: buffers, and arrangements of their entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from autograd.jit.terms import Term
from autograd.ops import structural

LOCAL = 64
"""Arrays of up to so many numbers are in the memory of a function, and often in registers."""
_MANY = 8
"""More items than this that lie in memory one after the other are copied in a loop."""
_MOST_IN_TURN = 6


@dataclass(eq=False)
class Buffer:
    """Memory of one array.

    name: the variable of the driver that holds it; "" for memory within a function, or within the
        scratch memory of the program, which begins at `offset`.
    array: the array itself, if it is always the same. same_as: parameters that have to be this
        array; apart_from: those that have to lie elsewhere, with their bytes.
    """

    size: int
    dtype: np.dtype[Any]
    name: str = ""
    array: Any = None
    offset: int = -1
    same_as: list[str] = field(default_factory=list)
    apart_from: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """Entries of a buffer arranged in a shape: entry i is at `offset` + Σ i · `strides`, counted in
    numbers and not in bytes.
    """

    buffer: Buffer
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    @property
    def in_order(self) -> bool:
        """Whether the entries follow one another in C order."""
        return all(
            size == 1 or stride == step
            for size, stride, step in zip(self.shape, self.strides, steps(self.shape), strict=True)
        )

    def across(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The strides in an array of this shape, to which it broadcasts."""
        own = [
            0 if size == 1 else step for size, step in zip(self.shape, self.strides, strict=True)
        ]
        return (*[0] * (len(shape) - len(own)), *own)

    def item(self, index: int) -> Layout:
        """Item number `index` along the first axis."""
        index += self.shape[0] if index < 0 else 0
        start = self.offset + index * self.strides[0]
        return Layout(self.buffer, self.shape[1:], self.strides[1:], start)

    def cut(self, start: int | None, stop: int | None, step: int | None) -> Layout:
        """A part of the first axis, as a slice gives it."""
        chosen, (apart, *others) = range(self.shape[0])[start:stop:step], self.strides
        strides = chosen.step * apart, *others
        first = self.offset + chosen.start * apart
        return Layout(self.buffer, (len(chosen), *self.shape[1:]), strides, first)


def steps(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of entries in C order."""
    return (*accumulate(shape[:0:-1], lambda x, y: x * y, initial=1),)[::-1] if shape else ()


def whole(buffer: Buffer, shape: tuple[int, ...]) -> Layout:
    """All of a buffer."""
    return Layout(buffer, shape, steps(shape))


def new_list(shape: tuple[int, ...], count: int, dtype: np.dtype[Any]) -> Layout:
    """A list of arrays of one shape, or of numbers, in memory of its own: an array of its items."""
    return whole(Buffer(count * prod(shape), dtype), (count, *shape))


def in_turn(start: int, *columns: Sequence[Layout | None]) -> list[tuple[Layout, ...]]:
    """Lists that the items of each column are of in turn, from number `start` on, all of them
    equally long. None where they are few.
    """
    for period in range(1, _MOST_IN_TURN + 1):
        rows = [_row(c, start + n, period) for n in range(period) for c in columns]
        found = [row for row in rows if row is not None]
        if len(found) == len(rows):
            count = min(row.shape[0] for row in found)
            cut = iter([row.cut(0, count, 1) for row in found])
            return list(zip(*[cut] * len(columns), strict=True))
    return []


def _row(layouts: Sequence[Layout | None], start: int, period: int) -> Layout | None:
    """The list that the first of these are the items of."""
    if start + _MANY * period >= len(layouts):
        return None
    first, second, count = layouts[start], layouts[start + period], 0
    if first is None or second is None:
        return None
    step = second.offset - first.offset
    for n in range(start, len(layouts), period):
        x, offset = layouts[n], first.offset + count * step
        if x is None or x.offset != offset or x.buffer is not first.buffer:
            break
        if x.shape != first.shape or x.strides != first.strides:
            break
        count += 1
    if count <= _MANY:
        return None
    return Layout(first.buffer, (count, *first.shape), (step, *first.strides), first.offset)


def is_regular(array: Any) -> bool:
    """Whether all entries of an array are a whole number of entries apart."""
    item = array.dtype.itemsize
    return array.flags.aligned and not any(stride % item for stride in array.strides)


def of_array(array: Any) -> Layout:
    """An array that stays in its memory."""
    buffer = Buffer(array.size, array.dtype, array=array)
    strides = tuple([stride // array.dtype.itemsize for stride in array.strides])
    return Layout(buffer, array.shape, strides)


def view(of: Layout, term: Term) -> Layout | None:
    """The layout of a view of an array; None for a reshape that has to move entries."""
    if term.op is structural.reshape_op:
        if of.in_order:
            return Layout(of.buffer, term.shape, steps(term.shape), of.offset)
        if prod(of.shape) == 1:
            return Layout(of.buffer, term.shape, (0,) * term.ndim, of.offset)
        try:
            return _arranged(of, lambda base: _reshaped(base, term.shape))
        except (AttributeError, ValueError):
            return None
    if term.op is structural.index_op:
        return part_of(of, term.settings["key"])
    return _arranged(of, lambda base: term.op.evaluate((base,), term.settings))  # type: ignore[union-attr]


def part_of(of: Layout, key: Any) -> Layout:
    """The layout of x[key] for an array x, where this is a view."""
    parts = key if isinstance(key, tuple) else (key,)
    ends = () if any(each is Ellipsis for each in parts) else (Ellipsis,)
    return _arranged(of, lambda base: base[(*parts, *ends)])


def _arranged(of: Layout, arrange: Callable[[Any], Any]) -> Layout:
    """NumPy arranges memory that is as large as the buffer but has no pages of its own: nothing may
    read it.
    """
    item = of.buffer.dtype.itemsize
    base = np.lib.stride_tricks.as_strided(
        np.empty((), of.buffer.dtype), of.shape, [stride * item for stride in of.strides],
        writeable=False,
    )  # fmt: skip
    seen = arrange(base)
    apart = seen.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    strides = tuple([stride // item for stride in seen.strides])
    return Layout(of.buffer, seen.shape, strides, of.offset + apart // item)


def _reshaped(array: Any, shape: tuple[int, ...]) -> Any:
    """A view in another shape. Raises ValueError, or AttributeError in NumPy 2.0, where NumPy would
    copy.
    """
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        return array.reshape(shape, copy=False)
    array = array.view()
    array.shape = shape
    return array
