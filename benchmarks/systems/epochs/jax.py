"""JAX on the processor: the compiled step called in a loop, or the whole epoch compiled."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import epochs
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import RATE, Network
from benchmarks.systems.jax import versions
from benchmarks.timing import Case

__all__ = ["epoch", "versions"]

Parameters = tuple[Any, Any, Any, Any]


def loss(activation: Any, parameters: Parameters, x: Any, y: Any) -> Any:
    """Softmax cross-entropy of the network."""
    w1, b1, w2, b2 = parameters
    logs = jax.nn.log_softmax(activation(x @ w1 + b1) @ w2 + b2)
    return -jnp.take_along_axis(logs, y[:, None], axis=1).mean()


def step(activation: Any, parameters: Parameters, x: Any, y: Any, rows: Any) -> tuple[Any, Any]:
    """The updated parameters, and the loss before."""
    value, gradient = jax.value_and_grad(partial(loss, activation))(parameters, x[rows], y[rows])
    return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradient), value


class Trainer:
    """The examples on JAX's device; batches are taken from them inside the compiled function."""

    def __init__(self, scanned: bool, network: Network, inputs: Array, labels: Labels) -> None:
        self.data = jax.device_put((inputs, labels.astype(np.int32)))
        self.batch = network.batch
        self.now: Any = tuple(jnp.asarray(array) for array in network.parameters())
        self.epoch = self.scanned if scanned else self.looped
        step_of = partial(step, jax.nn.sigmoid if network.activation == "sigmoid" else jax.nn.relu)

        def whole(parameters: Any, x: Any, y: Any, order: Any) -> Any:
            return jax.lax.scan(lambda p, rows: step_of(p, x, y, rows), parameters, order)

        order = self.order(None)
        example, function = (order, whole) if scanned else (order[0], step_of)
        # Compiled now, for these shapes, so that no sample has it in it.
        self.compiled = jax.jit(function).lower(self.now, *self.data, example).compile()

    def order(self, rng: np.random.Generator | None) -> Any:
        """The indices of each batch, a row each."""
        rows = list(epochs.batches(len(self.data[0]), self.batch, rng))
        return np.stack(rows).astype(np.int32)

    def looped(self, rng: np.random.Generator | None) -> Array:
        """An epoch by a loop; the losses are waited for at its end."""
        losses = []
        for rows in self.order(rng):
            self.now, value = self.compiled(self.now, *self.data, rows)
            losses.append(value)
        return np.array(losses)

    def scanned(self, rng: np.random.Generator | None) -> Array:
        """An epoch in one call."""
        self.now, losses = self.compiled(self.now, *self.data, self.order(rng))
        return np.array(losses)

    def parameters(self) -> Sequence[Array]:
        """The parameters, with weights as inputs by outputs."""
        return [np.asarray(array) for array in self.now]


def epoch(variant: str) -> Mapping[str, Case]:
    """Training by a loop of steps, or by one call."""
    return epochs.cases(partial(Trainer, variant == "scan"))
