"""Functions of `scipy.special` at complex numbers, far from the real line and left of zero, beside
differences of SciPy's own values on a circle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.special

import autograd.scipy.special as special
from autograd import Tensor, grad, holomorphic_grad, jit
from autograd import sum as total
from autograd.scipy.integrate import quad
from autograd.scipy.special.polygammas import polygamma

RNG = np.random.default_rng(0)
PLACES = np.concatenate(
    [
        RNG.uniform(-8, 8, 12) + 1j * RNG.uniform(-8, 8, 12),
        RNG.uniform(-2, 2, 6) + 1j * RNG.uniform(-2, 2, 6),
        [-3.4 + 0.2j, -7.6 - 3.1j, -20 + 5j, 5 - 30j, 25 + 40j, 30 - 4j],
    ]
)
NAMES = """
erf erfc erfi wofz exp1 expi expm1 gamma lambertw log1p log_ndtr loggamma ndtr psi rgamma sinc
spence wrightomega
"""
WITH_ANOTHER = "jv yv iv kv hankel1 hankel2 hyp0f1 xlogy xlog1py"
"""Functions with an argument before the complex one."""


def differences(f: Callable[[Any], Any], z: Any, order: int, radius: float) -> Any:
    """Cauchy's integral around each entry of z."""
    turns = np.exp(2j * math.pi * np.arange(32) / 32)
    values = f(z[:, None] + radius * turns) / turns**order
    return math.factorial(order) * values.mean(1) / radius**order


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", [*NAMES.split(), *WITH_ANOTHER.split()])
def test_derivatives_at_complex_numbers_are_those_of_scipys_values(name: str) -> None:
    before = (1.3,) if name in WITH_ANOTHER.split() else ()

    def theirs(z: Any) -> Any:
        return getattr(scipy.special, name)(*before, z)

    def ours(z: Any) -> Any:
        return total(getattr(special, name)(*before, z))

    first = holomorphic_grad(ours)
    second = holomorphic_grad(lambda z: total(first(z)))
    compared = 0
    for order, derivative in ((1, first), (2, second)):
        wide, narrow = (differences(theirs, PLACES, order, r) for r in (0.12, 0.06))
        error = np.abs(wide - narrow)
        sure = error < 1e-6 * (np.abs(wide) + np.abs(theirs(PLACES)))  # far from cuts and poles
        compared += np.count_nonzero(sure)
        for run in (derivative, jit(derivative)):
            wrong = np.abs(run(PLACES) - wide) > 100 * error + 1e-9 * np.abs(wide)
            assert not PLACES[sure & wrong].size
    assert compared > 20


@pytest.mark.parametrize("n", [1, 2, 4])
def test_polygamma_of_complex_numbers_is_mpmaths(n: int) -> None:
    z = np.array(
        [0.3 + 2j, 1e-8 + 1e-8j, -3 + 1e-6j, -7.6 - 0.1j, -27 + 30j, -5.3 - 200j, 0.5, -0.5]
    )
    with mp.workdps(30):
        exact = [complex(mp.psi(n, mp.mpc(w))) for w in z]
    np.testing.assert_allclose(polygamma(n, z), exact, rtol=1e-13)


def test_loggamma_of_real_numbers_below_zero_is_nan_and_gammaln_is_not() -> None:
    x = np.array([-0.5, 2.5])
    for f, theirs in ((special.loggamma, scipy.special.loggamma), (special.gammaln, math.lgamma)):
        nodes = jit(f)(x)
        np.testing.assert_allclose(nodes, [theirs(float(each)) for each in x])
        slopes = jit(grad(lambda x, f=f: total(f(x))))(x)
        np.testing.assert_allclose(slopes, np.where(np.isnan(nodes), np.nan, scipy.special.psi(x)))


@pytest.mark.parametrize("name", ["gammaln", "expit", "entr", "exprel"])
def test_function_that_scipy_has_for_real_numbers_alone_says_so(name: str) -> None:
    for run in (lambda f: f, jit):
        with pytest.raises(TypeError, match=f"{name}: .*complex128; arguments must be real"):
            run(getattr(special, name))(Tensor(PLACES))


def test_integral_of_a_complex_function_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match="quad: func is complex: integrate its real"):
        grad(lambda p: quad(lambda t, p: np.exp(1j * p * t), 0.0, 1.0, args=(p,))[0])(2.0)
