"""Kernels on plain numbers and arrays, for operations whose kernel is not one NumPy function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]


def has_nan(x: Any) -> bool:
    """Whether a float or an array holds NaN, or complex numbers whose squares sum to NaN."""
    if isinstance(x, float):
        return x != x
    flat = x if x.ndim == 1 else x.ravel("K")
    square = flat.dot(flat)  # much faster than isnan of each entry
    return bool(square != square)


# --------------------------------------------------------------------------------------------------
# Elementwise functions that NumPy lacks or computes less well


def as_real(x: Any) -> Any:
    """x, with integers and booleans as float64: NumPy computes exp of uint8 in float16."""
    if isinstance(x, float):
        return x
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def scalar(x: Any) -> Any:
    """A result as a Python float; a complex one as it is."""
    return x if isinstance(x, complex) else float(x)


def real_part(x: Any) -> Any:
    """The real parts, as an array of its own: those of NumPy are a view of all."""
    return np.array(np.real(x))


def imaginary_part(x: Any) -> Any:
    """The imaginary parts, as an array of its own."""
    return np.array(np.imag(x))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)). Where exp overflows to inf, its reciprocal is 0, as it should be."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(np.negative(as_real(x))))


_erf = np.frompyfunc(math.erf, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def erf(x: Any) -> Any:
    """The error function by C's `erf`, whose error is below 1e-15."""
    x = np.asarray(as_real(x))
    return np.asarray(_erf(x), x.dtype)


def erfc(x: Any) -> Any:
    """1 - erf(x) by C's `erfc`, which keeps its digits where erf(x) is nearly 1."""
    x = np.asarray(as_real(x))
    return np.asarray(_erfc(x), x.dtype)


def softsign(x: Any) -> Any:
    """x / (1 + |x|), and ±1 at ±∞."""
    x = as_real(x)
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(x), np.sign(x), x / (1 + np.absolute(x)))[()]


def leaky_relu(x: Any, slope: Any) -> Any:
    """x where x > 0, else slope · x."""
    return np.where(np.greater(x, 0), x, np.multiply(slope, x))[()]


def elu(x: Any, alpha: Any) -> Any:
    """x where x > 0, else alpha · (exp(x) - 1)."""
    x = as_real(x)
    below = np.expm1(np.minimum(x, 0))
    if x.__class__ is float:  # a Python number takes the type of alpha
        below = float(below)
    return np.where(np.greater(x, 0), x, np.multiply(alpha, below))[()]


def scalar_softsign(x: float) -> float:
    """x / (1 + |x|), and ±1 at ±∞."""
    return math.copysign(1.0, x) if math.isinf(x) else x / (1 + abs(x))


def scalar_relu(x: float) -> float:
    """max(x, 0); NaN if x is NaN."""
    return 0.0 if x <= 0.0 else x


def scalar_maximum(x: float, y: float) -> float:
    """max(x, y); NaN if either is NaN, as in NumPy."""
    return float(x if x > y or x != x else y)


def scalar_minimum(x: float, y: float) -> float:
    """min(x, y); NaN if either is NaN, as in NumPy."""
    return float(x if x < y or x != x else y)


def scalar_logaddexp(x: float, y: float) -> float:
    """ln(exp(x) + exp(y)). Equal arguments may be infinite, and inf - inf is NaN."""
    return x + math.log(2) if x == y else max(x, y) + math.log1p(math.exp(-abs(x - y)))


def scalar_sign(x: float) -> float:
    """-1, 0 or 1; NaN for NaN."""
    return x if x != x else float((x > 0) - (x < 0))


def scalar_heaviside(x: float, at_zero: float) -> float:
    """0 for x < 0, 1 for x > 0, `at_zero` for 0; NaN for NaN."""
    return x if x != x else float(at_zero if x == 0 else x > 0)


