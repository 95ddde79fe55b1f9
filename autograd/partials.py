"""Partial derivatives of high order and their sums, from Taylor coefficients along directions.

Coefficient k along v is Σ v^α ∂^α f / α! over all α of order k, so those along a few directions
tell any partial derivative, and sums of them (Griewank, Utke and Walther, 2000).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache, partial, wraps
from itertools import combinations_with_replacement, product
from operator import mul
from typing import Any

import numpy as np

from autograd import ops
from autograd.arguments import choose, real
from autograd.batching.batch import Batch
from autograd.batching.total import total
from autograd.engine.graph import Array, Node
from autograd.nodes import Tensor
from autograd.taylor import taylor
from autograd.trees import flatten, map_tree
from autograd.wrap_util import require_function

Index = tuple[int, ...]
"""How many times to differentiate with respect to each variable."""


def laplacian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that gives the Laplacian Δf = Σᵢ ∂²f/∂xᵢ², the trace of the Hessian.

    f: gives a number, an array, or a nested dict, list or tuple of them; the result has its form.
    argnums: which argument is x, a number, an array, or a nested dict, list or tuple of them.

    One pass serves all n entries of x. Only first derivatives are computed for each; the second are
    summed as they arise (Dangel et al., 2025, arXiv:2505.13644). It takes memory for n times what f
    computes. For a batch of points use `vmap(laplacian(f))`.

    >>> import numpy as np
    >>> from autograd import laplacian
    >>> float(laplacian(lambda x: (x**4).sum())(np.array([1.0, 2.0])))
    60.0
    """
    require_function("laplacian", f)

    @wraps(f)
    def sum_of_second_derivatives(*args: Any, **kwargs: Any) -> Any:
        along = _Directions(f, argnums, args, kwargs, 2, np.eye)
        return along.sum(np.full(along.batch.size, 2.0))

    return sum_of_second_derivatives


