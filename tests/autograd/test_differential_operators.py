"""HIPS autograd's differential operators: products, Jacobians, gradients by name."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import autograd.numpy as np
from autograd import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from autograd.differential_operators import make_jvp_reversemode
from autograd.test_util import check_equivalent

X = numpy.array([0.3, -1.2, 0.8])
V = numpy.array([1.1, 0.2, -0.7])
M = numpy.array([[1.0, 0.5, -0.3], [0.2, -1.4, 0.9]])


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2) + x[0] * x[1]


def layer(x: Any) -> Any:
    return np.tanh(np.dot(M, x))


def two(a: Any, b: Any) -> Any:
    return np.sum(a * b**2)


@pytest.mark.parametrize("operator", [grad, value_and_grad, elementwise_grad, jacobian, hessian])
def test_argnum_is_taken_by_name_as_by_place(operator: Any) -> None:
    by_name, by_place = operator(two, argnum=1)(X, V), operator(two, 1)(X, V)
    check_equivalent(by_name, by_place)
    assert not numpy.array_equal(operator(two)(X, V), by_place)


def test_argnum_may_be_a_tuple() -> None:
    by_a, by_b = grad(two, argnum=(0, 1))(X, V)
    numpy.testing.assert_allclose(by_a, V**2)
    numpy.testing.assert_allclose(by_b, 2 * X * V)


def test_products_with_a_hessian_agree() -> None:
    expected = hessian(energy)(X) @ V
    product, gradient = make_hvp(energy)(X)
    numpy.testing.assert_allclose(product(V), expected)
    numpy.testing.assert_allclose(gradient, grad(energy)(X))
    numpy.testing.assert_allclose(hessian_vector_product(energy)(X, V), expected)
    numpy.testing.assert_allclose(hessian_tensor_product(two, 1)(X, V, X), 2 * X * X)
    assert hessian_vector_product is hessian_tensor_product


def test_products_with_a_jacobian_agree() -> None:
    j, u = jacobian(layer)(X), numpy.array([0.4, -2.0])
    pullback, value = make_vjp(layer)(X)
    numpy.testing.assert_allclose(pullback(u), u @ j)
    numpy.testing.assert_allclose(pullback(2 * u), 2 * u @ j)
    numpy.testing.assert_allclose(value, layer(X))
    numpy.testing.assert_allclose(vector_jacobian_product(layer)(X, u), u @ j)
    value, tangent = make_jvp(layer)(X)(V)
    numpy.testing.assert_allclose(tangent, j @ V)
    numpy.testing.assert_allclose(value, layer(X))
    numpy.testing.assert_allclose(make_jvp_reversemode(layer)(X)(V), j @ V)


def test_a_tensor_jacobian_product_contracts_as_many_axes_as_the_tensor_has() -> None:
    def outer(x: Any) -> Any:
        return np.outer(layer(x), x)

    u = numpy.array([0.4, -2.0])
    expected = numpy.tensordot(u, jacobian(outer)(X), 1)
    numpy.testing.assert_allclose(tensor_jacobian_product(outer)(X, u), expected)
    assert expected.shape == (3, 3)


def test_a_gauss_newton_product_is_that_of_jacobian_and_curvature() -> None:
    def loss(z: Any) -> Any:
        return np.sum(np.exp(z))

    j = jacobian(layer)(X)
    curvature = numpy.diag(numpy.exp(layer(X)))
    numpy.testing.assert_allclose(make_ggnvp(layer, loss)(X)(V), j.T @ curvature @ j @ V)
    numpy.testing.assert_allclose(make_ggnvp(layer)(X)(V), j.T @ j @ V)


def test_operators_take_nested_arguments_and_nest() -> None:
    def loss(p: Any) -> Any:
        return np.sum(p["w"] ** 2) * p["b"]

    pullback, value = make_vjp(loss)({"w": X, "b": 2.0})
    check_equivalent(pullback(1.0), {"w": 4 * X, "b": np.sum(X**2)})
    assert value == pytest.approx(2 * np.sum(X**2))
    curvature = grad(lambda x: np.sum(make_vjp(energy)(x)[0](1.0) ** 2))(X)
    numpy.testing.assert_allclose(curvature, 2 * hessian(energy)(X) @ grad(energy)(X))


def test_deriv_is_the_whole_derivative_of_a_curve() -> None:
    curve = deriv(lambda t: np.array([np.cos(t), np.sin(t)]))
    numpy.testing.assert_allclose(curve(0.3), [-numpy.sin(0.3), numpy.cos(0.3)])
    numpy.testing.assert_allclose(deriv(curve)(0.3), [-numpy.cos(0.3), -numpy.sin(0.3)])
    assert deriv(lambda a, b: a * b, 1)(2.0, 5.0) == 2.0


def test_gradients_by_name_and_beside_other_results() -> None:
    gradients = multigrad_dict(lambda a, b, *, c=3.0: np.sum(a * b) * c)(X, V)
    check_equivalent(gradients, {"a": 3 * V, "b": 3 * X, "c": np.sum(X * V)})
    check_equivalent(grad_named(two, "b")(X, V), 2 * X * V)
    check_equivalent(grad_and_aux(lambda x: (energy(x), x[0]))(X), (grad(energy)(X), X[0]))
    check_equivalent(grad(checkpoint(energy))(X), grad(energy)(X))


def test_holomorphic_functions_have_complex_derivatives() -> None:
    z = 0.3 + 0.7j
    assert holomorphic_grad(lambda z: z**3)(z) == pytest.approx(3 * z**2)
    assert holomorphic_grad(lambda w, z: w * np.exp(z), argnum=1)(2.0, z) == pytest.approx(
        2 * np.exp(z)
    )
    check_equivalent(
        holomorphic_grad(lambda z: np.sum(np.sin(z) * z[0]))(np.array([z, 1.0])),
        np.array([np.cos(z) * z + np.sin(z) + np.sin(1.0), z * np.cos(1.0)]),
    )
    assert holomorphic_grad(lambda x: 1j * x)(2.0) == 1j  # of real numbers, too


def test_what_is_not_holomorphic_has_no_complex_derivative() -> None:
    for f in (np.conj, np.abs, lambda z: z * np.real(z)):
        with pytest.raises(TypeError, match="not holomorphic"):
            holomorphic_grad(f)(1.0 + 1.0j)
