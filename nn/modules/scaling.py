"""A layer that standardises its inputs, or undoes it, so that a model works in the data's units."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, DataError, Standardizer
from nn.modules.module import Module
from nn.registry import register


@register
class Standardize(Module):
    """(x - mean)/std for each feature; with ``inverse=True`` x · std + mean.

    The input is (..., features). The buffers ``mean`` and ``std``, both (features,), are saved with
    the model and not trained. They start at 0 and 1, and ``fit`` measures them. A feature that is
    constant in the data, with std 0, becomes 0.

    >>> scale = Standardize(2).fit([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([[4.0, 7.0]])
    array([[2., 0.]])
    """

    def __init__(
        self, features: int, inverse: bool = False, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.mean: Array = np.zeros(features, dtype)
        self.std: Array = np.ones(features, dtype)
        self.inverse = inverse

    def fit(self, x: ArrayLike) -> Self:
        """Measure the mean and std of examples x (n, features); return ``self``.

        Raises ``DataError`` for another number of features and for numbers that are not finite.
        """
        scale = Standardizer.fit(x)
        if scale.mean.shape != self.mean.shape:
            raise DataError(
                f"{self.title()} cannot be fitted to examples of shape {scale.mean.shape}"
            )
        self.mean = scale.mean.astype(self.mean.dtype)
        self.std = scale.std.astype(self.std.dtype)
        return self

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data, std = ag.captured(ag.array(x)), ag.captured(self.std)
        if self.inverse:
            return data * std + self.mean
        varies = std > 0
        return (data - self.mean) * ag.where(varies, 1 / ag.where(varies, std, 1), 0)
