"""Partial derivatives of high order and their sums, against SymPy and nested derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import autograd as ad
from autograd import (
    biharmonic,
    derivative_tensor,
    grad,
    hessian,
    hessian_diagonal,
    jacobian,
    jit,
    laplacian,
    partial_derivative,
    taylor,
    vectorize,
    vmap,
)

X = np.array([0.3, -0.5, 0.8])
W = np.array([[0.2, -0.4, 0.7], [0.5, 0.1, -0.3]])


def network(x: Any) -> Any:
    return ad.tanh(W @ ad.sin(W.T @ ad.tanh(W @ x))) @ np.array([1.0, 2.0])


def mixed(x: Any) -> Any:
    """Products, quotients, powers, a maximum and an index."""
    return (x[0] * ad.exp(x[1]) / (2 + x[2] ** 2) + (x @ x) ** 1.5) * ad.maximum(x, 0.1).sum()


def field(x: Any) -> Any:
    return ad.sin(x) * x.sum() + ad.cumsum(x**3)


@pytest.mark.parametrize("f", [network, mixed])
def test_the_laplacian_is_the_trace_of_the_hessian(f: Any) -> None:
    expected = np.trace(hessian(f)(X))
    np.testing.assert_allclose(laplacian(f)(X), expected, rtol=1e-12)
    np.testing.assert_allclose(jit(laplacian(f))(X), expected, rtol=1e-12)
    np.testing.assert_allclose(hessian_diagonal(f)(X), np.diag(hessian(f)(X)), rtol=1e-12)


def test_a_field_has_the_laplacian_of_each_component() -> None:
    second = jacobian(jacobian(field))(X)
    np.testing.assert_allclose(laplacian(field)(X), np.einsum("ijj", second), rtol=1e-12)
    np.testing.assert_allclose(
        hessian_diagonal(field)(X), np.einsum("ijj->ij", second), rtol=1e-12, atol=1e-14
    )


def test_a_laplacian_has_a_gradient_a_series_and_a_batch() -> None:
    expected = grad(lambda x: sum(hessian(network)(x)[i, i] for i in range(3)))(X)
    np.testing.assert_allclose(grad(laplacian(network))(X), expected, rtol=1e-11, atol=1e-13)
    along = taylor(laplacian(network), X, np.ones(3), order=1)[1]
    np.testing.assert_allclose(along, expected.sum(), rtol=1e-11)
    points = np.array([X, -X, 2 * X])
    each = [laplacian(network)(x) for x in points]
    np.testing.assert_allclose(vmap(laplacian(network))(points), each, rtol=1e-12)
    np.testing.assert_allclose(jit(vmap(laplacian(network)))(points), each, rtol=1e-12)


def test_the_bilaplacian_is_the_laplacian_of_the_laplacian() -> None:
    for f in (network, mixed, field):
        expected = laplacian(laplacian(f))(X)
        np.testing.assert_allclose(biharmonic(f)(X), expected, rtol=1e-10, atol=1e-12)
    assert biharmonic(lambda x: x**4)(0.3) == pytest.approx(24.0)


def test_the_fundamental_solutions_are_harmonic_and_biharmonic() -> None:
    radius = lambda x: ad.sqrt((x**2).sum())  # noqa: E731
    assert laplacian(lambda x: 1 / radius(x))(X) == pytest.approx(0.0, abs=1e-12)
    assert biharmonic(radius)(X) == pytest.approx(0.0, abs=1e-11)
    assert laplacian(radius)(X) == pytest.approx(2 / np.sqrt(X @ X), rel=1e-13)


def test_arguments_nest_and_keep_their_type() -> None:
    f = lambda p: {"s": p["a"] ** 3 * p["b"].sum(), "c": 2.0, "v": p["b"] ** 2}  # noqa: E731
    p = {"a": 2.0, "b": np.array([1.0, 3.0])}
    found = laplacian(f)(p)
    np.testing.assert_allclose(found["s"], 48.0)
    np.testing.assert_allclose(found["v"], [2.0, 2.0])
    assert found["c"] == 0.0
    diagonal = hessian_diagonal(lambda p: f(p)["s"])(p)
    np.testing.assert_allclose(diagonal["a"], 48.0)
    np.testing.assert_allclose(diagonal["b"], [0.0, 0.0])
    single = X.astype(np.float32)
    for operator in (laplacian, biharmonic):
        assert operator(lambda x: (x**4).sum() * 3)(single).dtype == np.float32
    assert laplacian(lambda a, x: (a * x**2).sum(), 1)(2.0, X) == pytest.approx(12.0)
    assert laplacian(lambda x: (x**2).sum())(np.ones(0)) == 0.0


def test_no_nan_leaks_through_a_zero_of_the_chain_rule() -> None:
    masked = lambda x: ad.where(x > 0, ad.sqrt(ad.where(x > 0, x, 1.0)), 0.0).sum()  # noqa: E731
    np.testing.assert_allclose(laplacian(masked)(np.array([0.0, 4.0])), -0.25 / 8)


ORDERS = [(0, 0), (0, 1), (1, 1), (2, 1), (0, 3), (3, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("orders", ORDERS, ids=str)
def test_a_partial_derivative_is_that_of_the_formula(orders: tuple[int, int]) -> None:
    a, b = sympy.symbols("a b")
    formula = sympy.exp(a * b) * sympy.sin(a) / (1 + b**2)
    expected = float(sympy.diff(formula, a, orders[0], b, orders[1]).subs({a: 0.3, b: 0.7}))
    f = lambda a, b: ad.exp(a * b) * ad.sin(a) / (1 + b**2)  # noqa: E731
    found = partial_derivative(f, orders)
    assert found(0.3, 0.7) == pytest.approx(expected, rel=1e-11)
    assert jit(found)(0.3, 0.7) == pytest.approx(expected, rel=1e-11)
    points = np.array([0.3, 0.3]), np.array([0.7, 0.7])
    np.testing.assert_allclose(found(*points), [expected] * 2, rtol=1e-11)
    np.testing.assert_allclose(vectorize(found)(*points), [expected] * 2, rtol=1e-11)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_a_monomial_has_its_factorials(orders: list[int]) -> None:
    f = lambda *x: math.prod(v**n for v, n in zip(x, orders, strict=True))  # noqa: E731
    found = partial_derivative(f, orders)(*X[: len(orders)])
    expected = math.prod(map(math.factorial, orders))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_partial_derivative_can_be_differentiated_and_takes_trees() -> None:
    f = lambda x, t: {"u": ad.sin(x * t) * x}  # noqa: E731
    mixed = partial_derivative(f, (1, 1))
    further = grad(lambda t: mixed(0.4, t)["u"])(0.9)
    assert further == pytest.approx(partial_derivative(f, (1, 2))(0.4, 0.9)["u"], rel=1e-12)


def test_all_partial_derivatives_of_one_order_are_a_symmetric_tensor() -> None:
    np.testing.assert_allclose(derivative_tensor(mixed, 2)(X), hessian(mixed)(X), rtol=1e-11)
    third = derivative_tensor(mixed, 3)(X)
    expected = jacobian(hessian(mixed))(X)
    np.testing.assert_allclose(third, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(third, third.transpose(2, 0, 1))
    np.testing.assert_allclose(
        jit(derivative_tensor(mixed, 3))(X), expected, rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(derivative_tensor(field, 1)(X), jacobian(field)(X), atol=1e-14)
    fifth = derivative_tensor(lambda x: x[0] ** 3 * x[2] ** 2, 5)(X)
    assert fifth[0, 2, 0, 2, 0] == pytest.approx(12.0)
    assert fifth[0, 1, 0, 2, 0] == pytest.approx(0.0, abs=1e-11)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ValueError, match=r"orders must be 0 or more, not \(1, -1\)"):
        partial_derivative(ad.add, (1, -1))
    with pytest.raises(ValueError, match=r"3 orders \(1, 1, 1\) for 2 arguments"):
        partial_derivative(ad.add, (1, 1, 1))(1.0, 2.0)
    with pytest.raises(ValueError, match="order must be 1 or more, not 0"):
        derivative_tensor(network, 0)
    with pytest.raises(ValueError, match=r"x must have one axis, and it has the shape \(2, 2\)"):
        derivative_tensor(lambda x: x.sum(), 2)(np.ones((2, 2)))
