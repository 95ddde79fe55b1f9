"""Derivatives of an example's cost with respect to the outputs, where backpropagation starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nn import losses
from nn.data import Array
from nn.targets import one_hot_rows

Error: TypeAlias = Callable[[Array, Array], Array]


class Cost(NamedTuple):
    """error: ∂C/∂a of each example's cost C, for outputs a and targets y, both (n, outputs).

    averaged: whether the loss is the mean of the examples' costs; otherwise it is their sum.
    """

    error: Error
    averaged: bool = True


def _softmax(z: Array) -> Array:
    exponentials: Array = np.exp(z - z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


COSTS: dict[Callable[..., Any], Cost] = {
    losses.quadratic_cost: Cost(lambda a, y: -(y - a)),
    losses.sse: Cost(lambda a, y: -(y - a), averaged=False),
    losses.mse: Cost(lambda a, y: -2 * (y - a) / a.shape[1]),
    losses.cross_entropy: Cost(lambda z, y: _softmax(z) - y),
    losses.cross_entropy_cost: Cost(lambda z, y: _sigmoid(z) - y),
    losses.binary_cross_entropy_with_logits: Cost(lambda z, y: (_sigmoid(z) - y) / z.shape[1]),
}


def cost_of(loss: Callable[..., Any]) -> Cost:
    """Return the cost of a loss; ``ValueError`` if there is none."""
    if loss not in COSTS:
        name = getattr(loss, "__name__", repr(loss))
        names = ", ".join(f.__name__ for f in COSTS)
        raise ValueError(f"deltas: loss {name!r} has no classical form here; there are {names}")
    return COSTS[loss]


def target_rows(output: Array, y: ArrayLike) -> Array:
    """Return targets in the shape of the outputs; class numbers become one-hot rows."""
    rows = np.asarray(one_hot_rows(output, y), float)
    return rows.reshape(output.shape)
