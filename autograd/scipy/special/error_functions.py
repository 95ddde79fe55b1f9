"""Error functions, and the normal and Student's t distributions."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.complex_parts import is_complex
from autograd.ops.op_types import custom_op
from autograd.scipy.special.functions import special_op, theirs
from autograd.scipy.special.gammas import betaln
from autograd.scipy.special.integrals import wofz

_ROOT_PI = math.sqrt(math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)
_ONE_FROM = 20.0
"""Where the normal distribution function has become 1 to the last digit."""


# --------------------------------------------------------------------------------------------------
# Higher derivatives of erfcx and dawsn: far from 0 almost all digits of 2x erfcx - 2/√π cancel

_FAR = 7.0


def _near(n: int, x: Any, f: Any, a: float, b: float) -> Any:
    """The n-th derivative, n >= 1, of the f with f' = a x f + b."""
    before, now = f, a * x * f + b
    for k in range(1, n):
        before, now = now, a * (x * now + k * before)
    return now


def _far(n: int, x: Any, sign: int) -> Any:
    """The n-th derivative of Σ signᵏ (2k - 1)!! / (2ᵏ x²ᵏ⁺¹), to the smallest term where x is 7."""
    term = (-1) ** n * math.factorial(n) / x ** (n + 1.0)
    total = term
    for k in range(1, 45):
        term = (
            term
            * (sign * (2 * k - 1) / 2 * (2 * k + n - 1) * (2 * k + n))
            / (x * x * (2 * k - 1) * (2 * k))
        )
        total = total + term
    return total


@np.errstate(all="ignore")
def _erfcx_derivative(n: float, x: Any) -> Any:
    n, x = int(n), np.asarray(x, float)
    far = x > _FAR
    inside = np.where(far, 0.0, x)
    near = _near(n, inside, theirs.erfcx(inside), 2, -2 / _ROOT_PI)
    return np.where(far, _far(n, np.where(far, x, np.inf), -1) / _ROOT_PI, near)[()]


@np.errstate(all="ignore")
def _dawsn_derivative(n: float, x: Any) -> Any:
    n, x = int(n), np.asarray(x, float)
    far = np.abs(x) > _FAR
    inside = np.where(far, 0.0, x)
    near = _near(n, inside, theirs.dawsn(inside), -2, 1.0)
    return np.where(far, _far(n, np.where(far, x, np.inf), 1) / 2, near)[()]


erfcx_derivative: Op = custom_op(
    _erfcx_derivative,
    derivative=(None, lambda out, n, x: erfcx_derivative(n + 1, x)),
    name="erfcx_derivative",
)
dawsn_derivative: Op = custom_op(
    _dawsn_derivative,
    derivative=(None, lambda out, n, x: dawsn_derivative(n + 1, x)),
    name="dawsn_derivative",
)

# --------------------------------------------------------------------------------------------------
# The functions

erf: Final = special_op("erf", lambda out, x: 2 / _ROOT_PI * _decay(x * x))
erfc: Final = special_op("erfc", lambda out, x: -2 / _ROOT_PI * _decay(x * x))
erfcx: Final = special_op("erfcx", lambda out, x: erfcx_derivative(1, x))
erfinv: Final = special_op("erfinv", lambda out, x: _ROOT_PI / 2 * ops.exp(out * out))
erfcinv: Final = special_op("erfcinv", lambda out, x: -_ROOT_PI / 2 * ops.exp(out * out))
dawsn: Final = special_op("dawsn", lambda out, x: dawsn_derivative(1, x))
erfcx.real_only = dawsn.real_only = True
ndtr: Final = special_op("ndtr", lambda out, x: _decay(x * x / 2) / _ROOT_2PI)
log_ndtr: Final = special_op("log_ndtr", lambda out, x: _normal_ratio(x))
ndtri: Final = special_op("ndtri", lambda out, x: _ROOT_2PI * ops.exp(out * out / 2))


def _decay(x: Array) -> Array:
    """exp(-x) for x = z²; the derivative by z is 0 at ±∞, where -2z exp(-z²) would be 0 · ∞."""
    return ops.exp(-x if np.iscomplexobj(x) else -ops.minimum(x, 1000.0))


def _normal_ratio(x: Array) -> Array:
    """Density over distribution function; far to the right, where erfcx overflows, this is 1."""
    far = _decay(x * x / 2) / _ROOT_2PI
    if is_complex(x):  # erfcx(x) is wofz(ix), and that has the derivatives of complex numbers
        right = (ops.real(x) > 0) & (ops.real(x * x) > 80)
        near = math.sqrt(2 / math.pi) / wofz(ops.where(right, 0.0, x) * (-1j / math.sqrt(2)))
        return ops.where(right, far, near)
    near = math.sqrt(2 / math.pi) / erfcx(ops.minimum(x, _ONE_FROM) / -math.sqrt(2))
    return ops.where(x > _ONE_FROM, far, near)


def _t_density(df: Array, t: Array) -> Array:
    power = -(df + 1) / 2 * ops.log1p(t * t / df)
    return ops.exp(power - betaln(df / 2, 0.5) - ops.log(df) / 2)


stdtr: Final = special_op("stdtr", "df", lambda out, df, t: _t_density(df, t))
stdtrit: Final = special_op("stdtrit", "df", lambda out, df, p: 1 / _t_density(df, out))
