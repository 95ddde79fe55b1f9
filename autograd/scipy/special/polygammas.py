"""ln Γ, its derivatives, and differences of them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.operations import Op
from autograd.ops.complex_parts import is_complex
from autograd.scipy.special.functions import special_op, theirs

_SHIFT = 12
_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]


def _polygamma(n: Any, x: Any) -> Any:
    """SciPy's function, and for complex numbers, which SciPy's does not take, ours."""
    if not is_complex(x):
        return theirs.polygamma(n, x)[()]
    if np.ndim(n):
        raise TypeError("polygamma: n must be one number where x is complex")
    n = int(np.real(n))  # a compiled program has constants in the type of the result
    if n == 0:
        return theirs.psi(x)
    return _complex_polygamma(n, np.asarray(x, complex)).astype(np.asarray(x).dtype)[()]


@np.errstate(all="ignore")
def _complex_polygamma(n: int, z: Any) -> Any:
    """For n > 0. Where Re z < 1/2, that of 1 - z and a derivative of the cotangent."""
    left = np.real(z) < 0.5
    right = _right_polygamma(n, np.where(left, 1 - z, z))
    return np.where(left, (-1) ** n * right - _cotangent(n, z), right)


def _right_polygamma(n: int, z: Any) -> Any:
    """From recurrence and Stirling's series, where Re z > 0."""
    shift = _SHIFT + 2 * n
    x = z + shift
    series = [math.factorial(n - 1) / x**n, math.factorial(n) / 2 / x ** (n + 1)]
    for k, number in enumerate(_BERNOULLI, 1):
        factor = number * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        series.append(factor / x ** (2 * k + n))
    near = sum((z + j) ** float(-n - 1) for j in reversed(range(shift)))
    return (-1) ** (n + 1) * (sum(reversed(series)) + math.factorial(n) * near)


def _cotangent(n: int, z: Any) -> Any:
    """The n-th derivative of π cot πz, n > 0, as a polynomial in c = cot πz times 1 + c²."""
    side = np.where(np.imag(z) < 0, -1, 1)
    turn = 2j * math.pi * side * (z - np.round(np.real(z)))
    gap = -np.expm1(turn)
    c = np.polynomial.Polynomial([0.0, 1.0])
    factor = np.polynomial.Polynomial([-1.0])
    for _ in range(n - 1):
        factor = -(2 * c * factor + (1 + c**2) * factor.deriv())
    square = -4 * np.exp(turn) / gap**2
    return math.pi ** (n + 1) * square * factor(-1j * side * (2 - gap) / gap)


polygamma: Op = special_op(
    "polygamma", "n", lambda out, n, x: polygamma(n + 1, x), kernel=_polygamma
)
psi: Final = special_op("psi", lambda out, x: polygamma(1, x))
digamma = psi
gammaln: Final = special_op("gammaln", lambda out, x: psi(x))
loggamma: Final = special_op(
    "loggamma",
    lambda out, x: psi(x) if is_complex(x) else ops.where(x < 0, np.nan, psi(x)),
)
"""The logarithm of Γ(x) itself, not of |Γ(x)|: real numbers below 0 have none."""


@np.errstate(all="ignore")
def _gap(n: float, a: Any, b: Any) -> Any:
    n, a, b = int(n), np.asarray(a), np.asarray(b)
    low = theirs.polygamma(n, a)
    gap = np.array(theirs.polygamma(n, a + b) - low)
    alike = (np.abs(gap) < 1e-3 * np.abs(low)) & (a > 0) & (a + b > 0)
    if alike.any():
        a, b = np.broadcast_arrays(a, b)
        gap[alike] = _gap_of_alike(n, a[alike], b[alike])
    return gap[()]


def _gap_of_alike(n: int, a: Any, b: Any) -> Any:
    """The difference without cancellation, from recurrence and Stirling's series of ψ⁽ⁿ⁾."""

    def drop(x: Any, power: int) -> Any:
        """(x + b)⁻ᵖ - x⁻ᵖ."""
        return x ** float(-power) * np.expm1(-power * np.log1p(b / x))

    x, sign = a + _SHIFT, (-1) ** n
    series = [-np.log1p(b / x)] if n == 0 else [math.factorial(n - 1) * drop(x, n)]
    series.append(math.factorial(n) / 2 * drop(x, n + 1))
    for k, number in enumerate(_BERNOULLI, 1):
        factor = number * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        series.append(factor * drop(x, 2 * k + n))
    near = sum(drop(a + j, n + 1) for j in range(_SHIFT))
    return -sign * (sum(reversed(series)) + math.factorial(n) * near)


polygamma_gap: Op = special_op(
    "polygamma_gap",
    "n",
    lambda out, n, a, b: polygamma_gap(n + 1, a, b),
    lambda out, n, a, b: polygamma(n + 1, a + b),
    kernel=_gap,
)
"""ψ⁽ⁿ⁾(a + b) - ψ⁽ⁿ⁾(a), exact also where they are almost the same."""
