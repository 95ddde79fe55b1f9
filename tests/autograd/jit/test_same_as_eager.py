"""Compiled functions give what they give without the compiler, on other numbers too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import jit
from tests.autograd.cases import CASES, KINDS, Case, moved, total

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")


def same(found: Any, expected: Any) -> None:
    """Alike in nesting, shape and numbers."""
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    assert np.shape(found) == np.shape(expected)
    size = np.abs(expected).max(initial=1.0)  # of the terms of sums that nearly cancel
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * size)


def on_new_numbers(case: Case, compiled: Any, plain: Any) -> None:
    for share in (0.0, case.radius, case.radius / 2):
        args = moved(case.args, share)
        same(compiled(*args), plain(*args))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_on_new_numbers(case: Case) -> None:
    gradient = ad.value_and_grad(total(case), range(len(case.args)))
    for f in (case.f, gradient):
        compiled = jit(f)
        on_new_numbers(case, compiled, f)
        assert compiled.stats().recorded == 1 or "of-zero" in case.detail


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_gradients_through_a_compiled_function(case: Case) -> None:
    numbers = range(len(case.args))
    through = ad.value_and_grad(jit(total(case)), numbers)
    on_new_numbers(case, through, ad.value_and_grad(total(case), numbers))


def test_gradient_at_a_whole_number_which_is_a_constant_of_the_program() -> None:
    assert jit(ad.grad(lambda x: x * x))(3) == 6.0


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8])
def test_product_with_a_constant_that_is_no_float_is_negated(dtype: Any) -> None:
    constant = np.array([[1, 0], [1, 1]], dtype)
    x = np.array([[0.5, -2.0], [0.0, 3.0]])
    for f in (
        lambda x: -(x * constant),
        lambda x: (-x) * constant,
        lambda x: ad.grad(lambda x: ad.sum(ad.relu((1.0 - x) * constant)))(x),
        ad.grad(lambda x: ad.sum(ad.relu(ad.tril(1.0 - x)))),
    ):
        np.testing.assert_array_equal(jit(f)(x), f(x))
