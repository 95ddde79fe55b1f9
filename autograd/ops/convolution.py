"""Convolution in any number of dimensions, as networks use it: a product of windows and weights.

The number L = Σ g · conv(x, w) is linear in x, in w and in g. Its derivatives are the three
operations here: `conv` with respect to g, `conv_input` with respect to x, and `conv_weights` with
respect to w. Each is bilinear, and the derivatives of each are the other two, so derivatives of any
order need nothing else.

Each is a matrix product with the columns that the windows of an image make, computed for so few
images, or rows of a large image, at a time that the columns stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.op_types import Multilinear
from autograd.ops.structural import Shape, as_real, cast, index_op, reshape_op, shape_of
from autograd.ops.windows import Windows, count_windows, extents, places, windows_of

Sizes: TypeAlias = int | Sequence[int]
Padding: TypeAlias = Sizes | Literal["same", "valid"]

COLUMNS: Final = 1 << 18
"""How many numbers the columns of the images that are computed at once hold, at most."""


Geometry: TypeAlias = tuple[Shape, tuple[tuple[int, int], ...], Windows, int]
"""Where weights meet an image: the sizes of the image, how many zeros are before and after it along
each axis, the windows, and into how many groups the channels are cut. Plain tuples, as `Windows`.
"""


def _padded(geometry: Geometry) -> Shape:
    """The sizes of an image with its padding."""
    lengths, padding, _, _ = geometry
    pairs = zip(lengths, padding, strict=True)
    return tuple([before + n + after for n, (before, after) in pairs])


def _inside(geometry: Geometry) -> Any:
    """The place of an image within its padding."""
    lengths, padding, _, _ = geometry
    pairs = zip(lengths, padding, strict=True)
    return (..., *[slice(before, before + n) for n, (before, _) in pairs])


def _blocks(images: int, shape: Shape, dtype: Any) -> Iterator[tuple[slice, slice, slice, Any]]:
    """The images, and if one is large the rows of its windows, as many at a time as columns of this
    shape (channels, places of a window, windows) fit into the cache for.

    Each time: which images, which rows, where these are among all windows, and memory for the
    columns, which is used again.
    """
    axes = len(shape) // 2
    before, height, after = shape[: axes + 1], shape[axes + 1], shape[axes + 2 :]
    several = max(1, min(images, COLUMNS // max(math.prod(shape), 1)))
    rows = max(1, min(height, COLUMNS // max(math.prod(before) * math.prod(after), 1)))
    memory = np.empty(several * math.prod(before) * rows * math.prod(after), dtype)
    for start in range(0, images, several):
        stop = min(start + several, images)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            block = (stop - start, *before, bottom - top, *after)
            span = slice(top * math.prod(after), bottom * math.prod(after))
            columns = memory[: math.prod(block)].reshape(block)
            yield slice(start, stop), slice(top, bottom), span, columns


def _columns(x: Any, geometry: Geometry) -> Iterator[tuple[slice, slice, Any]]:
    """Some images at a time, which of their windows, and the columns of these: a matrix for each
    image and group, with a row for each channel and place of a window, and a column for each
    window.
    """
    lengths, _, windows, groups = geometry
    if _padded(geometry) != lengths:
        padded = np.zeros((*x.shape[:2], *_padded(geometry)), x.dtype)
        padded[_inside(geometry)] = x
        x = padded
    n = len(lengths)
    shown = windows_of(x, windows)
    shown = shown.transpose(n, n + 1, *range(n), *range(n + 2, 2 * n + 2))
    for block, lines, span, columns in _blocks(len(x), shown.shape[1:], x.dtype):
        np.copyto(columns, shown[(block, *[slice(None)] * (n + 1), lines)])
        yield block, span, columns.reshape(len(columns), groups, -1, span.stop - span.start)


def _filters(w: Any, groups: int) -> Any:
    """The weights of each group as a matrix, with a row for each channel of the result."""
    return w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))


def _rows(g: Any, groups: int) -> Any:
    """A result as a matrix for each image and group, with a row for each channel."""
    return g.reshape(len(g), groups, g.shape[1] // groups, math.prod(g.shape[2:]))


def _conv(x: Any, w: Any, geometry: Geometry) -> Any:
    _, _, windows, groups = geometry
    counts = count_windows(_padded(geometry), windows)
    out = np.empty((len(x), len(w), *counts), np.result_type(x, w))
    filters, rows = _filters(w, groups), _rows(out, groups)
    for block, span, columns in _columns(x, geometry):
        np.matmul(filters, columns, out=rows[block, :, :, span])
    return out


def _conv_input(g: Any, w: Any, geometry: Geometry) -> Any:
    lengths, _, windows, groups = geometry
    channels = w.shape[1] * groups
    out = np.zeros((len(g), channels, *_padded(geometry)), np.result_type(g, w))
    filters, rows = _filters(w, groups).mT, _rows(g, groups)
    shape = (channels, *windows[0], *g.shape[2:])
    for block, lines, span, columns in _blocks(len(g), shape, out.dtype):
        matrices = columns.reshape(len(columns), groups, filters.shape[1], span.stop - span.start)
        np.matmul(filters, rows[block, :, :, span], out=matrices)
        for place, key in places(out.shape, windows):
            there = out[block][key][:, :, lines]
            there += columns[(slice(None), slice(None), *place)]
    return out if _padded(geometry) == lengths else np.array(out[_inside(geometry)])


def _conv_weights(x: Any, g: Any, geometry: Geometry) -> Any:
    _, _, windows, groups = geometry
    shape = (g.shape[1], x.shape[1] // groups, *windows[0])
    out = np.zeros(shape, np.result_type(x, g))
    filters, rows = _filters(out, groups), _rows(g, groups)
    for block, span, columns in _columns(x, geometry):
        filters += np.matmul(rows[block, :, :, span], columns.mT).sum(0)
    return out


conv_op: Multilinear = Multilinear(
    "conv",
    _conv,
    (
        lambda g, out, x, w, geometry: conv_input(g, w, geometry=geometry),
        lambda g, out, x, w, geometry: conv_weights(x, g, geometry=geometry),
    ),
    symbol="∗",
)
conv_input: Multilinear = Multilinear(
    "conv_input",
    _conv_input,
    (
        lambda x, out, g, w, geometry: conv_op(x, w, geometry=geometry),
        lambda x, out, g, w, geometry: conv_weights(x, g, geometry=geometry),
    ),
    symbol="∗ᵀ",
)
conv_weights: Multilinear = Multilinear(
    "conv_weights",
    _conv_weights,
    (
        lambda w, out, x, g, geometry: conv_input(g, w, geometry=geometry),
        lambda w, out, x, g, geometry: conv_op(x, w, geometry=geometry),
    ),
    symbol="∗",
)


@array_function
def conv(
    x: ArrayLike,
    w: ArrayLike,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Array:
    """The convolution of networks, out[n, o, i] = Σ x[n, c, i·stride + j·dilation] w[o, c, j].

    The sum is over the channels c of an image n and the places j of the window i. The window is not
    reversed, so in mathematics this is called a cross-correlation.

    x: (images, channels, *sizes), with one axis of sizes or more; or one image without the first.
    w: (channels of the result, channels / groups, *sizes of a window).
    stride, dilation: how far apart two windows start, and how far apart two places of a window are.
    padding: how many zeros surround x, or "same", for a result of the sizes of x, or "valid".
        Each is one number, or one for each axis.
    groups: channels are cut into so many groups, of which each has its own w.

    The result is (images, channels, *sizes), each size (n + 2·padding - dilation·(k - 1) - 1)
    // stride + 1. It is bilinear, and its derivatives are convolutions too. Names and order are
    those of PyTorch. Raises ValueError for shapes that do not match.

    >>> import numpy as np
    >>> from autograd import conv
    >>> image, edges = np.tri(3).reshape(1, 1, 3, 3), np.array([[[[-1.0, 1.0]]]])
    >>> conv(image, edges)[0, 0]
    array([[-1.,  0.],
           [ 0., -1.],
           [ 0.,  0.]])
    """
    images: Array = as_real(x)
    weights: Array = as_real(w)
    shape, filters = shape_of(images), shape_of(weights)
    n = len(filters) - 2
    if n < 1 or len(shape) not in (n + 1, n + 2):
        raise ValueError(
            f"conv: x of shape {shape} and w of shape {filters}: w must have shape (channels of "
            "the result, channels, *sizes), and x (images, channels, *sizes) or (channels, *sizes)"
        )
    channels = shape[-n - 1]
    if groups < 1 or channels != filters[1] * groups or filters[0] % groups:
        raise ValueError(
            f"conv: {channels} channels of x, of shape {shape}, and w of shape {filters} with "
            f"groups={groups}: w must have shape (channels of the result, {channels} / groups, "
            "*sizes), and both numbers of channels must be multiples of groups"
        )
    geometry = _geometry(shape[-n:], filters[2:], stride, padding, dilation, groups)
    dtype = np.result_type(images.dtype, weights.dtype)
    images, weights = cast(images, dtype), cast(weights, dtype)
    if len(shape) == n + 2:
        return conv_op(images, weights, geometry=geometry)
    images = reshape_op(images, shape=(1, *shape))
    return index_op(conv_op(images, weights, geometry=geometry), key=0)


def _geometry(
    lengths: Shape, sizes: Shape, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
) -> Geometry:
    n = len(sizes)
    steps, dilations = each_axis("stride", stride, n), each_axis("dilation", dilation, n)
    windows = sizes, steps, dilations
    if padding == "same":
        if set(steps) != {1}:
            raise ValueError(f"conv: padding='same' needs stride=1, and it is {stride}")
        around = [extent - 1 for extent in extents(windows)]
        pairs = tuple([(zeros // 2, zeros - zeros // 2) for zeros in around])
    else:
        zeros = 0 if padding == "valid" else padding
        pairs = tuple([(p, p) for p in each_axis("padding", zeros, n, least=0)])
    geometry = lengths, pairs, windows, groups
    padded = _padded(geometry)
    if min(sizes) < 1 or any(e > n for e, n in zip(extents(windows), padded, strict=True)):
        raise ValueError(
            f"conv: windows that extend over {extents(windows)} entries do not fit into an image "
            f"of sizes {lengths}, which are {padded} with padding"
        )
    return geometry


def each_axis(name: str, sizes: Any, count: int, least: int = 1) -> Shape:
    """A number for each axis, from one for all or a sequence; ValueError for another number."""
    found = tuple(sizes) if isinstance(sizes, Sequence) else (sizes,) * count
    if len(found) != count or any(not isinstance(n, int | np.integer) or n < least for n in found):
        kind = "positive" if least else "non-negative"
        raise ValueError(
            f"{name}={sizes!r} must be a {kind} integer, or a sequence of {count}, one for each "
            "axis that windows slide along"
        )
    return tuple(map(int, found))
