"""JAX on the processor, compiled, in float64 where the problem is; each result is waited for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.problems import costs, valley
from benchmarks.systems.jax import versions
from benchmarks.timing import Case

__all__ = ["gradient_cost", "rosenbrock", "versions"]

jax.config.update("jax_enable_x64", True)


def of_array(x: Any) -> Any:
    """Rosenbrock's function."""
    head, tail = x[:-1], x[1:]
    return jnp.sum(100 * (tail - head**2) ** 2 + (1 - head) ** 2)


def of_two(point: Sequence[Any]) -> Any:
    """The same of two numbers."""
    x, y = point
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


def product(x: Any, v: Any) -> Any:
    """The Hessian of Rosenbrock's function times v: forward over reverse."""
    return jax.jvp(jax.grad(of_array), (x,), (v,))[1]


def rosenbrock(variant: str) -> Mapping[str, Case]:
    """Of two floats, and of arrays."""
    arrays = (valley.point(100), valley.point(10_000), valley.direction())
    x, y, v = map(jnp.asarray, arrays)
    return {
        valley.TWO: _case(jax.value_and_grad(of_two), valley.point(2).tolist()),
        valley.HUNDRED: _case(jax.value_and_grad(of_array), x),
        valley.HESSIAN: _case(jax.hessian(of_array), x),
        valley.PRODUCT: _case(product, y, v),
    }


def _case(function: Callable[..., Any], *given: Any) -> Case:
    return valley.case(jax.jit(function), *given, wait=jax.block_until_ready)


def loss(p: Sequence[Any], x: Any, right: Any) -> Any:
    """Softmax cross-entropy of the network."""
    w1, b1, w2, b2 = p
    return -jnp.sum(jax.nn.log_softmax(jax.nn.relu(x @ w1 + b1) @ w2 + b2) * right) / len(x)


def total(x: Any, y: Any) -> Any:
    """The sum of what the chain ends with."""
    return jnp.sum(costs.chain(x, y, jnp.sin))


def loss_product(p: Any, v: Any, x: Any, right: Any) -> Any:
    """The Hessian of the loss times v: forward over reverse."""
    return jax.jvp(lambda q: jax.grad(loss)(q, x, right), (p,), (v,))[1]


def gradient_cost(variant: str) -> Mapping[str, Case]:
    """Functions and their derivatives."""
    functions = {
        f"{costs.LOSS} | {costs.FUNCTION}": loss,
        f"{costs.LOSS} | {costs.GRADIENT}": jax.value_and_grad(loss),
        f"{costs.LOSS} | {costs.PRODUCT}": loss_product,
        f"{costs.CHAIN} | {costs.FUNCTION}": total,
        f"{costs.CHAIN} | {costs.GRADIENT}": jax.value_and_grad(total),
        f"{costs.VALLEY} | {costs.FUNCTION}": of_array,
        f"{costs.VALLEY} | {costs.GRADIENT}": jax.value_and_grad(of_array),
        f"{costs.VALLEY} | {costs.PRODUCT}": product,
    }
    compiled = {measure: jax.jit(function) for measure, function in functions.items()}
    return costs.cases(compiled, jnp.asarray, jax.block_until_ready)
