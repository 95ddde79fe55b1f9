"""JAX on the processor: the whole step compiled, called from a Python loop."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import classification
from benchmarks.problems.arrays import Answer
from benchmarks.timing import Case

LEAD = 20


def versions() -> dict[str, str]:
    """The version of the library."""
    return {"JAX": version("jax")}


def loss(parameters: list[Any], inputs: Any, labels: Any) -> Any:
    """Softmax cross-entropy of the network."""
    w1, b1, w2, b2 = parameters
    logits = jax.nn.relu(inputs @ w1 + b1) @ w2 + b2
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
    return -jnp.mean(right)


def train(parameters: list[Any], inputs: Any, labels: Any) -> tuple[Any, list[Any]]:
    """The loss and the updated parameters."""
    value, gradient = jax.value_and_grad(loss)(parameters, inputs, labels)
    updated = [p - classification.RATE * g for p, g in zip(parameters, gradient, strict=True)]
    return value, updated


def step(variant: str) -> Mapping[str, Case]:
    """The step, compiled; waiting for every loss or for one in LEAD."""
    problem = classification.problem()
    compiled = jax.jit(train)
    inputs, labels = jax.device_put(problem.inputs), jax.device_put(problem.labels)
    lead = {"waiting": 1, "running ahead": LEAD}[variant]

    def make() -> tuple[Callable[[int], float], list[Any]]:
        parameters = [jnp.asarray(array) for array in problem.parameters]

        def update(count: int) -> float:
            for _ in range(count):
                value, parameters[:] = compiled(parameters, inputs, labels)
            return float(value)

        return update, parameters

    def answer() -> Answer:
        update, parameters = make()
        return classification.answer(lambda: update(1), lambda: list(map(np.asarray, parameters)))

    names = {"steps": make()[0], "lead": lead}
    return {classification.MEASURE: Case("steps(lead)", names, answer, units=lead)}
