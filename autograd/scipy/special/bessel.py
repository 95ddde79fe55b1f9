"""Bessel functions."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd.engine.operations import Op
from autograd.scipy.special.functions import special_op, theirs

# Rules below use functions that are defined further down, so the type checker needs them here.
i1: Op
iv: Op
ive: Op
jve: Op
j1: Op
jv: Op
jn: Op
k1: Op
kv: Op
kve: Op
y1: Op
yn: Op
yv: Op
yve: Op

j0: Final = special_op("j0", lambda out, x: -j1(x))
j1 = special_op("j1", lambda out, x: (j0(x) - jn(2, x)) / 2)
y0: Final = special_op("y0", lambda out, x: -y1(x))
y1 = special_op("y1", lambda out, x: (y0(x) - yn(2, x)) / 2)
i0: Final = special_op("i0", lambda out, x: i1(x))
i1 = special_op("i1", lambda out, x: (i0(x) + iv(2, x)) / 2)
k0: Final = special_op("k0", lambda out, x: -k1(x))
k1 = special_op("k1", lambda out, x: -(k0(x) + kv(2, x)) / 2)
jv = special_op("jv", "v", lambda out, v, x: (jv(v - 1, x) - jv(v + 1, x)) / 2)
yv = special_op("yv", "v", lambda out, v, x: (yv(v - 1, x) - yv(v + 1, x)) / 2)
iv = special_op("iv", "v", lambda out, v, x: (iv(v - 1, x) + iv(v + 1, x)) / 2)
kv = special_op("kv", "v", lambda out, v, x: -(kv(v - 1, x) + kv(v + 1, x)) / 2)
jn, yn = jv, yv
ive = special_op("ive", "v", lambda out, v, x: ive_derivative(1, v, x))
ive.real_only = True
i0e: Final = special_op("i0e", lambda out, x: ive_derivative(1, 0, x))
i1e: Final = special_op("i1e", lambda out, x: ive_derivative(1, 1, x))
kve = special_op("kve", "v", lambda out, v, x: kve_derivative(1, v, x))
kve.real_only = True
k0e: Final = special_op("k0e", lambda out, x: kve_derivative(1, 0, x))
k1e: Final = special_op("k1e", lambda out, x: kve_derivative(1, 1, x))
jve = special_op("jve", "v", lambda out, v, x: (jve(v - 1, x) - jve(v + 1, x)) / 2)
yve = special_op("yve", "v", lambda out, v, x: (yve(v - 1, x) - yve(v + 1, x)) / 2)
jve.real_only = yve.real_only = True
kn: Final = special_op("kn", "n", lambda out, n, x: -(kv(n - 1, x) + kv(n + 1, x)) / 2)

# --------------------------------------------------------------------------------------------------
# Higher derivatives of exp(-|x|) Iᵥ(x) and exp(x) Kᵥ(x): far from 0 almost all digits of Iᵥ' - Iᵥ
# and of Kᵥ' + Kᵥ cancel


def _near(n: int, v: Any, x: Any) -> Any:
    if n == 0:
        return theirs.ive(v, x)
    lower, upper, same = (_near(n - 1, np.add(v, step), x) for step in (-1, 1, 0))
    return (lower + upper) / 2 - np.sign(x) * same


def _near_k(n: int, v: Any, x: Any) -> Any:
    if n == 0:
        return theirs.kve(v, x)
    lower, upper, same = (_near_k(n - 1, np.add(v, step), x) for step in (-1, 1, 0))
    return same - (lower + upper) / 2


def _far(n: int, v: Any, x: Any, sign: int = 1) -> Any:
    """The n-th derivative of Hankel's series of exp(-x) Iᵥ(x) for large x; with the sign -1, of
    exp(x) Kᵥ(x)/π.
    """
    coefficient, rising = 1.0, (-1) ** n * math.prod(j + 0.5 for j in range(n))
    total = 0.0
    for k in range(25):
        total = total + coefficient * rising / x**k
        factor = sign * ((2 * k + 1) ** 2 - 4 * np.square(v))
        coefficient = coefficient * factor / (8 * (k + 1))
        rising *= (k + 0.5 + n) / (k + 0.5)
    return total / (math.sqrt(2 * math.pi) * x ** (n + 0.5))


@np.errstate(all="ignore")
def _ive_derivative(n: float, v: Any, x: Any) -> Any:
    n, v, x = int(n), np.asarray(v, float), np.asarray(x, float)
    far = np.abs(x) > np.maximum(50.0, v * v)
    mirrored = np.where(x < 0, np.where(v == np.floor(v), (-1.0) ** (n + np.floor(v)), np.nan), 1.0)
    there = mirrored * _far(n, v, np.where(far, np.abs(x), np.inf))
    return np.where(far, there, _near(n, v, np.where(far, 0.0, x)))[()]


ive_derivative: Op = special_op(
    "ive_derivative",
    None,
    "v",
    lambda out, n, v, x: ive_derivative(n + 1, v, x),
    kernel=_ive_derivative,
)


@np.errstate(all="ignore")
def _kve_derivative(n: float, v: Any, x: Any) -> Any:
    n, v, x = int(n), np.asarray(v, float), np.asarray(x, float)
    far = x > np.maximum(50.0, v * v)
    there = math.pi * _far(n, v, np.where(far, x, np.inf), sign=-1)
    return np.where(far, there, _near_k(n, v, np.where(far, 1.0, x)))[()]


kve_derivative: Op = special_op(
    "kve_derivative",
    None,
    "v",
    lambda out, n, v, x: kve_derivative(n + 1, v, x),
    kernel=_kve_derivative,
)
