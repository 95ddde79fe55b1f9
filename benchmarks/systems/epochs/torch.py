"""PyTorch on the processor, eager: its own modules, loss and optimiser."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from benchmarks.problems import epochs
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.systems.torch import versions
from benchmarks.timing import Case

__all__ = ["epoch", "versions"]


class Trainer:
    """A loop over shuffled indices, which is several times faster than its `DataLoader`."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        self.inputs, self.labels = torch.from_numpy(inputs), torch.from_numpy(labels)
        self.batch = network.batch
        activation = nn.Sigmoid() if network.activation == "sigmoid" else nn.ReLU()
        self.model = nn.Sequential(
            nn.Linear(784, network.hidden), activation, nn.Linear(network.hidden, 10)
        )
        state = (torch.tensor(array.T) for array in network.parameters())
        self.model.load_state_dict(dict(zip(self.model.state_dict(), state, strict=True)))
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=RATE)

    def epoch(self, rng: np.random.Generator | None) -> Sequence[float]:
        """All batches, one after the other."""
        losses = []
        for rows in epochs.batches(len(self.inputs), self.batch, rng):
            indices = torch.from_numpy(rows)
            self.optimiser.zero_grad()
            loss = cross_entropy(self.model(self.inputs[indices]), self.labels[indices])
            loss.backward()
            self.optimiser.step()
            losses.append(loss.item())
        return losses

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [parameter.detach().numpy().T for parameter in self.model.parameters()]


def epoch(variant: str) -> Mapping[str, Case]:
    """Training as users write it."""
    return epochs.cases(Trainer)