def biharmonic(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that gives the bilaplacian Δ²f = Σᵢⱼ ∂⁴f/∂xᵢ²∂xⱼ².

    Arguments as in `laplacian`. It takes n² directions in one pass, since
    12 ∂⁴f/∂xᵢ²∂xⱼ² = D⁴(eᵢ + eⱼ) + D⁴(eᵢ - eⱼ) - 2 D⁴(eᵢ) - 2 D⁴(eⱼ), where D⁴(v) is the fourth
    derivative along v.

    >>> import numpy as np
    >>> from autograd import biharmonic
    >>> float(biharmonic(lambda x: x[0] ** 2 * x[1] ** 2)(np.array([1.0, 2.0])))
    8.0
    """
    require_function("biharmonic", f)

    def directions(n: int) -> Any:
        basis = np.eye(n)
        i, j = np.triu_indices(n, 1)
        return np.concatenate([basis, basis[i] + basis[j], basis[i] - basis[j]])

    @wraps(f)
    def sum_of_fourth_derivatives(*args: Any, **kwargs: Any) -> Any:
        along = _Directions(f, argnums, args, kwargs, 4, directions)
        n = along.dimension
        weights = np.full(along.batch.size, 1 / 6)
        weights[:n] = (4 - n) / 3
        return along.sum(24 * weights)

    return sum_of_fourth_derivatives


def hessian_diagonal(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that gives all ∂²f/∂xᵢ², without the rest of the Hessian, in one pass.

    argnums: which argument is x. The result has the shape f.shape + x.shape; where f gives or takes
        nested dicts, lists and tuples, it nests as that of `jacobian` does.

    >>> import numpy as np
    >>> from autograd import hessian_diagonal
    >>> hessian_diagonal(lambda x: (x**3).prod())(np.array([1.0, 2.0]))
    array([48., 12.])
    """
    require_function("hessian_diagonal", f)

    @wraps(f)
    def second_derivatives(*args: Any, **kwargs: Any) -> Any:
        along = _Directions(f, argnums, args, kwargs, 2, np.eye)
        return map_tree(lambda c: along.split(2 * c), along.coefficients())

    return second_derivatives


def partial_derivative(f: Callable[..., Any], orders: Sequence[int]) -> Callable[..., Any]:
    """The function that gives one partial derivative of f, of any order.

    f: a function of numbers, or of arrays entry by entry, as in `derivative`.
    orders: how many times to differentiate with respect to each argument, from the first on; an
        argument beyond is constant.

    `partial_derivative(f, (2, 1))(x, y)` is ∂³f/∂x²∂y. It takes the series along
    several directions: 4 of them for (2, 1), 10 for (1, 1, 1). They cancel in part, which costs
    about half a digit for each order: order 4 has 14 correct digits, order 8 has 12, order 16 has
    8. Raises ValueError for negative orders, or for more orders than arguments.

    Source: Griewank, Utke and Walther, Mathematics of Computation 69 (2000), 1117-1130.

    >>> from autograd import exp, partial_derivative
    >>> partial_derivative(lambda x, y: x**3 * exp(2 * y), (2, 1))(1.0, 0.0)
    12.0
    """
    require_function("partial_derivative", f)
    index = tuple(orders)
    if any(n < 0 for n in index):
        raise ValueError(f"partial_derivative: orders must be 0 or more, not {index}")
    order = sum(index)
    moving = [n for n, times in enumerate(index) if times]
    weights = _weights(tuple([index[n] for n in moving]))

    @wraps(f)
    def one_derivative(*args: Any, **kwargs: Any) -> Any:
        if len(index) > len(args):
            raise ValueError(
                f"partial_derivative: {len(index)} orders {index} for {len(args)} arguments"
            )
        if not order:
            return f(*args, **kwargs)

        point, replace = choose("partial_derivative", args, moving)
        parts = []
        for direction, weight in weights.items():
            line = _along(direction, point)
            *_, last = taylor(lambda x: f(*replace(x), **kwargs), point, line, order)
            parts.append(map_tree(partial(mul, weight), last))
        leaves = zip(*[flatten(part)[0] for part in parts], strict=True)
        return flatten(parts[0])[1](iter([sum(terms[1:], terms[0]) for terms in leaves]))

    return one_derivative


def derivative_tensor(f: Callable[..., Any], order: int, argnums: int = 0) -> Callable[..., Any]:
    """The function that gives all partial derivatives of one order.

    The result has the shape f.shape + (n, …, n), with n repeated `order` times: for order 2 it is
    the Hessian. x, which `argnums` chooses, is an array of n numbers. All directions go through f
    in one pass: C(n + order - 1, order), one for each derivative that differs from the others. It
    is meant for a few numbers, and as accurate as `partial_derivative`. Raises ValueError for an
    order below 1, or for an x that has not one axis.

    Source: Griewank, Utke and Walther, Mathematics of Computation 69 (2000), 1117-1130.

    >>> import numpy as np
    >>> from autograd import derivative_tensor
    >>> derivative_tensor(lambda x: x[0] ** 2 * x[1], 3)(np.array([1.0, 2.0]))[0, 0].round(12)
    array([0., 2.])
    """
    require_function("derivative_tensor", f)
    if order < 1:
        raise ValueError(f"derivative_tensor: the order must be 1 or more, not {order}")

    @wraps(f)
    def all_derivatives(*args: Any, **kwargs: Any) -> Any:
        x, _ = choose("derivative_tensor", args, argnums)
        if len(ops.shape_of(x)) != 1:
            raise ValueError(
                "derivative_tensor: x must have one axis, and it has the shape "
                f"{ops.shape_of(x)}: pass x.ravel(), and reshape it in f"
            )
        n = ops.shape_of(x)[0]
        indices = list(_indices(n, order))
        along = _Directions(
            f, argnums, args, kwargs, order, lambda n: np.array(indices, float).reshape(-1, n)
        )
        number = {index: row for row, index in enumerate(indices)}
        matrix = np.zeros((len(indices), len(indices)))
        for row, index in enumerate(indices):
            for direction, weight in _weights(index).items():
                matrix[row, number[direction]] = weight
        places = [
            number[tuple(np.bincount(path, minlength=n).tolist())]
            for path in product(range(n), repeat=order)
        ]
        every = matrix[places].reshape((n,) * order + (len(indices),))
        return map_tree(
            lambda c: ops.tensordot(ops.moveaxis(c, 0, -1), every.astype(c.dtype), ((-1,), (-1,))),
            along.coefficients(),
        )

    return all_derivatives


def _along(direction: Index, point: tuple[Any, ...]) -> tuple[Any, ...]:
    """A direction in the form of the point, the same for all entries of an argument."""

    def filled(step: float, x: Any) -> Any:
        shape = ops.shape_of(x)
        return np.full(shape, step) if shape else step

    pairs = zip(map(float, direction), point, strict=True)
    return tuple([map_tree(partial(filled, step), x) for step, x in pairs])


class _Directions:
    """One coefficient of f(*args, **kwargs) along many directions of one argument, in one run."""

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: int,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        order: int,
        directions: Callable[[int], Any],
    ) -> None:
        """directions: gives the directions in n dimensions, one a row."""
        x, replace = choose(getattr(f, "__name__", "f"), args, argnums)
        leaves, self._rebuild = flatten(x)
        points = [real(leaf) for leaf in leaves]
        self._shapes = [ops.shape_of(point) for point in points]
        self._ends = np.cumsum([0, *[math.prod(shape) for shape in self._shapes]])
        self.dimension = int(self._ends[-1])
        rows = directions(self.dimension)
        inputs: dict[Node, Array] = {}
        for point, part in zip(points, self._parts(rows), strict=True):
            whole = part.astype(getattr(point, "dtype", np.float64))
            example = whole[0] if len(whole) else np.ones(whole.shape[1:], whole.dtype)
            inputs[Tensor.made(np.asarray(example))] = whole
        self.batch = Batch("directions", len(rows), inputs)

        def coefficient(*steps: Node) -> Any:
            point, step = (self._rebuild(iter(leaves)) for leaves in (points, steps))
            return taylor(lambda x: f(*replace(x), **kwargs), point, step, order)[order]

        result = self.batch.run(coefficient, list(inputs), {})
        self._outputs, self._rebuild_output = flatten(result)

    def _parts(self, rows: Array) -> Iterator[Array]:
        """Arrays over all entries of x, in the last axis, split into the leaves of x."""
        bounds = zip(self._ends[:-1], self._ends[1:], self._shapes, strict=True)
        for start, stop, shape in bounds:
            part = rows[..., int(start) : int(stop)]
            yield ops.reshape(part, ops.shape_of(part)[:-1] + shape)

    def sum(self, weights: Any) -> Any:
        """The sum of the coefficients along all directions, weighted."""
        results = [total(self.batch, out, weights) for out in self._outputs]
        return self._rebuild_output(iter([_result(x) for x in results]))

    def coefficients(self) -> Any:
        """The coefficients along all directions, in the first axis."""
        values = [
            self.batch.repeated(out) if value is None else value
            for value, out in zip(self.batch.results(self._outputs), self._outputs, strict=True)
        ]
        return self._rebuild_output(iter(values))

    def split(self, c: Array) -> Any:
        """From an entry for each entry of x, in the first axis, to the form f.shape + x.shape."""
        return self._rebuild(iter([_result(part) for part in self._parts(ops.moveaxis(c, 0, -1))]))


