"""Jacobians and Hessians: all derivatives at once, and products with vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import hessian, hvp, jacobian

X = np.array([0.5, -1.0, 2.0])


def rosenbrock(x: Any) -> Any:
    return ad.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


# Jacobians


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_the_jacobian_of_a_linear_map_is_its_matrix(mode: str) -> None:
    for shape in ((2, 3), (3, 3), (5, 3)):
        w = np.arange(float(np.prod(shape))).reshape(shape)
        np.testing.assert_array_equal(jacobian(lambda x, w=w: w @ x, mode=mode)(X), w)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_shape_of_a_jacobian_is_that_of_the_result_then_of_the_argument(mode: str) -> None:
    j = jacobian(lambda x: ad.stack([x, x * x]).T, mode=mode)(X.reshape(1, 3))
    assert j.shape == (3, 1, 2, 1, 3)
    for i in range(3):
        assert j[i, 0, 0, 0, i] == 1.0
        assert j[i, 0, 1, 0, i] == 2 * X[i]
    assert np.count_nonzero(j) == 6


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_jacobian_of_numbers_is_a_number(mode: str) -> None:
    assert jacobian(lambda x: x**3, mode=mode)(2.0) == 12.0
    np.testing.assert_array_equal(jacobian(lambda x: x * X, mode=mode)(2.0), X)
    np.testing.assert_array_equal(jacobian(lambda x: ad.sum(x), mode=mode)(X), np.ones(3))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_of_nested_results_and_arguments(mode: str) -> None:
    def f(p: Any) -> Any:
        return {"sum": p[0] + p[1], "product": p[0] * p[1]}

    j = jacobian(f, mode=mode)([2.0, X])
    np.testing.assert_array_equal(j["sum"][0], np.ones(3))
    np.testing.assert_array_equal(j["sum"][1], np.eye(3))
    np.testing.assert_array_equal(j["product"][0], X)
    np.testing.assert_array_equal(j["product"][1], 2 * np.eye(3))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_by_several_arguments_and_of_constant_results(mode: str) -> None:
    j = jacobian(lambda x, y: (x * y, 3.0), (0, 1), mode=mode)(2.0, 5.0)
    assert j == ((5.0, 2.0), (0.0, 0.0))


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_the_jacobian_of_nothing_is_empty(mode: str) -> None:
    assert jacobian(lambda x: x[:0], mode=mode)(X).shape == (0, 3)
    assert jacobian(lambda x: ad.sum(x) * X, mode=mode)(np.zeros(0)).shape == (3, 0)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="'auto', 'forward' or 'reverse', not 'sideways'"):
        jacobian(ad.sin, mode="sideways")


# Hessians


def test_the_hessian_of_rosenbrock_is_its_formula() -> None:
    x = np.array([0.3, -0.7, 1.1, 0.5])
    expected = np.zeros((4, 4))
    for i in range(3):
        expected[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        expected[i + 1, i + 1] += 200
        expected[i, i + 1] = expected[i + 1, i] = -400 * x[i]
    np.testing.assert_allclose(hessian(rosenbrock)(x), expected, rtol=1e-13, atol=1e-12)


def test_the_hessian_of_a_number_is_the_second_derivative() -> None:
    assert hessian(lambda x: x**3)(2.0) == 12.0


def test_hessians_by_matrices_and_by_other_arguments() -> None:
    a = np.arange(4.0).reshape(2, 2)
    h = hessian(lambda s, w: ad.sum(s * w * w), 1)(3.0, a)
    assert h.shape == (2, 2, 2, 2)
    np.testing.assert_array_equal(h.reshape(4, 4), 6 * np.eye(4))


def test_the_hessian_of_nested_arguments_nests() -> None:
    h = hessian(lambda p: p["a"] ** 2 * ad.sum(p["b"]))({"a": 2.0, "b": X})
    assert h["a"]["a"] == pytest.approx(2 * X.sum())
    np.testing.assert_array_equal(h["a"]["b"], np.full(3, 4.0))
    np.testing.assert_array_equal(h["b"]["a"], np.full(3, 4.0))
    np.testing.assert_array_equal(h["b"]["b"], np.zeros((3, 3)))


def test_a_hessian_times_a_vector() -> None:
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(rosenbrock, X, v), hessian(rosenbrock)(X) @ v, rtol=1e-13)


def test_a_hessian_times_a_vector_for_several_arguments() -> None:
    hx, hy = hvp(lambda x, y: ad.sum(x**2) * y, (X, 3.0), (np.ones(3), 2.0))
    np.testing.assert_allclose(hx, 6.0 * np.ones(3) + 2 * X * 2.0)
    assert hy == pytest.approx(2 * X.sum())


def test_the_jacobian_of_hvp_by_the_vector_is_the_hessian() -> None:
    h = jacobian(lambda v: hvp(rosenbrock, X, v))(np.ones(3))
    np.testing.assert_allclose(h, hessian(rosenbrock)(X), rtol=1e-13)
