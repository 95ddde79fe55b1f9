"""A network that knows the names of its classes.

What the classes are predicted with is in ``nn.metrics``, how it is trained in ``nn.training``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import autograd as ag
from nn.data import Array, DataError
from nn.evaluation import predict
from nn.modules.layers import Sequential
from nn.modules.module import Module
from nn.registry import register


@register
class Classifier(Sequential):
    """Layers that give a logit for each class, and the names of the classes.

    It is called like any module and gives logits, for a loss. ``outputs`` says what the loss took
    them for, and so what makes probabilities of them: "softmax" where exactly one class is right,
    "sigmoid" where each class was judged alone. ``limits`` are the smallest and the largest number
    among the inputs it was trained on, for those who give it others. ``python -m nn train`` saves
    its networks so.

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
        super().__init__(*layers)
        self.classes: tuple[str, ...] = tuple(classes)
        self.outputs = outputs
        self.limits = limits

    def probabilities(self, x: Any) -> Array:
        """Each class's probability for each example, (n, classes), in evaluation mode."""
        return self.squashed(predict(self, x))

    def squashed(self, logits: Array) -> Array:
        """The probabilities that logits stand for."""
        if logits.ndim != 2 or logits.shape[1] != len(self.classes):
            raise DataError(
                f"outputs of shape {logits.shape} for {len(self.classes)} classes: the last layer "
                f"must give each class a logit"
            )
        probabilities: Array = (ag.softmax if self.outputs == "softmax" else ag.sigmoid)(logits)
        return probabilities

    def classify(self, x: Any) -> list[str]:
        """The name of the likeliest class of each example."""
        return [self.classes[k] for k in self.probabilities(x).argmax(axis=1)]
