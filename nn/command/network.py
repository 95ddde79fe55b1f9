"""The network and the loss that the options describe.

Inputs in units of their own are standardised by the network itself, so that the model in the file
takes what the user's files hold.
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
    """What is trained, on what measure. ``model`` is what is kept: it gives what users want.

    ``network`` is what is trained: the same layers, but of values without the last, which takes
    them back to their own units.
    """

    model: Sequential
    network: Module
    sizes: list[int]
    loss: Loss
    metrics: tuple[str, ...]
    targets: Callable[[Array], Array]


class Trained(NamedTuple):
    """What a run has come to: the model's outputs for each set of examples, by the set's name."""

    source: Source
    sets: dict[str, Examples]
    task: Task
    history: History
    outputs: dict[str, Array]

    @property
    def last(self) -> str:
        """The set that says most: the test set, or what there is instead."""
        return list(self.sets)[-1]


def quadratic_cost(logits: Any, target: Any) -> Any:
    """``nn.losses.quadratic_cost`` of sigmoid outputs."""
    return losses.quadratic_cost(ag.sigmoid(logits), target)


LOSSES: dict[str, Loss] = {
    "cross-entropy": losses.cross_entropy,
    "cross-entropy-cost": losses.cross_entropy_cost,
    "quadratic-cost": quadratic_cost,
    "mse": losses.mse,
    "mae": losses.mae,
}


def build(source: Source, options: Namespace, x: Array, y: Array, rng: np.random.Generator) -> Task:
    """The network for these training examples, with fresh weights."""
    dtype = np.dtype(options.dtype).type
    outputs = len(source.classes) or y.shape[1]
    if len(source.classes) == 1:
        raise CommandError(f"{source.name} has a single class; there is nothing to tell apart")
    sizes = [x.shape[1], *options.hidden, outputs]
    layers: list[Module] = []
    if source.raw:
        layers.append(Standardize(x.shape[1], dtype=dtype).fit(x))
    layers += MLP(
        sizes, activation=options.activation, init=options.init, rng=rng, dtype=dtype
    ).layers
    loss = LOSSES[options.loss]
    if options.loss in VALUE_LOSSES:
        back = Standardize(outputs, inverse=True, dtype=dtype).fit(y)
        forth = Standardize(outputs, dtype=dtype).fit(y)
        return Task(Sequential(*layers, back), Sequential(*layers), sizes, loss, (), forth)
    model = Classifier(
        *layers,
        classes=source.classes,
        outputs="softmax" if options.loss == "cross-entropy" else "sigmoid",
        limits=None if source.raw else (float(x.min()), float(x.max())),
    )
    return Task(model, model, sizes, loss, ("accuracy",), lambda y: y)
