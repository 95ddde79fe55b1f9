"""``NetworkClassifier``: classes learnt by a network, by scikit-learn's conventions.

Its settings and its training are in ``estimator``.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

import autograd as ag
from nn.data import Array
from nn.losses import cross_entropy
from nn.sklearn.estimator import FLOATS, NetworkEstimator, weighed


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that learns classes by the cross-entropy; labels are numbers or strings.

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
        """Train from the beginning on examples ``X`` (n, features) and their classes ``y`` (n,).

        ``sample_weight`` (n,) says how much each example counts: a weight of 0 leaves it out, and
        where all examples make one batch a weight of 2 is the example given twice. Raises
        ``ValueError`` for fewer than two classes, and for data that are not numbers.
        """
        x, labels, weights = self._examples(X, y, sample_weight, reset=True)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"NetworkClassifier needs two classes or more, and was given one class: "
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
        """Go on training for one epoch on these examples; the first call names all ``classes``.

        Raises ``ValueError`` for classes that are missing, unknown or others than before.
        """
        first = not hasattr(self, "network_")
        x, labels, weights = self._examples(X, y, sample_weight, reset=first)
        if first and classes is None:
            raise ValueError("the first call of partial_fit must name all classes: classes=[...]")
        known = np.unique(np.asarray(classes)) if classes is not None else self.classes_
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(
                f"classes={known.tolist()} differ from those of the first call, "
                f"{self.classes_.tolist()}"
            )
        strange = np.setdiff1d(labels, known)
        if len(strange):
            raise ValueError(f"the classes {strange.tolist()} are none of {known.tolist()}")
        if first:
            self.classes_ = known
            self._begin(x, len(known))
        return self._train(cross_entropy, x, np.searchsorted(known, labels), weights, epochs=1)

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probability of each of ``classes_`` for each example, (n, classes)."""
        probabilities: Array = ag.softmax(self._outputs(X))
        return probabilities

    def predict(self, X: ArrayLike) -> Array:
        """The likeliest class of each example, (n,), as ``y`` named it."""
        best = self._outputs(X).argmax(axis=1)
        labels: Array = self.classes_[best]
        return labels

    def _examples(
        self, x: Any, y: Any, sample_weight: Any, reset: bool
    ) -> tuple[Array, Array, Array | None]:
        x, y = validate_data(self, x, y, dtype=FLOATS, reset=reset)
        check_classification_targets(y)
        return weighed(x, column_or_1d(y, warn=True), sample_weight)
