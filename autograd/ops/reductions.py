"""Operations that make one number of many: means, variances, extremes, products.

Sums are in `structural`, and what is built on exp in `exponentials`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.graph import Array, Op
from autograd.ops.elementwise import mul, where
from autograd.ops.indexing import sort
from autograd.ops.structural import (
    Axis,
    Linear,
    Shape,
    add_reduce,
    as_array,
    broadcast_to,
    concatenate_op,
    index_op,
    keep_axes,
    maximum_reduce,
    minimum_reduce,
    multiply_reduce,
    normalize_axis,
    plain,
    ravel,
    reshape_op,
    reverse,
    shape_of,
    transpose_op,
)


def _count(x: Any, axis: Axis) -> int:
    """How many entries of x go into one entry of a result reduced along `axis`."""
    shape = shape_of(x)
    if axis is None:
        return math.prod(shape)
    return math.prod([shape[a] for a in normalize_axis(axis, len(shape))])


# --------------------------------------------------------------------------------------------------
# Mean and variance

mean_op = Linear(
    "mean",
    lambda x, axis, keepdims: add_reduce(x, axis, None, None, keepdims) / _count(x, axis),
    lambda g, x, axis, keepdims: broadcast_to(
        keep_axes(g, x, axis, keepdims) / _count(x, axis), shape_of(x)
    ),
)


def _var(x: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    n = _count(x, axis)
    away = x - add_reduce(x, axis, None, None, True) / n
    return add_reduce(away * away, axis, None, None, keepdims) / (n - ddof if n > ddof else 0)


def _away(x: Array, axis: Axis) -> Array:
    return x - mean_op(x, axis=axis, keepdims=True)


def _var_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    n = _count(x, axis)
    return _away(x, axis) * (keep_axes(g, x, axis, keepdims) * (2 / (n - ddof)))


def _std_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    g, out = keep_axes(g, x, axis, keepdims), keep_axes(out, x, axis, keepdims)
    n = _count(x, axis)
    return _away(x, axis) * (g / ((n - ddof) * (out + (out == 0))))  # 0 where all are equal


var_op = Op("var", _var, (_var_rule,))
std_op = Op("std", lambda x, **settings: np.sqrt(_var(x, **settings)), (_std_rule,))


def mean(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The arithmetic mean Σ x / n of all n entries, or along the axis or axes named.

    >>> import numpy as np
    >>> from autograd import grad, mean
    >>> grad(mean)(np.array([1.0, 2.0]))
    array([0.5, 0.5])
    """
    return mean_op(as_array(x), axis=axis, keepdims=keepdims)


