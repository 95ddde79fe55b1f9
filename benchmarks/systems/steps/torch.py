"""PyTorch on the processor, eager: as users write it, and with as few calls as there can be."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from benchmarks.problems import steps
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.scales import RESIDENT, SCALES
from benchmarks.systems.epochs.torch import Trainer
from benchmarks.systems.torch import versions
from benchmarks.timing import Case

__all__ = ["compiled_step", "memory", "versions"]


class Usual(Trainer):
    """Its modules and its optimiser."""

    def step(self) -> float:
        """A step."""
        self.optimiser.zero_grad()
        loss: Any = cross_entropy(self.model(self.inputs), self.labels)
        loss.backward()
        self.optimiser.step()
        return float(loss.item())


class Lean:
    """Functions on tensors, and one call that updates all of them."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        self.inputs, self.labels = torch.from_numpy(inputs), torch.from_numpy(labels)
        self.activation = torch.sigmoid if network.activation == "sigmoid" else torch.relu
        arrays = (torch.tensor(array.T.copy()) for array in network.parameters())
        self.tensors = [array.requires_grad_() for array in arrays]

    def step(self) -> float:
        """A step."""
        w1, b1, w2, b2 = self.tensors
        linear = torch.nn.functional.linear
        loss = cross_entropy(
            linear(self.activation(linear(self.inputs, w1, b1)), w2, b2), self.labels
        )
        slopes = torch.autograd.grad(loss, self.tensors)
        with torch.no_grad():
            torch._foreach_add_(self.tensors, slopes, alpha=-RATE)
        return float(loss.item())

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [tensor.detach().numpy().T for tensor in self.tensors]


def compiled_step(variant: str) -> Mapping[str, Case]:
    """A step."""
    return steps.cases(Lean if variant == "lean" else Usual)


def memory(variant: str) -> Mapping[str, Case]:
    """What a step holds; its arrays are not asked for where Python could see it."""
    return steps.weighing(Usual, {name: SCALES[name] for name in SCALES if name == RESIDENT})
