"""The derivative of an example's cost by the network's output, where backpropagation begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nn import losses
from nn.data import Array
from nn.targets import rows_of

Error: TypeAlias = Callable[[Array, Array], Array]


class Cost(NamedTuple):
    """error: ∂C/∂a of each example's cost, from outputs a and targets y, (n, outputs) both.

    averaged: whether the loss is the mean of the examples' costs, or else their sum.
    """

    error: Error
    averaged: bool = True


def _softmax(z: Array) -> Array:
    powers: Array = np.exp(z - z.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


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
    """What is known of a loss; ``ValueError`` where that is nothing."""
    if loss not in COSTS:
        name = getattr(loss, "__name__", repr(loss))
        known = ", ".join(known.__name__ for known in COSTS)
        raise ValueError(f"deltas: loss {name!r} has no classical form here; there are {known}")
    return COSTS[loss]


def target_rows(output: Array, y: Any) -> Array:
    """Targets as rows of the shape of the outputs: class numbers become one-hot rows."""
    rows = np.asarray(rows_of(output, y), float)
    return rows.reshape(output.shape)
