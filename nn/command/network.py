"""The network and the loss that the options describe.

The network itself standardises the inputs and outputs of the user's files, so that the saved model
works in their units.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from nn import losses
from nn.classifier import Classifier
from nn.command.arguments import VALUE_LOSSES
from nn.command.errors import CommandError
from nn.command.sources import Source
from nn.data import Array, Examples
from nn.evaluation import Loss
from nn.modules.layers import MLP, Sequential
from nn.modules.module import Module
from nn.modules.scaling import Standardize
from nn.training.history import History


class Task(NamedTuple):
    """What to train, and on which loss.

    ``network`` is trained and ``model`` is saved. They have the same layers, except that a model of
    values has one more, which converts the outputs back to the units of the targets.
    """

    model: Sequential
    network: Module
    sizes: list[int]
    loss: Loss
    metrics: tuple[str, ...]
    targets: Callable[[Array], Array]


class TrainingResult(NamedTuple):
    """The result of a run, with the model's outputs for each set of examples by name."""

    source: Source
    sets: dict[str, Examples]
    task: Task
    history: History
    outputs: dict[str, Array]

    @property
    def last(self) -> str:
        """The set to report on: the test set, else the validation or training set."""
        return list(self.sets)[-1]


def quadratic_cost(logits: Any, target: Any) -> Any:
    """``nn.quadratic_cost`` of sigmoid outputs."""
    return losses.quadratic_cost(ag.sigmoid(logits), target)


LOSSES: dict[str, Loss] = {
    "cross-entropy": losses.cross_entropy,
    "cross-entropy-cost": losses.cross_entropy_cost,
    "quadratic-cost": quadratic_cost,
    "mse": losses.mse,
    "mae": losses.mae,
}


def build(source: Source, options: Namespace, x: Array, y: Array, rng: np.random.Generator) -> Task:
    """Make the network for these training examples, with new weights."""
    dtype = np.dtype(options.dtype).type
    outputs = len(source.classes) or y.shape[1]
    if len(source.classes) == 1:
        raise CommandError(f"{source.name} has a single class; at least two are needed")
    sizes = [x.shape[1], *options.hidden, outputs]
    layers: list[Module] = []
    if source.raw:
        layers.append(Standardize(x.shape[1], dtype=dtype).fit(x))
    layers += MLP(
        sizes, activation=options.activation, init=options.init, rng=rng, dtype=dtype
    ).layers
    loss = LOSSES[options.loss]
    if options.loss in VALUE_LOSSES:
        scale = Standardize(outputs, dtype=dtype).fit(y)
        unscale = Standardize(outputs, inverse=True, dtype=dtype).fit(y)
        return Task(Sequential(*layers, unscale), Sequential(*layers), sizes, loss, (), scale)
    model = Classifier(
        *layers,
        classes=source.classes,
        outputs="softmax" if options.loss == "cross-entropy" else "sigmoid",
        limits=None if source.raw else (float(x.min()), float(x.max())),
    )
    return Task(model, model, sizes, loss, ("accuracy",), lambda y: y)
