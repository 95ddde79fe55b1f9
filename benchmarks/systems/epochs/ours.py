"""This project's networks: `nn.fit`, and the plain loop that it stands for."""

import io
import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from functools import partial

import numpy as np

import nn
from benchmarks.problems import epochs
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.systems.ours import versions
from benchmarks.timing import Case

__all__ = ["epoch", "versions"]


class Terminal(io.StringIO):
    """Where a progress bar is drawn, since it takes it for a terminal."""

    def isatty(self) -> bool:
        """It says that it is one."""
        return True


class Trainer:
    """`nn.MLP` and `nn.SGD`; see `benchmarks.problems.epochs.Trainer`."""

    def __init__(self, by_fit: bool, network: Network, inputs: Array, labels: Labels) -> None:
        self.inputs, self.labels, self.batch = inputs, labels, network.batch
        self.epoch = self.fitted if by_fit else self.looped
        self.model = nn.MLP([784, network.hidden, 10], activation=network.activation)
        state = (array.T for array in network.parameters())
        self.model.load_state_dict(dict(zip(self.model.state_dict(), state, strict=True)))
        self.optimizer = nn.SGD(self.model, lr=RATE)

    def fitted(self, rng: np.random.Generator | None) -> Array:
        """An epoch by `fit`."""
        with redirect_stderr(Terminal()):
            history = nn.fit(
                self.model,
                (self.inputs, self.labels),
                loss=nn.cross_entropy,
                optimizer=self.optimizer,
                epochs=1,
                batch_size=self.batch,
                rng=rng,
            )
        return history.steps["loss"]

    def looped(self, rng: np.random.Generator | None) -> Sequence[float]:
        """An epoch by a loop of one's own."""
        losses = []
        for x, y in nn.batches(self.inputs, self.labels, size=self.batch, rng=rng):
            self.optimizer.zero_grad()
            loss = nn.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return losses

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [array.T for array in self.model.state_dict().values()]


def epoch(variant: str) -> Mapping[str, Case]:
    """Training by `fit`, with NumPy code or machine code, or by a loop."""
    os.environ["WENGERT_NATIVE"] = "1" if variant == "native" else "0"
    return epochs.cases(partial(Trainer, variant in ("fit", "native")))
