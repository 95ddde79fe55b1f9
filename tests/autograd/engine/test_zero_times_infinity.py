"""A cotangent of zero stays zero through an infinite slope; a slope of zero ends no path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import derivative, exp, grad, jvp, log, sin, sqrt, tanh, where

# where(condition, inside, outside), points outside, where inside has slopes of inf or nan, and the
# derivative of the outside there.
MASKED: dict[str, tuple[Callable[[Any], Any], list[float], float]] = {
    "x ln x": (lambda x: where(x > 0, x * log(x), 0.0), [0.0, -1.0], 0.0),
    "ln x": (lambda x: where(x > 0, log(x), 0.0), [0.0, -1.0], 0.0),
    "square root": (lambda x: where(x > 0, sqrt(x), x), [0.0, -1.0], 1.0),
    "sinc": (lambda x: where(x != 0, sin(x) / x, 1.0), [0.0], 0.0),
    "overflow": (lambda x: where(x < 1, exp(x), 1.0), [2000.0], 0.0),
    "power": (lambda x: where(x > 0, x**1.5, 0.0), [-1.0, 0.0], 0.0),
}


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_masked_branch_leaks_no_nan(name: str, order: int) -> None:
    f, points, slope = MASKED[name]
    expected = slope if order == 1 else 0.0
    with np.errstate(all="ignore"):
        of_array = derivative(f, order)(np.array([*points, 0.5]))
        of_numbers = [derivative(f, order)(point) for point in points]
        inside = derivative(f, order)(0.5)
    np.testing.assert_array_equal(of_array[:-1], expected)
    np.testing.assert_array_equal(of_numbers, expected)
    np.testing.assert_allclose(of_array[-1], inside)
    assert np.isfinite(inside)


@pytest.mark.parametrize("name", MASKED)
def test_nor_does_it_in_forward_mode(name: str) -> None:
    f, points, slope = MASKED[name]
    x = np.array(points)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(jvp(f, x, np.ones_like(x))[1], slope)


@pytest.mark.parametrize(
    ("f", "order", "expected"),
    [
        (tanh, 5, 16.0),
        (lambda x: (x * x) * (x * x), 4, 24.0),
        (lambda x: x**4, 4, 24.0),
        (lambda x: sin(x * x), 2, 2.0),
        (lambda x: sin(x * x), 6, -120.0),
    ],
)
def test_a_slope_that_happens_to_be_zero_ends_no_path(f: Any, order: int, expected: float) -> None:
    assert derivative(f, order)(0.0) == pytest.approx(expected)
    np.testing.assert_allclose(derivative(f, order)(np.zeros(2)), expected)


def test_a_true_nan_is_not_hidden() -> None:
    assert np.isnan(grad(lambda x: sqrt(x * x))(0.0))
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda x: (x * np.array([np.nan])).sum())(1.0))
