"""NumPy alone, with the derivatives written by hand: allocating, or with everything made once."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.problems import epochs
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.systems.numpy import versions
from benchmarks.timing import Case

__all__ = ["epoch", "versions"]


class Textbook:
    """A step as a textbook has it, an array for every intermediate result."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        self.inputs, self.labels, self.batch = inputs, labels, network.batch
        self.sigmoid = network.activation == "sigmoid"
        self.w1, self.b1, self.w2, self.b2 = network.parameters()

    def epoch(self, rng: np.random.Generator | None) -> Sequence[float]:
        """All batches, one after the other."""
        return [
            self.step(self.inputs[rows], self.labels[rows])
            for rows in epochs.batches(len(self.inputs), self.batch, rng)
        ]

    def step(self, x: Array, y: Labels) -> float:
        """One update of the parameters; the loss before it."""
        rows = np.arange(len(y))
        z = x @ self.w1 + self.b1
        hidden = 1 / (1 + np.exp(-z)) if self.sigmoid else np.maximum(z, 0)
        logits = hidden @ self.w2 + self.b2
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[rows, y]).mean()

        d_logits = odds / total
        d_logits[rows, y] -= 1
        d_logits /= len(y)
        d_hidden = d_logits @ self.w2.T
        d_hidden *= hidden * (1 - hidden) if self.sigmoid else hidden > 0
        self.w1 -= RATE * (x.T @ d_hidden)
        self.b1 -= RATE * d_hidden.sum(axis=0)
        self.w2 -= RATE * (hidden.T @ d_logits)
        self.b2 -= RATE * d_logits.sum(axis=0)
        return float(loss)

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [self.w1, self.b1, self.w2, self.b2]


class Preallocated:
    """Every array made once, all parameters in one, and weights as outputs by inputs."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        batch, hidden = network.batch, network.hidden
        self.inputs, self.batch = inputs, batch
        self.one_hot = np.eye(10, dtype=np.float32)[labels]
        w1, b1, w2, b2 = network.parameters()
        arrays = [w1.T, b1, w2.T, b2]
        self.flat = np.concatenate([array.ravel() for array in arrays])
        self.flat_gradient = np.empty_like(self.flat)
        self.now, self.gradient = (
            self.views(flat, [array.shape for array in arrays])
            for flat in (self.flat, self.flat_gradient)
        )
        self.x = np.empty((batch, 784), np.float32)
        self.right = np.empty((batch, 10), np.float32)
        self.hidden, self.d_hidden, self.slope = np.empty((3, batch, hidden), np.float32)
        self.active = np.empty((batch, hidden), np.bool_)
        self.logits, self.odds = np.empty((2, batch, 10), np.float32)
        self.row = np.empty((batch, 1), np.float32)
        self.ones, self.ones_of_classes = np.ones(batch, np.float32), np.ones(10, np.float32)
        self.zero, self.one = np.zeros((), np.float32), np.ones((), np.float32)
        self.inverse_batch = np.array(1 / batch, np.float32)
        self.make_views()
        self.rate = np.array(RATE, np.float32)
        self.squash = self.sigmoid if network.activation == "sigmoid" else self.relu
        self.times_slope = (
            self.times_sigmoid_slope if network.activation == "sigmoid" else self.times_relu_slope
        )

    def make_views(self) -> None:
        """Arrays in other shapes, so that no step has to make them."""
        w1, _, w2, _ = self.now
        self.w1_transposed, self.w2_transposed = w1.T, w2.T
        self.d_hidden_transposed, self.odds_transposed = self.d_hidden.T, self.odds.T
        self.entries = self.row.ravel()
        self.logits_in_a_row, self.right_in_a_row = self.logits.ravel(), self.right.ravel()

    @staticmethod
    def views(flat: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
        """Parts of a flat array, in these shapes."""
        ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
        parts = zip(np.split(flat, ends), shapes, strict=True)
        return [part.reshape(shape) for part, shape in parts]

    def sigmoid(self) -> None:
        """hidden ← 1 / (1 + exp(-hidden))."""
        hidden = self.hidden
        np.negative(hidden, hidden)
        np.exp(hidden, hidden)
        np.add(hidden, self.one, hidden)
        np.reciprocal(hidden, hidden)

    def relu(self) -> None:
        """hidden ← max(hidden, 0)."""
        np.maximum(self.hidden, self.zero, out=self.hidden)

    def times_sigmoid_slope(self) -> None:
        """d_hidden ← d_hidden * hidden * (1 - hidden)."""
        np.subtract(self.one, self.hidden, self.slope)
        np.multiply(self.slope, self.hidden, self.slope)
        np.multiply(self.d_hidden, self.slope, self.d_hidden)

    def times_relu_slope(self) -> None:
        """d_hidden ← d_hidden where the unit is active, else 0."""
        np.greater(self.hidden, self.zero, self.active)
        np.multiply(self.d_hidden, self.active, self.d_hidden)

    def epoch(self, rng: np.random.Generator | None) -> Sequence[float]:
        """All batches, one after the other."""
        losses = []
        for rows in epochs.batches(len(self.inputs), self.batch, rng):
            np.take(self.inputs, rows, axis=0, out=self.x, mode="clip")
            np.take(self.one_hot, rows, axis=0, out=self.right, mode="clip")
            losses.append(self.step())
        return losses

    def step(self) -> float:
        """One update of the parameters; the loss before it."""
        _, b1, w2, b2 = self.now
        d_w1, d_b1, d_w2, d_b2 = self.gradient
        hidden, d_hidden, logits, odds, row = (
            self.hidden, self.d_hidden, self.logits, self.odds, self.row,
        )  # fmt: skip
        self.x.dot(self.w1_transposed, hidden)
        np.add(hidden, b1, hidden)
        self.squash()
        hidden.dot(self.w2_transposed, logits)
        np.add(logits, b2, logits)
        np.maximum.reduce(logits, 1, None, row, True)
        np.subtract(logits, row, logits)
        np.exp(logits, odds)
        odds.dot(self.ones_of_classes, self.entries)
        np.divide(odds, row, odds)
        # The logits of the right classes are what the one-hot rows pick out.
        picked = self.logits_in_a_row.dot(self.right_in_a_row)
        np.log(row, row)
        loss = float(self.ones.dot(self.entries) - picked) / self.batch

        np.subtract(odds, self.right, odds)
        np.multiply(odds, self.inverse_batch, odds)
        odds.dot(w2, d_hidden)
        self.times_slope()
        self.d_hidden_transposed.dot(self.x, d_w1)
        self.ones.dot(d_hidden, d_b1)
        self.odds_transposed.dot(hidden, d_w2)
        self.ones.dot(odds, d_b2)
        np.multiply(self.flat_gradient, self.rate, self.flat_gradient)
        np.subtract(self.flat, self.flat_gradient, self.flat)
        return loss

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [array.T for array in self.now]


def epoch(variant: str) -> Mapping[str, Case]:
    """Training by a textbook's steps, or by steps with everything made once."""
    return epochs.cases(Preallocated if variant == "preallocated" else Textbook)
