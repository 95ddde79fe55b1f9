"""The network and the loss that the options describe.

The network itself standardises the inputs and outputs of the user's files, so that the saved model
works in their units.
"""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Callable
from itertools import pairwise
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
from nn.history import History
from nn.modules.activations import as_module
from nn.modules.columns import Pixels
from nn.modules.convolution import Conv2d, MaxPool2d
from nn.modules.layers import MLP, Flatten, Sequential, Unflatten
from nn.modules.module import Module
from nn.modules.scaling import Standardize
from nn.targets import Reduction

CHANNELS = (16, 32, 64)
"""Of the convolutions of ``--network conv``."""


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


def quadratic_cost(logits: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """``nn.quadratic_cost`` of sigmoid outputs."""
    return losses.quadratic_cost(ag.sigmoid(logits), target, reduction)


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
    layers: list[Module] = [source.first] if source.first else []
    if source.raw:
        layers.append(Standardize(x.shape[1], dtype=dtype).fit(x))
    if options.network == "conv":
        shape = _image_shape(source, x.shape[1])
        layers += _convolutions(shape, options, rng)
        sizes[0] = CHANNELS[-1] * math.prod(side // 2 ** len(CHANNELS) for side in shape[1:])
    layers += MLP(
        sizes,
        activation=options.activation,
        init=options.init,
        rng=rng,
        dropout=options.dropout,
        dtype=dtype,
    ).layers
    sizes[0] = x.shape[1]
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


def _image_shape(source: Source, inputs: int) -> tuple[int, int, int]:
    """Channels, height and width: those of a folder of images, else of a square of one channel."""
    side = math.isqrt(inputs)
    shape = (1, side, side)
    if isinstance(source.first, Pixels):
        encoder = source.first.encoder
        shape = (encoder.channels, encoder.height, encoder.width)
    if math.prod(shape) != inputs or min(shape[1:]) < 2 ** len(CHANNELS):
        raise CommandError(
            f"--network conv takes images of at least {2 ** len(CHANNELS)} pixels a side, square "
            f"if they are in a table, and {source.name} has {inputs} numbers for each example: use "
            "--network mlp"
        )
    return shape


def _convolutions(
    shape: tuple[int, int, int], options: Namespace, rng: np.random.Generator
) -> list[Module]:
    """Rows of numbers as images, and convolutions that each halve the sides."""
    dtype = np.dtype(options.dtype).type
    layers: list[Module] = [Unflatten(1, shape)]
    for before, after in pairwise((shape[0], *CHANNELS)):
        layers.append(Conv2d(before, after, 3, padding=1, rng=rng, dtype=dtype))
        layers += [as_module(options.activation, dtype), MaxPool2d(2)]
    return [*layers, Flatten()]