def _result(x: Any) -> Any:
    """A number as a float, and an array that may be written to."""
    if isinstance(x, np.ndarray):
        return x[()] if x.flags.writeable else x.copy()[()]
    return x


def _indices(n: int, order: int) -> Iterator[Index]:
    """All multi-indices of n variables with this sum."""
    for path in combinations_with_replacement(range(n), order):
        yield tuple([path.count(k) for k in range(n)])


@lru_cache(4096)
def _weights(i: Index) -> dict[Index, float]:
    """∂^i f as a sum of Taylor coefficients along directions, which are indices of the same order.

    The weights are those of Griewank, Utke and Walther (2000), formula (13), in exact arithmetic:
    γ(i, j) = Σ_{0 < k ≤ i} (-1)^|i - k| C(i, k) C(|i| k / |k|, j) (|k| / |i|)^|i|.
    """
    order = sum(i)
    weights = {}
    for j in _indices(len(i), order):
        weight = Fraction(0)
        for k in product(*[range(n + 1) for n in i]):
            if not any(k):
                continue
            scale = Fraction(sum(k), order)
            term = Fraction((-1) ** (order - sum(k)))
            for n, m, power in zip(i, k, j, strict=True):
                term *= math.comb(n, m) * _binomial(m / scale, power)
            weight += term * scale**order
        if weight:
            weights[j] = float(weight)
    return weights


def _binomial(z: Fraction, n: int) -> Fraction:
    return math.prod((z - m for m in range(n)), start=Fraction(1)) / math.factorial(n)
