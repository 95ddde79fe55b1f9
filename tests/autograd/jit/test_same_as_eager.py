"""Compiled functions give what they give without the compiler, on other numbers too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import jit
from tests.autograd.cases import CASES, Case

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")


def moved(args: tuple[Any, ...], share: float) -> tuple[Any, ...]:
    """Other arguments within the case's radius: what was frozen in the recording would show."""
    rng = np.random.default_rng(1)
    return tuple(
        arg + share * (rng.random() - 0.5)
        if isinstance(arg, float)
        else arg + share * (rng.random(arg.shape) - 0.5)
        for arg in args
    )


def same(found: Any, expected: Any) -> None:
    """Alike in nesting, shape and numbers."""
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def total(case: Case) -> Any:
    """The case as a function that gives one number: its outputs with weights that differ."""

    def f(*args: Any) -> Any:
        out = case.f(*args)
        parts = out if isinstance(out, list | tuple) else [out]
        return sum(ad.sum(ad.sin(part * 1.3 + 0.2)) for part in parts)

    return f


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_on_new_numbers(case: Case) -> None:
    compiled = jit(case.f)
    for share in (0.0, case.radius, case.radius / 2):
        args = moved(case.args, share)
        same(compiled(*args), case.f(*args))
    assert compiled.stats().recorded == 1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_on_new_numbers(case: Case) -> None:
    numbers = range(len(case.args))
    gradient = ad.grad(total(case), numbers)
    compiled = jit(gradient)
    through = ad.grad(jit(total(case)), numbers)
    for share in (0.0, case.radius):
        args = moved(case.args, share)
        same(compiled(*args), gradient(*args))
        same(through(*args), gradient(*args))


def test_gradient_at_a_whole_number_which_is_a_constant_of_the_program() -> None:
    assert jit(ad.grad(lambda x: x * x))(3) == 6.0
