"""A branch that was closed while the program was recorded is open on other numbers."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

import autograd as ad
import autograd.numpy as anp
from autograd import jit
from autograd.jit.interpret import Tape

CLOSED_BELOW = {
    "relu": ad.relu,
    "maximum": lambda x: ad.maximum(x, 0.0),
    "clip": lambda x: ad.clip(x, 0.0, 9.0),
    "where": lambda x: ad.where(x > 0, x, 0.0),
}


@pytest.mark.parametrize("branch", CLOSED_BELOW.values(), ids=CLOSED_BELOW)
def test_value_of_a_branch_that_opens(branch: Any) -> None:
    f = jit(lambda x, y: branch(x * y) + x)
    assert f(-1.0, 2.0) == -1.0
    assert f(1.0, 2.0) == 3.0
    assert f.stats().recorded == 1


@pytest.mark.parametrize("branch", CLOSED_BELOW.values(), ids=CLOSED_BELOW)
def test_gradient_of_a_branch_that_opens(branch: Any) -> None:
    slope = jit(ad.grad(lambda x, y: branch(x * y) + x))
    assert slope(-1.0, 2.0) == 1.0
    assert slope(1.0, 2.0) == 3.0
    assert slope.stats().recorded == 1


@pytest.mark.parametrize("branch", CLOSED_BELOW.values(), ids=CLOSED_BELOW)
def test_gradient_of_a_compiled_function_whose_branch_opens(branch: Any) -> None:
    slope = ad.grad(jit(lambda x, y: branch(x * y) + x))
    assert slope(-1.0, 2.0) == 1.0
    assert slope(1.0, 2.0) == 3.0


def _masked_over(x: Any, y: Any) -> Any:
    """A derivative with a masked infinity in it, over another number, which may be 0 as well."""
    return ad.elementwise_grad(lambda x: anp.where(x > 0, anp.sqrt(abs(x)), 0.0))(x) / y


def test_nan_of_the_data_and_of_a_masked_infinity_are_told_apart_in_each_call() -> None:
    x, y = np.array([4.0, 1.0]), np.array([2.0, 1.0])
    masked, missing = np.array([0.0, 4.0]), np.array([nan, 1.0])
    calls = [(x, y), (masked, y), (x, 0 * y), (masked, 0 * y), (missing, y), (masked, y), (x, y)]
    run = jit(_masked_over)
    for a, b in calls * 3:
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(run(a, b), _masked_over(a, b))


def test_the_same_of_numbers() -> None:
    def f(x: Any, y: Any) -> Any:
        return ad.grad(lambda x: ad.where(x > 0, ad.sqrt(abs(x)), 0.0))(x) * y

    run = jit(f)
    for x, y in [(4.0, 2.0), (0.0, 2.0), (0.0, inf), (nan, 1.0), (inf, inf), (0.0, 1.0)] * 3:
        assert repr(float(run(x, y))) == repr(float(f(x, y)))


def test_nan_that_no_product_of_the_chain_rule_makes_is_interpreted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cluster without points has no slope and no curvature, and 0 / 0 is where it should go."""

    def newton(x: Any) -> Any:
        slope = ad.elementwise_grad(lambda x: anp.maximum(x, 0.0) ** 2 * anp.exp(x))
        return slope(x) / ad.elementwise_grad(slope)(x)

    interpreted, run_with_strong_zeros = [], Tape.run_with_strong_zeros

    def counted(*args: Any) -> None:
        interpreted.append(1)
        run_with_strong_zeros(*args)

    run, x = jit(newton), np.array([-1.0, 2.0])
    monkeypatch.setattr(Tape, "run_with_strong_zeros", counted)
    for n in range(4):
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(run(x + n * x), newton(x + n * x))
        assert len(interpreted) == 1
