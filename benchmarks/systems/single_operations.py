"""The work `operations`, for any library: the statements in its own names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.problems.arrays import Answer, Array
from benchmarks.problems.operations import OPERATIONS, SIZES, Operation, answer, chain, measures
from benchmarks.timing import Case

# From a function of the library's own inputs, the arrays of these and a seed: the result, and
# the cotangents of the inputs.
Differentiate = Callable[[Callable[..., Any], Sequence[Array], Array], Sequence[Any]]


@dataclass(frozen=True)
class Dialect:
    """How a library says things.

    `wrap` makes an input that is differentiated. `functions` are those of the statements that
    the library has: sin, sum. `backward` is the statement that differentiates `{forward}`, in
    the names `inputs`, `seed` and those of `helpers`. `differentiate` does the same for the
    comparison of answers.
    """

    wrap: Callable[[Array], Any]
    functions: Mapping[str, Callable[..., Any]]
    backward: str
    differentiate: Differentiate
    helpers: Mapping[str, object]
    seed: Callable[[Array], Any] = np.asarray


def cases(dialect: Dialect) -> Mapping[str, Case]:
    """Both measures of every operation at every size."""
    found: dict[str, Case] = {}
    for operation in OPERATIONS:
        for size in SIZES:
            found |= pair(dialect, operation, size)
    return found


def value_cases(value: Callable[[float], Any], functions: Mapping[str, Any]) -> Mapping[str, Case]:
    """The measures a library of single numbers can take part in, for its `Value`."""

    def differentiate(function: Callable[..., Any], arrays: Sequence[Array], seed: Array) -> Any:
        inputs = [value(array.item()) for array in arrays]
        out = function(*inputs)
        out.backward()
        return [np.array([float(number)]) for number in (out.data, *(x.grad for x in inputs))]

    dialect = Dialect(
        wrap=lambda array: value(array.item()),
        functions=functions,
        backward="({forward}).backward()",
        differentiate=differentiate,
        helpers={},
    )
    found: dict[str, Case] = {}
    for operation in OPERATIONS:
        elementwise = "sum" not in operation.statement and "@" not in operation.statement
        if elementwise and ("sin" in functions or "sin" not in operation.statement):
            found |= pair(dialect, operation, 1)
    return found


def pair(dialect: Dialect, operation: Operation, size: int) -> dict[str, Case]:
    """An operation forward, and forward and backward."""
    arrays = operation.arrays(size)
    seed = np.ones_like(operation.evaluate(size)[0])
    vocabulary = {"chain": chain, **dialect.functions}

    def prove() -> Answer:
        function = eval(f"lambda {', '.join(operation.inputs)}: {operation.statement}", vocabulary)
        return answer(operation, dialect.differentiate(function, arrays, seed))

    inputs = [dialect.wrap(array) for array in arrays]
    names = dict(zip(operation.inputs, inputs, strict=True))
    more = {"inputs": inputs, "seed": dialect.seed(seed), **dialect.helpers}
    statements = (operation.statement, dialect.backward.format(forward=operation.statement))
    return {
        measure: Case(statement, vocabulary | names | more, prove, units=operation.length)
        for measure, statement in zip(measures(operation, size), statements, strict=True)
    }
