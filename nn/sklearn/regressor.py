"""``NetworkRegressor``: values learnt by a network, by scikit-learn's conventions.

Its settings and its training are in ``estimator``.
"""

from __future__ import annotations

from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from nn.data import Array
from nn.losses import mse
from nn.sklearn.estimator import FLOATS, NetworkEstimator, weighed


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network that learns one value or several by the mean squared error.

    Where targets are far from mean 0 and standard deviation 1 it learns slowly;
    scikit-learn's ``TransformedTargetRegressor`` brings them there and back.

    >>> import numpy as np
    >>> x = np.linspace(-3, 3, 100)[:, np.newaxis]
    >>> model = NetworkRegressor([20], "tanh", lr=0.05, batch_size=20, random_state=0)
    >>> model.fit(x, np.sin(x[:, 0])).score(x, np.sin(x[:, 0])) > 0.99
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train from the beginning on examples ``X`` (n, features) and targets (n,) or (n, k).

        ``sample_weight`` (n,) as in ``NetworkClassifier.fit``. Raises ``ValueError`` for data that
        are not numbers.
        """
        x, targets, weights = self._examples(X, y, sample_weight, reset=True)
        self._begin(x, targets.shape[1])
        return self._fit(mse, x, targets, weights, stratify=None)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Go on training for one epoch on these examples.

        Raises ``ValueError`` for another number of features or targets than before.
        """
        first = not hasattr(self, "network_")
        x, targets, weights = self._examples(X, y, sample_weight, reset=first)
        if first:
            self._begin(x, targets.shape[1])
        return self._train(mse, x, targets, weights, epochs=1)

    def predict(self, X: ArrayLike) -> Array:
        """The values for each example, of the shape (n,) or (n, k) that the targets had."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._one_axis else outputs

    def _examples(
        self, x: Any, y: Any, sample_weight: Any, reset: bool
    ) -> tuple[Array, Array, Array | None]:
        x, y = validate_data(
            self, x, y, dtype=FLOATS, reset=reset, multi_output=True, y_numeric=True
        )
        if reset:
            self._one_axis = y.ndim == 1
        return weighed(x, y.reshape(len(y), -1).astype(x.dtype), sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags
