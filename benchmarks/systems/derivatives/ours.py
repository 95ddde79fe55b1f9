"""This project's engine, compiled or eager."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import autograd as ag
from benchmarks.problems import costs, valley
from benchmarks.problems.arrays import Array
from benchmarks.systems.ours import versions
from benchmarks.timing import Case

__all__ = ["gradient_cost", "rosenbrock", "versions"]

COMPILED: Mapping[str, Callable[..., Any]] = {
    "jit": partial(ag.jit, native=False),
    "native": partial(ag.jit, native=True),
}


def of_numbers(x: Sequence[Any]) -> Any:
    """Rosenbrock's function as a loop over single numbers."""
    return sum(100 * (after - now**2) ** 2 + (1 - now) ** 2 for now, after in pairwise(x))


def of_array(x: Any) -> Any:
    """Rosenbrock's function of an array."""
    head, tail = x[:-1], x[1:]
    return ag.sum(100 * (tail - head**2) ** 2 + (1 - head) ** 2)


def product(x: Array, v: Array) -> Any:
    """The Hessian of Rosenbrock's function times v."""
    return ag.hvp(of_array, x, v)


def rosenbrock(variant: str) -> Mapping[str, Case]:
    """Of lists of floats and of arrays; or of `Value`s that are somewhere outside."""
    if variant == "Values":
        return {
            measure: valley.case(_of_outside(valley.point(size)))
            for measure, size in ((valley.TWO, 2), (valley.HUNDRED, 100))
        }
    compiled = COMPILED.get(variant, lambda f: f)
    x, y, v = valley.point(100), valley.point(10_000), valley.direction()
    numbers = compiled(ag.value_and_grad(of_numbers))
    return {
        valley.TWO: valley.case(numbers, valley.point(2).tolist()),
        valley.HUNDRED: valley.case(numbers, x.tolist()),
        valley.HESSIAN: valley.case(compiled(ag.hessian(of_array)), x),
        valley.PRODUCT: valley.case(compiled(product), y, v),
    }


def _of_outside(start: Array) -> Callable[[], Any]:
    x = [ag.Value(number) for number in start.tolist()]

    @ag.jit
    def compute() -> Any:
        value = of_numbers(x)
        return value, ag.gradients(value, x)

    return compute


def loss(p: Sequence[Any], x: Array, right: Array) -> Any:
    """Softmax cross-entropy of the network."""
    w1, b1, w2, b2 = p
    scores = ag.log_softmax(ag.relu(x @ w1 + b1) @ w2 + b2)
    return -ag.sum(scores * right) / len(x)


def total(x: Any, y: Array) -> Any:
    """The sum of what the chain ends with."""
    return ag.sum(costs.chain(x, y, ag.sin))


def loss_product(p: Sequence[Array], v: Sequence[Array], x: Array, right: Array) -> Any:
    """The Hessian of the loss times v."""
    return ag.hvp(lambda q: loss(q, x, right), p, v)


def gradient_cost(variant: str) -> Mapping[str, Case]:
    """Functions and their derivatives."""
    compiled = COMPILED.get(variant, lambda f: f)
    functions = {
        f"{costs.LOSS} | {costs.FUNCTION}": loss,
        f"{costs.LOSS} | {costs.GRADIENT}": ag.value_and_grad(loss),
        f"{costs.LOSS} | {costs.PRODUCT}": loss_product,
        f"{costs.CHAIN} | {costs.FUNCTION}": total,
        f"{costs.CHAIN} | {costs.GRADIENT}": ag.value_and_grad(total),
        f"{costs.VALLEY} | {costs.FUNCTION}": of_array,
        f"{costs.VALLEY} | {costs.GRADIENT}": ag.value_and_grad(of_array),
        f"{costs.VALLEY} | {costs.PRODUCT}": product,
    }
    return costs.cases({measure: compiled(function) for measure, function in functions.items()})
