"""Functions defined by integrals, series and equations: exponential, elliptic, hypergeometric and
Airy functions, Fresnel's integrals, and Lambert's W.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.numpy.elementwise import sinc
from autograd.ops.op_types import custom_op
from autograd.scipy.special.functions import special_op, theirs
from autograd.scipy.special.polygammas import polygamma_gap, psi

# Rules below use functions that are defined further down, so the type checker needs them here.
expn: Op
hyp0f1: Op
hyp1f1: Op
hyp2f1: Op
hyperu: Op
hankel1: Op
hankel2: Op

# --------------------------------------------------------------------------------------------------
# Exponential integrals and their relatives

expi: Final = special_op("expi", lambda out, x: ops.exp(x) / x)
exp1: Final = special_op("exp1", lambda out, x: -ops.exp(-x) / x)
erfi: Final = special_op("erfi", lambda out, x: 2 / math.sqrt(math.pi) * ops.exp(x * x))
wofz: Final = special_op("wofz", lambda out, z: 2j / math.sqrt(math.pi) - 2 * z * out)
expn = special_op(
    "expn",
    "n",
    lambda out, n, x: ops.where(
        np.equal(n, 0), -out * (1 + 1 / x), -expn(np.maximum(np.subtract(n, 1), 0), x)
    ),
)
exprel: Final = special_op("exprel", lambda out, x: hyp1f1(2.0, 3.0, x) / 2)
spence: Final = special_op("spence", lambda out, x: ops.log(x) / (1 - x))


def _part(name: str, number: int, label: str, slope: Any) -> Op:
    """One of several results of a function of SciPy's."""
    function = getattr(theirs, name)
    return custom_op(lambda x: function(x)[number], derivative=slope, name=f"{name}_{label}")


_si: Final = _part("sici", 0, "si", lambda out, x: sinc(x / math.pi))
_ci: Final = _part("sici", 1, "ci", lambda out, x: ops.cos(x) / x)
_shi: Final = _part("shichi", 0, "shi", lambda out, x: ops.sinh(x) / x)
_chi: Final = _part("shichi", 1, "chi", lambda out, x: ops.cosh(x) / x)
_fresnel_s: Final = _part("fresnel", 0, "s", lambda out, x: ops.sin(math.pi / 2 * x * x))
_fresnel_c: Final = _part("fresnel", 1, "c", lambda out, x: ops.cos(math.pi / 2 * x * x))


def sici(x: Array) -> tuple[Array, Array]:
    """The sine and the cosine integral."""
    return _si(x), _ci(x)


def shichi(x: Array) -> tuple[Array, Array]:
    """The hyperbolic sine and cosine integral."""
    return _shi(x), _chi(x)


def fresnel(z: Array) -> tuple[Array, Array]:
    """Fresnel's integrals S and C."""
    return _fresnel_s(z), _fresnel_c(z)


_ai: Op = _part("airy", 0, "ai", lambda out, x: _aip(x))
_aip: Op = _part("airy", 1, "aip", lambda out, x: x * _ai(x))
_bi: Op = _part("airy", 2, "bi", lambda out, x: _bip(x))
_bip: Op = _part("airy", 3, "bip", lambda out, x: x * _bi(x))


def airy(z: Array) -> tuple[Array, Array, Array, Array]:
    """Airy's functions Ai, Ai', Bi and Bi'."""
    return _ai(z), _aip(z), _bi(z), _bip(z)


# --------------------------------------------------------------------------------------------------
# Hypergeometric functions of their last argument

hyp0f1 = special_op("hyp0f1", "v", lambda out, v, x: hyp0f1(v + 1, x) / v)
hyp1f1 = special_op("hyp1f1", "a", "b", lambda out, a, b, x: a / b * hyp1f1(a + 1, b + 1, x))
hyp2f1 = special_op(
    "hyp2f1", "a", "b", "c", lambda out, a, b, c, x: a * b / c * hyp2f1(a + 1, b + 1, c + 1, x)
)
hyperu = special_op("hyperu", "a", "b", lambda out, a, b, x: -a * hyperu(a + 1, b + 1, x))

# Complete elliptic integrals are such functions, which are smooth at 0.
ellipk: Final = special_op("ellipk", lambda out, m: math.pi / 8 * hyp2f1(1.5, 1.5, 2.0, m))
ellipe: Final = special_op("ellipe", lambda out, m: -math.pi / 8 * hyp2f1(0.5, 1.5, 2.0, m))


def _root(phi: Array, m: Array) -> Array:
    return ops.sqrt(1 - m * ops.sin(phi) ** 2)


ellipkinc: Final = special_op("ellipkinc", lambda out, phi, m: 1 / _root(phi, m), "m")
ellipeinc: Final = special_op("ellipeinc", lambda out, phi, m: _root(phi, m), "m")

# --------------------------------------------------------------------------------------------------
# Others

hankel1 = special_op("hankel1", "v", lambda out, v, z: (hankel1(v - 1, z) - hankel1(v + 1, z)) / 2)
hankel2 = special_op("hankel2", "v", lambda out, v, z: (hankel2(v - 1, z) - hankel2(v + 1, z)) / 2)
wrightomega: Final = special_op("wrightomega", lambda out, z: out / (1 + out))
poch: Final = special_op(
    "poch",
    lambda out, z, m: out * polygamma_gap(0, z, m),
    lambda out, z, m: out * psi(z + m),
)
boxcox: Final = special_op("boxcox", lambda out, x, y: ops.pow(x, y - 1.0), "lmbda")
boxcox1p: Final = special_op("boxcox1p", lambda out, x, y: ops.pow(1 + x, y - 1.0), "lmbda")
inv_boxcox: Final = special_op("inv_boxcox", lambda out, y, b: ops.pow(out, 1.0 - b), "lmbda")
inv_boxcox1p: Final = special_op(
    "inv_boxcox1p", lambda out, y, b: ops.pow(1 + out, 1.0 - b), "lmbda"
)
_zeta_op: Op = special_op("zeta", "x", lambda out, x, q: -x * _zeta_op(x + 1, q))
_zeta_op.real_only = True


def zeta(x: Array, q: Array = 1.0) -> Array:
    """Hurwitz's zeta function Σ (k + q)⁻ˣ, as a function of q."""
    return _zeta_op(x, q)


def lambertw(z: Array, k: int = 0, tol: float = 1e-8) -> Array:
    """The complex w with w exp(w) = z, on branch k."""
    op = custom_op(
        lambda z: theirs.lambertw(z, k, tol),
        derivative=lambda out, z: ops.exp(-out) / (1 + out),
        name="lambertw",
    )
    return op(z)


def huber(delta: Array, r: Array) -> Array:
    """r²/2 where |r| <= δ, else δ (|r| - δ/2)."""
    size = ops.abs(r)
    return ops.where(size <= delta, ops.square(r) / 2, delta * (size - ops.mul(delta, 0.5)))


def pseudo_huber(delta: Array, r: Array) -> Array:
    """δ² (√(1 + (r/δ)²) - 1)."""
    square = ops.square(ops.div(r, delta))
    return ops.square(delta) * (square / (ops.sqrt(1 + square) + 1))
