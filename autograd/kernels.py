"""NumPy and `math` helpers that are longer than a line. Nothing here knows of graphs."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

Shape: TypeAlias = tuple[int, ...]

# --------------------------------------------------------------------------------------------------
# The product of the chain rule


class _Mode(threading.local):
    careful = False


_mode = _Mode()


@contextmanager
def careful() -> Iterator[None]:
    """While it lasts `chain_product` looks for zeros, which costs as much again as the product."""
    before, _mode.careful = _mode.careful, True
    try:
        yield
    finally:
        _mode.careful = before


def is_careful() -> bool:
    """Whether a pass is run again, on the watch for 0 · ∞."""
    return _mode.careful


def chain_product(g: Any, local: Any) -> Any:
    """g · local. In `careful` mode a `g` of exactly 0 gives 0 even times ∞ or NaN, and a `local` of
    False closes even an infinite `g`, so that a branch which `where` has masked leaks nothing.
    """
    if not _mode.careful:
        return g * local
    zero = np.equal(g, 0)
    if np.asarray(local).dtype == bool:
        zero = zero | np.logical_not(local)
    return _product(g, local, zero)


def masked_product(x: Any, y: Any) -> Any:
    """x · y. In `careful` mode an exact 0 on either side gives 0 even times ∞ or NaN."""
    return _product(x, y, np.equal(x, 0) | np.equal(y, 0)) if _mode.careful else x * y


def _product(x: Any, y: Any, zero: Any) -> Any:
    product = np.multiply(x, y)
    return np.where(zero, product.dtype.type(0), product)


def scalar_chain_product(g: float, local: float) -> float:
    """`chain_product` of two floats, where looking is cheap."""
    return 0.0 if g == 0.0 or local is False else g * local


def scalar_masked_product(x: float, y: float) -> float:
    """`masked_product` of two floats, where looking is cheap."""
    return 0.0 if x == 0.0 or y == 0.0 else x * y


def has_nan(x: Any) -> bool:
    """Whether NaN is in a float or an array; also for numbers whose squares add up to it."""
    if isinstance(x, float):
        return x != x
    flat = x if x.ndim == 1 else x.ravel("K")
    square = flat.dot(flat)  # much faster than to look at each entry
    return bool(square != square)


# --------------------------------------------------------------------------------------------------
# Elementwise functions that NumPy lacks or computes less well


def as_real(x: Any) -> Any:
    """x itself, or integers and booleans in float64: NumPy has exp of uint8 in float16."""
    if isinstance(x, float):
        return x
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)): where exp overflows, its reciprocal is the right 0."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(np.negative(as_real(x))))


_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Any) -> Any:
    """The error function, as exact as C's (below 1e-15)."""
    x = np.asarray(as_real(x))
    return np.asarray(_erf(x), x.dtype)


def leaky_relu(x: Any, slope: Any) -> Any:
    """x where x > 0, else slope · x."""
    return np.where(np.greater(x, 0), x, np.multiply(slope, x))[()]


def elu(x: Any, alpha: Any) -> Any:
    """x where x > 0, else alpha · (exp(x) - 1)."""
    x = as_real(x)
    below = np.expm1(np.minimum(x, 0))
    if x.__class__ is float:  # a number of Python's takes the type of alpha
        below = float(below)
    return np.where(np.greater(x, 0), x, np.multiply(alpha, below))[()]


def scalar_relu(x: float) -> float:
    """max(x, 0), which keeps NaN."""
    return 0.0 if x <= 0.0 else x


def scalar_maximum(x: float, y: float) -> float:
    """max(x, y), which keeps NaN as NumPy does."""
    return float(x if x > y or x != x else y)


def scalar_minimum(x: float, y: float) -> float:
    """min(x, y), which keeps NaN as NumPy does."""
    return float(x if x < y or x != x else y)


def scalar_logaddexp(x: float, y: float) -> float:
    """ln(exp(x) + exp(y)), also for infinities of one sign, whose difference is NaN."""
    return x + math.log(2) if x == y else max(x, y) + math.log1p(math.exp(-abs(x - y)))


def scalar_sign(x: float) -> float:
    """-1, 0 or 1; NaN for NaN."""
    return x if x != x else float((x > 0) - (x < 0))


def scalar_heaviside(x: float, at_zero: float) -> float:
    """0 or 1, or what is wanted at zero; NaN for NaN."""
    return x if x != x else float(at_zero if x == 0 else x > 0)


def scalar_fallback(kernel: Callable[..., Any], *args: float) -> float:
    """IEEE's answer, inf or nan, where Python's floats would raise."""
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
    """The axes along which an array of one shape is repeated where it is broadcast to another."""
    extra = len(to) - len(shape)
    repeated = [n for n, size in enumerate(shape, extra) if size == 1 and to[n] != 1]
    return (*range(extra), *repeated)


def sum_to(x: Any, shape: Shape) -> Any:
    """Sum over the axes along which `shape` was broadcast to x.shape: the transpose of it."""
    if x.ndim == 2 and shape == x.shape[1:] and x.dtype.kind == "f":
        return np.dot(_ones(x.shape[0], x.dtype), x)  # a third of the time of a reduction
    axes = broadcast_axes(shape, x.shape)
    if axes:
        x = np.add.reduce(x, axis=axes)
    return x if x.shape == shape else x.reshape(shape)


# --------------------------------------------------------------------------------------------------
# Adding up entries at indexed places


def reads_once(key: Any) -> bool:
    """Whether `x[key]` cannot read an entry twice: no integer array is in the key."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if isinstance(part, np.ndarray | list | tuple) and np.asarray(part).dtype.kind != "b":
            return False
    return True


def _is_numbers(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu"


def positions(key: Any, shape: Shape) -> Any:
    """The places of the entries of `x[key]` in `x.ravel()`, for x of the given shape."""
    if isinstance(key, np.ndarray):  # whole rows: no need to number every entry of x
        width = math.prod(shape[1:])
        rows = np.arange(shape[0])[key]
        return np.add.outer(rows * width, np.arange(width)).reshape(rows.shape + shape[1:])
    if isinstance(key, tuple) and len(key) == len(shape) and all(map(_is_numbers, key)):
        return np.ravel_multi_index(key, shape, mode="wrap")
    return np.arange(math.prod(shape)).reshape(shape)[key]


def scatter(x: Any, key: Any, shape: Shape) -> Any:
    """Zeros of `shape` to which x is added at `[key]`, once for each time an entry is named."""
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


def last_writes(key: Any, shape: Shape) -> Any:
    """Where in `v` are the entries that `x[key] = v` leaves in x: the last of those that meet."""
    places = positions(key, shape)
    order = np.arange(places.size).reshape(places.shape)
    winner = np.empty(math.prod(shape), int)
    winner[places.ravel()] = order.ravel()
    return winner[places] == order
