"""Random programs beside JAX: value, gradient, and Hessian times a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import grad, hvp
from tests.autograd.programs import AUTOGRAD, VOCABULARY, Program, programs

jax = pytest.importorskip("jax", reason="the oracle extra brings JAX")
pytestmark = pytest.mark.oracle
jnp = jax.numpy

JAX: dict[str, Any] = {
    **{
        name: getattr(jnp, name)
        for name in ("sin", "cos", "tanh", "arctan", "exp", "square", "abs")
    },
    **{name: getattr(jnp, name) for name in ("expm1", "add", "maximum", "minimum", "logaddexp")},
    **{name: getattr(jnp, name) for name in ("arctan2", "sum", "mean", "max", "prod", "cumsum")},
    **{name: getattr(jnp, name) for name in ("flip", "reshape", "transpose", "broadcast_to")},
    **{name: getattr(jnp, name) for name in ("matmul",)},
    **{name: getattr(jax.nn, name) for name in ("sigmoid", "softplus", "relu", "softmax")},
    "log_softmax": jax.nn.log_softmax,
    "logsumexp": jax.scipy.special.logsumexp,
    "erf": jax.scipy.special.erf,
    "neg": jnp.negative,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "var1": jnp.var,
    "sqrt1": lambda x: jnp.sqrt(1 + x * x),
    "log1": lambda x: jnp.log(1.5 + x * x),
    "div1": lambda x, y: x / (1 + y * y),
    "pow1": lambda x, y: (1 + x * x) ** y,
    "hypot1": lambda x, y: jnp.hypot(x, 1 + y * y),
    "index": lambda x, key: (
        x[tuple([jnp.array(k) if isinstance(k, list) else k for k in key])]
        if isinstance(key, tuple)
        else x[key]
    ),
    "take": lambda x, indices, axis: jnp.take(x, jnp.array(indices), axis),
    "concatenate": lambda *xs, axis: jnp.concatenate(xs, axis),
    "stack": lambda *xs, axis: jnp.stack(xs, axis),
    "where": lambda x, y, mask: jnp.where(mask, x, y),
    "einsum": lambda x, y, subscripts: jnp.einsum(subscripts, x, y),
}


def test_jax_speaks_the_whole_vocabulary() -> None:
    assert JAX.keys() == {*VOCABULARY}


def in_jax(program: Program, v: list[Any]) -> tuple[float, Any, Any]:
    """Value, gradient and Hessian times v, in float64."""
    constants = [jnp.asarray(x) for x in program.constants]

    def f(inputs: Any) -> Any:
        return program.run(JAX, inputs, constants)

    @jax.jit
    def everything(inputs: Any, v: Any) -> Any:
        value, gradient = jax.value_and_grad(f)(inputs)
        return value, gradient, jax.jvp(jax.grad(f), (inputs,), (v,))[1]

    inputs = [jnp.asarray(x, jnp.float64) for x in program.inputs]
    value, gradient, second = everything(inputs, [jnp.asarray(t) for t in v])
    return float(value), gradient, second


@settings(max_examples=40)
@given(programs(), st.integers(0, 2**32 - 1))
def test_programs_agree_with_jax(program: Program, seed: int) -> None:
    rng = np.random.default_rng(seed)
    v = [rng.uniform(-1, 1, np.shape(x)) for x in program.inputs]
    with jax.enable_x64(True):
        value, gradient, second = in_jax(program, v)

    def f(*xs: Any) -> Any:
        return program.run(AUTOGRAD, xs, program.constants)

    inputs = tuple(program.inputs)
    assert f(*inputs) == pytest.approx(value, rel=1e-12, abs=1e-12)
    ours = grad(f, range(len(inputs)))(*inputs)
    tangents = tuple(
        float(t) if isinstance(x, float) else t for x, t in zip(inputs, v, strict=True)
    )
    ours_second = hvp(f, inputs, tangents)
    size = 1 + max(float(np.abs(g).max()) for g in second)
    for found, expected in zip(ours, gradient, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)
    for found, expected in zip(ours_second, second, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10 * size)
