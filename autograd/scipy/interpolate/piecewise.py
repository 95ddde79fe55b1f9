"""Piecewise polynomials with nodes: by their coefficients and by the points of evaluation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.complex_parts import is_complex
from autograd.ops.structural import holds_node, plain
from autograd.scipy import load

_theirs: Any = load("interpolate")


def constant(name: str, x: Any) -> Any:
    """The positions x as an array; TypeError if they are nodes."""
    if holds_node([x]):
        raise TypeError(
            f"{name}: the positions of the data must be plain numbers: there is no derivative with "
            "respect to them. With jit, read them from outside of the function"
        )
    return np.asarray(x, np.float64)


def points(x: Array) -> Array:
    """Where to evaluate, in float64. Raises TypeError for complex points."""
    x = ops.array(x)
    if is_complex(x):
        raise TypeError(
            "an interpolation is evaluated at real points: SciPy drops the imaginary parts"
        )
    return ops.cast(x, np.float64)


def like(y: Array) -> Any:
    """y, or zeros in place of its nodes, with which SciPy checks the arguments."""
    if not holds_node([y]):
        return y
    y = ops.array(y)
    return np.zeros(ops.shape_of(y), y.dtype)


def filled(value: Array, where: Any, fill: Any) -> Array:
    """The value with a constant at some points; where that is NaN, so are the derivatives.

    where: of fewer axes than the value, the first of which it has.
    """
    where = ops.reshape(
        where, ops.shape_of(where) + (1,) * (len(ops.shape_of(value)) - len(ops.shape_of(where)))
    )
    if np.ndim(fill) == 0 and np.isnan(fill):
        return value * ops.where(where, np.nan, 1.0)
    return ops.where(where, fill, value)


class PPoly:
    """Σⱼ c[j, i] (t - x[i])^(k-1-j) for t between x[i] and x[i + 1], as `scipy.interpolate.PPoly`.

    c has shape (k, m, ...), with the axes (k, m) from `axis` on, and x, which increases, m + 1.
    extrapolate: what is outside of x: the first and the last polynomial (True), NaN (False), or
    the same again ("periodic").

    It is differentiable to any order with respect to c and t, not with respect to x. At x, the
    derivatives are those of the polynomial that begins there.
    """

    c: Array
    x: Any
    extrapolate: Any
    axis: int

    def __init__(self, c: Array, x: Any, extrapolate: Any = None, axis: int = 0) -> None:
        x = constant("PPoly", x)
        checked = _theirs.PPoly(like(c), x, extrapolate, axis)
        if x[-1] < x[0]:
            raise ValueError("PPoly: x must increase")
        if holds_node([c]):
            c = ops.moveaxis(ops.array(c), (checked.axis, checked.axis + 1), (0, 1))
        else:
            c = checked.c
        self._set(c, x, checked.extrapolate, checked.axis)

    def _set(self, c: Array, x: Any, extrapolate: Any, axis: int) -> None:
        self.c, self.x, self.extrapolate, self.axis = c, x, extrapolate, axis

    def __call__(self, x: Array, nu: int = 0, extrapolate: Any = None) -> Array:
        """The value at x, or the derivative of order nu; for nu < 0 the integral."""
        if extrapolate is None:
            extrapolate = self.extrapolate
        if not holds_node([x, self.c]):
            return self._plain("")(x, nu, extrapolate)
        if nu:
            return self.derivative(nu)(x, 0, extrapolate)
        t = points(x)
        if extrapolate == "periodic":
            t = self.x[0] + (t - self.x[0]) % (self.x[-1] - self.x[0])
        at, c = plain(t), self.c
        shape, rest = ops.shape_of(at), ops.shape_of(c)[2:]
        number = np.clip(np.searchsorted(self.x, at, side="right") - 1, 0, len(self.x) - 2)
        step = t - ops.index(self.x, number)
        step = ops.reshape(step, (*shape, *(1 for _ in rest)))
        pieces = ops.index(c, (slice(None), number))
        value = pieces[0] + 0 * step  # which has the shape of the result, and NaN where t is NaN
        for coefficient in range(1, ops.shape_of(c)[0]):
            value = value * step + pieces[coefficient]
        if not extrapolate:
            inside = (at >= self.x[0]) & (at <= self.x[-1])
            value = filled(value, ~inside, np.nan)
        places = range(len(shape))
        return ops.moveaxis(value, tuple(places), tuple(self.axis + n for n in places))

    def derivative(self, nu: int = 1) -> PPoly:
        """The derivative of order nu; for nu < 0 the integral."""
        if nu < 0:
            return self.antiderivative(-nu)
        k = ops.shape_of(self.c)[0]
        powers = np.arange(k - 1, nu - 1, -1)
        factors = np.array([math.perm(power, nu) for power in powers], np.float64)
        c = self.c[: len(powers)] * _column(factors, self.c) if len(powers) else 0 * self.c[:1]
        return _made(c, self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The integral from x[0], taken nu times; for nu < 0 the derivative."""
        if nu <= 0:
            return self.derivative(-nu)
        k, m = ops.shape_of(self.c)[:2]
        c = self.c / _column(np.arange(k, 0, -1.0), self.c)
        powers = np.diff(self.x) ** np.arange(k, 0, -1.0)[:, None]
        areas = ops.sum(c * _column(powers, c), 0)
        starts = ops.cumsum(
            ops.concatenate([np.zeros((1, *ops.shape_of(areas)[1:])), areas[: m - 1]], 0), 0
        )
        c = ops.concatenate([c, ops.reshape(starts, (1, *ops.shape_of(starts)))], 0)
        extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return _made(c, self.x, extrapolate, self.axis).antiderivative(nu - 1)

    def integrate(self, a: Array, b: Array, extrapolate: Any = None) -> Array:
        """The integral from a to b."""
        if extrapolate is None:
            extrapolate = self.extrapolate
        whole = _made(self.antiderivative().c, self.x, extrapolate, 0)
        if extrapolate != "periodic":
            return whole(b) - whole(a)
        period = whole.x[-1] - whole.x[0]
        turns = [np.floor((plain(end) - whole.x[0]) / period) for end in (a, b)]
        return whole(b) - whole(a) + (turns[1] - turns[0]) * whole(whole.x[-1], 0, True)

    def solve(self, y: float = 0.0, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """The t of the value y, of coefficients that are plain numbers."""
        return self._plain("solve").solve(y, discontinuity, extrapolate)

    def roots(self, discontinuity: bool = True, extrapolate: Any = None) -> Any:
        """The t of the value 0, of coefficients that are plain numbers."""
        return self._plain("roots").roots(discontinuity, extrapolate)

    def _plain(self, name: str) -> Any:
        if holds_node([self.c]):
            raise TypeError(f"{name}: there is no derivative with respect to the coefficients")
        return _theirs.PPoly.construct_fast(self.c, self.x, self.extrapolate, self.axis)


def _column(factors: Any, c: Array) -> Any:
    """Factors of the first axes of c, with as many axes as c."""
    return factors.reshape(factors.shape + (1,) * (len(ops.shape_of(c)) - factors.ndim))


def _made(c: Array, x: Any, extrapolate: Any, axis: int) -> PPoly:
    polynomial = PPoly.__new__(PPoly)
    polynomial._set(c, x, extrapolate, axis)
    return polynomial


class BSpline:
    """Σᵢ c[i] Bᵢ(t) with the B-splines of degree k of the knots t, as `scipy.interpolate.BSpline`.

    It is differentiable to any order with respect to c and the points of evaluation, not with
    respect to the knots. For c of nodes, its polynomials are a product with a matrix of
    (k + 1) n² entries, for n coefficients.
    """

    t: Any
    c: Array
    k: int
    extrapolate: Any
    axis: int

    def __init__(self, t: Any, c: Array, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        t = constant("BSpline", t)
        checked = _theirs.BSpline(t, like(c), k, extrapolate, axis)
        self.t, self.k, self.extrapolate, self.axis = t, k, checked.extrapolate, checked.axis
        n = len(t) - k - 1

        def polynomials(c: Any) -> Any:
            """Their coefficients: the derivatives at the knots where they begin."""
            spline = _theirs.BSpline(t, c, k)
            return np.stack([spline(t[k:n], p) / math.factorial(p) for p in range(k, -1, -1)])

        if holds_node([c]):
            self.c = ops.moveaxis(ops.array(c), self.axis, 0)
            pieces = ops.tensordot(polynomials(np.eye(n)), self.c[:n], 1)
        else:
            self.c = checked.c
            pieces = polynomials(self.c)
        self._polynomial = _made(pieces, t[k : n + 1], self.extrapolate, self.axis)

    def __call__(self, x: Array, nu: int = 0, extrapolate: Any = None) -> Array:
        """The value at x, or the derivative of order nu."""
        if not holds_node([x, self.c]):
            mine = _theirs.BSpline.construct_fast(
                self.t, self.c, self.k, self.extrapolate, self.axis
            )
            return mine(x, nu, extrapolate)
        return self._polynomial(x, nu, extrapolate)

    def derivative(self, nu: int = 1) -> PPoly:
        """The derivative of order nu."""
        return self._polynomial.derivative(nu)

    def antiderivative(self, nu: int = 1) -> PPoly:
        """The integral from the first knot of the base interval, taken nu times."""
        return self._polynomial.antiderivative(nu)

    def integrate(self, a: Array, b: Array, extrapolate: Any = None) -> Array:
        """The integral from a to b."""
        return self._polynomial.integrate(a, b, extrapolate)