def scalar_fallback(kernel: Callable[..., Any], *args: float) -> float:
    """The result of IEEE arithmetic, inf or nan, where Python's floats raise an exception."""
    with np.errstate(all="ignore"):
        return float(kernel(*[np.float64(arg) for arg in args]))


# --------------------------------------------------------------------------------------------------
# Shapes


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Any:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def broadcast_axes(shape: Shape, to: Shape) -> Shape:
    """The axes along which an array is repeated if it is broadcast from one shape to another."""
    extra = len(to) - len(shape)
    repeated = [n for n, size in enumerate(shape, extra) if size == 1 and to[n] != 1]
    return (*range(extra), *repeated)


def sum_to(x: Any, shape: Shape) -> Any:
    """Sum x over the axes along which `shape` broadcasts to x.shape: the broadcast's transpose."""
    if x.ndim == 2 and shape == x.shape[1:] and x.dtype.kind == "f":
        return np.dot(_ones(x.shape[0], x.dtype), x)  # three times as fast as a reduction
    axes = broadcast_axes(shape, x.shape)
    if axes:
        x = np.add.reduce(x, axis=axes)
    return x if x.shape == shape else x.reshape(shape)


# --------------------------------------------------------------------------------------------------
# Adding up entries at indexed places


def reads_once(key: Any) -> bool:
    """Whether `x[key]` reads no entry twice, because the key holds no integer array."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if isinstance(part, np.ndarray | list | tuple) and np.asarray(part).dtype.kind != "b":
            return False
    return True


def _is_numbers(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu"


def positions(key: Any, shape: Shape) -> Any:
    """The positions in `x.ravel()` of the entries of `x[key]`, for x of the given shape."""
    if isinstance(key, np.ndarray):  # whole rows, so not every entry of x needs a number
        width = math.prod(shape[1:])
        rows = np.arange(shape[0])[key]
        return np.add.outer(rows * width, np.arange(width)).reshape(rows.shape + shape[1:])
    if isinstance(key, tuple) and len(key) == len(shape) and all(map(_is_numbers, key)):
        inside = [np.where(row < 0, row + n, row) for row, n in zip(key, shape, strict=True)]
        try:
            return np.ravel_multi_index(inside, shape)
        except ValueError as error:
            raise IndexError(f"an index is out of bounds for the shape {shape}") from error
    return np.arange(math.prod(shape)).reshape(shape)[key]


def scatter(x: Any, key: Any, shape: Shape) -> Any:
    """Zeros of `shape` with x added at `[key]`; where the key repeats a position, x is summed."""
    x = np.asarray(x)
    if reads_once(key):
        out = np.zeros(shape, x.dtype)
        out[key] = x
        return out
    size = math.prod(shape)
    places = positions(key, shape).ravel()
    if x.dtype in (np.float32, np.float64):  # three times as fast as np.add.at
        sums = np.bincount(places, x.ravel(), size)
        return sums.astype(x.dtype, copy=False).reshape(shape)
    out = np.zeros(size, x.dtype)
    np.add.at(out, places, x.ravel())
    return out.reshape(shape)


def scatter_all(parts: Sequence[tuple[Any, Any]], shape: Shape) -> Any:
    """The sum of `scatter(x, key, shape)` over all pairs (key, x) of `parts`."""
    out = np.zeros(shape, np.result_type(*{np.asarray(x).dtype for _, x in parts}))
    for key, x in parts:
        if reads_once(key):
            out[key] += x
        elif np.size(x) < out.size / 8:
            np.add.at(out, key, x)
        else:
            out += scatter(x, key, shape)
    return out


def last_writes(key: Any, shape: Shape) -> Any:
    """Which entries of `v` remain in x after `x[key] = v`: the last written to each position."""
    places = positions(key, shape)
    order = np.arange(places.size).reshape(places.shape)
    winner = np.empty(math.prod(shape), int)
    winner[places.ravel()] = order.ravel()
    return winner[places] == order
