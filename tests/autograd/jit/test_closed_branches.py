"""A branch that was closed while the program was recorded is open on other numbers."""

from __future__ import annotations

from typing import Any

import pytest

import autograd as ad
from autograd import jit

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
