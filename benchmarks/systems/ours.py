"""This project's engine: `Value` for single numbers, `Tensor` for arrays; eager, or compiled."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd
from autograd import Tensor, Value
from benchmarks.libraries import PROJECT
from benchmarks.problems import classification, moons
from benchmarks.problems.arrays import Answer, Array
from benchmarks.systems import neurons, single_operations
from benchmarks.timing import Case

if PROJECT not in Path(autograd.__file__).parents:
    raise ImportError(f"the module 'autograd' found is not this project's: {autograd.__file__}")


def versions() -> dict[str, str]:
    """None of its own: the commit is described with the environment."""
    return {}


def scalars(variant: str) -> Mapping[str, Case]:
    """The demonstration of micrograd: on `Value`, or compiled."""
    if variant == "Value":
        return neurons.cases(Value)
    names = {"floats": demonstration_of_floats, "Values": demonstration_of_values}[variant]()

    def answer() -> Answer:
        loss, gradient = names["compiled"](*names["arguments"])
        numbers = [float(slope) for slope in gradient]  # of `Value`s, or floats as they are
        return {"loss": np.array(float(loss)), "gradient": np.array(numbers)}

    return {
        moons.COLLECTOR_ON: Case("compiled(*arguments)", names, answer),
        moons.COLLECTOR_OFF: Case("compiled(*arguments)", names, answer, collector=False),
    }


def demonstration_of_floats() -> dict[str, Any]:
    """As a function of all parameters, a list of floats, with `value_and_grad`."""
    points, labels = (array.tolist() for array in moons.moons())

    def loss(parameters: Sequence[Any]) -> Any:
        given = iter(parameters)
        network = neurons.Network(lambda _: next(given), moons.network())
        return neurons.loss_of(network, points, labels)

    floats = neurons.Network(float, moons.network()).parameters()
    return {"compiled": autograd.jit(autograd.value_and_grad(loss)), "arguments": (floats,)}


def demonstration_of_values() -> dict[str, Any]:
    """As a function without arguments, of `Value`s outside of it, with `gradients`."""
    points, labels = (array.tolist() for array in moons.moons())
    network = neurons.Network(Value, moons.network())
    parameters = network.parameters()

    @autograd.jit
    def compiled() -> Any:
        loss = neurons.loss_of(network, points, labels)
        return loss, autograd.gradients(loss, parameters)

    return {"compiled": compiled, "arguments": ()}


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
