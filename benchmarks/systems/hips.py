"""HIPS autograd, which has the import name of this project's engine."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.libraries import PROJECT
from benchmarks.problems import classification
from benchmarks.problems.arrays import Answer, Array
from benchmarks.systems import single_operations
from benchmarks.timing import Case


def import_hips(name: str = "") -> ModuleType:
    """Import a module of HIPS autograd, and never one of this project."""
    module = import_module(f"autograd{name}")
    if module.__file__ is None or PROJECT in Path(module.__file__).parents:
        raise ModuleNotFoundError("the only module 'autograd' found is this project's own")
    return module


hips = import_hips()
core = import_hips(".core")
tracer = import_hips(".tracer")
anp = import_hips(".numpy")
logsumexp = import_hips(".scipy.special").logsumexp


def versions() -> dict[str, str]:
    """The version of the library."""
    return {"HIPS autograd": version("autograd")}


def step(variant: str) -> Mapping[str, Case]:
    """The gradient of a function of all parameters, then an update of each in place."""
    problem = classification.problem()
    rows = np.arange(len(problem.labels))

    def loss(parameters: Sequence[Any]) -> Any:
        w1, b1, w2, b2 = parameters
        hidden = anp.maximum(anp.dot(problem.inputs, w1) + b1, 0)
        logits = anp.dot(hidden, w2) + b2
        return anp.mean(logsumexp(logits, axis=1) - logits[rows, problem.labels])

    value_and_grad = hips.value_and_grad(loss)

    def make() -> tuple[Callable[[], float], list[Array]]:
        parameters = [array.copy() for array in problem.parameters]

        def update() -> float:
            value, gradient = value_and_grad(parameters)
            for parameter, slope in zip(parameters, gradient, strict=True):
                parameter -= classification.RATE * slope
            return float(value)

        return update, parameters

    def answer() -> Answer:
        update, parameters = make()
        return classification.answer(update, lambda: parameters)

    return {classification.MEASURE: Case("step()", {"step": make()[0]}, answer)}


# One trace that stays open, so that operations on `boxed` arrays are recorded one by one.
OPEN_TRACE = tracer.trace_stack.new_trace()
TRACE = OPEN_TRACE.__enter__()


def boxed(array: Array) -> Any:
    """An input of the open trace."""
    return tracer.new_box(array, TRACE, core.VJPNode.new_root())


def differentiate(function: Callable[..., Any], arrays: Sequence[Array], seed: Array) -> list[Any]:
    """The result and the cotangent of each array."""
    pulls = [hips.make_vjp(function, i)(*arrays) for i in range(len(arrays))]
    return [pulls[0][1], *(pull(seed) for pull, _ in pulls)]


def operations(variant: str) -> Mapping[str, Case]:
    """The operations inside a trace, and the library's own backward pass from each."""
    dialect = single_operations.Dialect(
        wrap=boxed,
        functions={"sin": anp.sin, "sum": anp.sum},
        backward="backward_pass(seed, ({forward})._node)",
        differentiate=differentiate,
        helpers={"backward_pass": core.backward_pass},
    )
    return single_operations.cases(dialect)
