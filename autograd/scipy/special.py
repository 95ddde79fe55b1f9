"""`scipy.special` with nodes: gamma, beta, error, Bessel and logistic functions.

Local derivatives are functions of this module, so there are derivatives of any order. There is no
formula with respect to some parameters, such as the order of a Bessel function: these derivatives
raise TypeError.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.extend import getval
from autograd.numpy.elementwise import sinc
from autograd.numpy.wrapping import wrap
from autograd.ops import Axis
from autograd.ops.op_types import custom_op
from autograd.scipy import load

_theirs = load("special")
_ROOT_PI = math.sqrt(math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)

# Rules below use functions that are defined further down, so the type checker needs them here.
i0e: Op
i1e: Op
i1: Op
iv: Op
ive: Op
j1: Op
jv: Op
jn: Op
k1: Op
kv: Op
expit: Op
polygamma: Op
xlog1py: Op
xlogy: Op
y1: Op
yn: Op
yv: Op


def _op(name: str, *slopes: Any) -> Op:
    """SciPy's function of this name, with local derivatives (out, *args) ↦ derivative.

    A parameter without a known derivative is given by its name.
    """
    rules = [_unknown(name, slope) if isinstance(slope, str) else slope for slope in slopes]
    return custom_op(getattr(_theirs, name), derivative=tuple(rules), name=name)


def _unknown(name: str, parameter: str) -> Callable[..., Any]:
    """A local derivative that raises TypeError, for a parameter without a known formula."""

    def slope(*args: Any) -> Any:
        raise TypeError(
            f"scipy.special.{name} has no derivative with respect to {parameter}: pass it as a "
            "plain number"
        )

    return slope


# --------------------------------------------------------------------------------------------------
# Gamma and beta functions


polygamma = custom_op(
    lambda n, x: _theirs.polygamma(n, x)[()],
    derivative=(_unknown("polygamma", "n"), lambda out, n, x: polygamma(n + 1, x)),
    name="polygamma",
)
psi: Final = _op("psi", lambda out, x: polygamma(1, x))
digamma = psi
gamma: Final = _op("gamma", lambda out, x: out * psi(x))
gammaln: Final = _op("gammaln", lambda out, x: psi(x))
loggamma = gammaln
gammasgn: Final = _op("gammasgn", None)
rgamma: Final = _op("rgamma", lambda out, x: -out * psi(x))
gammainc: Final = _op(
    "gammainc",
    "a",
    lambda out, a, x: ops.exp(xlogy(a - 1, x) - x - gammaln(a)),
)
gammaincc: Final = _op(
    "gammaincc",
    "a",
    lambda out, a, x: -ops.exp(xlogy(a - 1, x) - x - gammaln(a)),
)
beta: Final = _op(
    "beta",
    lambda out, a, b: out * (psi(a) - psi(a + b)),
    lambda out, a, b: out * (psi(b) - psi(a + b)),
)
betaln: Final = _op(
    "betaln",
    lambda out, a, b: psi(a) - psi(a + b),
    lambda out, a, b: psi(b) - psi(a + b),
)
betainc: Final = _op(
    "betainc",
    "a",
    "b",
    lambda out, a, b, x: ops.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)),
)
binom: Final = _op(
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


# --------------------------------------------------------------------------------------------------
# Error functions and the normal distribution

erf: Final = _op("erf", lambda out, x: 2 / _ROOT_PI * ops.exp(-x * x))
erfc: Final = _op("erfc", lambda out, x: -2 / _ROOT_PI * ops.exp(-x * x))
erfcx: Final = _op("erfcx", lambda out, x: 2 * x * out - 2 / _ROOT_PI)
erfinv: Final = _op("erfinv", lambda out, x: _ROOT_PI / 2 * ops.exp(out * out))
erfcinv: Final = _op("erfcinv", lambda out, x: -_ROOT_PI / 2 * ops.exp(out * out))
dawsn: Final = _op("dawsn", lambda out, x: 1 - 2 * x * out)
ndtr: Final = _op("ndtr", lambda out, x: ops.exp(-x * x / 2) / _ROOT_2PI)
log_ndtr: Final = _op("log_ndtr", lambda out, x: ops.exp(-x * x / 2 - out) / _ROOT_2PI)
ndtri: Final = _op("ndtri", lambda out, x: _ROOT_2PI * ops.exp(out * out / 2))
stdtr: Final = _op(
    "stdtr",
    "df",
    lambda out, df, t: ops.exp(
        -(df + 1) / 2 * ops.log1p(t * t / df) - betaln(df / 2, 0.5) - ops.log(df) / 2
    ),
)

# --------------------------------------------------------------------------------------------------
# Bessel functions

j0: Final = _op("j0", lambda out, x: -j1(x))
j1 = _op("j1", lambda out, x: (j0(x) - jn(2, x)) / 2)
y0: Final = _op("y0", lambda out, x: -y1(x))
y1 = _op("y1", lambda out, x: (y0(x) - yn(2, x)) / 2)
i0: Final = _op("i0", lambda out, x: i1(x))
i1 = _op("i1", lambda out, x: (i0(x) + iv(2, x)) / 2)
k0: Final = _op("k0", lambda out, x: -k1(x))
k1 = _op("k1", lambda out, x: -(k0(x) + kv(2, x)) / 2)
jv = _op("jv", "v", lambda out, v, x: (jv(v - 1, x) - jv(v + 1, x)) / 2)
yv = _op("yv", "v", lambda out, v, x: (yv(v - 1, x) - yv(v + 1, x)) / 2)
iv = _op("iv", "v", lambda out, v, x: (iv(v - 1, x) + iv(v + 1, x)) / 2)
kv = _op("kv", "v", lambda out, v, x: -(kv(v - 1, x) + kv(v + 1, x)) / 2)
jn, yn = jv, yv
ive = _op(
    "ive",
    "v",
    lambda out, v, x: (ive(v - 1, x) + ive(v + 1, x)) / 2 - ops.sign(x) * out,
)
i0e = _op("i0e", lambda out, x: i1e(x) - ops.sign(x) * out)
i1e = _op("i1e", lambda out, x: (i0e(x) + ive(2, x)) / 2 - ops.sign(x) * out)

# --------------------------------------------------------------------------------------------------
# Logarithms, logistic functions, entropies

expit = _op("expit", lambda out, x: out * (1 - out))
log_expit: Final = _op("log_expit", lambda out, x: expit(-x))
logit: Final = _op("logit", lambda out, x: 1 / (x * (1 - x)))
xlogy = _op("xlogy", lambda out, x, y: ops.log(y), lambda out, x, y: x / y)
xlog1py = _op("xlog1py", lambda out, x, y: ops.log1p(y), lambda out, x, y: x / (1 + y))
entr: Final = _op("entr", lambda out, x: -1 - ops.log(x))
rel_entr: Final = _op("rel_entr", lambda out, x, y: ops.log(x / y) + 1, lambda out, x, y: -x / y)
kl_div: Final = _op("kl_div", lambda out, x, y: ops.log(x / y), lambda out, x, y: 1 - x / y)
exp10: Final = _op("exp10", lambda out, x: out * math.log(10))


def logsumexp(
    a: Array,
    axis: Axis = None,
    b: Array | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """ln Σ b exp(a) without overflow; with `return_sign`, ln |Σ b exp(a)| and its sign.

    Without `return_sign`, a negative sum gives NaN.
    """
    if b is None:
        found = ops.logsumexp(a, axis, keepdims)
        return (found, np.ones(ops.shape_of(found))[()]) if return_sign else found
    a = ops.array(a)
    counted = np.where(np.equal(getval(b), 0), -np.inf, getval(a))
    top = np.max(counted, axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    total = ops.sum(b * ops.exp(ops.where(counted == -np.inf, -np.inf, a - top)), axis, keepdims)
    sign = np.sign(getval(total))
    found = ops.log(total * sign if return_sign else total) + top.reshape(ops.shape_of(total))
    return (found, sign) if return_sign else found


def softmax(x: Array, axis: Axis = None) -> Array:
    """exp(x) / Σ exp(x), over all entries or along an axis."""
    return ops.softmax(x, axis)


def log_softmax(x: Array, axis: Axis = None) -> Array:
    """x - ln Σ exp(x), over all entries or along an axis."""
    return ops.log_softmax(x, axis)


# --------------------------------------------------------------------------------------------------


def _of_reals(op: Op) -> Callable[[Array], Array]:
    """NumPy's function as SciPy has it: in float64 of whatever is not in float32."""

    def function(x: Array) -> Array:
        x = ops.array(x)
        return op(x if x.dtype == np.float32 else ops.cast(x, np.float64))

    return function


def _round(x: Array) -> Array:
    """The nearest integer as a floating-point number, in the type that SciPy finds for it."""
    x = ops.array(x)
    return ops.round(ops.cast(x, np.result_type(x.dtype, np.float32)))


_OTHERS = {name: _of_reals(getattr(ops, name)) for name in ("cbrt", "exp2", "expm1", "log1p")}
globals().update(wrap(_theirs, globals() | _OTHERS | {"round": _round, "sinc": sinc}))


def __getattr__(name: str) -> Any:
    """Other names of `scipy.special`."""
    return getattr(_theirs, name)
