"""``NetworkRegressor``: regression by a network, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from nn.data import Array
from nn.losses import mse
from nn.sklearn.estimator import FLOATS, NetworkEstimator, positive_weights


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network that predicts one or several values, trained on the mean squared error.

    The parameters are those of ``NetworkEstimator``. Targets far from mean 0 and standard deviation
    1 are learned slowly; scikit-learn's ``TransformedTargetRegressor`` scales them.

    >>> import numpy as np
    >>> x = np.linspace(-3, 3, 100)[:, np.newaxis]
    >>> model = NetworkRegressor([20], "tanh", lr=0.05, batch_size=20, random_state=0)
    >>> model.fit(x, np.sin(x[:, 0])).score(x, np.sin(x[:, 0])) > 0.99
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a new network on examples ``X`` (n, features) and targets ``y`` (n,) or (n, k).

        ``sample_weight`` (n,) is as in ``NetworkClassifier.fit``. Raises ``ValueError`` for data
        that are not numbers.
        """
        x, targets, weights = self._examples(X, y, sample_weight, reset=True)
        self._begin(x, targets.shape[1])
        return self._fit(mse, x, targets, weights, stratify=None)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Continue training for one epoch on these examples.

        Raises ``ValueError`` if the number of features or targets differs from before.
        """
        first = not hasattr(self, "network_")
        x, targets, weights = self._examples(X, y, sample_weight, reset=first)
        if first:
            self._begin(x, targets.shape[1])
        return self._train(mse, x, targets, weights, epochs=1)

    def predict(self, X: ArrayLike) -> Array:
        """Return the values for each example, (n,) or (n, k) like the targets."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._one_axis else outputs

    def _examples(
        self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[Array, Array, Array | None]:
        inputs, targets = validate_data(
            self, x, y, dtype=FLOATS, reset=reset, multi_output=True, y_numeric=True
        )
        if reset:
            self._one_axis = targets.ndim == 1
        columns = targets.reshape(len(targets), -1).astype(inputs.dtype)
        return positive_weights(inputs, columns, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags
