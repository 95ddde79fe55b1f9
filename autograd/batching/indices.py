"""Batching rules of operations with an index.

NumPy puts the axes of index arrays where they stand, or first, before all others, where they stand
apart: x[:, [0, 1], :, [2, 3]]. A slice for the batch comes in front of the key, and so the batch is
the first axis of the result, or follows those of index arrays that stand apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.batching.step import Step, one_by_one
from autograd.engine.graph import Array
from autograd.ops.indexing import fill, gather_op, place_op, set_op
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import Shape, broadcast_to

_EVERY = slice(None)


@dataclass(frozen=True)
class _Key:
    """An index, with the batch's slice before it."""

    parts: tuple[Any, ...]
    ndim: int
    """How many axes its arrays make together."""
    place: int
    """Before which axis of an example's result they stand, where they stand together."""
    apart: bool

    @staticmethod
    def of(key: Any, shape: Shape, numbers: Sequence[Shape] = ()) -> _Key:
        """Read an index into an array of a shape; `numbers` are shapes of those kept out of it."""
        parts = key if isinstance(key, tuple) else (key,)
        given = iter(numbers)
        shapes: list[Shape] = []
        where: list[int] = []
        place = 0
        taken = sum(map(_axes_taken, parts))
        for position, part in enumerate(parts):
            if _is_array(part):
                shapes.append(next(given) if isinstance(part, str) else _shape_of(part))
                where.append(position)
            elif isinstance(part, int | np.integer):
                where.append(position)
            elif not where:
                place += len(shape) - taken if part is Ellipsis else 1
        arrays = any(map(_is_array, parts))
        if not arrays:
            return _Key((_EVERY, *parts), 0, 0, False)
        apart = where != list(range(where[0], where[0] + len(where)))
        return _Key((_EVERY, *parts), len(np.broadcast_shapes(*shapes)), place, apart)

    def batch_first(self, picked: Array) -> Array:
        """What is found with `parts`, the batch as the first axis."""
        return moveaxis(picked, self.ndim, 0) if self.apart else picked

    def batch_back(self, x: Array) -> Array:
        """`batch_first` undone."""
        return moveaxis(x, 0, self.ndim) if self.apart else x


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray | list | str)  # a string stands for numbers kept elsewhere


def _is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype == bool


def _shape_of(part: Any) -> Shape:
    part = np.asarray(part)
    return (int(part.sum()),) if part.dtype == bool else part.shape


def _axes_taken(part: Any) -> int:
    """How many axes of the array a part of its index stands for."""
    if part is None or part is Ellipsis or isinstance(part, bool | np.bool_):
        return 0
    if _is_array(part) and not isinstance(part, str):
        part = np.asarray(part)
        return part.ndim if part.dtype == bool else 1
    return 1


def set(step: Step) -> Array:
    """x with values in place of those at [key]."""
    shape, template, numbers = step.shape(0), step.settings["key"], step.args[2:]
    key = _Key.of(template, shape, _number_shapes(step, 2))
    examples = [number.primal for number in step.node.args[2:]]
    picked = np.broadcast_to(0, shape)[fill(template, examples) if examples else template].shape
    values = step.lifted(1, len(picked))
    if not any(step.batched[2:]):
        if step.batched[1] or key.apart:
            values = key.batch_back(broadcast_to(values, (step.size, *picked)))
        return set_op(step.spread(0), values, *numbers, key=key.parts)
    if any(map(_is_mask, template)):
        return one_by_one(step)
    numbers = [step.lifted(argnum, key.ndim) for argnum in range(2, len(step.args))]
    values = _numbers_first(broadcast_to(values, (step.size, *picked)), key)
    return set_op(step.spread(0), values, _rows(step, key), *numbers, key=("here", *template))


def gather(step: Step) -> Array:
    """x[key], where numbers in the key may be arguments that differ from example to example."""
    x, *numbers = step.args
    template = step.settings["key"]
    key = _Key.of(template, step.shape(0), _number_shapes(step))
    if not any(step.batched[1:]):
        return key.batch_first(step.op(x, *numbers, key=key.parts))
    if any(map(_is_mask, template)):
        return one_by_one(step)
    numbers = [step.lifted(argnum, key.ndim) for argnum in range(1, len(step.args))]
    if step.batched[0]:
        picked = gather_op(x, _rows(step, key), *numbers, key=("here", *template))
    else:
        picked = gather_op(x, *numbers, key=template)
    return _numbers_back(picked, key, first=step.batched[0])


def place(step: Step) -> Array:
    """Zeros with x added at such a key."""
    numbers = step.args[1:]
    template, shape = step.settings["key"], step.settings["shape"]
    key = _Key.of(template, shape, _number_shapes(step))
    x = step.spread(0)
    whole = (step.size, *shape)
    if not any(step.batched[1:]):
        return step.op(key.batch_back(x), *numbers, key=key.parts, shape=whole)
    if any(map(_is_mask, template)):
        return one_by_one(step)
    numbers = [step.lifted(argnum, key.ndim) for argnum in range(1, len(step.args))]
    x = _numbers_first(x, key)
    return place_op(x, _rows(step, key), *numbers, key=("here", *template), shape=whole)


def _number_shapes(step: Step, first: int = 1) -> list[Shape]:
    return [step.shape(argnum) for argnum in range(first, len(step.args))]


def _rows(step: Step, key: _Key) -> Any:
    """The number of each example, which broadcasts against the numbers in the key."""
    return np.arange(step.size).reshape(step.size, *(1,) * key.ndim)


def _numbers_back(picked: Array, key: _Key, first: bool) -> Array:
    """The batch as the first axis, where the numbers of an index had it: as their own first axis.

    first: whether the numbers stood first in that index, as they do behind those of the rows.
    """
    if key.apart or not key.place:
        return picked
    if not first:
        return moveaxis(picked, key.place, 0)
    numbers = list(range(1, key.ndim + 1))
    return moveaxis(picked, numbers, [key.place + n for n in numbers])


def _numbers_first(x: Array, key: _Key) -> Array:
    """`_numbers_back` undone, for numbers that stood first."""
    if key.apart or not key.place:
        return x
    numbers = list(range(1, key.ndim + 1))
    return moveaxis(x, [key.place + n for n in numbers], numbers)
