"""This project's engine: `Value` for single numbers, `Tensor` for arrays, eager."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value
from benchmarks.libraries import PROJECT
from benchmarks.problems import classification
from benchmarks.problems.arrays import Answer, Array
from benchmarks.systems import neurons, single_operations
from benchmarks.timing import Case

if PROJECT not in Path(autograd.__file__).parents:
    raise ImportError(f"the module 'autograd' found is not this project's: {autograd.__file__}")


def versions() -> dict[str, str]:
    """None of its own: the commit is described with the environment."""
    return {}


def scalars(variant: str) -> Mapping[str, Case]:
    """The demonstration of micrograd, on `Value`."""
    return neurons.cases(Value)


def step(variant: str) -> Mapping[str, Case]:
    """`backward()`, then an update of each parameter."""
    problem = classification.problem()
    rows = np.arange(len(problem.labels))

    def make() -> tuple[Callable[[], float], list[Tensor]]:
        parameters = [Tensor(array.copy()) for array in problem.parameters]
        w1, b1, w2, b2 = parameters

        def update() -> float:
            hidden = autograd.relu(problem.inputs @ w1 + b1)
            scores = autograd.log_softmax(hidden @ w2 + b2)
            loss = -scores[rows, problem.labels].mean()
            for parameter in parameters:
                parameter.grad = None
            loss.backward()
            for parameter in parameters:
                parameter.data -= classification.RATE * parameter.grad
            return float(loss.item())

        return update, parameters

    def answer() -> Answer:
        update, parameters = make()
        return classification.answer(update, lambda: [p.data for p in parameters])

    return {classification.MEASURE: Case("step()", {"step": make()[0]}, answer)}


def differentiate(function: Callable[..., Any], arrays: Sequence[Array], seed: Array) -> list[Any]:
    """The result and the cotangent of each array."""
    inputs = [Tensor(array) for array in arrays]
    out = function(*inputs)
    return [out.data, *map(np.asarray, autograd.gradients(out, inputs, seed))]


def operations(variant: str) -> Mapping[str, Case]:
    """The operations on `Tensor` with `gradients`, or on `Value` with `backward`."""
    functions: dict[str, Callable[..., Any]] = {"sin": autograd.sin, "sum": autograd.sum}
    if variant == "Value":
        return single_operations.value_cases(Value, functions)
    dialect = single_operations.Dialect(
        wrap=Tensor,
        functions=functions,
        backward="gradients({forward}, inputs, seed)",
        differentiate=differentiate,
        helpers={"gradients": autograd.gradients},
    )
    return single_operations.cases(dialect)
