"""Differences, integrals, interpolation, convolution and polynomials, composed of operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.structural import index_op, normalize_axis, plain


def _part(x: Array, axis: int, start: int | None, stop: int | None) -> Array:
    """x[start:stop] along a non-negative axis."""
    return index_op(x, key=(slice(None),) * axis + (slice(start, stop),))


# --------------------------------------------------------------------------------------------------
# Differences and integrals


def diff(
    a: Array, n: int = 1, axis: int = -1, prepend: Array | None = None, append: Array | None = None
) -> Array:
    """The n-th differences of neighbours along an axis."""
    a = ops.array(a)
    (axis,) = normalize_axis(axis, len(ops.shape_of(a)))
    ends = [prepend, a, append]
    one = tuple(1 if i == axis else size for i, size in enumerate(ops.shape_of(a)))
    a = ops.concatenate(
        [
            ops.broadcast_to(end, one) if not ops.shape_of(end) else ops.array(end)
            for end in ends
            if end is not None
        ],
        axis,
    )
    subtract = np.not_equal if a.dtype.kind == "b" else ops.sub
    for _ in range(n):
        a = subtract(_part(a, axis, 1, None), _part(a, axis, None, -1))
    return a


def ediff1d(ary: Array, to_end: Array | None = None, to_begin: Array | None = None) -> Array:
    """Differences of neighbours of x flattened, with `to_begin` before and `to_end` after them."""
    row = ops.ravel(ary)
    parts = [to_begin, row[1:] - row[:-1], to_end]
    rows = [ops.ravel(part) for part in parts if part is not None]
    return ops.concatenate([ops.cast(part, row.dtype) for part in rows])


def gradient(f: Array, *varargs: Array, axis: Any = None, edge_order: int = 1) -> Any:
    """The derivative of samples by second-order differences, along each axis.

    varargs: the spacing of the samples, one for all axes or one per axis, or their coordinates.
    """
    f = ops.as_real(f)
    ndim = len(ops.shape_of(f))
    axes = [
        normalize_axis(a, ndim)[0] for a in (_listed(axis) if axis is not None else range(ndim))
    ]
    spacings = varargs or (1.0,)
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"gradient: {len(varargs)} spacings were given for {len(axes)} axes")
    slopes = [
        ops.cast(_slope(f, ops.as_real(h), a, edge_order), f.dtype)
        for h, a in zip(spacings, axes, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _listed(axis: Any) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _slope(f: Array, spacing: Array, axis: int, edge_order: int) -> Array:
    n = ops.shape_of(f)[axis]
    if n <= edge_order or edge_order not in (1, 2):
        raise ValueError(
            f"gradient: edge_order must be 1 or 2 and less than the number of samples, and is "
            f"{edge_order} for {n} samples"
        )
    steps = diff(spacing) if ops.shape_of(spacing) else ops.broadcast_to(spacing, (n - 1,))
    even = not ops.shape_of(spacing) or (
        isinstance(steps, np.ndarray) and bool(np.all(steps == steps[0]))
    )
    steps = ops.reshape(steps, tuple(n - 1 if a == axis else 1 for a in range(f.ndim)))

    def sample(start: int, stop: int | None) -> Array:
        return _part(f, axis, start, stop)

    def step(start: int, stop: int | None) -> Array:
        return _part(steps, axis, start, stop)

    before, after = step(0, -1), step(1, None)
    if even:  # the sample between, which may be NaN, has the weight 0
        inside = (sample(2, None) - sample(0, -2)) / (before + after)
    else:
        inside = (
            before / (after * (before + after)) * sample(2, None)
            + (after - before) / (before * after) * sample(1, -1)
            - after / (before * (before + after)) * sample(0, -2)
        )
    first = (sample(1, 2) - sample(0, 1)) / step(0, 1)
    last = (sample(n - 1, n) - sample(n - 2, n - 1)) / step(n - 2, n - 1)
    if edge_order == 2:  # the slope at the end of the parabola through three samples
        first = first - _bend(sample(0, 3), step(0, 2), axis) * step(0, 1)
        last = last + _bend(sample(n - 3, n), step(n - 3, n - 1), axis) * step(n - 2, n - 1)
    return ops.concatenate([first, inside, last], axis)


def _bend(samples: Array, steps: Array, axis: int) -> Array:
    """Half the second derivative of the parabola through three samples."""
    slopes = diff(samples, axis=axis) / steps
    return diff(slopes, axis=axis) / ops.sum(steps, axis, True)


def trapezoid(y: Array, x: Array | None = None, dx: Array = 1.0, axis: int = -1) -> Array:
    """∫ y dx along an axis by the trapezoidal rule."""
    y = ops.array(y)
    (axis,) = normalize_axis(axis, len(ops.shape_of(y)))
    if x is not None:
        x = ops.array(x)
        if len(ops.shape_of(x)) == 1:
            dx = diff(x)
            dx = ops.reshape(dx, tuple(-1 if a == axis else 1 for a in range(y.ndim)))
        else:
            dx = diff(x, axis=axis)
    return ops.sum(dx * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2, axis)


# --------------------------------------------------------------------------------------------------
# Interpolation and convolution


def interp(
    x: Array,
    xp: Array,
    fp: Array,
    left: Array | None = None,
    right: Array | None = None,
    period: Array | None = None,
) -> Array:
    """Linear interpolation at x between the points (xp, fp).

    xp is ascending, and outside of it the result is constant: `left` and `right`, by default the
    first and the last of fp. With a period, xp has any order, and `left` and `right` are ignored.
    """
    x, xp = (ops.cast(knots, np.float64) for knots in (x, xp))
    fp = ops.cast(fp, np.result_type(ops.array(fp).dtype, np.float64))
    if period is not None:
        x, xp, fp = _around_one_period(x, xp, fp, abs(period))
        left = right = None
    at, knots = plain(x), plain(xp)
    left = fp[0] if left is None else left
    right = fp[-1] if right is None else right
    (n,) = ops.shape_of(xp)
    if n == 1:
        inside = fp[0] + 0 * x
    else:
        i = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, n - 2)
        slope = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])
        inside = ops.index(slope, i) * (x - ops.index(xp, i)) + ops.index(fp, i)
    return ops.where(at < knots[0], left, ops.where(at > knots[-1], right, inside))


def _around_one_period(x: Array, xp: Array, fp: Array, period: Array) -> tuple[Array, Array, Array]:
    """x and the points moved into one period, sorted, with one more point on either side."""
    x, xp = x % period, xp % period
    order = np.argsort(plain(xp))
    xp, fp = ops.index(xp, order), ops.index(fp, order)
    return (
        x,
        ops.concatenate([xp[-1:] - period, xp, xp[:1] + period]),
        ops.concatenate([fp[-1:], fp, fp[:1]]),
    )


def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """Σⱼ a[i - j] v[j], for every overlap ("full"), as many entries as the longer array has
    ("same"), or complete overlaps only ("valid").
    """
    a, v = ops.atleast_1d(ops.array(a)), ops.atleast_1d(ops.array(v))
    if ops.shape_of(a)[0] < ops.shape_of(v)[0]:
        a, v = v, a
    (n,), (m,) = ops.shape_of(a), ops.shape_of(v)
    windows = np.arange(n + m - 1)[:, None] + np.arange(m)
    full = ops.pad(a, m - 1)[windows] @ ops.flip(v)
    start, length = _cut(mode, n, m)
    return full[start : start + length]


def _cut(mode: str, n: int, m: int) -> tuple[int, int]:
    """The start and the length of a mode in the full convolution of n and m <= n entries."""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: mode {mode!r} is not 'full', 'same' or 'valid'")
    return {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[mode]


def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """Σⱼ a[i + j] v̄[j], with the modes of `convolve`."""
    a, v = ops.atleast_1d(ops.array(a)), ops.conj(ops.atleast_1d(ops.array(v)))
    if ops.shape_of(a)[0] < ops.shape_of(v)[0]:
        return ops.flip(convolve(v, ops.flip(a), mode))
    return convolve(a, ops.flip(v), mode)


# --------------------------------------------------------------------------------------------------
# Polynomials, given by their coefficients from the highest power down


def polyval(p: Array, x: Array) -> Array:
    """p[0] xⁿ⁻¹ + ... + p[n-1], by Horner's rule."""
    p = ops.array(p)
    x = ops.array(x)
    value = x.dtype.type(0) * x
    for i in range(ops.shape_of(p)[0]):
        value = value * x + p[i]
    return value


