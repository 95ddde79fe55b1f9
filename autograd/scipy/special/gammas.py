"""Gamma and beta functions."""

from __future__ import annotations

import math
from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.op_types import custom_op
from autograd.scipy.special.functions import special_op, theirs, unknown
from autograd.scipy.special.logarithms import xlog1py, xlogy

polygamma: Op = custom_op(
    lambda n, x: theirs.polygamma(n, x)[()],
    derivative=(unknown("polygamma", "n"), lambda out, n, x: polygamma(n + 1, x)),
    name="polygamma",
)
psi: Final = special_op("psi", lambda out, x: polygamma(1, x))
digamma = psi
gamma: Final = special_op("gamma", lambda out, x: out * psi(x))
gammaln: Final = special_op("gammaln", lambda out, x: psi(x))
loggamma = gammaln
gammasgn: Final = special_op("gammasgn", None)
rgamma: Final = special_op("rgamma", lambda out, x: -out * psi(x))
gammainc: Final = special_op(
    "gammainc",
    "a",
    lambda out, a, x: ops.exp(xlogy(a - 1, x) - x - gammaln(a)),
)
gammaincc: Final = special_op(
    "gammaincc",
    "a",
    lambda out, a, x: -ops.exp(xlogy(a - 1, x) - x - gammaln(a)),
)
beta: Final = special_op(
    "beta",
    lambda out, a, b: out * (psi(a) - psi(a + b)),
    lambda out, a, b: out * (psi(b) - psi(a + b)),
)
betaln: Final = special_op(
    "betaln",
    lambda out, a, b: psi(a) - psi(a + b),
    lambda out, a, b: psi(b) - psi(a + b),
)
betainc: Final = special_op(
    "betainc",
    "a",
    "b",
    lambda out, a, b, x: ops.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)),
)
binom: Final = special_op(
    "binom",
    lambda out, n, k: out * (psi(n + 1) - psi(n - k + 1)),
    lambda out, n, k: out * (psi(n - k + 1) - psi(k + 1)),
)


def factorial(n: Array, exact: bool = False) -> Array:
    """Γ(n + 1)."""
    return gamma(n + 1)


def multigammaln(a: Array, d: int) -> Array:
    """The log of the multivariate gamma function: ln(π) d(d - 1)/4 + Σᵢ ln Γ(a - i/2)."""
    a = ops.array(a)
    return math.log(math.pi) * d * (d - 1) / 4 + sum(gammaln(a - i / 2) for i in range(d))
