"""NumPy alone, with the derivatives written by hand: what the arithmetic itself costs."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from benchmarks.problems import classification, moons
from benchmarks.problems.arrays import Answer, Array
from benchmarks.problems.operations import (
    BY_HAND,
    OPERATIONS,
    SIZES,
    answer,
    chain,
    chain_by_hand,
    measures,
)
from benchmarks.timing import Case


def versions() -> dict[str, str]:
    """None of its own: NumPy is described with the environment."""
    return {}


def scalars(variant: str) -> Mapping[str, Case]:
    """The network as three matrices."""
    names = {
        "loss_and_gradient": moons.loss_and_gradient,
        "layers": moons.network(),
        "data": moons.moons(),
    }
    statement = "loss_and_gradient(layers, *data)"

    def network_answer() -> Answer:
        return moons.answer(*moons.loss_and_gradient(moons.network(), *moons.moons()))

    return {
        moons.COLLECTOR_ON: Case(statement, names, network_answer),
        moons.COLLECTOR_OFF: Case(statement, names, network_answer, collector=False),
    }


class Allocating:
    """The step as a textbook has it, an array for every intermediate result."""

    def __init__(self) -> None:
        problem = classification.problem()
        self.inputs, self.labels = problem.inputs, problem.labels
        self.rows = np.arange(len(self.labels))
        self.parameters = [array.copy() for array in problem.parameters]

    def step(self) -> float:
        """One update of the parameters; the loss before it."""
        w1, b1, w2, b2 = self.parameters
        hidden = np.maximum(self.inputs @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[self.rows, self.labels]).mean()

        d_logits = odds / total
        d_logits[self.rows, self.labels] -= 1
        d_logits /= len(self.labels)
        d_hidden = d_logits @ w2.T
        d_hidden *= hidden > 0
        w1 -= classification.RATE * (self.inputs.T @ d_hidden)
        b1 -= classification.RATE * d_hidden.sum(axis=0)
        w2 -= classification.RATE * (hidden.T @ d_logits)
        b2 -= classification.RATE * d_logits.sum(axis=0)
        return float(loss)


class Preallocated:
    """The same with every array made once, and all parameters in one."""

    def __init__(self) -> None:
        problem = classification.problem()
        self.inputs, self.one_hot = problem.inputs, problem.one_hot
        batch, classes = self.one_hot.shape
        self.flat = np.concatenate([array.ravel() for array in problem.parameters])
        self.flat_gradient = np.empty_like(self.flat)
        self.parameters = self.views(self.flat, problem.parameters)
        self.gradient = self.views(self.flat_gradient, problem.parameters)
        self.hidden, self.d_hidden = np.empty((2, batch, 128), np.float32)
        self.logits, self.odds = np.empty((2, batch, classes), np.float32)
        self.active = np.empty((batch, 128), np.bool_)
        self.row = np.empty((batch, 1), np.float32)
        self.ones = np.ones(batch, np.float32)
        self.zero = np.zeros((), np.float32)
        self.inverse_batch = np.array(1 / batch, np.float32)
        self.rate = np.array(classification.RATE, np.float32)

    @staticmethod
    def views(flat: Array, shaped_like: tuple[Array, ...]) -> list[Array]:
        """Parts of a flat array in the shapes of the parameters."""
        ends = np.cumsum([array.size for array in shaped_like])
        parts = np.split(flat, ends[:-1])
        return [part.reshape(a.shape) for part, a in zip(parts, shaped_like, strict=True)]

    def step(self) -> float:
        """One update of the parameters; the loss before it."""
        w1, b1, w2, b2 = self.parameters
        d_w1, d_b1, d_w2, d_b2 = self.gradient
        hidden, d_hidden = self.hidden, self.d_hidden
        logits, odds, row = self.logits, self.odds, self.row
        np.dot(self.inputs, w1, out=hidden)
        np.add(hidden, b1, out=hidden)
        np.maximum(hidden, self.zero, out=hidden)
        np.dot(hidden, w2, out=logits)
        np.add(logits, b2, out=logits)
        np.max(logits, axis=1, keepdims=True, out=row)
        np.subtract(logits, row, out=logits)
        np.exp(logits, out=odds)
        np.sum(odds, axis=1, keepdims=True, out=row)
        # The logits of the right classes are what the one-hot rows pick out.
        picked = np.dot(logits.ravel(), self.one_hot.ravel())
        loss = (np.log(row).sum() - picked) * self.inverse_batch

        np.divide(odds, row, out=odds)
        np.subtract(odds, self.one_hot, out=odds)
        np.multiply(odds, self.inverse_batch, out=odds)
        np.dot(odds, w2.T, out=d_hidden)
        np.greater(hidden, self.zero, out=self.active)
        np.multiply(d_hidden, self.active, out=d_hidden)
        np.dot(self.inputs.T, d_hidden, out=d_w1)
        np.dot(self.ones, d_hidden, out=d_b1)
        np.dot(hidden.T, odds, out=d_w2)
        np.dot(self.ones, odds, out=d_b2)
        np.multiply(self.flat_gradient, self.rate, out=self.flat_gradient)
        np.subtract(self.flat, self.flat_gradient, out=self.flat)
        return float(loss)


def step(variant: str) -> Mapping[str, Case]:
    """A training step, allocating as a textbook does or with everything preallocated."""

    def make() -> Allocating | Preallocated:
        return Preallocated() if variant == "preallocated" else Allocating()

    def training_answer() -> Answer:
        fresh = make()
        return classification.answer(fresh.step, lambda: fresh.parameters)

    return {classification.MEASURE: Case("step()", {"step": make().step}, training_answer)}


def operations(variant: str) -> Mapping[str, Case]:
    """The operations and their derivatives as bare array arithmetic."""
    found: dict[str, Case] = {}
    for operation in OPERATIONS:
        for size in SIZES:
            values = operation.evaluate(size)
            names = {**BY_HAND, "chain": chain, "chain_by_hand": chain_by_hand}
            names |= {"seed": np.ones_like(values[0])}
            names |= dict(zip(operation.inputs, operation.arrays(size), strict=True))
            for measure, statement in zip(
                measures(operation, size), (operation.statement, operation.by_hand), strict=True
            ):
                found[measure] = Case(
                    statement, names, partial(answer, operation, values), units=operation.length
                )
    return found
