"""MyGrad, with its memory guard on as by default, or off as its authors advise for speed."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import mygrad
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.problems import classification
from benchmarks.problems.arrays import Answer, Array
from benchmarks.systems import single_operations
from benchmarks.timing import Case


def versions() -> dict[str, str]:
    """The version of the library."""
    return {"MyGrad": version("mygrad")}


def set_guard(variant: str) -> None:
    """Leave the guard on, or turn it off for the whole process."""
    if variant == "guard off":
        mygrad.turn_memory_guarding_off()


def step(variant: str) -> Mapping[str, Case]:
    """Its own loss and `backward()`, then an update of each parameter's array."""
    set_guard(variant)
    problem = classification.problem()

    def make() -> tuple[Callable[[], float], list[Any]]:
        parameters = [mygrad.tensor(array.copy()) for array in problem.parameters]
        w1, b1, w2, b2 = parameters

        def update() -> float:
            hidden = relu(mygrad.matmul(problem.inputs, w1) + b1)
            loss = softmax_crossentropy(hidden @ w2 + b2, problem.labels)
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
    inputs = [mygrad.tensor(array) for array in arrays]
    out = function(*inputs)
    out.backward(seed)
    return [out.data, *(x.grad for x in inputs)]


def operations(variant: str) -> Mapping[str, Case]:
    """The operations on its tensors, and `backward` with a seed."""
    set_guard(variant)
    dialect = single_operations.Dialect(
        wrap=mygrad.tensor,
        functions={"sin": mygrad.sin, "sum": mygrad.sum},
        backward="({forward}).backward(seed)",
        differentiate=differentiate,
        helpers={},
    )
    return single_operations.cases(dialect)
