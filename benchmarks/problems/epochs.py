"""The work `epoch`: 60,000 examples, two networks, and their training by formula."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from benchmarks.problems.arrays import Answer, Array, Labels
from benchmarks.timing import Case

EXAMPLES = 60_000
CHECKED_STEPS = 20
RATE = 0.01


@dataclass(frozen=True)
class Network:
    """Sizes 784, hidden, 10; what is between the layers; and how many examples make a batch."""

    measure: str
    hidden: int
    activation: str
    batch: int

    def parameters(self, dtype: type[np.floating] = np.float32) -> tuple[Array, ...]:
        """Weights w1 (784, hidden) and w2 (hidden, 10) of variance 1/n_in, biases b1 and b2."""
        rng = np.random.default_rng(7)
        arrays: list[Array] = []
        for n_in, n_out in ((784, self.hidden), (self.hidden, 10)):
            # Through float32 in any case, so that every system starts from the same numbers.
            drawn = rng.normal(0.0, n_in**-0.5, (n_in, n_out)).astype(np.float32)
            arrays += [drawn.astype(dtype), np.zeros(n_out, dtype)]
        return tuple(arrays)


NETWORKS = (
    Network("784-30-10, batch 10", 30, "sigmoid", 10),
    Network("784-200-10, batch 100", 200, "relu", 100),
)


class Trainer(Protocol):
    """A network in training, in one system, with the examples in the system's own arrays."""

    def epoch(self, rng: np.random.Generator | None) -> Sequence[float] | Array:
        """Take each batch once, shuffled if there is a generator; the loss of each step."""

    def parameters(self) -> Sequence[Array]:
        """The parameters as they are now, in the shapes of `Network.parameters`."""


@cache
def examples() -> tuple[Array, Labels]:
    """Noise in [0, 1) with random labels: inputs (60000, 784) float32, labels (60000,)."""
    rng = np.random.default_rng(8)
    return rng.random((EXAMPLES, 784), dtype=np.float32), rng.integers(0, 10, EXAMPLES)


def batches(count: int, size: int, rng: np.random.Generator | None) -> Iterator[Labels]:
    """The indices of each batch, in a new order if there is a generator."""
    order = np.arange(count) if rng is None else rng.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def cases(make: Callable[[Network, Array, Labels], Trainer]) -> Mapping[str, Case]:
    """A case for each network, of a system's trainers; a sample is one epoch, shuffled."""
    found = {}
    for network in NETWORKS:

        def answer(network: Network = network) -> Answer:
            inputs, labels = examples()
            few = CHECKED_STEPS * network.batch
            trainer = make(network, inputs[:few], labels[:few])
            return described(network, trainer.epoch(None), trainer.parameters())

        names = {"trainer": make(network, *examples()), "rng": np.random.default_rng(9)}
        found[network.measure] = Case("trainer.epoch(rng)", names, answer, executions=1)
    return found


def described(
    network: Network, losses: Sequence[float] | Array, parameters: Sequence[Array]
) -> Answer:
    """The losses of some steps, and how far these steps moved each parameter."""
    pairs = zip(parameters, network.parameters(np.float64), strict=True)
    moved = {f"change of parameter {i}": after - before for i, (after, before) in enumerate(pairs)}
    return {"losses": np.asarray(losses, np.float64), **moved}


def answers() -> Mapping[str, Answer]:
    """The same by the textbook formulas in float64."""
    inputs, labels = examples()
    found = {}
    for network in NETWORKS:
        few = batches(CHECKED_STEPS * network.batch, network.batch, None)
        found[network.measure] = trained(network, [(inputs[rows], labels[rows]) for rows in few])
    return found


def trained(network: Network, taken: Iterable[tuple[Array, Labels]]) -> Answer:
    """Training on these batches, by the textbook formulas in float64."""
    w1, b1, w2, b2 = network.parameters(np.float64)
    losses = []
    for inputs, labels in taken:
        x, right = inputs.astype(np.float64), np.eye(10)[labels]
        z = x @ w1 + b1
        sigmoid = network.activation == "sigmoid"
        hidden = 1 / (1 + np.exp(-z)) if sigmoid else np.maximum(z, 0)
        slope = hidden * (1 - hidden) if sigmoid else z > 0
        odds = np.exp(hidden @ w2 + b2)
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        losses.append(-np.log((probabilities * right).sum(axis=1)).mean())
        d_logits = (probabilities - right) / len(x)
        d_hidden = (d_logits @ w2.T) * slope
        w1, b1 = w1 - RATE * x.T @ d_hidden, b1 - RATE * d_hidden.sum(axis=0)
        w2, b2 = w2 - RATE * hidden.T @ d_logits, b2 - RATE * d_logits.sum(axis=0)
    return described(network, losses, [w1, b1, w2, b2])
