"""Logarithms of the probabilities of the gamma, beta and t distributions, right in their tails.

Their derivatives are densities over probabilities. Far out, both are too small for floats, or the
reciprocal of the probability's square is too large, of which the second derivative would be made.
There the ratio is a continued fraction (DLMF 8.9.2, 8.17.22), and it gives its own derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.op_types import custom_op
from autograd.scipy.special.densities import beta_density, gamma_density
from autograd.scipy.special.error_functions import stdtr
from autograd.scipy.special.functions import special_op, theirs
from autograd.scipy.special.gammas import betainc, betaincc, gammainc, gammaincc
from autograd.scipy.special.polygammas import polygamma_gap, psi
from autograd.scipy.special.shapes import beta_moment, gamma_moment

_MOST_TERMS = 1 << 14


def _converged(fraction: Callable[..., Any], *args: Any) -> Any:
    """A continued fraction with twice the terms until it stays; NaN where it does not."""
    terms, found, stays = 8, fraction(4, *args), np.False_
    while terms <= _MOST_TERMS and not stays.all():
        before, found = found, fraction(terms, *args)
        stays = np.abs(found - before) <= 1e-14 * np.abs(found)
        terms *= 2
    return np.where(stays, found, np.nan)


def _upper_gamma(terms: int, a: Any, x: Any) -> Any:
    """xᵃ⁻¹ exp(-x) / Γ(a, x)."""
    rest = x + 2 * terms + 1 - a
    for n in range(terms, 0, -1):
        rest = x + 2 * n - 1 - a - n * (n - a) / rest
    return rest / x


def _lower_gamma(terms: int, a: Any, x: Any) -> Any:
    """xᵃ⁻¹ exp(-x) / γ(a, x)."""
    rest = 1.0
    for n in range(terms, 0, -1):
        rest = 1 - (a + n) * x / ((a + 2 * n) * (a + 2 * n + 1)) / rest
        rest = 1 + n * x / ((a + 2 * n - 1) * (a + 2 * n)) / rest
    return (1 - x / (a + 1) / rest) * a / x


def _beta_fraction(terms: int, a: Any, b: Any, x: Any) -> Any:
    """xᵃ (1 - x)ᵇ / (a B(a, b, x))."""
    rest = 1.0
    for n in range(terms, 0, -1):
        rest = 1 - (a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1)) / rest
        rest = 1 + n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n)) / rest
    return 1 - (a + b) * x / (a + 1) / rest


def _lower_beta(terms: int, a: Any, b: Any, x: Any) -> Any:
    """xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b, x)."""
    return _beta_fraction(terms, a, b, x) * a / (x * (1 - x))


def _upper_beta(terms: int, a: Any, b: Any, x: Any) -> Any:
    return _lower_beta(terms, b, a, 1 - x)


def _lower_t(terms: int, df: Any, t: Any) -> Any:
    """The density over the probability of values below t < 0."""
    return _beta_fraction(terms, df / 2, 0.5, 1 / (1 + t * t / df)) * df / -t


def _kernels(
    density: Callable[..., Any],
    probability: Op,
    fraction: Callable[..., Any],
    is_inside: Callable[..., Any],
) -> tuple[Any, Any]:
    """What computes the logarithm of a probability, and of it and its arguments density over
    probability, of which the logarithm is no variable of its own.

    is_inside: whether the last argument is in the interior of the support.
    """

    @np.errstate(all="ignore")
    def logarithm(*args: Any) -> Any:
        return np.log(probability.kernel(*args))

    @np.errstate(all="ignore")
    def ratio(log: Any, *args: Any) -> Any:
        found = np.asarray(density(*args) * np.exp(-log))  # sooner than the probability once more
        far = (log < 0.3 * np.log(np.finfo(found.dtype).tiny)) & is_inside(args[-1])
        for shape in args[:-1]:
            far = far & np.greater(shape, 0) & np.isfinite(shape)
        if far.any():
            parts = [np.broadcast_to(arg, far.shape)[far] for arg in args]
            found[far] = _converged(fraction, *parts)
        return found[()]

    return logarithm, ratio


def _log_gamma(probability: Op, fraction: Callable[..., Any], sign: int) -> Op:
    """The logarithm of a probability whose derivative by x is the density times the sign."""
    logarithm, kernel = _kernels(
        gamma_density.kernel, probability, fraction, lambda x: np.greater(x, 0) & np.isfinite(x)
    )

    def by_shape(a: Array, x: Array) -> Array:
        return sign * gamma_moment(1, a, x) / probability(a, x)

    ratio = custom_op(
        kernel,
        derivative=(
            None,
            lambda out, log, a, x: out * (ops.log(x) - psi(a) - by_shape(a, x)),
            lambda out, log, a, x: out * ((a - 1) / x - 1 - sign * out),
        ),
        name=f"{probability.name}_ratio",
    )
    return custom_op(
        logarithm,
        derivative=(lambda out, a, x: by_shape(a, x), lambda out, a, x: sign * ratio(out, a, x)),
        name=f"log_{probability.name}",
    )


def _log_beta(probability: Op, fraction: Callable[..., Any], sign: int) -> Op:
    """The logarithm of a probability whose derivative by x is the density times the sign."""
    logarithm, kernel = _kernels(
        beta_density.kernel, probability, fraction, lambda x: np.greater(x, 0) & np.less(x, 1)
    )

    def by_shape(n: int, *args: Array) -> Array:
        return sign * beta_moment(1 - n, n, *args) / probability(*args)

    def density_by_x(a: Array, b: Array, x: Array) -> Array:
        return (a - 1) / x - (b - 1) / (1 - x)

    ratio = custom_op(
        kernel,
        derivative=(
            None,
            lambda out, log, a, b, x: (
                out * (ops.log(x) + polygamma_gap(0, a, b) - by_shape(0, a, b, x))
            ),
            lambda out, log, a, b, x: (
                out * (ops.log1p(-x) + polygamma_gap(0, b, a) - by_shape(1, a, b, x))
            ),
            lambda out, log, a, b, x: out * (density_by_x(a, b, x) - sign * out),
        ),
        name=f"{probability.name}_ratio",
    )
    return custom_op(
        logarithm,
        derivative=(
            lambda out, *args: by_shape(0, *args),
            lambda out, *args: by_shape(1, *args),
            lambda out, *args: sign * ratio(out, *args),
        ),
        name=f"log_{probability.name}",
    )


log_gammainc: Final = _log_gamma(gammainc, _lower_gamma, 1)
log_gammaincc: Final = _log_gamma(gammaincc, _upper_gamma, -1)
log_betainc: Final = _log_beta(betainc, _lower_beta, 1)
log_betaincc: Final = _log_beta(betaincc, _upper_beta, -1)


@np.errstate(all="ignore")
def _t_density(df: Any, t: Any) -> Any:
    constant = theirs.betaln(np.divide(df, 2), 0.5) + np.log(df) / 2
    return np.exp(-(np.add(df, 1) / 2) * np.log1p(np.multiply(t, t) / df) - constant)


_log_stdtr, _stdtr_ratio = _kernels(
    _t_density, stdtr, _lower_t, lambda t: np.less(t, 0) & np.isfinite(t)
)
stdtr_ratio: Final = special_op(
    "stdtr_ratio",
    None,
    "df",
    lambda out, log, df, t: out * (-(df + 1) * t / (df + t * t) - out),
    kernel=_stdtr_ratio,
)
log_stdtr: Final = special_op(
    "log_stdtr", "df", lambda out, df, t: stdtr_ratio(out, df, t), kernel=_log_stdtr
)
