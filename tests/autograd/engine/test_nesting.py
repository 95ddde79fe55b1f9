"""Derivatives inside functions that are differentiated: the levels do not mix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, grad, jvp, value_and_grad

X = np.array([0.5, -1.0, 2.0])


def test_perturbations_are_not_confused() -> None:
    """d/dx (x · d/dy (x + y)): a tangent of y must not be taken for one of x."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(5.0) == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0)[1], 5.0, 1.0)[1] == 1.0
    assert grad(lambda x: x * jvp(lambda y: x * y, 1.0, 1.0)[1])(5.0) == 10.0


def test_the_same_variable_at_two_levels() -> None:
    # d/dx [x · (d/dy (x y²))|y=x] = d/dx [2 x³]
    assert grad(lambda x: x * grad(lambda y: x * y**2)(x))(2.0) == 24.0
    assert grad(lambda x: x * grad(lambda y: ad.sin(x) * y**2)(x))(2.0) == pytest.approx(
        np.cos(2.0) * 8 + np.sin(2.0) * 8, rel=1e-15
    )


def test_outer_variables_reach_the_inner_gradient() -> None:
    assert grad(lambda x: grad(lambda y: y * (x * 3.0))(1.0))(2.0) == 3.0
    assert grad(lambda x: value_and_grad(lambda y: x * 3.0)(1.0)[0])(2.0) == 3.0
    assert grad(lambda x: grad(lambda y: y * ad.exp(x) + x)(1.0))(0.0) == 1.0


def test_three_levels() -> None:
    def f(x: Any) -> Any:
        return grad(lambda y: grad(lambda z: x * y**2 * z**3)(y))(x)

    # d/dz = 3 x y² z² at z = y: 3 x y⁴; d/dy = 12 x y³ at y = x: 12 x⁴
    assert f(2.0) == 192.0
    assert grad(f)(2.0) == 384.0


def test_a_gradient_in_a_loss() -> None:
    """The gradient penalty: ∂/∂w |∂(w · sin x)/∂x|²."""

    def penalty(w: Any) -> Any:
        slope = grad(lambda x: ad.sum(w * ad.sin(x)))(X)
        return ad.sum(slope**2)

    np.testing.assert_allclose(grad(penalty)(np.ones(3)), 2 * np.cos(X) ** 2, rtol=1e-15)


def test_a_gradient_by_nodes_of_the_users_own_is_a_node() -> None:
    a, x = Value(3.0), Tensor(X)
    slope = grad(lambda y: ad.sum(a * x * y**2))(X)
    assert isinstance(slope, Tensor)
    slope.sum().backward()
    np.testing.assert_allclose(x.grad, 6.0 * X)
    assert a.grad == pytest.approx(np.sum(2 * X * X))


def test_a_node_as_argument_gives_a_node_and_stays_in_the_graph() -> None:
    x = Value(2.0)
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert x.grad == 12.0


@pytest.mark.eager
def test_plain_results_inside_a_transform_stay_plain() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append(grad(lambda y: y**2)(3.0))
        return x * seen[-1]

    assert grad(f)(1.0) == 6.0
    assert type(seen[-1]) is float


def test_derivatives_by_a_learning_rate_pass_through_steps_of_descent() -> None:
    def after(rate: Any) -> Any:
        x = 1.0
        for _ in range(3):
            x = x - rate * grad(lambda x: x**2)(x)
        return x**2

    # x₃ = (1 - 2 r)³, so f = (1 - 2 r)⁶ and f' = -12 (1 - 2 r)⁵
    assert grad(after)(0.1) == pytest.approx(-12 * 0.8**5, rel=1e-14)
