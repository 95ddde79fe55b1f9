"""Elementwise functions of NumPy beyond those in `autograd.ops`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.complex_parts import is_complex
from autograd.ops.op_types import chain_product, custom_op
from autograd.ops.structural import normalize_axis, plain

copysign: Final = custom_op(
    np.copysign, derivative=(lambda out, x, y: ops.sign(x) * (1 - 2 * np.signbit(y)), None)
)
fmod: Final = custom_op(np.fmod, derivative=(1.0, lambda out, x, y: -trunc(x / y)))
ldexp: Final = custom_op(np.ldexp, derivative=(lambda out, x, power: np.ldexp(1.0, power), None))
logaddexp2: Final = custom_op(
    np.logaddexp2,
    derivative=(
        lambda out, x, y: ops.exp2(x - ops.where(out == -np.inf, 0.0, out)),
        lambda out, x, y: ops.exp2(y - ops.where(out == -np.inf, 0.0, out)),
    ),
)
nextafter: Final = custom_op(np.nextafter, derivative=(1.0, None))


_fraction: Final = custom_op(lambda x: np.modf(x)[0], derivative=(1.0,), name="fraction")
_whole: Final = custom_op(lambda x: np.modf(x)[1], derivative=(None,), name="whole")


trunc: Callable[[Array], Array] = ops.trunc
fix = trunc


def modf(x: Array) -> tuple[Array, Array]:
    """The fractional and the integral part of x, both with the sign of x."""
    return _fraction(x), _whole(x)


def divmod(x: Array, y: Array) -> tuple[Array, Array]:
    """The quotient, rounded down, and the remainder."""
    return ops.floor_divide(x, y), ops.mod(x, y)


def fmax(x: Array, y: Array) -> Array:
    """The larger of x and y; if one is NaN, the other."""
    return ops.where(np.isnan(y), x, ops.where(np.isnan(x), y, ops.maximum(x, y)))


def fmin(x: Array, y: Array) -> Array:
    """The smaller of x and y; if one is NaN, the other."""
    return ops.where(np.isnan(y), x, ops.where(np.isnan(x), y, ops.minimum(x, y)))


deg2rad: Final = custom_op(np.deg2rad, derivative=(math.pi / 180,))
rad2deg: Final = custom_op(np.rad2deg, derivative=(180 / math.pi,))
radians: Final = deg2rad
degrees: Final = rad2deg


def real_if_close(a: Array, tol: float = 100) -> Array:
    """The real part of x, if all imaginary parts are close to 0, else x.

    tol: the limit, in machine epsilons if it is greater than 1.
    """
    a = ops.array(a)
    if not is_complex(a):
        return a
    limit = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return ops.real(a) if np.all(ops.abs(ops.imag(a)) < limit) else a


def nan_to_num(
    x: Array, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """x with NaN and infinities replaced by numbers, where the derivative is 0."""
    x = ops.array(x)
    if is_complex(x):
        parts = [nan_to_num(part, copy, nan, posinf, neginf) for part in (ops.real(x), ops.imag(x))]
        return parts[0] + 1j * parts[1]
    if x.dtype.kind != "f":
        return x
    most = np.finfo(x.dtype).max if posinf is None else posinf
    least = np.finfo(x.dtype).min if neginf is None else neginf
    instead = ops.where(np.isnan(x), nan, ops.where(x > 0, most, least))
    return ops.where(np.isfinite(x), x, instead)


def unwrap(
    p: Array, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi
) -> Array:
    """Angles with multiples of the period added where they jump; the derivative is 1."""
    p = ops.array(p)
    (axis,) = normalize_axis(axis, len(ops.shape_of(p)))
    every = (slice(None),) * axis
    first, rest = p[*every, :1], p[*every, 1:]
    jumps = plain(rest - p[*every, :-1])
    half = period / 2
    small = np.mod(jumps + half, period) - half
    small = ops.where((small == -half) & (jumps > 0), half, small)
    turns = ops.where(abs(jumps) < (half if discont is None else discont), 0.0, small - jumps)
    return ops.concatenate([first, rest + ops.cumsum(turns, axis)], axis)


# --------------------------------------------------------------------------------------------------
# sin(πx)/(πx), whose derivatives divide by zero at x = 0 if written as formulas


def _sinc(x: Any, order: int) -> Any:
    """The derivative of sinc of the given order.

    x sinc(x) = sin(πx)/π implies x f⁽ⁿ⁾ + n f⁽ⁿ⁻¹⁾ = πⁿ⁻¹ sin(πx + nπ/2), a recurrence that is
    stable for |πx| > n. Closer to 0 the power series is summed, whose terms are less than eⁿ⁺¹.
    """
    z = math.pi * np.asarray(x)
    near = np.abs(z) < order + 1
    far_z = np.where(near, 1.0, z)
    far = np.sin(far_z) / far_z
    for n in range(1, order + 1):
        far = (np.sin(far_z + n * math.pi / 2) - n * far) / far_z
    near_z = np.where(near, z, 0.0)
    series = np.zeros_like(near_z)
    for k in range((order + 1) // 2, order + 25):
        degree = 2 * k - order
        series += near_z**degree * ((-1) ** k / (math.factorial(degree) * (2 * k + 1)))
    return math.pi**order * np.where(near, series, far)


_sinc_op: Op = Op(
    "sinc",
    _sinc,
    (lambda g, out, x, order: chain_product(g, _sinc_op(x, order=order + 1)),),
    symbol="sinc",
)


def sinc(x: Array) -> Array:
    """sin(πx)/(πx), and 1 at 0; its derivatives are right there to any order."""
    return _sinc_op(x, order=0)
