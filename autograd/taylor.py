"""`taylor` and `jet`: derivatives along a line or a curve, to any order.

How the coefficients are found is in `series` and `recurrences`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np

from autograd.arguments import differentiating, fresh, real
from autograd.engine.graph import Array, Node, ancestors
from autograd.engine.operations import interpreter, using
from autograd.ops.structural import shape_of
from autograd.recurrences import Coefficient
from autograd.series import Series, Taylor
from autograd.trees import flatten, map_tree


def taylor(f: Callable[..., Any], x: Any, direction: Any = None, order: int = 1) -> list[Any]:
    """The Taylor coefficients c₀, …, cₙ of f along a line: f(x + t v) = Σ cₖ tᵏ + O(tⁿ⁺¹).

    f: a function of one argument.
    x: a number, an array, or nested lists, tuples and dicts of them.
    direction: v, in the form of x; if not given, ones.
    order: n, 0 or more.

    cₖ is the k-th derivative along the line divided by k!, and has the form of f(x). One run of f
    gives all of them, in a time that grows as n² times that of f. A coefficient too large for a
    float is inf. Nodes among the arguments, or that f reads, give nodes, which can be
    differentiated again. Raises ValueError where the direction does not fit, or for a negative
    order.

    Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 13.

    >>> import autograd.numpy as np
    >>> from autograd import taylor
    >>> taylor(np.exp, 0.0, order=4)
    [1.0, 1.0, 0.5, 0.16666666666666666, 0.041666666666666664]
    """
    if order < 0:
        raise ValueError(f"taylor: the order must be 0 or more, not {order}")
    points, rebuild = flatten(x)
    if direction is None:
        steps = [filled(1.0, point) for point in points]
    else:
        steps, _ = flatten(direction)
    if [shape_of(point) for point in points] != [shape_of(step) for step in steps]:
        raise ValueError(
            f"taylor: a direction of shapes {[shape_of(step) for step in steps]} does not fit x of "
            f"shapes {[shape_of(point) for point in points]}: they must agree"
        )
    lines = [[point, _as_in(point, step)] for point, step in zip(points, steps, strict=True)]
    return _propagate(lambda *args: f(rebuild(iter(args))), lines, order)


def jet(f: Callable[..., Any], primals: Sequence[Any], series: Sequence[Any]) -> tuple[Any, Any]:
    """The derivatives of f along a curve, from those of its arguments.

    primals: x for each argument of f, a number or an array.
    series: for each argument the derivatives x', x'', … of the curve, as many as are wanted.

    Gives f at the primals, and the list of d/dt f(x(t)), d²/dt² f(x(t)), … (Not divided by
    factorials: as in JAX.) Raises ValueError where the lengths differ.

    >>> import autograd.numpy as np
    >>> from autograd import jet
    >>> jet(np.sin, (0.0,), ([1.0, 0.0, 0.0],))
    (0.0, [1.0, 0.0, -1.0])
    """
    orders = {len(derivatives) for derivatives in series}
    if len(primals) != len(series) or len(orders) != 1:
        raise ValueError(
            f"jet: {len(primals)} primals and series of {[len(part) for part in series]} "
            "derivatives: one series of the same length is needed for each primal"
        )
    (order,) = orders
    weights = [factorial(k, stretch(order)) for k in range(1, order + 1)]
    lines = [
        [x, *[_as_in(x, d) / w for d, w in zip(derivatives, weights, strict=True)]]
        for x, derivatives in zip(primals, series, strict=True)
    ]
    value, *coefficients = _propagate(f, lines, order)
    return value, [
        map_tree(partial(mul, w), tree) for w, tree in zip(weights, coefficients, strict=True)
    ]


def stretch(order: int) -> float:
    """How far to go along a line: 1, or so far that `order` factorial does not overflow."""
    return 1.0 if order <= 170 else 2.0 ** round(math.log2(order / math.e))


def factorial(k: int, step: float) -> float:
    """k!/stepᵏ, by which coefficient k along `step` is multiplied for a derivative."""
    return float(Fraction(math.factorial(k), int(step) ** k))


def _propagate(f: Callable[..., Any], lines: Sequence[Sequence[Array]], order: int) -> list[Any]:
    """The coefficients 0 to `order` of f, from the first ones of its arguments."""
    run = Taylor(interpreter())
    with np.errstate(all="ignore"):
        with using(run), differentiating() as inputs:
            inputs += [run.variable(Series(lambda k: None, start(x), *c)) for x, *c in lines]
            result = f(*inputs)
        outputs, rebuild = flatten(result)
        rows = [
            [_result(c, out) for c, out in zip(row, outputs, strict=True)]
            for row in coefficients(run, outputs, order)
        ]
    return [rebuild(iter(row)) for row in rows]


def coefficients(run: Taylor, outputs: Sequence[Any], order: int) -> list[list[Coefficient]]:
    """The coefficients of each output of a run, order by order from 0 on."""
    nodes = [out for out in outputs if run.moves(out)]
    path = [node for node in reversed(ancestors(nodes)) if node in run.series]
    rows = list(_rows(run, path, outputs, order))
    if run.careful or not any(_has_nan(c) for row in rows[1:] for c in row):
        return rows
    with run.with_strong_zeros(path):
        again = list(_rows(run, path, outputs, order))
    return [
        [
            c.primal if isinstance(c, Node) and not isinstance(before, Node) else c
            for c, before in zip(*pair, strict=True)
        ]
        for pair in zip(again, rows, strict=True)
    ]


def _rows(
    run: Taylor, path: Sequence[Node], outputs: Sequence[Any], order: int
) -> Iterator[list[Coefficient]]:
    for k in range(order + 1):
        for node in path:  # in this order none has to wait for a long chain of others
            run.series[node][k]
        yield [run.coefficient(out, k) for out in outputs]


def _has_nan(c: Coefficient) -> bool:
    data = c.primal if isinstance(c, Node) else c
    return data is not None and bool(np.any(data != data))


def start(x: Any) -> Any:
    """The first coefficient of an argument; while a program is recorded, a variable of its own."""
    return fresh("taylor", x) if interpreter().replayed else real(x)


def _as_in(x: Any, step: Any) -> Any:
    """A step in the floating-point type of x."""
    dtype = getattr(real(x), "dtype", None)
    return step if dtype is None or isinstance(step, Node) else np.asarray(step, dtype)[()]


def filled(number: float, like: Any) -> Any:
    """A number, or an array full of it, as `like` is one."""
    shape = shape_of(like)
    return np.full(shape, number) if shape else number


def _result(c: Coefficient, out: Any) -> Any:
    """A coefficient for the user: zeros for None, and in memory of its own."""
    if c is None:
        return filled(0.0, out)
    return np.array(c)[()] if isinstance(c, np.ndarray | np.generic) else c