def _of_one_length(*polynomials: Array) -> list[Array]:
    rows = [ops.atleast_1d(p) for p in polynomials]
    length = max(ops.shape_of(row)[0] for row in rows)
    return [ops.pad(row, (length - ops.shape_of(row)[0], 0)) for row in rows]


def polyadd(a1: Array, a2: Array) -> Array:
    """The sum of two polynomials."""
    first, second = _of_one_length(a1, a2)
    return first + second


def polysub(a1: Array, a2: Array) -> Array:
    """The difference of two polynomials."""
    first, second = _of_one_length(a1, a2)
    return first - second


def polymul(a1: Array, a2: Array) -> Array:
    """The product of two polynomials.

    Leading zeros, which NumPy drops, stay: their derivatives are those of other coefficients.
    """
    return convolve(a1, a2)


def polyder(p: Array, m: int = 1) -> Array:
    """The m-th derivative of a polynomial."""
    p = ops.array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(ops.shape_of(p)[0] - 1, 0, -1)
    return p


def polyint(p: Array, m: int = 1, k: Any = None) -> Array:
    """The m-th antiderivative of a polynomial, with constants of integration k."""
    constants = ops.broadcast_to(0.0 if k is None else ops.array(k), (m,))
    p = ops.array(p)
    for i in range(m):
        p = ops.concatenate([p / np.arange(ops.shape_of(p)[0], 0, -1), constants[i : i + 1]])
    return p


def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """The matrix whose rows are the powers of an entry, from the highest down."""
    x = ops.array(x)
    powers = np.arange(ops.shape_of(x)[0] if N is None else N)
    return ops.expand_dims(x, -1) ** (powers if increasing else powers[::-1])
