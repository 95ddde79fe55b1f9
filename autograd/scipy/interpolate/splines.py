"""Interpolation of samples in one dimension, by piecewise polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.structural import holds_node, normalize_axis, plain
from autograd.scipy import load
from autograd.scipy.interpolate.piecewise import BSpline, PPoly, constant, filled, like, points

_theirs: Any = load("interpolate")


def _first(y: Array, axis: int) -> Array:
    y = ops.array(y)
    return ops.moveaxis(y if y.dtype.kind in "fc" else ops.cast(y, np.float64), axis, 0)


class CubicHermiteSpline(PPoly):
    """The cubic polynomials with the values y and the slopes dydx at x.

    It is differentiable to any order with respect to y, dydx and the points of evaluation.
    """

    def __init__(
        self, x: Any, y: Array, dydx: Array, axis: int = 0, extrapolate: Any = None
    ) -> None:
        x = constant(type(self).__name__, x)
        checked = _theirs.CubicHermiteSpline(x, like(y), like(dydx), axis, extrapolate)
        axis = checked.axis
        self._hermite(x, _first(y, axis), _first(dydx, axis), checked)

    def _hermite(self, x: Any, y: Array, slopes: Array, checked: Any) -> None:
        steps = _steps(x, y)
        chords = (y[1:] - y[:-1]) / steps
        bend = (slopes[:-1] + slopes[1:] - 2 * chords) / steps
        c = ops.stack([bend / steps, (chords - slopes[:-1]) / steps - bend, slopes[:-1], y[:-1]])
        self._set(c, x, checked.extrapolate, checked.axis)


def _steps(x: Any, y: Array) -> Any:
    return np.diff(x).reshape(-1, *(1 for _ in ops.shape_of(y)[1:]))


class PchipInterpolator(CubicHermiteSpline):
    """Cubic polynomials that are monotonic where the samples y are.

    It is differentiable to any order with respect to y and the points of evaluation. Where the
    differences of neighbours are 0 its slope has a kink as a function of y, and the derivative is
    that on the side where it is constant.
    """

    def __init__(self, x: Any, y: Array, axis: int = 0, extrapolate: Any = None) -> None:
        x = constant("PchipInterpolator", x)
        checked = _theirs.PchipInterpolator(x, like(y), axis, extrapolate)
        y = _first(y, checked.axis)
        self._hermite(x, y, _monotonic_slopes(x, y), checked)


def _monotonic_slopes(x: Any, y: Array) -> Array:
    """Weighted harmonic means of the slopes on both sides, or 0 where their signs differ."""
    h = _steps(x, y)
    m = (y[1:] - y[:-1]) / h
    if len(h) == 1:
        return ops.concatenate([m, m])
    turns = np.sign(plain(m[1:])) * np.sign(plain(m[:-1])) <= 0
    before, after = (ops.where(turns, 1.0, part) for part in (m[:-1], m[1:]))
    v, w = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    inside = ops.where(turns, 0.0, (v + w) / (v / before + w / after))
    first = _end_slope(h[:1], h[1:2], m[:1], m[1:2])
    last = _end_slope(h[-1:], h[-2:-1], m[-1:], m[-2:-1])
    return ops.concatenate([first, inside, last])


def _end_slope(h: Any, next_h: Any, m: Array, next_m: Array) -> Array:
    """That of the parabola through three samples, within the bounds that keep it monotonic."""
    slope = ((2 * h + next_h) * m - h * next_m) / (h + next_h)
    at, own, other = plain(slope), plain(m), plain(next_m)
    steep = (np.sign(own) != np.sign(other)) & (np.abs(at) > 3 * np.abs(own))
    return ops.where(np.sign(at) != np.sign(own), 0.0, ops.where(steep, 3 * m, slope))


class Akima1DInterpolator(CubicHermiteSpline):
    """Akima's cubic polynomials (1970), or with method="makima" the modified ones.

    It is differentiable to any order with respect to y and the points of evaluation. Where slopes
    of neighbours are equal it has a kink as a function of y, and the derivative is a mean of those
    on both sides.
    """

    def __init__(
        self,
        x: Any,
        y: Array,
        axis: int = 0,
        *,
        method: str = "akima",
        extrapolate: Any = None,
    ) -> None:
        x = constant("Akima1DInterpolator", x)
        checked = _theirs.Akima1DInterpolator(x, like(y), axis, method=method)
        checked.extrapolate = bool(extrapolate) if extrapolate != "periodic" else extrapolate
        y = _first(y, checked.axis)
        self._hermite(x, y, _akima_slopes(x, y, method), checked)


def _akima_slopes(x: Any, y: Array, method: str) -> Array:
    """Means of the slopes on both sides, each weighted by how much those beyond the other vary."""
    m = (y[1:] - y[:-1]) / _steps(x, y)
    if len(x) == 2:
        return ops.concatenate([m, m])
    for _ in range(2):  # beyond the ends, slopes go on as on a parabola
        m = ops.concatenate([2 * m[:1] - m[1:2], m, 2 * m[-1:] - m[-2:-1]])
    change = ops.abs(m[1:] - m[:-1])
    if method == "makima":
        change = change + 0.5 * ops.abs(m[1:] + m[:-1])
    weights, others = change[:-2], change[2:]
    both = plain(weights) + plain(others)
    known = both > 1e-9 * np.max(both)
    total = ops.where(known, weights + others, 1.0)
    mean = m[1:-2] + weights / total * (m[2:-1] - m[1:-2])
    return ops.where(known, mean, 0.5 * (m[3:] + m[:-3]))


class CubicSpline(PPoly):
    """The cubic spline through the samples y at x: twice continuously differentiable.

    bc_type: the conditions at the ends: "not-a-knot", "natural", "clamped", "periodic", or for
    each end one of them or (1, slope) or (2, second derivative).

    It is differentiable to any order with respect to y, the values in bc_type and the points of
    evaluation. It is linear in y: its coefficients are a product with a matrix of 4 n² entries,
    for n samples. "periodic" asks for y[0] = y[-1], which share their derivative equally.
    """

    def __init__(
        self,
        x: Any,
        y: Array,
        axis: int = 0,
        bc_type: Any = "not-a-knot",
        extrapolate: Any = None,
    ) -> None:
        x = constant("CubicSpline", x)
        n = len(x)
        ends = (bc_type,) * 2 if isinstance(bc_type, str) else tuple(bc_type)
        valued = {
            side: (order, value)
            for side, end in enumerate(ends)
            if not isinstance(end, str)
            for order, value in [end]
        }

        def conditions(values: dict[int, Any]) -> Any:
            """Those of the ends with other values."""
            if isinstance(bc_type, str):
                return bc_type
            return tuple(
                (valued[side][0], values[side]) if side in valued else end
                for side, end in enumerate(ends)
            )

        zeros = {side: like(value) for side, (_, value) in valued.items()}
        checked = _theirs.CubicSpline(x, like(y), axis, conditions(zeros), extrapolate)
        if not holds_node([y, *(value for _, value in valued.values())]):
            self._set(checked.c, x, checked.extrapolate, checked.axis)
            return
        y = _first(y, checked.axis)
        basis = np.eye(n)
        if bc_type == "periodic":
            if not np.all(np.abs(plain(y[0]) - plain(y[-1])) <= 1e-15 * (1 + np.abs(plain(y[0])))):
                raise ValueError("CubicSpline: with 'periodic', the first and last `y` are equal")
            basis[[0, 0, -1, -1], [0, -1, 0, -1]] = 0.5
        none = dict.fromkeys(valued, np.zeros(n))
        c = ops.tensordot(_theirs.CubicSpline(x, basis, 0, conditions(none)).c, y, 1)
        rest = ops.shape_of(y)[1:]
        for side, (_, value) in valued.items():
            one = {other: float(other == side) for other in valued}
            response = _theirs.CubicSpline(x, np.zeros(n), 0, conditions(one)).c
            c = c + response.reshape(4, n - 1, *(1 for _ in rest)) * ops.array(value)
        self._set(c, x, checked.extrapolate, checked.axis)


def make_interp_spline(
    x: Any,
    y: Array,
    k: int = 3,
    t: Any = None,
    bc_type: Any = None,
    axis: int = 0,
    check_finite: bool = True,
) -> BSpline:
    """The B-spline of degree k through the samples y at x, as `scipy.interpolate`'s.

    It is differentiable to any order with respect to y and the points of evaluation. Its
    coefficients are a product of y and a matrix of n² entries, for n samples. The values in
    bc_type are plain numbers.
    """
    x = constant("make_interp_spline", x)
    checked = _theirs.make_interp_spline(x, like(y), k, t, bc_type, axis, check_finite)
    if not holds_node([y]):
        c = np.moveaxis(checked.c, 0, checked.axis)
        return BSpline(checked.t, c, k, checked.extrapolate, checked.axis)
    y = _first(y, checked.axis)
    basis = np.eye(len(x))
    if bc_type == "periodic":
        if not np.all(np.abs(plain(y[0]) - plain(y[-1])) <= 1e-15 + 1e-5 * np.abs(plain(y[-1]))):
            raise ValueError("make_interp_spline: with 'periodic', the first and last y are equal")
        basis[[0, 0, -1, -1], [0, -1, 0, -1]] = 0.5
    zeros = np.zeros(len(x))
    ends = bc_type
    if not (bc_type is None or isinstance(bc_type, str)):
        ends = tuple(
            end if end is None or isinstance(end, str) else [(order, zeros) for order, _ in end]
            for end in bc_type
        )
    matrix = _theirs.make_interp_spline(x, basis, k, t, ends).c
    c = ops.tensordot(matrix, y, 1) + checked.c
    return BSpline(
        checked.t, ops.moveaxis(c, 0, checked.axis), k, checked.extrapolate, checked.axis
    )


class interp1d:
    """Interpolation of samples by polynomials of a kind, as `scipy.interpolate.interp1d`.

    kind: "linear", "nearest", "nearest-up", "zero", "slinear", "quadratic", "cubic", "previous",
    "next", or the degree of a spline.

    It is differentiable to any order with respect to y and the points of evaluation; fill_value is
    a constant.
    """

    x: Any
    y: Array
    axis: int
    bounds_error: Any
    fill_value: Any

    def __init__(
        self,
        x: Any,
        y: Array,
        kind: Any = "linear",
        axis: int = -1,
        copy: bool = True,
        bounds_error: bool | None = None,
        fill_value: Any = np.nan,
        assume_sorted: bool = False,
    ) -> None:
        x = constant("interp1d", x)
        checked = _theirs.interp1d(
            x, like(y), kind, axis, copy, bounds_error, fill_value, assume_sorted
        )
        (axis,) = normalize_axis(axis, len(ops.shape_of(y)))
        y = _first(y, axis)
        if not assume_sorted:
            order = np.argsort(x, kind="stable")
            x, y = x[order], ops.index(y, order)
        self.x, self.y, self.axis = x, ops.moveaxis(y, 0, axis), axis
        self.bounds_error, self.fill_value = checked.bounds_error, fill_value
        self._kind, self._samples = kind, y
        degree = {"zero": 0, "slinear": 1, "linear": 1, "quadratic": 2, "cubic": 3}.get(kind, kind)
        if degree == 1:
            slopes = (y[1:] - y[:-1]) / _steps(x, y)
            self._inside: Any = PPoly(ops.stack([slopes, y[:-1]]), x)
        elif isinstance(degree, str):
            self._inside = self._sample
        else:
            self._inside = make_interp_spline(x, y, degree)

    def _sample(self, t: Array) -> Array:
        """The sample that is next to t in the sense of the kind."""
        middles = (self.x[1:] + self.x[:-1]) / 2
        at = plain(ops.array(t))
        number = {
            "nearest": lambda: np.searchsorted(middles, at, side="left"),
            "nearest-up": lambda: np.searchsorted(middles, at, side="right"),
            "previous": lambda: np.searchsorted(self.x, at, side="right") - 1,
            "next": lambda: np.searchsorted(self.x, at, side="left"),
        }[self._kind]()
        found = ops.index(self._samples, np.clip(number, 0, len(self.x) - 1))
        return filled(found, np.isnan(at), np.nan)

    def __call__(self, x: Array) -> Array:
        """The values at x; ValueError for x outside of the samples with bounds_error=True."""
        at = plain(points(x))
        below, above = at < self.x[0], at > self.x[-1]
        if self.bounds_error:
            for outside, where in ((below, "below"), (above, "above")):
                if np.any(outside):
                    raise ValueError(f"A value in x_new is {where} the interpolation range.")
        value = self._inside(x)
        fill: Any = self.fill_value
        if isinstance(fill, str):  # "extrapolate"
            fill = tuple(np.nan if self._kind == end else None for end in ("previous", "next"))
        elif not (isinstance(fill, tuple) and len(fill) == 2):
            fill = (fill, fill)
        for outside, filling in zip((below, above), fill, strict=True):
            if filling is not None:
                value = filled(value, outside, filling)
        places = range(len(ops.shape_of(at)))
        return ops.moveaxis(value, tuple(places), tuple(self.axis + n for n in places))
