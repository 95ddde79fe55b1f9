"""Convolution and pooling layers: inputs are (n, channels, *sizes), as in PyTorch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Rng
from nn.init import Initializer, weights
from nn.modules.module import Module
from nn.registry import register

Sizes: TypeAlias = int | Sequence[int]
PaddingMode: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]

PADDING_MODES: Final[dict[str, Any]] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
"""The modes of ``autograd.pad``, by PyTorch's names."""


class _Conv(Module):
    """A convolution along ``axes`` axes."""

    axes: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | Literal["same", "valid"] = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        *,
        init: Initializer = "he",
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        sizes = _of_axes("kernel_size", kernel_size, self.axes)
        if groups < 1 or in_channels % groups or out_channels % groups or not out_channels:
            raise ValueError(
                f"{type(self).__name__}: in_channels={in_channels} and out_channels={out_channels} "
                f"must be multiples of groups={groups}"
            )
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"{type(self).__name__}: padding_mode={padding_mode!r} is none of "
                f"{', '.join(PADDING_MODES)}"
            )
        inputs = in_channels // groups
        rows = weights(init, (out_channels, inputs * math.prod(sizes)), rng, dtype)
        self.weight: Tensor = Tensor(rows.reshape(out_channels, inputs, *sizes), "weight")
        self.bias: Tensor | None = Tensor(np.zeros(out_channels, dtype), "bias") if bias else None
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.padding_mode = padding_mode

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = ag.captured(ag.array(x))
        channels = self.weight.shape[1] * self.groups
        if data.ndim not in (self.axes + 1, self.axes + 2) or data.shape[~self.axes] != channels:
            sizes = ("length", "height, width")[self.axes - 1]
            raise ValueError(
                f"{self.title()} got an input of shape {data.shape}; it must be (n, {channels}, "
                f"{sizes})"
            )
        padding = self.padding
        if self.padding_mode != "zeros":
            data, padding = (
                ag.pad(data, self._widths(data.ndim), PADDING_MODES[self.padding_mode]),
                0,
            )
        z = ag.conv(data, self.weight, self.stride, padding, self.dilation, self.groups)
        return z if self.bias is None else z + ag.reshape(self.bias, (-1, *(1,) * self.axes))

    def _widths(self, ndim: int) -> list[tuple[int, int]]:
        """How many entries are added before and after each axis."""
        if self.padding == "same":
            dilations = _of_axes("dilation", self.dilation, self.axes)
            added = [d * (k - 1) for d, k in zip(dilations, self.weight.shape[2:], strict=True)]
            pairs = [(n // 2, n - n // 2) for n in added]
        else:
            zeros = 0 if isinstance(self.padding, str) else self.padding
            pairs = [(n, n) for n in _of_axes("padding", zeros, self.axes, least=0)]
        return [(0, 0)] * (ndim - self.axes) + pairs


@register
class Conv1d(_Conv):
    """Convolution of sequences, from (n, in_channels, length) to (n, out_channels, length').

    As ``Conv2d``, with one number in place of two.

    >>> import numpy as np
    >>> Conv1d(2, 4, 3, padding="same", rng=0)(np.zeros((5, 2, 10))).shape
    (5, 4, 10)
    """

    axes = 1


@register
class Conv2d(_Conv):
    """Convolution of images, from (n, in_channels, height, width) to (n, out_channels, ...).

    kernel_size: the height and width of a window, or one number for both. ``weight`` is
        (out_channels, in_channels / groups, height, width), ``bias`` (out_channels,).
    stride, dilation: how far apart windows, and the places in a window, are.
    padding: how many zeros surround the image; "same" keeps its size, "valid" is 0.
    groups: into how many groups the channels are cut; ``groups=in_channels`` is a depthwise
        convolution.
    bias: whether a number is added to each channel, which starts at 0.
    padding_mode: "zeros", or what surrounds the image instead: "reflect", its mirror image,
        "replicate", the nearest number, or "circular", the other end.
    init: as for ``Linear``, of a matrix with a row for each of the out_channels.

    Names, order and meaning are PyTorch's; see ``autograd.conv`` for the formula. Raises
    ``ValueError`` for inputs with other channels. (LeCun et al. 1998.)

    >>> import numpy as np
    >>> layer = Conv2d(1, 8, 3, stride=2, padding=1, rng=0)
    >>> layer(np.zeros((5, 1, 28, 28))).shape
    (5, 8, 14, 14)
    """

    axes = 2


class _Pool(Module):
    """Pooling along ``axes`` axes."""

    axes: int

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool
    ) -> None:
        self.kernel_size: tuple[int, ...] = _of_axes("kernel_size", kernel_size, self.axes)
        self.stride = stride
        self.padding = padding
        self.ceil_mode = ceil_mode


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation = dilation

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return ag.max_pool(
            ag.array(x),
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
        )


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return ag.avg_pool(
            ag.array(x),
            self.kernel_size,
            self.stride,
            self.padding,
            self.count_include_pad,
            ceil_mode=self.ceil_mode,
        )


@register
class MaxPool1d(_MaxPool):
    """The largest entry of each window of a sequence; as ``MaxPool2d``, with one number for two.

    >>> MaxPool1d(2)([[[1.0, 3.0, 2.0, 5.0]]])
    array([[[3., 5.]]])
    """

    axes = 1


@register
class MaxPool2d(_MaxPool):
    """The largest entry of each window of an image, from (..., height, width) to (..., h, w).

    kernel_size: the height and width of a window, or one number for both.
    stride: how far apart windows start; by default their size.
    padding: how many entries of -∞ surround the image, at most half of ``kernel_size``.
    dilation: how far apart the places in a window are.
    ceil_mode: whether the last windows may extend over the edge.

    Entries that tie share the derivative equally. See ``autograd.max_pool``.

    >>> MaxPool2d(2)([[1.0, 3.0], [2.0, 5.0]])
    array([[5.]])
    """

    axes = 2


@register
class AvgPool1d(_AvgPool):
    """The mean of each window of a sequence; as ``AvgPool2d``, with one number for two.

    >>> AvgPool1d(2)([[[1.0, 3.0, 2.0, 5.0]]])
    array([[[2. , 3.5]]])
    """

    axes = 1


@register
class AvgPool2d(_AvgPool):
    """The mean of each window of an image, from (..., height, width) to (..., h, w).

    kernel_size, stride, padding: as for ``MaxPool2d``, with zeros around the image.
    ceil_mode: whether the last windows may extend over the edge.
    count_include_pad: whether these zeros count in the mean.

    >>> AvgPool2d(2)([[1.0, 3.0], [2.0, 4.0]])
    array([[2.5]])
    """

    axes = 2


def _of_axes(name: str, sizes: Sizes, count: int, least: int = 1) -> tuple[int, ...]:
    """One number for each axis."""
    found = (sizes,) * count if isinstance(sizes, int) else tuple(sizes)
    if len(found) != count or min(found) < least:
        kind = "positive" if least else "non-negative"
        raise ValueError(f"{name}={sizes!r} must be a {kind} integer, or a sequence of {count}")
    return found
