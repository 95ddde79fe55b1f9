"""Pooling: the largest entry or the mean of each window, as networks use it."""

from __future__ import annotations

import math

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.convolution import Sizes, each_axis
from autograd.ops.padding import pad
from autograd.ops.structural import Shape, as_real, shape_of
from autograd.ops.windows import Windows, extents, window_max, window_sum


@array_function
def max_pool(
    x: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
) -> Array:
    """The largest entry of each window, which slides along the last axes; NaN if any entry is NaN.

    kernel_size: the sizes of a window, one for each axis that it slides along.
    stride: how far apart two windows start; by default their size, so that they do not overlap.
    padding: how many entries of -∞ surround x, at most half the size of a window.
    dilation: how far apart two places of a window are.

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
    windows, widths = _pool("max_pool", shape_of(data), kernel_size, stride, padding, dilation)
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
) -> Array:
    """The mean of each window, which slides along the last axes.

    kernel_size: the sizes of a window, one for each axis that it slides along.
    stride: how far apart two windows start; by default their size, so that they do not overlap.
    padding: how many zeros surround x, at most half the size of a window.
    count_include_pad: whether these count in the mean.

    Names are those of PyTorch. Raises ValueError for windows that do not fit.

    >>> import numpy as np
    >>> from autograd import avg_pool
    >>> avg_pool(np.array([1.0, 3.0, 2.0, 5.0]), (2,))
    array([2. , 3.5])
    """
    data: Array = as_real(x)
    windows, widths = _pool("avg_pool", shape_of(data), kernel_size, stride, padding, 1)
    if not any(map(any, widths)):
        return window_sum(data, windows=windows) / math.prod(windows[0])
    total = window_sum(pad(data, widths), windows=windows)
    if count_include_pad:
        return total / math.prod(windows[0])
    inside = np.pad(np.ones(shape_of(data), data.dtype), widths)
    return total / window_sum(inside, windows=windows)


def _pool(
    name: str,
    shape: Shape,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
) -> tuple[Windows, list[tuple[int, int]]]:
    """The windows, and the padding of each axis of an array of this shape."""
    count = 1 if isinstance(kernel_size, int) else len(kernel_size)
    sizes = each_axis("kernel_size", kernel_size, count)
    steps = sizes if stride is None else each_axis("stride", stride, count)
    around = each_axis("padding", padding, count, least=0)
    windows = sizes, steps, each_axis("dilation", dilation, count)
    lengths = [n + 2 * p for n, p in zip(shape[len(shape) - count :], around, strict=False)]
    if len(lengths) < count or any(
        extent > n for extent, n in zip(extents(windows), lengths, strict=True)
    ):
        raise ValueError(
            f"{name}: windows that extend over {extents(windows)} entries do not fit into the last "
            f"axes of shape {shape}, which have sizes {tuple(lengths)} with padding"
        )
    if any(2 * p > k for p, k in zip(around, sizes, strict=True)):
        raise ValueError(
            f"{name}: padding={padding} must be at most half of kernel_size={kernel_size}, so that "
            "no window lies in the padding alone"
        )
    return windows, [(0, 0)] * (len(shape) - count) + [(p, p) for p in around]
