"""JAX on the processor in float64, compiled or not: `jet`, and the trace of the Hessian."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.jet import jet

from benchmarks.problems import series as problem
from benchmarks.systems.jax import versions
from benchmarks.timing import Case

__all__ = ["series", "versions"]

jax.config.update("jax_enable_x64", True)


def coefficients(f: Callable[[Any], Any], x: Any, v: Any, order: int) -> list[Any]:
    """The Taylor coefficients of f along a line."""
    value, derivatives = jet(f, (x,), ([v, *[jnp.zeros_like(v)] * (order - 1)],))
    return [value, *[d / math.factorial(k) for k, d in enumerate(derivatives, 1)]]


def network(parameters: Sequence[Any], x: Any) -> Any:
    """The network."""
    return problem.forward(parameters, x, jnp.tanh)


def field(parameters: Sequence[Any], x: Any, t: Any) -> Any:
    """The physics-informed network, at many points."""
    return network(parameters, jnp.stack([x, t], 1))[:, 0]


def tanh(x: Any) -> Any:
    """The series of tanh."""
    return coefficients(jnp.tanh, x, jnp.ones_like(x), problem.ORDER)


def line(parameters: Sequence[Any], x: Any, v: Any) -> Any:
    """The series of the network."""
    return coefficients(lambda y: network(parameters, y), x, v, problem.LINE_ORDER)


def physics(parameters: Sequence[Any], x: Any, t: Any) -> Any:
    """The loss, with third derivatives from one series."""
    u, u_x, _, sixth = coefficients(lambda x: field(parameters, x, t), x, jnp.ones_like(x), 3)
    _, u_t = jax.jvp(lambda t: field(parameters, x, t), (t,), (jnp.ones_like(t),))
    return jnp.mean((u_t + 6 * u * u_x + 6 * sixth) ** 2)


def laplacian(parameters: Sequence[Any], x: Any) -> Any:
    """The trace of the Hessian."""
    return [jnp.trace(jax.hessian(lambda x: network(parameters, x)[0])(x))]


def series(variant: str) -> Mapping[str, Case]:
    """Compiled or not."""
    compiled: Callable[..., Any] = jax.jit if variant == "jit" else lambda f: f

    def case(f: Callable[..., Any], *given: Any, **settings: Any) -> Case:
        arrays = jax.tree.map(jnp.asarray, given)
        return problem.case(compiled(f), *arrays, wait=jax.block_until_ready, **settings)

    return {
        problem.TANH: case(tanh, problem.NUMBER),
        problem.LINE: case(line, *problem.line()),
        problem.PHYSICS: case(
            jax.value_and_grad(physics), *problem.physics(), compared=problem.loss_and_slope
        ),
        problem.LAPLACIAN: case(laplacian, *problem.laplace()),
    }
