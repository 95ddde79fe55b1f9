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
MANY_CHANNELS: Final = 16
"""From so many channels on, those of a place are next to each other in the columns."""


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


def _blocks(images: int, lines: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Which images, and if one is large which lines of its windows, are computed at a time: as many
    as fit into the cache, if the columns of a line are `size` numbers. The first are the most.
    """
    several = max(1, COLUMNS // max(lines * size, 1))
    most = max(1, COLUMNS // max(size, 1))
    for start in range(0, images, several):
        for top in range(0, lines, most):
            stop, bottom = min(start + several, images), min(top + most, lines)
            yield slice(start, stop), slice(top, bottom)


def _columns(x: Any, geometry: Geometry) -> Iterator[tuple[slice, slice, Any]]:
    """Some images at a time, which of their windows, and the columns of these: a matrix for each
    image and group, with a row for each window, and a column for each place and channel.

    They are copied in long pieces: where there are many channels, those of a place are next to each
    other in memory, and elsewhere the windows are.
    """
    _, _, windows, groups = geometry
    n, sizes, channels = len(windows[0]), _padded(geometry), x.shape[1] // groups
    many = channels >= MANY_CHANNELS and math.prod(windows[0]) > 1
    if many:
        padded = np.moveaxis(np.zeros((len(x), groups, *sizes, channels), x.dtype), -1, 2)
    else:
        padded = np.zeros((len(x), groups, channels, *sizes), x.dtype)
    padded[_inside(geometry)] = x.reshape(len(x), groups, channels, *x.shape[2:])
    inside, outside, counts = (*range(n), n + 2), (n, n + 1), range(n + 3, 2 * n + 3)
    order = (*outside, *counts, *inside) if many else (*outside, *inside, *counts)
    shown = windows_of(padded, windows).transpose(order)
    axis = order.index(n + 3)
    line, entries = math.prod(count_windows(sizes, windows)[1:]), channels * math.prod(windows[0])
    memory = np.empty(0, x.dtype)
    for block, lines in _blocks(len(x), shown.shape[axis], groups * entries * line):
        part = shown[(block, *[slice(None)] * (axis - 1), lines)]
        if memory.size < part.size:
            memory = np.empty(part.size, x.dtype)
        columns = memory[: part.size].reshape(part.shape)
        np.copyto(columns, part)
        if many:
            columns = columns.reshape(len(part), groups, -1, entries)
        else:
            columns = columns.reshape(len(part), groups, entries, -1).mT
        yield block, slice(lines.start * line, lines.stop * line), columns


def _filters(w: Any, groups: int) -> Any:
    """The weights of each group as a matrix: a row for each place and channel, and a column for
    each channel of the result.
    """
    parts = w.reshape(groups, len(w) // groups, *w.shape[1:])
    parts = np.ascontiguousarray(parts.transpose(0, *range(3, parts.ndim), 2, 1))
    return parts.reshape(groups, math.prod(w.shape[1:]), parts.shape[-1])


def _rows(g: Any, groups: int) -> Any:
    """A result as a matrix for each image and group, with a row for each channel."""
    return g.reshape(len(g), groups, g.shape[1] // groups, math.prod(g.shape[2:]))


def _conv(x: Any, w: Any, geometry: Geometry) -> Any:
    _, _, windows, groups = geometry
    counts = count_windows(_padded(geometry), windows)
    out = np.empty((len(x), len(w), *counts), np.result_type(x, w))
    filters, rows = _filters(w, groups), _rows(out, groups)
    for block, span, columns in _columns(x, geometry):
        if columns.flags.c_contiguous:  # a product is fastest if its result is laid out alike
            rows[block, :, :, span] = (columns @ filters).mT
        else:
            np.matmul(filters.mT, columns.mT, out=rows[block, :, :, span])
    return out


def _conv_input(g: Any, w: Any, geometry: Geometry) -> Any:
    lengths, padding, windows, groups = geometry
    if _is_conv(w, geometry):
        pairs = zip(extents(windows), padding, strict=True)
        around = tuple([(e - 1 - before, e - 1 - after) for e, (before, after) in pairs])
        return _conv(g, _reversed(w, groups), (g.shape[2:], around, windows, groups))
    channels = w.shape[1]
    out = np.zeros((len(g), groups, channels, *_padded(geometry)), np.result_type(g, w))
    filters, rows = _filters(w, groups), _rows(g, groups)
    line = math.prod(g.shape[3:])
    for block, lines in _blocks(len(g), g.shape[2], groups * filters.shape[1] * line):
        columns = filters @ rows[block, :, :, lines.start * line : lines.stop * line]
        columns = columns.reshape(len(columns), groups, *windows[0], channels, -1, *g.shape[3:])
        for place, key in places(out.shape, windows):
            there = out[block][key][:, :, :, lines]
            there += columns[(slice(None), slice(None), *place)]
    out = out.reshape(len(g), groups * channels, *_padded(geometry))
    return out if _padded(geometry) == lengths else np.array(out[_inside(geometry)])


def _is_conv(w: Any, geometry: Geometry) -> bool:
    """Whether the gradient by the image is computed as a convolution: of windows next to each other
    and not many more channels than the image has, whose columns would take longer.
    """
    _, padding, windows, groups = geometry
    return (
        set(windows[1]) == {1}
        and len(w) <= 4 * w.shape[1] * groups
        and all(max(pair) < e for pair, e in zip(padding, extents(windows), strict=True))
    )


def _reversed(w: Any, groups: int) -> Any:
    """The weights that lead back: places in reverse, and the channels of each side exchanged."""
    parts = w.reshape(groups, len(w) // groups, *w.shape[1:]).swapaxes(1, 2)
    parts = np.flip(parts, tuple(range(3, parts.ndim)))
    return parts.reshape(-1, *parts.shape[2:])


def _conv_weights(x: Any, g: Any, geometry: Geometry) -> Any:
    _, _, windows, groups = geometry
    channels = x.shape[1] // groups
    shape = (groups, g.shape[1] // groups, math.prod(windows[0]) * channels)
    filters, rows = np.zeros(shape, np.result_type(x, g)), _rows(g, groups)
    for block, span, columns in _columns(x, geometry):
        filters += (rows[block, :, :, span] @ columns).sum(0)
    return np.moveaxis(filters.reshape(g.shape[1], *windows[0], channels), -1, 1)


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
