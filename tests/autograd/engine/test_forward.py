"""Forward mode: `jvp` agrees with reverse mode, and knows rules that state no tangent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, custom_op, grad, jacobian, jvp, vjp

X = np.array([0.4, -1.1, 0.7])
V = np.array([1.0, 0.5, -2.0])


def test_a_tangent_goes_through_a_program() -> None:
    out, tangent = jvp(lambda x, y: ad.sin(x) * y, (X, 2.0), (V, 0.5))
    np.testing.assert_allclose(out, np.sin(X) * 2.0, rtol=1e-15)
    np.testing.assert_allclose(tangent, np.cos(X) * V * 2.0 + np.sin(X) * 0.5, rtol=1e-15)


def test_one_argument_needs_no_tuple() -> None:
    assert jvp(lambda x: x**3, 2.0, 1.0) == (8.0, 12.0)
    out, tangent = jvp(ad.tanh, X, V)
    np.testing.assert_allclose(tangent, (1 - out**2) * V, rtol=1e-15)


def test_forward_and_reverse_are_transposes_of_each_other() -> None:
    def f(x: Any, w: Any) -> Any:
        hidden = ad.tanh(w @ x)
        return ad.concatenate([ad.cumsum(hidden), ad.softmax(hidden * x[0])])

    w = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
    tangents = (V, np.ones((2, 3)))
    u = np.array([0.3, -1.0, 2.0, 0.7])
    _, pushed = jvp(f, (X, w), tangents)
    _, pullback = vjp(f, X, w)
    pulled = pullback(u)
    left = u @ pushed
    right = sum(np.sum(g * t) for g, t in zip(pulled, tangents, strict=True))
    assert left == pytest.approx(right, rel=1e-14)


def test_an_output_that_depends_on_nothing_has_a_tangent_of_zero() -> None:
    out, tangent = jvp(lambda x: (x * 2.0, 3.0, np.ones(2)), (X,), (V,))
    assert out[1] == 3.0
    np.testing.assert_array_equal(tangent[0], 2.0 * V)
    assert tangent[1] == 0.0
    np.testing.assert_array_equal(tangent[2], np.zeros(2))


def test_a_tangent_of_zero_stays_zero_through_an_infinite_slope() -> None:
    assert jvp(ad.sqrt, 0.0, 0.0) == (0.0, 0.0)
    _, tangent = jvp(ad.sqrt, np.array([0.0, 4.0]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(tangent, [0.0, 0.25])


def test_a_masked_branch_leaks_no_nan_forward() -> None:
    def f(x: Any) -> Any:
        return ad.where(x > 0, ad.log(ad.where(x > 0, x, 1.0)), 0.0) + ad.where(x > 0, ad.log(x), 0)

    x = np.array([2.0, -1.0, 0.0])
    with np.errstate(all="ignore"):
        _, tangent = jvp(f, x, np.ones(3))
    np.testing.assert_array_equal(tangent, [1.0, 0.0, 0.0])


def test_a_nan_in_one_operation_ends_no_care_in_those_after_it() -> None:
    copy = custom_op(lambda x: x + 0.0, vjp=lambda g, out, x: g * (x / x), name="copy")
    primals = (np.array([np.nan, 1.0]), np.array([0.0, 4.0]))
    _, (first, second) = jvp(
        lambda x, y: (copy(x), ad.sqrt(y)), primals, (np.ones(2), np.array([0.0, 1.0]))
    )
    np.testing.assert_array_equal(first, [np.nan, 1.0])
    np.testing.assert_array_equal(second, [0.0, 0.25])


def test_an_operation_that_states_only_a_vjp_is_transposed() -> None:
    op = custom_op(
        lambda x, y: x @ y,
        vjp=(lambda g, out, x, y: g * y, lambda g, out, x, y: g * x),
        name="inner_product",
    )
    y = np.array([2.0, 3.0, -1.0])
    assert jvp(op, (X, y), (V, np.ones(3)))[1] == pytest.approx(V @ y + X.sum(), rel=1e-15)


def test_a_stated_jvp_is_used_instead() -> None:
    called = []

    def push(argnum: int, t: Any, out: Any, x: Any) -> Any:
        called.append(argnum)
        return 2 * t * x

    op = custom_op(np.square, vjp=lambda g, out, x: 2 * g * x, jvp=push, name="square_of_mine")
    np.testing.assert_array_equal(jvp(op, X, V)[1], 2 * X * V)
    assert called == [0]


def test_an_argument_without_derivative_passes_no_tangent_on() -> None:
    op = custom_op(
        lambda x, y: x * 2.0, vjp=(lambda g, out, x, y: 2.0 * g, None), name="first_only"
    )
    np.testing.assert_array_equal(jvp(op, (X, X), (V, V))[1], 2 * V)
    np.testing.assert_array_equal(jvp(lambda y: op(X, y), X, V)[1], np.zeros(3))
    assert jvp(ad.floor, 1.5, 1.0) == (1.0, 0.0)


def test_forward_over_reverse_and_reverse_over_forward_agree() -> None:
    def f(x: Any) -> Any:
        return ad.sum(ad.exp(x) * ad.sin(x[::-1]))

    _, over_reverse = jvp(grad(f), X, V)
    over_forward = grad(lambda x: jvp(f, x, V)[1])(X)
    np.testing.assert_allclose(over_reverse, over_forward, rtol=1e-14)


def test_the_derivative_of_a_jvp_by_its_tangent_is_the_transpose() -> None:
    _, pullback = vjp(ad.sin, X)
    u = np.array([1.0, -1.0, 3.0])
    twice = grad(lambda v: ad.sum(u * jvp(ad.sin, X, v)[1]))(V)
    np.testing.assert_allclose(twice, pullback(u)[0], rtol=1e-15)


def test_jacobians_of_both_modes_agree() -> None:
    def f(x: Any) -> Any:
        return ad.outer(ad.exp(x), ad.sin(x)) @ x

    forward, reverse = (jacobian(f, mode=mode)(X) for mode in ("forward", "reverse"))
    np.testing.assert_allclose(forward, reverse, rtol=1e-14)


def test_values_and_tensors_mix_in_forward_mode() -> None:
    def f(a: Any, x: Any) -> Any:
        return ad.sum(a * x) * a + ad.stack([a, a * a])

    out, tangent = jvp(f, (2.0, X), (1.0, V))
    total = X.sum()
    np.testing.assert_allclose(out, 4 * total + np.array([2.0, 4.0]), rtol=1e-14)
    expected = 4 * total + 4 * V.sum() + np.array([1.0, 4.0])
    np.testing.assert_allclose(tangent, expected, rtol=1e-14)


def test_broadcasting_a_tangent_gives_it_the_shape_of_the_output() -> None:
    out, tangent = jvp(lambda x: x + np.zeros((2, 3)), (X,), (V,))
    assert out.shape == tangent.shape == (2, 3)
    np.testing.assert_array_equal(tangent, [V, V])


def test_float32_stays_float32_forward() -> None:
    x = X.astype(np.float32)
    out, tangent = jvp(lambda x: ad.sum(ad.exp(x)) * x, (x,), (V,))
    assert out.dtype == tangent.dtype == np.float32


def test_a_node_as_argument_gives_nodes() -> None:
    x = Tensor(X)
    out, tangent = jvp(ad.sin, (x,), (V,))
    assert isinstance(out, Tensor)
    assert isinstance(tangent, Tensor)
    tangent.sum().backward()
    np.testing.assert_allclose(x.grad, -np.sin(X) * V, rtol=1e-15)
    a = Value(2.0)
    _, slope = jvp(lambda y: a * y, (3.0,), (1.0,))
    slope.backward()
    assert a.grad == 1.0
