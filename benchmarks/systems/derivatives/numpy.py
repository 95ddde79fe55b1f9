"""NumPy alone, with the derivatives written by hand; those of two numbers in plain Python."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy import add, empty, multiply, square, subtract, zeros

from benchmarks.problems import costs, valley
from benchmarks.problems.arrays import Array
from benchmarks.systems.numpy import versions
from benchmarks.timing import Case

__all__ = ["gradient_cost", "rosenbrock", "versions"]


def of_two(point: Sequence[float]) -> tuple[float, list[float]]:
    """Rosenbrock's function of two floats and its derivatives."""
    x, y = point
    gap, rest = y - x * x, 1.0 - x
    return 100.0 * gap * gap + rest * rest, [-400.0 * gap * x - 2.0 * rest, 200.0 * gap]


class OfArrays:
    """Rosenbrock's function of `size` numbers, its arrays made once but for results."""

    def __init__(self, size: int) -> None:
        self.gap, self.rest, self.work = empty((3, size - 1))
        self.diagonal = empty(size)
        self.one, self.two, self.of_gap = np.array(1.0), np.array(2.0), np.array(-400.0)
        self.of_tail, self.of_head = np.array(200.0), np.array(1200.0)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """The function and its gradient."""
        gap, rest, work = self.gap, self.rest, self.work
        head = x[:-1]
        multiply(head, head, gap)
        subtract(x[1:], gap, gap)
        subtract(self.one, head, rest)
        value = 100.0 * gap.dot(gap) + rest.dot(rest)
        slope = empty(len(x))
        multiply(gap, self.of_gap, work)
        multiply(work, head, slope[:-1])
        slope[-1] = 0.0
        multiply(rest, self.two, rest)
        subtract(slope[:-1], rest, slope[:-1])
        multiply(gap, self.of_tail, gap)
        add(slope[1:], gap, slope[1:])
        return float(value), slope

    def of_list(self, x: list[float]) -> tuple[float, list[float]]:
        """The same, from a list and to a list."""
        value, slope = self.value_and_gradient(np.array(x))
        return value, slope.tolist()

    def bands(self, x: Array) -> None:
        """The diagonal of the Hessian, and in `work` what is beside it."""
        diagonal, work = self.diagonal, self.work
        head = x[:-1]
        square(head, work)
        multiply(work, self.of_head, work)
        multiply(x[1:], self.of_gap, self.gap)
        add(work, self.gap, work)
        add(work, self.two, diagonal[:-1])
        diagonal[-1] = 0.0
        add(diagonal[1:], self.of_tail, diagonal[1:])
        multiply(head, self.of_gap, work)

    def hessian(self, x: Array) -> Array:
        """The Hessian."""
        self.bands(x)
        size = len(x)
        found = zeros((size, size))
        flat = found.reshape(-1)
        flat[:: size + 1] = self.diagonal
        flat[1 :: size + 1] = self.work
        flat[size :: size + 1] = self.work
        return found

    def product(self, x: Array, v: Array) -> Array:
        """The Hessian times v."""
        self.bands(x)
        gap, work = self.gap, self.work
        found: Array = self.diagonal * v
        multiply(work, v[1:], gap)
        add(found[:-1], gap, found[:-1])
        multiply(work, v[:-1], gap)
        add(found[1:], gap, found[1:])
        return found


def rosenbrock(variant: str) -> Mapping[str, Case]:
    """Of floats and of arrays, or of a list that becomes an array and a list again."""
    hundred, many = OfArrays(100), OfArrays(10_000)
    x = valley.point(100)
    if variant == "list":
        return {valley.HUNDRED: valley.case(hundred.of_list, x.tolist())}
    return {
        valley.TWO: valley.case(of_two, valley.point(2).tolist()),
        valley.HUNDRED: valley.case(hundred.value_and_gradient, x),
        valley.HESSIAN: valley.case(hundred.hessian, x),
        valley.PRODUCT: valley.case(many.product, valley.point(10_000), valley.direction()),
    }


def total(x: Array, y: Array) -> float:
    """The sum of what the chain ends with."""
    return float(costs.chain(x, y, np.sin).sum())


def gradient_cost(variant: str) -> Mapping[str, Case]:
    """The formulas, in the types of the data."""
    many = OfArrays(10_000)
    return costs.cases(
        {
            f"{costs.LOSS} | {costs.FUNCTION}": costs.loss,
            f"{costs.LOSS} | {costs.GRADIENT}": costs.loss_and_gradient,
            f"{costs.LOSS} | {costs.PRODUCT}": costs.loss_product,
            f"{costs.CHAIN} | {costs.FUNCTION}": total,
            f"{costs.CHAIN} | {costs.GRADIENT}": costs.chain_and_gradient,
            f"{costs.VALLEY} | {costs.FUNCTION}": valley.value,
            f"{costs.VALLEY} | {costs.GRADIENT}": many.value_and_gradient,
            f"{costs.VALLEY} | {costs.PRODUCT}": many.product,
        }
    )
