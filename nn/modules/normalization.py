"""Layers that normalise their inputs, over the features of an example or over the examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array
from nn.modules.layers import of_width
from nn.modules.module import Module
from nn.registry import register


@register
class LayerNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² over the features of an example.

    From (..., features) to the same shape. ``weight`` w starts at 1 and ``bias`` b at 0, both
    (features,). Training and evaluation mode do not differ. Raises ``ValueError`` for inputs of
    another width. (Ba, Kiros and Hinton 2016.)

    >>> LayerNorm(2)([[1.0, 3.0]]).numpy().round(3)
    array([[-1.,  1.]])
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.bias: Tensor = Tensor(np.zeros(features, dtype), "bias")
        self.eps = eps

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = of_width(self, x, self.weight.shape[0])
        centred = data - ag.mean(data, -1, keepdims=True)
        variance = ag.mean(ag.square(centred), -1, keepdims=True)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias


@register
class BatchNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² of each feature over the batch.

    From (..., features) to the same shape; all axes but the last are batch axes. In training mode
    the buffers ``running_mean`` and ``running_var`` follow μ and σ² (with n - 1) by
    r ← (1 - m) r + m·new, where m is the ``momentum``; ``momentum=None`` averages over all batches.
    In evaluation mode they replace μ and σ². Parameters and buffers have PyTorch's names.

    Raises ``ValueError`` for inputs of another width, and in training mode for a batch of one
    example, which has no variance. (Ioffe and Szegedy 2015.)

    >>> norm = BatchNorm(1)
    >>> norm([[1.0], [3.0]]).numpy().round(3).ravel()
    array([-1.,  1.])
    >>> norm.running_mean, norm.running_var
    (array([0.2], dtype=float32), array([1.1], dtype=float32))
    """

    def __init__(
        self,
        features: int,
        *,
        momentum: float | None = 0.1,
        eps: float = 1e-5,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.bias: Tensor = Tensor(np.zeros(features, dtype), "bias")
        self.running_mean: Array = np.zeros(features, dtype)
        self.running_var: Array = np.ones(features, dtype)
        self.num_batches_tracked: Array = np.array(0)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = of_width(self, x, self.weight.shape[0])
        if self.training:
            axes = tuple(range(data.ndim - 1))
            mean = ag.mean(data, axes)
            centred = data - mean
            variance = ag.mean(ag.square(centred), axes)
            self._update_running(mean, variance, data.size // max(data.shape[-1], 1))
        else:
            centred, variance = data - self.running_mean, ag.captured(self.running_var)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias

    def _update_running(self, mean: Any, variance: Any, n: int) -> None:
        if n < 2:
            raise ValueError(
                f"{self.title()}: training on a batch of {n}; the variance needs at least two "
                f"examples (leave out a short last batch, nn.fit(..., drop_last=True), or use "
                f"evaluation mode, model.eval())"
            )
        if not ag.is_compiling():  # arithmetic on arrays takes a third of the time
            mean, variance = (s.numpy() if isinstance(s, Tensor) else s for s in (mean, variance))
        with ag.no_grad():
            count = ag.array(ag.captured(self.num_batches_tracked) + 1)
            momentum = 1 / count if self.momentum is None else self.momentum
            ag.assign(self, "num_batches_tracked", count)
            # New arrays, because a graph may still refer to the old ones.
            for name, new in (("running_mean", mean), ("running_var", variance * (n / (n - 1)))):
                old = ag.captured(getattr(self, name))
                ag.assign(self, name, ag.cast((1 - momentum) * old + momentum * new, old.dtype))


@register
class BatchNorm2d(BatchNorm):
    """``BatchNorm`` for images (n, channels, height, width): over all places of all images.

    Parameters, buffers and arguments are those of ``BatchNorm``, with a number for each channel.
    Raises ``ValueError`` for inputs of another number of axes or channels.

    >>> import numpy as np
    >>> BatchNorm2d(3)(np.ones((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = ag.captured(ag.array(x))
        channels = self.weight.shape[0]
        if data.ndim != 4 or data.shape[1] != channels:
            raise ValueError(
                f"{self.title()} got an input of shape {data.shape}; it must be (n, {channels}, "
                "height, width)"
            )
        return ag.moveaxis(super().forward(ag.moveaxis(data, 1, -1)), -1, 1)


@register
class RMSNorm(Module):
    """x/√(mean(x²) + ε) · w, with the mean over the features of an example.

    From (..., features) to the same shape. ``weight`` w starts at 1, (features,). ``eps`` is by
    default the distance from 1 to the next number of the input's type, as in PyTorch. Raises
    ``ValueError`` for inputs of another width. (Zhang and Sennrich 2019.)

    >>> RMSNorm(2, dtype=float)([[3.0, 3.0]]).numpy().round(3)
    array([[1., 1.]])
    """

    def __init__(
        self, features: int, eps: float | None = None, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.eps = eps

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = of_width(self, x, self.weight.shape[0])
        eps = float(np.finfo(data.dtype).eps) if self.eps is None else self.eps
        square = ag.mean(ag.square(data), -1, keepdims=True)
        return data / ag.sqrt(square + eps) * self.weight


@register
class GroupNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean and variance over a group of channels of an example.

    From (n, channels, ...) to the same shape. ``num_channels`` is a multiple of ``num_groups``;
    ``weight`` w starts at 1 and ``bias`` b at 0, both (channels,), unless ``affine`` is False.
    Raises ``ValueError`` for another number of channels. (Wu and He 2018.)

    >>> import numpy as np
    >>> GroupNorm(1, 2)(np.array([[[1.0], [3.0]]])).numpy().round(3).ravel()
    array([-1.,  1.])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_channels={num_channels} must be a multiple of "
                f"num_groups={num_groups}"
            )
        ones, zeros = np.ones(num_channels, dtype), np.zeros(num_channels, dtype)
        self.weight: Tensor | None = Tensor(ones, "weight") if affine else None
        self.bias: Tensor | None = Tensor(zeros, "bias") if affine else None
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = ag.captured(ag.array(x))
        shape = data.shape
        if len(shape) < 2 or shape[1] != self.num_channels:
            raise ValueError(
                f"{self.title()} got an input of shape {shape}; its second axis must hold "
                f"{self.num_channels} channels"
            )
        width = math.prod(shape[1:]) // self.num_groups
        groups = ag.reshape(data, (shape[0], self.num_groups, width))
        centred = groups - ag.mean(groups, -1, keepdims=True)
        variance = ag.mean(ag.square(centred), -1, keepdims=True)
        normal = ag.reshape(centred / ag.sqrt(variance + self.eps), shape)
        if self.weight is None or self.bias is None:
            return normal
        each = (-1, *(1,) * (len(shape) - 2))
        return normal * ag.reshape(self.weight, each) + ag.reshape(self.bias, each)
