"""A network that knows the names of its classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike

import autograd as ag
from nn.data import Array, DataError
from nn.evaluation import predict
from nn.modules.layers import Sequential
from nn.modules.module import Module
from nn.registry import register


@register
class Classifier(Sequential):
    """A ``Sequential`` whose outputs are a logit for each class, with the names of the classes.

    layers: as for ``Sequential``. A call returns the logits (n, classes), for a loss.
    outputs: the function that turns logits into probabilities: "softmax" for classes that exclude
        each other, "sigmoid" for independent ones.
    limits: the smallest and largest input in training, with which new inputs can be compared.

    ``python -m nn train`` saves its networks in this form. Raises ``ValueError`` for other
    ``outputs``, and ``TypeError`` for classes without names and limits that are not two numbers.

    >>> from nn import Linear
    >>> model = Classifier(Linear(2, 2, init="zeros"), classes=["cat", "dog"])
    >>> model.probabilities([[1.0, 2.0]])
    array([[0.5, 0.5]])
    >>> model.classify([[1.0, 2.0]])
    ['cat']
    """

    def __init__(
        self,
        *layers: Module | Callable[[Any], Any],
        classes: Sequence[str],
        outputs: Literal["softmax", "sigmoid"] = "softmax",
        limits: tuple[float, float] | None = None,
    ) -> None:
        if outputs not in ("softmax", "sigmoid"):
            raise ValueError(f"outputs={outputs!r} is neither 'softmax' nor 'sigmoid'")
        if not all(isinstance(name, str) for name in classes):
            raise TypeError(f"classes={classes!r} are not the names of classes, such as ['0', '1']")
        if limits is not None and not (
            len(limits) == 2 and all(isinstance(limit, int | float) for limit in limits)
        ):
            raise TypeError(f"limits={limits!r} are not the smallest and the largest input")
        super().__init__(*layers)
        self.classes: tuple[str, ...] = tuple(classes)
        self.outputs = outputs
        self.limits = limits

    def probabilities(self, x: ArrayLike) -> Array:
        """Return the probability of each class, (n, classes), for examples x (n, ...)."""
        return self.to_probabilities(predict(self, x))

    def to_probabilities(self, logits: Array) -> Array:
        """Return the probabilities of logits (n, classes); ``DataError`` for another shape."""
        if logits.ndim != 2 or logits.shape[1] != len(self.classes):
            raise DataError(
                f"outputs of shape {logits.shape} for {len(self.classes)} classes: the last layer "
                f"must have one output for each class"
            )
        return (ag.softmax if self.outputs == "softmax" else ag.sigmoid)(logits)

    squashed = to_probabilities
    """Deprecated name, to be removed in the next version."""

    def classify(self, x: ArrayLike) -> list[str]:
        """Return the name of the most probable class of each example."""
        return [self.classes[k] for k in self.probabilities(x).argmax(axis=1)]
