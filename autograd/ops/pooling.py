"""Pooling: the largest entry or the mean of each window, as networks use it."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.convolution import Sizes, each_axis
from autograd.ops.padding import pad
from autograd.ops.structural import Shape, as_real, shape_of
from autograd.ops.windows import Windows, extents, window_max, window_sum

Widths: TypeAlias = list[tuple[int, int]]
"""How many entries are added before and after each axis."""


@array_function
def max_pool(
    x: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    *,
    ceil_mode: bool = False,
) -> Array:
    """The largest entry of each window, which slides along the last axes; NaN if any entry is NaN.

    kernel_size: the sizes of a window, one for each axis that it slides along.
    stride: how far apart two windows start; by default their size, so that they do not overlap.
    padding: how many entries of -∞ surround x, at most half the size of a window.
    dilation: how far apart two places of a window are.
    ceil_mode: whether a last window may extend over the end; one that starts there is left out.

    The derivative with respect to the largest entry is 1, which entries that tie share equally, as
    in `max`. Names and order are those of PyTorch. Raises ValueError for windows that do not fit.

    >>> import numpy as np
    >>> from autograd import grad, max_pool
    >>> max_pool(np.array([1.0, 3.0, 2.0, 5.0]), (2,))
    array([3., 5.])
    >>> grad(lambda x: max_pool(x, (2,)).sum())(np.array([1.0, 3.0, 2.0, 2.0]))
    array([0. , 1. , 0.5, 0.5])
    """
    data: Array = as_real(x)
    if data.dtype.kind == "c":
        raise TypeError("max_pool: arguments must be real, since complex numbers have no order")
    windows, around, beyond = _pool(
        "max_pool", shape_of(data), kernel_size, stride, padding, dilation, ceil_mode
    )
    widths = [
        (before, after + more) for (before, after), (_, more) in zip(around, beyond, strict=True)
    ]
    if any(map(any, widths)):
        data = pad(data, widths, constant_values=-np.inf)
    return window_max(data, windows=windows)


@array_function
def avg_pool(
    x: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    count_include_pad: bool = True,
    *,
    ceil_mode: bool = False,
) -> Array:
    """The mean of each window, which slides along the last axes.

    kernel_size: the sizes of a window, one for each axis that it slides along.
    stride: how far apart two windows start; by default their size, so that they do not overlap.
    padding: how many zeros surround x, at most half the size of a window.
    count_include_pad: whether these count in the mean.
    ceil_mode: whether a last window may extend over the end, and is the mean of its other entries;
        one that starts there is left out.

    Names are those of PyTorch. Raises ValueError for windows that do not fit.

    >>> import numpy as np
    >>> from autograd import avg_pool
    >>> avg_pool(np.array([1.0, 3.0, 2.0, 5.0]), (2,))
    array([2. , 3.5])
    """
    data: Array = as_real(x)
    windows, around, beyond = _pool(
        "avg_pool", shape_of(data), kernel_size, stride, padding, 1, ceil_mode
    )
    if not any(map(any, [*around, *beyond])):
        return window_sum(data, windows=windows) / math.prod(windows[0])
    counted = np.ones(shape_of(data), data.dtype)
    for widths, value in (around, int(count_include_pad)), (beyond, 0):
        if any(map(any, widths)):
            data = pad(data, widths)
            counted = np.pad(counted, widths, constant_values=value)
    total = window_sum(data, windows=windows)
    if counted.all():
        return total / math.prod(windows[0])
    return total / window_sum(counted, windows=windows)


def _pool(
    name: str,
    shape: Shape,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> tuple[Windows, Widths, Widths]:
    """The windows, the padding of each axis of an array of this shape, and how many entries more
    the last window extends over the end.
    """
    count = 1 if isinstance(kernel_size, int) else len(kernel_size)
    sizes = each_axis("kernel_size", kernel_size, count)
    steps = sizes if stride is None else each_axis("stride", stride, count)
    around = each_axis("padding", padding, count, least=0)
    windows = sizes, steps, each_axis("dilation", dilation, count)
    sizes_of_axes = shape[len(shape) - count :]
    lengths = [n + 2 * p for n, p in zip(sizes_of_axes, around, strict=False)]
    last, beyond = [], []
    for n, p, extent, step in zip(lengths, around, extents(windows), steps, strict=False):
        number = (n - extent) // step
        if ceil_mode and (n - extent) % step and (number + 1) * step < n - p:
            number += 1  # begins before the end, and extends over it
        last.append(number)
        beyond.append((0, max(0, number * step + extent - n)))
    if len(lengths) < count or min(last) < 0:
        raise ValueError(
            f"{name}: windows that extend over {extents(windows)} entries do not fit into the last "
            f"axes of shape {shape}, which have sizes {tuple(lengths)} with padding"
        )
    if any(2 * p > k for p, k in zip(around, sizes, strict=True)):
        raise ValueError(
            f"{name}: padding={padding} must be at most half of kernel_size={kernel_size}, so that "
            "no window lies in the padding alone"
        )
    others = [(0, 0)] * (len(shape) - count)
    return windows, others + [(p, p) for p in around], others + beyond
