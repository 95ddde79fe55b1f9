"""Activations keep their digits far from 0, where formulas of `tanh` and `erf` lose them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import autograd as ad
from autograd import derivative

FORMULAS: dict[str, Callable[[Any], Any]] = {
    "erfc": mp.erfc,
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "mish": lambda x: x * mp.tanh(mp.log(1 + mp.exp(x))),
    "softsign": lambda x: x / (1 + abs(x)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_slope_have_all_their_digits_in_the_tails(name: str) -> None:
    f = getattr(ad, name)
    for x in (-36.5, -25.0, -8.0, -2.0, 0.3, 6.0, 24.0, 1e9):
        with mp.workdps(60):
            expected = FORMULAS[name](mp.mpf(x)), mp.diff(FORMULAS[name], mp.mpf(x))
        assert f(x) == pytest.approx(float(expected[0]), rel=1e-12, abs=1e-250)
        assert derivative(f, 1)(x) == pytest.approx(float(expected[1]), rel=1e-12, abs=1e-250)


def test_approximate_gelu_is_that_of_gpt_2_and_keeps_its_digits() -> None:
    for x in (-7.0, -1.0, 0.0, 2.0):
        with mp.workdps(60):
            u = mp.sqrt(2 / mp.pi) * (mp.mpf(x) + mp.mpf("0.044715") * mp.mpf(x) ** 3)
            expected = float(mp.mpf(x) * (1 + mp.tanh(u)) / 2)
        assert ad.gelu(x, "tanh") == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="must be 'none' or 'tanh'"):
        ad.gelu(1.0, "sigmoid")  # type: ignore[arg-type]


def test_softsign_reaches_its_limits() -> None:
    x = np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(ad.softsign(x), [1.0, -1.0, np.nan])
    assert ad.softsign(-np.inf) == -1.0
    np.testing.assert_array_equal(ad.grad(lambda x: ad.sum(ad.softsign(x)))(x)[:2], [0.0, 0.0])