def var(x: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The variance Σ (x - mean)² / (n - ddof) of n entries; ddof = 1 estimates it from a sample.

    >>> import numpy as np
    >>> from autograd import var
    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    return var_op(as_array(x), axis=axis, ddof=ddof, keepdims=keepdims)


def std(x: Array, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The standard deviation √var(x). Where all entries are equal its derivative is taken as 0.

    >>> import numpy as np
    >>> from autograd import std
    >>> float(std(np.array([1.0, 3.0])))
    1.0
    """
    return std_op(as_array(x), axis=axis, ddof=ddof, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------
# Extremes


def _extreme_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Entries that tie share equally. The shares are constant, as the pieces are linear."""
    top = plain(keep_axes(out, x, axis, keepdims))
    data = plain(x)
    ties = data == top
    count = add_reduce(ties, axis, data.dtype, None, True)
    share = ties / np.where(top == top, count, top)  # NaN where the extreme is NaN
    return keep_axes(g, x, axis, keepdims) * share


max_op = Op(
    "max",
    lambda x, axis, keepdims: maximum_reduce(x, axis, None, None, keepdims),
    (_extreme_rule,),
)
min_op = Op(
    "min",
    lambda x, axis, keepdims: minimum_reduce(x, axis, None, None, keepdims),
    (_extreme_rule,),
)


def max(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest entry of all, or along the axis or axes named; NaN where there is one.

    Entries that tie share the derivative equally.

    >>> import numpy as np
    >>> from autograd import grad, max
    >>> grad(max)(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """
    return max_op(as_array(x), axis=axis, keepdims=keepdims)


def min(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest entry of all, or along the axis or axes named; NaN where there is one.

    Entries that tie share the derivative equally.

    >>> import numpy as np
    >>> from autograd import grad, min
    >>> grad(min)(np.array([1.0, 3.0, 1.0]))
    array([0.5, 0. , 0.5])
    """
    return min_op(as_array(x), axis=axis, keepdims=keepdims)


def ptp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The range of the entries, max(x) - min(x).

    >>> import numpy as np
    >>> from autograd import ptp
    >>> float(ptp(np.array([1.0, 3.0])))
    2.0
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def argmax(x: Array, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest entry is, the first of those that tie: plain integers, no derivative.

    Without `axis`, the number of the entry in x as one row.

    >>> import numpy as np
    >>> from autograd import argmax
    >>> argmax(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([1, 0])
    """
    return np.argmax(plain(x), axis, keepdims=keepdims)


def argmin(x: Array, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest entry is, the first of those that tie: plain integers, no derivative.

    >>> import numpy as np
    >>> from autograd import argmin
    >>> argmin(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([0, 1])
    """
    return np.argmin(plain(x), axis, keepdims=keepdims)


def median(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle entry in order of size, or the mean of the two middle ones; NaN if there is one.

    >>> import numpy as np
    >>> from autograd import grad, median
    >>> grad(median)(np.array([4.0, 1.0, 2.0, 3.0]))
    array([0. , 0. , 0.5, 0.5])
    """
    x = as_array(x)
    ordered = sort(_last(x, axis))
    n = shape_of(ordered)[-1]
    if n == 0:
        raise ValueError(f"median: no entries along axis {axis} of shape {shape_of(x)}")
    middle = mean(index_op(ordered, key=(..., slice((n - 1) // 2, n // 2 + 1))), -1)
    largest = index_op(ordered, key=(..., -1))
    missing = plain(largest != largest)
    if missing.any():
        middle = where(missing, largest, middle)
    return _restore(middle, x, axis, keepdims)


# --------------------------------------------------------------------------------------------------
# Products. Nothing is divided, so zeros among the factors are nothing special at any order.


def _recur(a: Any, b: Any) -> Any:
    """h[0] = b[0], h[i] = a[i] h[i-1] + b[i] along the last axis, in log₂ n steps.

    Two steps x → a x + b one after the other are one such step, so runs of 2, 4, 8, ... follow.
    """
    a, b = np.array(np.broadcast_arrays(a, b))
    done = 1
    while done < b.shape[-1]:
        b[..., done:] += a[..., done:] * b[..., :-done]
        a[..., done:] *= a[..., :-done].copy()
        done *= 2
    return b


def _later(x: Array) -> Array:
    """x moved one place on along the last axis, beginning with 0."""
    return _shift(x, 0.0)


def _shift(x: Array, first: float) -> Array:
    shape = shape_of(x)
    start = np.full((*shape[:-1], 1), first, x.dtype)
    longer = concatenate_op(start, x, axis=len(shape) - 1)
    return index_op(longer, key=(..., slice(0, -1)))


def _recur_added(g: Array, out: Array, a: Array, b: Array) -> Array:
    """The same recurrence, run from the end with each factor one place earlier."""
    axis = len(shape_of(g)) - 1
    return reverse(recur_op(_later(reverse(a, axis)), reverse(g, axis)), axis)


recur_op = Op(
    "recurrence",
    _recur,
    (lambda g, out, a, b: _recur_added(g, out, a, b) * _later(out), _recur_added),
)


def _cumprod_rule(g: Array, out: Array, x: Array) -> Array:
    """∂L/∂x[k] = (Π_{j<k} x[j]) h[k] with h[k] = g[k] + x[k+1] h[k+1]."""
    return _shift(out, 1.0) * _recur_added(g, out, x, x)


cumprod_op = Op("cumprod", lambda x: np.multiply.accumulate(x, -1), (_cumprod_rule,))


def _prod_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Each entry's factor is the product of those before it and those after it."""
    row = _last(x, axis)
    last = len(shape_of(row)) - 1
    before = _shift(cumprod_op(row), 1.0)
    after = reverse(_shift(cumprod_op(reverse(row, last)), 1.0), last)
    others = _unlast(mul(before, after), x, axis)
    return keep_axes(g, x, axis, keepdims) * others


prod_op = Op(
    "prod",
    lambda x, axis, keepdims: multiply_reduce(x, axis, None, None, keepdims),
    (_prod_rule,),
    symbol="Π",
)


def prod(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product Π x of all entries, or along the axis or axes named; right with zeros in it.

    >>> import numpy as np
    >>> from autograd import grad, prod
    >>> grad(prod)(np.array([2.0, 0.0, 3.0]))
    array([0., 6., 0.])
    """
    return prod_op(as_array(x), axis=axis, keepdims=keepdims)


def cumprod(x: Array, axis: int | None = None) -> Array:
    """Running products along `axis`, or over all entries in one row; right with zeros in them.

    >>> import numpy as np
    >>> from autograd import cumprod
    >>> cumprod(np.array([2.0, 3.0, 4.0]))
    array([ 2.,  6., 24.])
    """
    if axis is None:
        x, axis = ravel(x), 0
    x = as_array(x)
    (axis,) = normalize_axis(axis, len(shape_of(x)))
    return _unlast(cumprod_op(_last(x, axis)), x, axis)


# --------------------------------------------------------------------------------------------------
# Several axes as one


def _order(x: Array, axis: Axis) -> tuple[int, ...]:
    """The axes of x, those named put last."""
    ndim = len(shape_of(x))
    axes = normalize_axis(axis, ndim)
    return (*[a for a in range(ndim) if a not in axes], *axes)


def _last(x: Array, axis: Axis) -> Array:
    """x with the axes named, in one, as its last."""
    order = _order(x, axis)
    named = len(normalize_axis(axis, len(order)))
    moved = transpose_op(x, axes=order)
    kept: Shape = shape_of(moved)[: len(order) - named]
    return reshape_op(moved, shape=(*kept, _count(x, axis)))


def _unlast(row: Array, x: Array, axis: Axis) -> Array:
    """What `_last` did undone, for an array of its shape."""
    order = _order(x, axis)
    moved = reshape_op(row, shape=tuple([shape_of(x)[a] for a in order]))
    return transpose_op(moved, axes=tuple(sorted(range(len(order)), key=order.__getitem__)))


def _restore(reduced: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """A result without the axes named, with them as axes of length one if wanted."""
    if not keepdims:
        return reduced
    axes = normalize_axis(axis, len(shape_of(x)))
    kept = tuple([1 if a in axes else size for a, size in enumerate(shape_of(x))])
    return reshape_op(reduced, shape=kept)
