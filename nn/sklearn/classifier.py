"""``NetworkClassifier``: classification by a network, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

import autograd as ag
from nn.data import Array
from nn.losses import cross_entropy
from nn.modules.activations import ActivationLike
from nn.modules.module import Module
from nn.optim import GradientOptimizer
from nn.sklearn.estimator import FLOATS, NetworkEstimator, positive_weights


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that classifies, trained on the cross-entropy. Labels are numbers or strings.

    The parameters are those of ``NetworkEstimator``, and ``class_weight``: a dict of the weights of
    the classes in the loss, or "balanced", with which each class counts as much as any other.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> x, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NetworkClassifier([10], lr=0.02, random_state=0))
    >>> model.fit(x, y).score(x, y) > 0.95
    True
    """

    classes_: Array

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: ActivationLike = "relu",
        *,
        network: Callable[[int, int, np.random.Generator], Module] | None = None,
        optimizer: str | Callable[[Module], GradientOptimizer] = "adam",
        lr: float | None = None,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        batch_size: int | None = 200,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            network=network,
            optimizer=optimizer,
            lr=lr,
            weight_decay=weight_decay,
            dropout=dropout,
            batch_size=batch_size,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight

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
        x, numbers, weights = self._class_weighted(x, labels, numbers, weights)
        return self._fit(cross_entropy, x, numbers, weights, stratify=numbers)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Continue training for one epoch on these examples; the first call needs all ``classes``.

        Raises ``ValueError`` for classes that are missing, unknown or different from before, and
        for class_weight="balanced", since not all examples are known.
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
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit does not know all examples: give class_weight as a dict of weights"
            )
        numbers = np.searchsorted(names, labels)
        x, numbers, weights = self._class_weighted(x, labels, numbers, weights)
        return self._train(cross_entropy, x, numbers, weights, epochs=1)

    def _class_weighted(
        self, x: Array, labels: Array, numbers: Array, weights: Array | None
    ) -> tuple[Array, Array, Array | None]:
        if self.class_weight is None:
            return x, numbers, weights
        of_classes = compute_sample_weight(self.class_weight, labels)
        weights = of_classes if weights is None else weights * of_classes
        return positive_weights(x, numbers, weights)

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
