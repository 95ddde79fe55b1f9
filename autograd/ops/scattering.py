"""Adding up entries at indexed places, on plain arrays. Nothing here knows of graphs."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]


def reads_once(key: Any) -> bool:
    """Whether `x[key]` cannot read an entry twice: no integer array is in the key."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if isinstance(part, np.ndarray | list | tuple) and np.asarray(part).dtype.kind != "b":
            return False
    return True


def _is_numbers(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu"


def positions(key: Any, shape: Shape) -> Any:
    """The places of the entries of `x[key]` in `x.ravel()`, for x of the given shape."""
    if isinstance(key, np.ndarray):  # whole rows: no need to number every entry of x
        width = math.prod(shape[1:])
        rows = np.arange(shape[0])[key]
        return np.add.outer(rows * width, np.arange(width)).reshape(rows.shape + shape[1:])
    if isinstance(key, tuple) and len(key) == len(shape) and all(map(_is_numbers, key)):
        return np.ravel_multi_index(key, shape, mode="wrap")
    return np.arange(math.prod(shape)).reshape(shape)[key]


def scatter(x: Any, key: Any, shape: Shape) -> Any:
    """Zeros of `shape` to which x is added at `[key]`, once for each time an entry is named."""
    x = np.asarray(x)
    if reads_once(key):
        out = np.zeros(shape, x.dtype)
        out[key] = x
        return out
    size = math.prod(shape)
    places = positions(key, shape).ravel()
    if x.dtype in (np.float32, np.float64):  # three times as fast as np.add.at
        sums = np.bincount(places, x.ravel(), size)
        return sums.astype(x.dtype, copy=False).reshape(shape)
    out = np.zeros(size, x.dtype)
    np.add.at(out, places, x.ravel())
    return out.reshape(shape)


def last_writes(key: Any, shape: Shape) -> Any:
    """Where in `v` are the entries that `x[key] = v` leaves in x: the last of those that meet."""
    places = positions(key, shape)
    order = np.arange(places.size).reshape(places.shape)
    winner = np.empty(math.prod(shape), int)
    winner[places.ravel()] = order.ravel()
    return winner[places] == order
