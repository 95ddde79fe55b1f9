"""`autograd.scipy.interpolate`: derivatives are SciPy's `derivative()`, limits are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.interpolate as theirs

import autograd.scipy.interpolate as ours
from autograd import Tensor, Value, check_grads, grad, jacobian, jit, vmap, where

X = np.array([-1.0, 0.2, 0.9, 1.4, 2.9, 3.3])
Y = np.array([0.3, 1.1, -0.4, -0.9, 0.7, 2.2])
T = np.array([-1.4, -0.7, 0.2, 1.0, 2.2, 3.3, 3.9])
MADE: dict[str, Any] = {
    "CubicSpline": lambda sp, y: sp.CubicSpline(X, y, bc_type=((2, 0.4), "not-a-knot")),
    "PchipInterpolator": lambda sp, y: sp.PchipInterpolator(X, y),
    "Akima1DInterpolator": lambda sp, y: sp.Akima1DInterpolator(X, y),
    "make_interp_spline": lambda sp, y: sp.make_interp_spline(X, y, 5),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_by_the_point_are_those_of_the_polynomial(name: str, order: int) -> None:
    derivative: Any = MADE[name](ours, Y)
    for _ in range(order):
        derivative = grad(derivative)
    expected = MADE[name](theirs, Y).derivative(order)(T)
    for found in (vmap(derivative)(T), jit(vmap(derivative))(T), [derivative(t) for t in T]):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(MADE[name](ours, Tensor(Y)).derivative(order)(T).data, expected)


@pytest.mark.parametrize("name", MADE)
def test_integrals_are_scipys_and_have_derivatives(name: str) -> None:
    def area(sp: Any, y: Any, a: Any, b: Any) -> Any:
        return MADE[name](sp, y).integrate(a, b)

    inputs = Y, -0.4, 2.7
    assert area(ours, *inputs) == pytest.approx(float(area(theirs, *inputs)), rel=1e-12)
    check_grads(lambda *xs: area(ours, *xs), *inputs, order=2)


def test_points_may_be_in_lists() -> None:
    for f in (ours.CubicSpline(X, Y), ours.interp1d(X, Y), ours.interp1d(X, Y, "next")):
        found = f([Value(0.5), 1.0])
        np.testing.assert_allclose(np.asarray(getattr(found, "data", found)), f([0.5, 1.0]))


def test_the_derivative_is_nan_where_the_value_is() -> None:
    spline = ours.CubicSpline(X, Y, extrapolate=False)
    steps = ours.interp1d(X, Y, bounds_error=False)
    grid = ours.RegularGridInterpolator((X,), Y, bounds_error=False)
    for f in (spline, steps, lambda t: grid([[t]]).sum()):
        assert np.isnan(grad(f)(4.0))


def test_points_outside_that_are_masked_leave_no_nan() -> None:
    def masked(y: Any) -> Any:
        spline = ours.CubicSpline(X, y, extrapolate=False)
        return where((X[0] <= T) & (X[-1] >= T), spline(T), 0.0).sum()

    inside = T[(X[0] <= T) & (X[-1] >= T)]
    expected = grad(lambda y: ours.CubicSpline(X, y)(inside).sum())(Y)
    np.testing.assert_allclose(grad(masked)(Y), expected, rtol=1e-12)


def test_a_spline_is_linear_in_its_samples() -> None:
    matrix = jacobian(lambda y: ours.CubicSpline(X, y)(T))(Y)
    np.testing.assert_allclose(matrix, theirs.CubicSpline(X, np.eye(6))(T), atol=1e-13)


def test_values_at_the_ends_have_derivatives() -> None:
    check_grads(
        lambda y, a, b: ours.CubicSpline(X, y, 1, ((1, a), (2, b)))(T),
        *(np.stack([Y, np.sin(Y)]), Y[:2], Y[3:5]),
    )


def test_a_periodic_integral_is_that_of_whole_periods_and_the_rest() -> None:
    y = np.append(Y[:5], Y[0])
    expected = theirs.CubicSpline(X, y, bc_type="periodic").integrate(-9.3, 21.6)
    found = ours.CubicSpline(X, Tensor(y), bc_type="periodic").integrate(-9.3, 21.6)
    assert found.item() == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("kind", ["nearest", "nearest-up", "previous", "next", "zero", "slinear"])
@pytest.mark.parametrize("fill", ["extrapolate", np.nan, (0.5, -2.0)])
def test_every_kind_of_step_is_scipys(kind: str, fill: Any) -> None:
    t = np.concatenate([X, (X[1:] + X[:-1]) / 2, T])
    how = {"kind": kind, "fill_value": fill, "bounds_error": False}
    found = ours.interp1d(X, Tensor(Y), **how)(t).data
    np.testing.assert_allclose(found, theirs.interp1d(X, Y, **how)(t), rtol=1e-13)
    assert np.isnan(ours.interp1d(X, Tensor(Y), **how)(np.nan).item())


@pytest.mark.parametrize("method", ["linear", "nearest"])
@pytest.mark.parametrize("fill", [None, 0.5])
def test_a_grid_is_scipys_inside_outside_and_at_nan(method: str, fill: float | None) -> None:
    values = np.random.default_rng(0).random((6, 3, 2))
    grid = (X, np.array([2.0, 0.5, -1.0]))
    points = np.random.default_rng(1).uniform(-2, 4, (30, 2))
    points[:3] = [X[-1], 2.0], [X[0], -1.0], [np.nan, 0.0]
    expected = theirs.RegularGridInterpolator(grid, values, method, False, fill)(points)
    found = ours.RegularGridInterpolator(grid, Tensor(values), method, False, fill)(points)
    np.testing.assert_allclose(found.data, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda y: ours.CubicSpline(y, Y)(0.5), TypeError, "no derivative with respect to them"),
        (lambda y: ours.CubicSpline(X, y[:4])(0.5), ValueError, "doesn't match"),
        (lambda y: ours.CubicSpline(X, y, bc_type="periodic")(0.5), ValueError, "are equal"),
        (lambda y: ours.CubicSpline(X, y).roots(), TypeError, "roots: there is no derivative"),
        (lambda y: ours.interp1d(X, y)(7.0), ValueError, "above the interpolation range"),
        (lambda y: ours.pchip_interpolate(X, y, 0.5), TypeError, r"PchipInterpolator\(x, y\)"),
        (
            lambda y: ours.RegularGridInterpolator((X,), y)([[7.0]]).sum(),
            ValueError,
            "out of bounds in dimension 0",
        ),
        (
            lambda y: ours.RegularGridInterpolator((X,), y, "cubic")([[0.5]]).sum(),
            TypeError,
            "only method='linear' and 'nearest'",
        ),
    ],
)
def test_what_has_no_derivative_or_is_wrong_is_refused(
    f: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        grad(f)(Y)
