"""JAX on the processor: the step compiled, called from a Python loop."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import steps
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.systems.epochs.jax import loss
from benchmarks.systems.jax import LEAD, versions
from benchmarks.timing import Case

__all__ = ["compile_time", "compiled_step", "versions"]


class Stepper:
    """The step as one function of parameters and data, which gives new parameters."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        self.data = jax.device_put((inputs, labels.astype(np.int32)))
        self.now: Any = [jnp.asarray(array) for array in network.parameters()]
        activation = jax.nn.sigmoid if network.activation == "sigmoid" else jax.nn.relu

        def step(parameters: Any, x: Any, y: Any) -> Any:
            value, slope = jax.value_and_grad(partial(loss, activation))(parameters, x, y)
            return jax.tree.map(lambda p, g: p - RATE * g, parameters, slope), value

        self.compiled = jax.jit(step)

    def steps(self, count: int) -> float:
        """So many steps; the loss of the last alone is waited for."""
        for _ in range(count):
            self.now, value = self.compiled(self.now, *self.data)
        return float(value)

    def step(self) -> float:
        """A step, waiting for its loss."""
        return self.steps(1)

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [np.asarray(array) for array in self.now]


def compiled_step(variant: str) -> Mapping[str, Case]:
    """Waiting for every loss, or for one in LEAD."""
    return steps.cases(Stepper, {"waiting": 1, "running ahead": LEAD}[variant])


def compile_time(variant: str) -> Mapping[str, Case]:
    """The first step."""
    return steps.compiling(Stepper)
