"""Gamma and beta functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy.special.densities import beta_density, gamma_density
from autograd.scipy.special.functions import special_op
from autograd.scipy.special.polygammas import gammaln, polygamma_gap, psi
from autograd.scipy.special.shapes import beta_moment, gamma_moment

gamma: Final = special_op("gamma", lambda out, x: out * psi(x))
gammasgn: Final = special_op("gammasgn", None)
gammainc: Final = special_op(
    "gammainc",
    lambda out, a, x: gamma_moment(1, a, x),
    lambda out, a, x: gamma_density(a, x),
)
gammaincc: Final = special_op(
    "gammaincc",
    lambda out, a, x: -gamma_moment(1, a, x),
    lambda out, a, x: -gamma_density(a, x),
)
gammaincinv: Final = special_op(
    "gammaincinv",
    lambda out, a, y: -gamma_moment(1, a, out) / gamma_density(a, out),
    lambda out, a, y: 1 / gamma_density(a, out),
)
gammainccinv: Final = special_op(
    "gammainccinv",
    lambda out, a, y: -gamma_moment(1, a, out) / gamma_density(a, out),
    lambda out, a, y: -1 / gamma_density(a, out),
)
beta: Final = special_op(
    "beta",
    lambda out, a, b: -out * polygamma_gap(0, a, b),
    lambda out, a, b: -out * polygamma_gap(0, b, a),
)
betaln: Final = special_op(
    "betaln",
    lambda out, a, b: -polygamma_gap(0, a, b),
    lambda out, a, b: -polygamma_gap(0, b, a),
)
betainc: Final = special_op(
    "betainc",
    lambda out, a, b, x: beta_moment(1, 0, a, b, x),
    lambda out, a, b, x: beta_moment(0, 1, a, b, x),
    lambda out, a, b, x: beta_density(a, b, x),
)
betaincc: Final = special_op(
    "betaincc",
    lambda out, a, b, x: -beta_moment(1, 0, a, b, x),
    lambda out, a, b, x: -beta_moment(0, 1, a, b, x),
    lambda out, a, b, x: -beta_density(a, b, x),
)
betaincinv: Final = special_op(
    "betaincinv",
    lambda out, a, b, y: -beta_moment(1, 0, a, b, out) / beta_density(a, b, out),
    lambda out, a, b, y: -beta_moment(0, 1, a, b, out) / beta_density(a, b, out),
    lambda out, a, b, y: 1 / beta_density(a, b, out),
)
betainccinv: Final = special_op(
    "betainccinv",
    lambda out, a, b, y: -beta_moment(1, 0, a, b, out) / beta_density(a, b, out),
    lambda out, a, b, y: -beta_moment(0, 1, a, b, out) / beta_density(a, b, out),
    lambda out, a, b, y: -1 / beta_density(a, b, out),
)


# --------------------------------------------------------------------------------------------------
# 1/Γ is 0 where Γ has a pole, and smooth there


def _rgamma_slope(out: Array, x: Array, rest: Callable[[Array], Array]) -> Array:
    """The derivative of out = r / Γ(x), for `rest(y)` = r Γ(y).

    For Re x < 1/2 it follows from 1/Γ(x) = Γ(1 - x) sin(πx)/π.
    """
    left = ops.real(x) < 0.5
    low, high = ops.where(left, x, 0.0), ops.where(left, 1.0, x)
    cos = ops.cos(math.pi * (low - 2 * ops.round(ops.real(low) / 2)))
    return ops.where(left, rest(1 - low) * cos - out * psi(1 - low), -out * psi(high))


def _binom_n(out: Array, n: Array, k: Array) -> Array:
    x = n - k + 1
    left = x < 0.5
    slope = out * psi(n + 1) + _rgamma_slope(out, x, lambda y: beta(n + 1, y))
    return ops.where(left, slope, out * polygamma_gap(0, ops.where(left, 1.0, x), k))


def _binom_k(out: Array, n: Array, k: Array) -> Array:
    upper, lower = (_rgamma_slope(out, x, lambda y: beta(n + 1, y)) for x in (k + 1, n - k + 1))
    return upper - lower


rgamma: Final = special_op("rgamma", lambda out, x: _rgamma_slope(out, x, gamma))
binom: Final = special_op("binom", _binom_n, _binom_k)


def factorial(n: Array, exact: bool = False) -> Array:
    """Γ(n + 1), and as in SciPy 0 for n < 0."""
    n = ops.array(n)
    return ops.where(n < 0, 0.0, gamma(ops.where(n < 0, 0.0, n) + 1))


def multigammaln(a: Array, d: int) -> Array:
    """The log of the multivariate gamma function: ln(π) d(d - 1)/4 + Σᵢ ln Γ(a - i/2)."""
    a = ops.array(a)
    return math.log(math.pi) * d * (d - 1) / 4 + sum(gammaln(a - i / 2) for i in range(d))
