"""Regular patterns in places: which index arrays are no more than a start and a stride per axis.

Nothing is known of terms here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

Places: TypeAlias = Any
"""An array of integers: places in a flat array."""


def strides_of(places: Places) -> tuple[int, ...] | None:
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


def common_shape(rows: Sequence[Places]) -> tuple[int, ...] | None:
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
    """Where to cut a row of places in several arrays into pieces in one array and of one step."""
    cuts = [0]
    while cuts[-1] < len(places):
        start = cuts[-1]
        same = groups[start:] == groups[start]
        steps = np.diff(places[start:])
        even = np.concatenate([[True], steps == steps[:1].sum()]) & same
        cuts.append(start + (len(even) if even.all() else int(even.argmin())))
    return [slice(start, stop) for start, stop in pairwise(cuts)]


def inverse(order: Any) -> Any:
    """Where each entry goes if they are put into this order."""
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    return place
