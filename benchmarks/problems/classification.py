"""The work `step`: a batch, the parameters of a small classifier, and its training by formula."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.problems.arrays import Answer, Array, Labels

RATE = 0.01
CHECKED_STEPS = 10
MEASURE = "step"


@dataclass(frozen=True)
class Problem:
    """Inputs (64, 784), labels (64,), and parameters w1 (784, 128), b1, w2 (128, 10), b2."""

    inputs: Array
    labels: Labels
    parameters: tuple[Array, Array, Array, Array]

    @property
    def one_hot(self) -> Array:
        """The labels as rows of zeros with a one, (64, 10)."""
        return np.eye(10, dtype=self.inputs.dtype)[self.labels]


def problem(dtype: type[np.floating] = np.float32) -> Problem:
    """A batch of noise in [0, 1) with random labels, and parameters after He et al. (2015)."""
    rng = np.random.default_rng(7)

    def convert(array: Array) -> Array:
        # Through float32 in any case, so that every system starts from the same numbers.
        return array.astype(np.float32).astype(dtype)

    inputs = convert(rng.random((64, 784)))
    labels = rng.integers(0, 10, 64)
    w1 = convert(rng.normal(0.0, np.sqrt(2 / 784), (784, 128)))
    w2 = convert(rng.normal(0.0, np.sqrt(2 / 128), (128, 10)))
    return Problem(inputs, labels, (w1, np.zeros(128, dtype), w2, np.zeros(10, dtype)))


def answer(step: Callable[[], float], parameters: Callable[[], Sequence[Array]]) -> Answer:
    """The losses of the first steps, and how far these steps moved each parameter."""
    losses = np.array([float(step()) for _ in range(CHECKED_STEPS)])
    start = problem(np.float64).parameters
    moved = [after - before for after, before in zip(parameters(), start, strict=True)]
    return {"losses": losses, **{f"change of parameter {i}": d for i, d in enumerate(moved)}}


def answers() -> Mapping[str, Answer]:
    """The same by the textbook formulas in float64."""
    data = problem(np.float64)
    w1, b1, w2, b2 = data.parameters

    def step() -> float:
        nonlocal w1, b1, w2, b2
        hidden = np.maximum(data.inputs @ w1 + b1, 0.0)
        odds = np.exp(hidden @ w2 + b2)
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        loss = -np.log((probabilities * data.one_hot).sum(axis=1)).mean()
        d_logits = (probabilities - data.one_hot) / len(data.labels)
        d_hidden = (d_logits @ w2.T) * (hidden > 0)
        w1 = w1 - RATE * data.inputs.T @ d_hidden
        b1 = b1 - RATE * d_hidden.sum(axis=0)
        w2 = w2 - RATE * hidden.T @ d_logits
        b2 = b2 - RATE * d_logits.sum(axis=0)
        return float(loss)

    return {MEASURE: answer(step, lambda: [w1, b1, w2, b2])}
