"""Inputs and outputs in the user's own units: a layer that standardises, or undoes it.

The same as functions, for arrays, is in ``nn.data``.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from nn.data import Array, DataError, Standardizer
from nn.modules.module import Module
from nn.registry import register


@register
class Standardize(Module):
    """(x - mean)/std, feature by feature; with ``inverse=True`` z · std + mean.

    ``mean`` and ``std`` are buffers of shape (features,), saved with the model and not trained:
    what takes raw numbers in training takes raw numbers for ever. They begin at 0 and 1; ``fit``
    measures them. A feature that is constant in the data, of std 0, becomes 0.

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
        """Take the figures of examples x (n, features); gives itself."""
        figures = Standardizer.fit(x)
        if figures.mean.shape != self.mean.shape:
            raise DataError(
                f"{self.title()} cannot be fitted to examples of shape {figures.mean.shape}"
            )
        self.mean = figures.mean.astype(self.mean.dtype)
        self.std = figures.std.astype(self.std.dtype)
        return self

    def forward(self, x: Any) -> Any:
        x, std = ag.captured(ag.array(x)), ag.captured(self.std)
        if self.inverse:
            return x * std + self.mean
        varies = std > 0
        return (x - self.mean) * ag.where(varies, 1 / ag.where(varies, std, 1), 0)
