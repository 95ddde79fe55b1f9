"""The work `scalars`: a network of single numbers on two moons, and its gradient by formula.

The same network written neuron by neuron is in `benchmarks.systems.neurons`.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from benchmarks.problems.arrays import Answer, Array, Labels

Layers = list[tuple[Array, Array]]

PENALTY = 1e-4
COLLECTOR_ON = "collector on"
COLLECTOR_OFF = "collector off"
NOTEBOOK = "collector off, NumPy numbers as in the notebook"


def moons(points: int = 100, noise: float = 0.1) -> tuple[Array, Labels]:
    """Two interleaved half circles of radius 1, labelled -1 and +1, with normal noise."""
    angle = np.linspace(0.0, np.pi, points // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    jitter = np.random.default_rng(1337).normal(0.0, noise, (points, 2))
    return np.concatenate([upper, lower]) + jitter, np.repeat([-1, 1], points // 2)


def network(widths: tuple[int, ...] = (2, 16, 16, 1)) -> Layers:
    """Weights (outputs, inputs), uniform in [-1, 1), and zero biases for each layer."""
    rng = np.random.default_rng(42)
    return [
        (rng.uniform(-1.0, 1.0, (fan_out, fan_in)), np.zeros(fan_out))
        for fan_in, fan_out in pairwise(widths)
    ]


def loss_and_gradient(layers: Layers, points: Array, labels: Labels) -> tuple[float, Layers]:
    """The mean of max(0, 1 - y s) plus PENALTY times the squared parameters, and its gradient."""
    inputs = [points]
    for weights, biases in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ weights.T + biases, 0.0))
    weights, biases = layers[-1]
    margins = 1.0 - labels * (inputs[-1] @ weights.T + biases)[:, 0]
    loss = float(np.maximum(margins, 0.0).mean())

    gradient: Layers = []
    cotangent = (-labels * (margins > 0) / len(labels))[:, np.newaxis]
    for (weights, biases), layer_input in zip(reversed(layers), reversed(inputs), strict=True):
        loss += PENALTY * float((weights**2).sum() + (biases**2).sum())
        d_weights = cotangent.T @ layer_input + 2 * PENALTY * weights
        d_biases = cotangent.sum(0) + 2 * PENALTY * biases
        gradient.append((d_weights, d_biases))
        cotangent = (cotangent @ weights) * (layer_input > 0)
    return loss, gradient[::-1]


def answer(loss: float, gradient: Layers) -> Answer:
    """The loss, and the gradient neuron by neuron, weights before bias."""
    rows = [np.column_stack([weights, biases]).ravel() for weights, biases in gradient]
    return {"loss": np.array(loss), "gradient": np.concatenate(rows)}


def answers() -> Mapping[str, Answer]:
    """What each measure must give: all the same."""
    right = answer(*loss_and_gradient(network(), *moons()))
    return dict.fromkeys((COLLECTOR_ON, COLLECTOR_OFF, NOTEBOOK), right)
