"""This project's engine: the step that `nn.fit` compiles, one by `jit`, and an eager one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import autograd as ag
import nn
from benchmarks.problems import compiling, moons, steps
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.scales import SCALES
from benchmarks.systems.epochs.ours import Trainer
from benchmarks.systems.ours import demonstration_of_floats, scalars, versions
from benchmarks.timing import Case
from nn.training.batches import ArrayBatches
from nn.training.compiled import CompiledStep

__all__ = ["compile_time", "compiled_step", "memory", "versions"]


class OfFit(Trainer):
    """What `nn.fit` calls for each batch, with the norm of the gradient and its other checks."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        super().__init__(True, network, inputs, labels)
        batches = ArrayBatches((inputs, labels), len(inputs), drop_last=False, rng=None)
        self.compiled = CompiledStep(self.model, nn.cross_entropy, self.optimizer, batches)

    def step(self) -> float:
        """A step as `nn.fit` takes it."""
        return self.compiled.step(self.inputs, self.labels).loss


class OfJit:
    """A step written with the engine's functions, and compiled with `jit(..., into=...)`."""

    native = False

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        self.inputs, self.labels = inputs, labels
        w1, b1, w2, b2 = network.parameters()
        tensors = [ag.Tensor(array) for array in (w1.T, b1, w2.T, b2)]
        self.flat = ag.Flat(tensors)
        activation = ag.sigmoid if network.activation == "sigmoid" else ag.relu
        rows = np.arange(network.batch)

        def step(x: Any, y: Any, theta: Any) -> Any:
            w1, b1, w2, b2 = tensors
            scores = ag.log_softmax(activation(x @ w1.T + b1) @ w2.T + b2)
            loss = -scores[rows, y].mean()
            found = ag.gradients(loss, tensors, create_graph=True)
            slope = ag.concatenate([ag.ravel(part) for part in found])
            return loss, [theta - RATE * slope, slope]

        self.gradient = np.zeros_like(self.flat.array)
        self.compiled = ag.jit(step, into=[self.flat.array, self.gradient], native=self.native)

    def step(self) -> float:
        """A step; the gradient is there afterwards, as with the others."""
        return float(self.compiled(self.inputs, self.labels, self.flat.array))

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [tensor.numpy().T for tensor in self.flat.tensors]


class MachineCode(OfJit):
    """The same as machine code."""

    native = True


class Eager(Trainer):
    """A step of the plain loop."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        super().__init__(False, network, inputs, labels)

    def step(self) -> float:
        """An epoch of one batch."""
        (loss,) = self.looped(None)
        return loss


def stepper(variant: str) -> steps.Make:
    """The way of taking a step."""
    return {"fit": OfFit, "jit": OfJit, "native": MachineCode, "eager": Eager}[variant]


def compiled_step(variant: str) -> Mapping[str, Case]:
    """A step."""
    return steps.cases(stepper(variant))


def memory(variant: str) -> Mapping[str, Case]:
    """What a step holds, compiled programs included."""
    return steps.weighing(stepper(variant), SCALES)


def compile_time(variant: str) -> Mapping[str, Case]:
    """The first step, and the first call of the demonstration of micrograd."""
    demonstration = Case(
        "first['compiled'](*first['arguments'])",
        {"demonstration": demonstration_of_floats},
        scalars("floats")[moons.COLLECTOR_ON].answer,
        setup="first = demonstration()",
        executions=1,
    )
    return steps.compiling(stepper(variant)) | {compiling.SCALARS: demonstration}
