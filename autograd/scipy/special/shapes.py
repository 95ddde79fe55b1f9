"""Derivatives of the gamma and the beta distribution's probabilities with respect to their shapes.

They are integrals of powers of ln t against the density, over that side of x where nothing cancels.
In y = ln t, or ln t/(1 - t), the integrands are smooth and decay exponentially, so that
double-exponential quadrature (Takahasi and Mori, 1974) gives nearly all digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.scipy.special.densities import beta_density, gamma_density
from autograd.scipy.special.functions import special_op, theirs
from autograd.scipy.special.logarithms import xlog1py, xlogy
from autograd.scipy.special.polygammas import polygamma, polygamma_gap, psi

_STEP = 1 / 40
_AT = np.arange(-4.5, 5.5, _STEP)
_NODES = np.exp(_AT - np.exp(-_AT))
_WEIGHTS = _STEP * (1 + np.exp(-_AT)) * _NODES
"""∫ f(v) dv over v > 0 is Σ w f(v), for f that decays exponentially."""


_CLOSE = 0.05
"""Closer to an end of a distribution with a small shape, that side is integrated in any case: the
other has a steep end far off, and little cancels.
"""
_AT_ONCE = 1000  # entries, so that the nodes of all of them take a few megabytes


def _by_columns(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel on columns of entries, as a function of arrays that broadcast."""

    @np.errstate(all="ignore")
    def function(*args: Any) -> Any:
        arrays = np.broadcast_arrays(*[np.asarray(x, float) for x in args])
        shape, flat = arrays[0].shape, [x.ravel() for x in arrays]
        found = np.empty(flat[0].size)
        for start in range(0, len(found), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            found[part] = kernel(*[x[part, None] for x in flat])
        return found.reshape(shape)[()]

    return function


def _width(rate: Any, curvature: Any, before: Any, last_rate: Any) -> Any:
    """About how far from x the integrand decays: at a rate that is there, and at another one in the
    end, behind the distance `before`.
    """
    reach = 2 + np.maximum(before, 0) + 1 / last_rate
    bend = np.sqrt(np.maximum(curvature - 0.5, 0))  # a smaller one does not count
    return 1 / (np.maximum(rate, 0) + bend + 1 / reach)


def _integral(integrand: Any, width: Any) -> Any:
    counted = np.where(np.isnan(integrand), 0.0, integrand)  # ∞ · 0 far out
    return width[:, 0] * np.sum(_WEIGHTS * counted, -1)


@_by_columns
def _gamma_moment(n: Any, a: Any, x: Any) -> Any:
    middle, log_x = theirs.psi(a), np.log(x)
    side = np.where((log_x > middle) & (x > _CLOSE), 1.0, -1.0)
    width = _width(side * (x - a), x, -side * log_x, np.where(side > 0, np.inf, a))
    v = side * width * _NODES
    total = _integral((log_x - middle + v) ** n * np.exp(a * v - x * np.expm1(v)), width)
    n, a, x, side = (column[:, 0] for column in (n, a, x, side))
    found = -side * x * gamma_density(a, x) * total
    found = np.where((x == 0) | (x == np.inf) | (n < 0), 0.0, found)
    whole = np.where(side > 0, -theirs.gammaincc(a, x), theirs.gammainc(a, x))
    return np.where(n == 0, whole, np.where((a > 0) & (x >= 0), found, np.nan))


def _gamma_slope(n: float, a: Array, x: Array) -> Array:
    slope = gamma_density(a, x)
    for _ in range(int(n)):
        slope = xlogy(slope, x) - slope * psi(a)
    return slope


gamma_moment: Op = special_op(
    "gamma_moment",
    "n",
    lambda out, n, a, x: (
        gamma_moment(n + 1, a, x) - n * polygamma(1, a) * gamma_moment(n - 1, a, x)
    ),
    lambda out, n, a, x: _gamma_slope(n, a, x),
    kernel=_gamma_moment,
)
"""∫ (ln t - ψ(a))ⁿ p(a, t) dt over 0 < t < x, or minus that over t > x on the other side."""


@_by_columns
def _beta_moment(m: Any, n: Any, a: Any, b: Any, x: Any) -> Any:
    log_x, log_rest = np.log(x), np.log1p(-x)
    above = x * (a + b) > a
    above &= x * (a + b) > _CLOSE
    above |= (1 - x) * (a + b) < _CLOSE
    side = np.where(above, 1.0, -1.0)
    rate = side * ((a + b) * x - a)
    last_rate = np.where(side > 0, b, a)
    width = _width(rate, (a + b) * x * (1 - x), side * (log_rest - log_x), last_rate)
    v = side * width * _NODES
    fall = np.where(v > 0, v + np.log1p((1 - x) * np.expm1(-v)), np.log1p(x * np.expm1(v)))
    first = log_x + v - fall + theirs.psi(a + b) - theirs.psi(a)
    second = log_rest - fall + theirs.psi(a + b) - theirs.psi(b)
    total = _integral(first**m * second**n * np.exp(a * v - (a + b) * fall), width)
    m, n, a, b, x, side = (column[:, 0] for column in (m, n, a, b, x, side))
    density = x * (1 - x) * beta_density(a, b, x)
    found = np.where((x == 0) | (x == 1) | (m < 0) | (n < 0), 0.0, -side * density * total)
    whole = np.where(side > 0, -theirs.betaincc(a, b, x), theirs.betainc(a, b, x))
    inside = (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    return np.where((m == 0) & (n == 0), whole, np.where(inside, found, np.nan))


def _beta_slope(m: float, n: float, a: Array, b: Array, x: Array) -> Array:
    slope = beta_density(a, b, x)
    for _ in range(int(m)):
        slope = xlogy(slope, x) + slope * polygamma_gap(0, a, b)
    for _ in range(int(n)):
        slope = xlog1py(slope, -x) + slope * polygamma_gap(0, b, a)
    return slope


def _by_a(m: float, n: float, a: Array, b: Array, x: Array) -> Array:
    first = m * polygamma_gap(1, a, b) * beta_moment(m - 1, n, a, b, x)
    second = n * polygamma(1, a + b) * beta_moment(m, n - 1, a, b, x)
    return beta_moment(m + 1, n, a, b, x) + first + second


def _by_b(m: float, n: float, a: Array, b: Array, x: Array) -> Array:
    first = m * polygamma(1, a + b) * beta_moment(m - 1, n, a, b, x)
    second = n * polygamma_gap(1, b, a) * beta_moment(m, n - 1, a, b, x)
    return beta_moment(m, n + 1, a, b, x) + first + second


beta_moment: Op = special_op(
    "beta_moment",
    "m",
    "n",
    lambda out, m, n, a, b, x: _by_a(m, n, a, b, x),
    lambda out, m, n, a, b, x: _by_b(m, n, a, b, x),
    lambda out, m, n, a, b, x: _beta_slope(m, n, a, b, x),
    kernel=_beta_moment,
)
"""∫ Aᵐ Bⁿ p(a, b, t) dt over 0 < t < x, or minus that over t > x on the other side, with
A = ln t - ψ(a) + ψ(a + b) and B = ln(1 - t) - ψ(b) + ψ(a + b).
"""
