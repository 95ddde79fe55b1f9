"""NumPy's reductions with all their arguments, such as `dtype`, `initial` and `where`.

`out` must be None, since a node cannot be written into.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array, Node
from autograd.ops import Axis
from autograd.ops.complex_parts import is_complex


def _entries(name: str, a: Array, dtype: Any, out: Any, where: Any, instead: Array) -> Array:
    """The entries in a dtype, with those that `where` excludes replaced by a number."""
    if out is not None:
        raise TypeError(f"np.{name}(..., out=...): a node cannot be written into; use the result")
    a = ops.array(a)
    a = a if dtype is None else ops.cast(a, dtype)
    return a if where is True else ops.where(where, a, instead)


def require_room(name: str, a: Array, dtype: Any) -> None:
    """Raise TypeError for a real dtype of complex numbers, where NumPy drops the imaginary parts of
    the mean alone.
    """
    if dtype is not None and is_complex(a) and np.dtype(dtype).kind != "c":
        raise TypeError(
            f"{name}: {np.dtype(dtype)} has no room for complex numbers: leave the dtype out, or "
            "take the real parts first"
        )


def sum(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The sum of `initial` and the entries for which `where` holds."""
    total = ops.sum(_entries("sum", a, dtype, out, where, False), axis, keepdims)
    return total if initial is None else total + _in_type_of(total, initial)


def prod(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The product of `initial` and the entries for which `where` holds."""
    product = ops.prod(_entries("prod", a, dtype, out, where, True), axis, keepdims)
    return product if initial is None else product * _in_type_of(product, initial)


def _in_type_of(a: Array, initial: Array) -> Array:
    dtype = ops.array(a).dtype
    return initial if isinstance(initial, Node) and dtype.kind != "f" else ops.cast(initial, dtype)


def max(
    a: Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The largest of `initial` and the entries for which `where` holds."""
    initial = None if initial is None else _in_type_of(a, initial)
    instead = -np.inf if initial is None else initial
    largest = ops.max(_entries("max", a, None, out, where, instead), axis, keepdims)
    return largest if initial is None else ops.maximum(largest, initial)


def min(
    a: Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The smallest of `initial` and the entries for which `where` holds."""
    initial = None if initial is None else _in_type_of(a, initial)
    instead = np.inf if initial is None else initial
    smallest = ops.min(_entries("min", a, None, out, where, instead), axis, keepdims)
    return smallest if initial is None else ops.minimum(smallest, initial)


amax: Final = max
amin: Final = min


def _count(a: Array, axis: Axis, keepdims: bool, where: Any) -> Any:
    return np.sum(np.broadcast_to(where, ops.shape_of(a)), axis, keepdims=keepdims)


def mean(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """The mean of the entries for which `where` holds."""
    a = _entries("mean", a, dtype, out, where, False)
    if where is True:
        return ops.mean(a, axis, keepdims)
    a = ops.as_real(a)
    return ops.sum(a, axis, keepdims) / ops.cast(_count(a, axis, keepdims, where), a.dtype)


_mean: Final = mean


def var(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Array | None = None,
    correction: float | None = None,
) -> Array:
    """The variance of the entries for which `where` holds, about their mean or another."""
    ddof = ddof if correction is None else correction
    require_room("var", a, dtype)
    a = _entries("var", a, dtype, out, True, False)
    if where is True and mean is None:
        return ops.var(a, axis, ddof, keepdims)
    a = ops.as_real(a)
    away = a - (_mean(a, axis, None, None, True, where=where) if mean is None else mean)
    squares = ops.sum(ops.where(where, ops.real(away * ops.conj(away)), 0.0), axis, keepdims)
    return squares / (ops.cast(_count(a, axis, keepdims, where), squares.dtype) - ddof)


def std(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Array | None = None,
    correction: float | None = None,
) -> Array:
    """The standard deviation of the entries for which `where` holds, about a mean."""
    ddof = ddof if correction is None else correction
    require_room("std", a, dtype)
    a = _entries("std", a, dtype, out, True, False)
    if where is True and mean is None:
        return ops.std(a, axis, ddof, keepdims)
    return ops.sqrt(var(a, axis, None, None, ddof, keepdims, where=where, mean=mean))


def cumsum(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Cumulative sums along an axis."""
    return ops.cumsum(_entries("cumsum", a, dtype, out, True, 0), axis)


def cumprod(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Cumulative products along an axis."""
    return ops.cumprod(_entries("cumprod", a, dtype, out, True, 1), axis)
