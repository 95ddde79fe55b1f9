"""The work `rosenbrock`: Rosenbrock's function, and its derivatives by formula.

f(x) = Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])².
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.problems.arrays import Answer, Array
from benchmarks.timing import Case

TWO = "value and gradient, 2 numbers"
HUNDRED = "value and gradient, 100 numbers"
HESSIAN = "Hessian, an array of 100"
PRODUCT = "Hessian times a vector, arrays of 10,000"


def point(size: int) -> Array:
    """Where the derivatives are taken."""
    return np.random.default_rng(size).uniform(-1.0, 1.5, size)


def direction() -> Array:
    """What the Hessian is multiplied with."""
    return np.random.default_rng(0).standard_normal(10_000)


def value(x: Array) -> float:
    """The function."""
    head, tail = x[:-1], x[1:]
    return float((100 * (tail - head**2) ** 2 + (1 - head) ** 2).sum())


def gradient(x: Array) -> Array:
    """Its gradient, as the formulas of a textbook."""
    head, tail = x[:-1], x[1:]
    slope = np.zeros_like(x)
    slope[:-1] = -400 * head * (tail - head**2) - 2 * (1 - head)
    slope[1:] += 200 * (tail - head**2)
    return slope


def bands(x: Array) -> tuple[Array, Array]:
    """The diagonal of the Hessian, and what is beside it."""
    head, tail = x[:-1], x[1:]
    diagonal = np.zeros_like(x)
    diagonal[:-1] = 1200 * head**2 - 400 * tail + 2
    diagonal[1:] += 200
    return diagonal, -400 * head


def hessian(x: Array) -> Array:
    """The Hessian."""
    diagonal, beside = bands(x)
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def product(x: Array, v: Array) -> Array:
    """The Hessian times v."""
    diagonal, beside = bands(x)
    found = diagonal * v
    found[:-1] += beside * v[1:]
    found[1:] += beside * v[:-1]
    return found


def first_order(value: Any, gradient: Any) -> Answer:
    """What is compared of a value and its gradient."""
    return {"value": np.array(float(value)), "gradient": np.array([float(g) for g in gradient])}


def second_order(found: Any) -> Answer:
    """What is compared of a Hessian, or of its product."""
    return {"entries": np.asarray(found, float)}


def case(
    compute: Callable[..., Any], *given: Any, wait: Callable[[Any], Any] | None = None
) -> Case:
    """A function that gives a value and its gradient, or second derivatives.

    wait: until a result is there, for a library that gives it before.
    """

    def answer() -> Answer:
        found = compute(*given)
        return first_order(*found) if isinstance(found, tuple) else second_order(found)

    names = {"compute": compute, "given": given, "wait": wait}
    return Case("wait(compute(*given))" if wait else "compute(*given)", names, answer)


def answers() -> Mapping[str, Answer]:
    """What each measure must give."""
    return {
        TWO: first_order(value(point(2)), gradient(point(2))),
        HUNDRED: first_order(value(point(100)), gradient(point(100))),
        HESSIAN: second_order(hessian(point(100))),
        PRODUCT: second_order(product(point(10_000), direction())),
    }
