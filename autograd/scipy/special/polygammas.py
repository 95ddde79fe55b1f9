"""ln Γ, its derivatives, and differences of them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd.engine.operations import Op
from autograd.scipy.special.functions import special_op, theirs

polygamma: Op = special_op(
    "polygamma",
    "n",
    lambda out, n, x: polygamma(n + 1, x),
    kernel=lambda n, x: theirs.polygamma(n, x)[()],
)
psi: Final = special_op("psi", lambda out, x: polygamma(1, x))
digamma = psi
gammaln: Final = special_op("gammaln", lambda out, x: psi(x))
loggamma = gammaln

_SHIFT = 12
_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]


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
