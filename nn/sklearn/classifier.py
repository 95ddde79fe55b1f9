"""``NetworkClassifier``: classification by a network, with scikit-learn's interface."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

import autograd as ag
from nn.data import Array
from nn.losses import cross_entropy
from nn.sklearn.estimator import FLOATS, NetworkEstimator, positive_weights


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that classifies, trained on the cross-entropy. Labels are numbers or strings.

    The parameters are those of ``NetworkEstimator``.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> x, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NetworkClassifier([10], lr=0.02, random_state=0))
    >>> model.fit(x, y).score(x, y) > 0.95
    True
    """

    classes_: Array

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a new network on examples ``X`` (n, features) and their classes ``y`` (n,).

        ``sample_weight`` (n,) are the weights of the examples in the loss. A weight of 0 leaves an
        example out; if all examples are one batch, a weight of 2 has the effect of a copy. Raises
        ``ValueError`` for fewer than two classes, and for data that are not numbers.
        """
        x, labels, weights = self._examples(X, y, sample_weight, reset=True)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"NetworkClassifier needs at least two classes, and y has only one class: "
                f"{self.classes_.tolist()}"
            )
        self._begin(x, len(self.classes_))
        return self._fit(cross_entropy, x, numbers, weights, stratify=numbers)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Continue training for one epoch on these examples; the first call needs all ``classes``.

        Raises ``ValueError`` for classes that are missing, unknown or different from before.
        """
        first = not hasattr(self, "network_")
        x, labels, weights = self._examples(X, y, sample_weight, reset=first)
        if first and classes is None:
            raise ValueError("the first call of partial_fit must name all classes: classes=[...]")
        names = np.unique(np.asarray(classes)) if classes is not None else self.classes_
        if not first and not np.array_equal(names, self.classes_):
            raise ValueError(
                f"classes={names.tolist()} differ from those of the first call, "
                f"{self.classes_.tolist()}"
            )
        unknown = np.setdiff1d(labels, names)
        if len(unknown):
            raise ValueError(f"the classes {unknown.tolist()} are none of {names.tolist()}")
        if first:
            self.classes_ = names
            self._begin(x, len(names))
        return self._train(cross_entropy, x, np.searchsorted(names, labels), weights, epochs=1)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probability of each of ``classes_`` for each example, (n, classes)."""
        return ag.softmax(self._outputs(X))

    def predict(self, X: ArrayLike) -> Array:
        """Return the most probable class of each example, (n,), with the labels of ``y``."""
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]

    def _examples(
        self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[Array, Array, Array | None]:
        inputs, labels = validate_data(self, x, y, dtype=FLOATS, reset=reset)
        check_classification_targets(labels)
        return positive_weights(inputs, column_or_1d(labels, warn=True), sample_weight)
