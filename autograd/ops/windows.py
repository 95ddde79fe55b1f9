"""Windows that slide along the last axes of an array, and what is computed from each.

The kernels go through the places of a window, and take the entries that all windows have at one
place as one slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.op_types import Linear
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import Shape, as_array, broadcast_to, normalize_axis, plain, shape_of

Windows: TypeAlias = tuple[Shape, Shape, Shape]
"""The windows along the last axes: how many places each has, how many entries apart two windows
start, and how many apart two places are; a number for each axis. Plain tuples, since a compiled
program can write them down.
"""


def extents(windows: Windows) -> Shape:
    """How many entries there are from the first to the last place of a window."""
    sizes, _, dilations = windows
    return tuple([d * (k - 1) + 1 for k, d in zip(sizes, dilations, strict=True)])


def count_windows(shape: Shape, windows: Windows) -> Shape:
    """How many windows an array of this shape has along each axis."""
    axes = zip(shape[len(shape) - len(windows[0]) :], extents(windows), windows[1], strict=True)
    return tuple([(n - extent) // step + 1 for n, extent, step in axes])


def places(shape: Shape, windows: Windows) -> Iterator[tuple[Shape, Any]]:
    """Each place of a window, with the slices that hold the entries of all windows there."""
    sizes, steps, dilations = windows
    axes = list(zip(count_windows(shape, windows), steps, dilations, strict=True))
    for place in np.ndindex(*sizes):
        pairs = zip(place, axes, strict=True)
        yield place, (..., *[slice(p * d, p * d + s * (n - 1) + 1, s) for p, (n, s, d) in pairs])


def overlap(windows: Windows) -> bool:
    """Whether an entry may be in several windows."""
    return any(step < extent for step, extent in zip(windows[1], extents(windows), strict=True))


# --------------------------------------------------------------------------------------------------
# The windows themselves, with their places as the first axes, and the sum of what is in them


def windows_of(x: Any, windows: Windows) -> Any:
    """The windows of a plain array, as a view whose first axes are the places."""
    x = np.asarray(x)
    sizes, steps, dilations = windows
    around = x.ndim - len(sizes)
    ends = x.strides[around:]
    inside = [n * d for n, d in zip(ends, dilations, strict=True)]
    between = [n * s for n, s in zip(ends, steps, strict=True)]
    shape = (*sizes, *x.shape[:around], *count_windows(x.shape, windows))
    strides = (*inside, *x.strides[:around], *between)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def _overlap_add(parts: Any, windows: Windows, shape: Shape) -> Any:
    out = np.zeros(shape, parts.dtype)
    several = overlap(windows)
    for place, key in places(shape, windows):
        if several:
            out[key] += parts[place]
        else:
            out[key] = parts[place]
    return out


windows_op: Linear = Linear(
    "windows",
    windows_of,
    lambda g, x, windows: overlap_add(g, windows=windows, shape=shape_of(x)),
)
overlap_add: Linear = Linear(
    "overlap_add",
    _overlap_add,
    lambda g, x, windows, shape: windows_op(g, windows=windows),
)


@array_function
def sliding_window_view(
    x: ArrayLike, window_shape: int | Sequence[int], axis: int | Sequence[int] | None = None
) -> Array:
    """All windows of a shape that fit into x, as a view: the places of a window are the last axes.

    window_shape: the size of a window along each of the axes.
    axis: the axes along which it slides, by default all.

    The cotangent of an entry is the sum over the windows that it is in. Raises ValueError for a
    window that is larger than x, and for another number of axes than of sizes.

    >>> import numpy as np
    >>> from autograd import grad, sliding_window_view
    >>> sliding_window_view(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    array([[1., 2.],
           [2., 3.],
           [3., 4.]])
    >>> grad(lambda x: sliding_window_view(x, 2).sum())(np.ones(4))
    array([1., 2., 2., 1.])
    """
    x = as_array(x)
    ndim = len(shape_of(x))
    sizes = tuple(window_shape) if isinstance(window_shape, Sequence) else (window_shape,)
    given = range(ndim) if axis is None else axis if isinstance(axis, Sequence) else (axis,)
    axes = [normalize_axis(a, ndim)[0] for a in given]
    if len(axes) != len(sizes):
        raise ValueError(
            f"sliding_window_view: {len(sizes)} sizes of a window, {window_shape}, for {len(axes)} "
            f"axes of an array of shape {shape_of(x)}"
        )
    if len(set(axes)) < len(axes):
        found = x
        for a, size in zip(axes, sizes, strict=True):  # one after the other, as NumPy does
            found = sliding_window_view(found, size, a)
        return found
    lengths = [shape_of(x)[a] for a in axes]
    if any(not 0 <= size <= n for size, n in zip(sizes, lengths, strict=True)):
        raise ValueError(
            f"sliding_window_view: a window of shape {sizes} does not fit into sizes {lengths}"
        )
    last = tuple(range(ndim - len(axes), ndim))
    ones = (1,) * len(sizes)
    found = windows_op(moveaxis(x, axes, last), windows=(sizes, ones, ones))
    first = tuple(range(len(sizes)))
    found = moveaxis(found, first, tuple(range(ndim, ndim + len(sizes))))
    return moveaxis(found, last, axes)


# --------------------------------------------------------------------------------------------------
# Sums and extremes of each window


def _window_sum(x: Any, windows: Windows) -> Any:
    out = None
    for _, key in places(x.shape, windows):
        out = x[key].copy() if out is None else np.add(out, x[key], out=out)
    return out


def _spread(g: Array, x: Array, windows: Windows) -> Array:
    parts = broadcast_to(g, (*windows[0], *shape_of(g)))
    return overlap_add(parts, windows=windows, shape=shape_of(x))


window_sum: Final = Linear("window_sum", _window_sum, _spread)


def _window_max(x: Any, windows: Windows) -> Any:
    out = None
    for _, key in places(x.shape, windows):
        out = x[key].copy() if out is None else np.maximum(out, x[key], out=out)
    return out


def _shared(g: Any, x: Any, top: Any, windows: Windows) -> tuple[Any, list[Any]]:
    """g divided by the number of entries that tie, and which entries of all windows these are."""
    largest = [np.equal(x[key], top) for _, key in places(x.shape, windows)]
    if sum(map(np.count_nonzero, largest)) != top.size:
        with np.errstate(all="ignore"):  # NaN is not equal to itself, and 0 of them are the largest
            g = g / np.add.reduce(largest, dtype=g.dtype)
    return g, largest


def _give_largest(g: Any, x: Any, top: Any, windows: Windows) -> Any:
    out = np.zeros(x.shape, g.dtype)
    several = overlap(windows)
    g, largest = _shared(g, x, top, windows)
    for (_, key), mask in zip(places(x.shape, windows), largest, strict=True):
        if several:
            out[key] += g * mask
        else:
            np.multiply(g, mask, out=out[key])
    return out


def _take_largest(t: Any, x: Any, top: Any, windows: Windows) -> Any:
    one, largest = _shared(np.ones((), t.dtype), x, top, windows)
    out = np.zeros(top.shape, t.dtype)
    for (_, key), mask in zip(places(x.shape, windows), largest, strict=True):
        out += t[key] * mask
    return out * one


# Each is the transpose of the other. Which entries are the largest is constant nearby.
give_largest: Op = Op(
    "give_largest",
    _give_largest,
    (lambda g, out, *args, windows: take_largest(g, *map(plain, args[1:]), windows=windows),)
    + (None,) * 2,
)
take_largest: Op = Op(
    "take_largest",
    _take_largest,
    (lambda g, out, *args, windows: give_largest(g, *map(plain, args[1:]), windows=windows),)
    + (None,) * 2,
)
window_max: Final = Op(
    "window_max",
    _window_max,
    (lambda g, out, x, windows: give_largest(g, plain(x), plain(out), windows=windows),),
    lambda argnum, t, out, x, windows: take_largest(t, plain(x), plain(out), windows=windows),
)
