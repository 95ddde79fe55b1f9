"""The Taylor series of the solution of a differential equation.

y' = f(t, y) is itself a recurrence: coefficient k of y is coefficient k - 1 of f(t, y), divided by
k, which needs lower coefficients of y only. So one run of f gives all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arguments import differentiating, real
from autograd.engine.graph import Array
from autograd.engine.operations import interpreter, using
from autograd.ops.structural import broadcast_to, shape_of
from autograd.recurrences import Coefficient
from autograd.series import Series, Taylor
from autograd.taylor import coefficients
from autograd.trees import flatten


def ode_series(
    f: Callable[..., Any], t: Any, y: Any, order: int, args: tuple[Any, ...] = ()
) -> list[Any]:
    """The Taylor coefficients c₀, …, cₙ at t of the solution of y' = f(t, y, *args) through y.

    f: gives y' in the form of y.
    y: a number, an array, or a nested dict, list or tuple of them.
    order: n, 0 or more.

    The solution is Σ cₖ (s - t)ᵏ at a time s near t; each cₖ has the form of y. Nodes among the
    arguments, or that f reads, give nodes. Raises ValueError where y' has not the shapes of y, or
    for a negative order.

    Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 13.

    >>> from autograd.ode import ode_series
    >>> ode_series(lambda t, y: y**2, 0.0, 1.0, order=4)  # 1 / (1 - t)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if order < 0:
        raise ValueError(f"ode_series: the order must be 0 or more, not {order}")
    rows, _ = series_and_events(f, t, y, order, args)
    _, rebuild = flatten(y)
    return [rebuild(iter(row)) for row in rows]


def series_and_events(
    f: Callable[..., Any],
    t: Any,
    y: Any,
    order: int,
    args: tuple[Any, ...],
    events: Sequence[Callable[..., Any]] = (),
) -> tuple[list[list[Array]], list[list[Array]]]:
    """The coefficients of the leaves of y, and those of each event(t, y, *args), order by order."""
    leaves, rebuild = flatten(y)
    run = Taylor(interpreter())
    slopes: list[Any] = []

    def integral(number: int) -> Series:
        def rule(k: int) -> Coefficient:
            slope = run.coefficient(slopes[number], k - 1)
            return None if slope is None else slope / k

        return Series(rule, real(leaves[number]))

    with np.errstate(all="ignore"):
        with using(run), differentiating() as inputs:
            inputs += [run.variable(integral(number)) for number in range(len(leaves))]
            inputs.append(run.variable(Series(lambda k: 1.0 if k == 1 else None, real(t))))
            *states, time = inputs
            slopes += flatten(f(time, rebuild(iter(states)), *args))[0]
            shapes = [shape_of(x) for x in slopes], [shape_of(x) for x in leaves]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"f must give y' in the form of y: it gave the shapes {shapes[0]}, and y has "
                    f"the shapes {shapes[1]}"
                )
            watched = [event(time, rebuild(iter(states)), *args) for event in events]
        outputs = [*states, *watched, *slopes]
        rows = [
            [_filled(c, out) for c, out in zip(row, outputs, strict=True)]
            for row in coefficients(run, outputs, order)
        ]
    n, end = len(states), len(states) + len(watched)
    return [row[:n] for row in rows], [row[n:end] for row in rows]


def _filled(c: Coefficient, out: Any) -> Array:
    """A coefficient in the shape of its node; zeros for None."""
    shape = shape_of(out)
    if c is None:
        return np.zeros(shape) if shape else 0.0
    return c if shape_of(c) == shape else broadcast_to(c, shape)
