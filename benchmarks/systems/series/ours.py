"""This project's engine: Taylor mode, compiled or not, and nested derivatives."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import autograd as ag
from benchmarks.problems import series as problem
from benchmarks.problems.arrays import Array
from benchmarks.systems.ours import versions
from benchmarks.timing import Case

__all__ = ["series", "versions"]


def network(parameters: Sequence[Any], x: Any) -> Any:
    """The network."""
    return problem.forward(parameters, x, ag.tanh)


def field(parameters: Sequence[Any], x: Any, t: Any) -> Any:
    """The physics-informed network, at many points."""
    return network(parameters, ag.stack([x, t], 1))[:, 0]


def tanh_by_series(x: float) -> Any:
    """Taylor mode."""
    return ag.taylor(ag.tanh, x, order=problem.ORDER)


def tanh_nested(x: float) -> Any:
    """Each derivative of the one before."""
    f, found = ag.tanh, [ag.tanh(x)]
    for k in range(1, problem.ORDER + 1):
        f = ag.elementwise_grad(f)
        found.append(f(x) / math.factorial(k))
    return found


def line_by_series(parameters: Sequence[Any], x: Array, v: Array) -> Any:
    """Taylor mode."""
    return ag.taylor(lambda y: network(parameters, y), x, v, problem.LINE_ORDER)


def line_nested(parameters: Sequence[Any], x: Array, v: Array) -> Any:
    """Forward mode of forward mode."""

    def f(s: Any) -> Any:
        return network(parameters, x + s * v)[0]

    found = [f(0.0)]
    for k in range(1, problem.LINE_ORDER + 1):
        f = ag.elementwise_grad(f)
        found.append(f(0.0) / math.factorial(k))
    return found


def physics_by_series(parameters: Sequence[Any], x: Array, t: Array) -> Any:
    """The loss, with third derivatives from one series."""
    u, u_x, _, sixth = ag.taylor(lambda x: field(parameters, x, t), x, order=3)
    u_t = ag.taylor(lambda t: field(parameters, x, t), t, order=1)[1]
    return ag.mean((u_t + 6 * u * u_x + 6 * sixth) ** 2)


def physics_nested(parameters: Sequence[Any], x: Array, t: Array) -> Any:
    """The loss, with third derivatives from three nested ones."""
    u_x = ag.elementwise_grad(lambda x: field(parameters, x, t))
    u_xxx = ag.elementwise_grad(ag.elementwise_grad(u_x))
    u_t = ag.elementwise_grad(lambda t: field(parameters, x, t))(t)
    u = field(parameters, x, t)
    return ag.mean((u_t + 6 * u * u_x(x) + u_xxx(x)) ** 2)


def laplacian(parameters: Sequence[Any], x: Array) -> Any:
    """Series along all axes at once, with their second coefficients summed."""
    return [ag.laplacian(lambda x: network(parameters, x)[0])(x)]


def trace(parameters: Sequence[Any], x: Array) -> Any:
    """The trace of the Hessian."""
    return [ag.trace(ag.hessian(lambda x: network(parameters, x)[0])(x))]


def series(variant: str) -> Mapping[str, Case]:
    """By Taylor mode, compiled or not, or by nested derivatives."""
    ways: dict[str, Callable[..., Any]] = {
        "jit": ag.jit,
        "native": partial(ag.jit, native=True),
    }
    compiled = ways.get(variant, lambda f: f)
    nested = variant == "nested"
    physics = ag.value_and_grad(physics_nested if nested else physics_by_series)
    return {
        problem.TANH: problem.case(
            compiled(tanh_nested if nested else tanh_by_series), problem.NUMBER
        ),
        problem.LINE: problem.case(
            compiled(line_nested if nested else line_by_series), *problem.line()
        ),
        problem.PHYSICS: problem.case(
            compiled(physics), *problem.physics(), compared=problem.loss_and_slope
        ),
        problem.LAPLACIAN: problem.case(
            compiled(trace if nested else laplacian), *problem.laplace()
        ),
    }
