"""Reductions: means, variances and extremes."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj, real
from autograd.ops.elementwise import share_over_norm, where
from autograd.ops.indexing import sort
from autograd.ops.op_types import Linear, chain_product
from autograd.ops.predicates import nondifferentiable
from autograd.ops.shaping import join_axes
from autograd.ops.structural import (
    Axis,
    add_reduce,
    as_array,
    as_real,
    cast,
    index_op,
    keep_axes,
    maximum_reduce,
    minimum_reduce,
    normalize_axis,
    plain,
    repeat_along,
    shape_of,
    sum_op,
)


def _count(x: Any, axis: Axis) -> int:
    """How many entries of x one entry of the reduction along `axis` combines."""
    shape = shape_of(x)
    if axis is None:
        return math.prod(shape)
    return math.prod([shape[a] for a in normalize_axis(axis, len(shape))])


# --------------------------------------------------------------------------------------------------
# Mean and variance


def _mean(x: Any, axis: Axis, keepdims: bool) -> Any:
    if getattr(x, "dtype", None) == np.float16:  # whose largest is 65504
        return _mean(x.astype(np.float32), axis, keepdims).astype(np.float16)
    return add_reduce(x, axis, None, None, keepdims) / _count(x, axis)


mean_op: Final = Linear(
    "mean",
    _mean,
    lambda g, x, axis, keepdims: repeat_along(g / _count(x, axis), x, axis, keepdims),
)


def _freedom(x: Any, axis: Axis, ddof: float) -> float:
    """n - ddof, or nan if that is not positive."""
    n = _count(x, axis)
    return n - ddof if n > ddof else math.nan


def _var(x: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    away = x - add_reduce(x, axis, None, None, True) / _count(x, axis)
    square = away * away if away.dtype.kind == "f" else (away * away.conj()).real
    return add_reduce(square, axis, None, None, keepdims) / _freedom(x, axis, ddof)


def _away(x: Array, axis: Axis) -> Array:
    return conj(x - mean_op(x, axis=axis, keepdims=True))


def _var_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    g = keep_axes(g, x, axis, keepdims) * (2 / _freedom(x, axis, ddof))
    return chain_product(g, _away(x, axis))


def _std_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    if _count(x, axis) == 1 > ddof:  # which is 0 always
        return None
    g, out = keep_axes(g, x, axis, keepdims), keep_axes(out, x, axis, keepdims)
    scale = share_over_norm(where(out == 0, g * out, g), out)  # 0 if all entries are equal
    return chain_product(scale / _freedom(x, axis, ddof), _away(x, axis))


def _std_tangent(
    argnum: int, t: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool
) -> Array:
    if _count(x, axis) == 1 > ddof:
        return None
    total = sum_op(real(chain_product(t, _away(x, axis))), axis=axis, keepdims=keepdims)
    return share_over_norm(total / _freedom(x, axis, ddof), out)


var_op: Final = Op("var", _var, (_var_rule,))
std_op: Final = Op(
    "std", lambda x, **settings: np.sqrt(_var(x, **settings)), (_std_rule,), _std_tangent
)


@array_function
def mean(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean Σ x / n of all n entries, or along the given axes; each derivative is 1/n.

    `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import grad, mean
    >>> grad(mean)(np.array([1.0, 2.0]))
    array([0.5, 0.5])
    """
    return mean_op(as_real(x), axis=axis, keepdims=keepdims)


@array_function
def var(x: ArrayLike, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The variance Σ |x - mean(x)|² / (n - ddof) of all n entries, or along the given axes.

    The derivatives are 2 (x - mean(x)) / (n - ddof). With ddof=1 it is the unbiased estimate from a
    sample. It is nan if n <= ddof. `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import var
    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    return var_op(as_real(x), axis=axis, ddof=ddof, keepdims=keepdims)


@array_function
def std(x: ArrayLike, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The standard deviation √var(x) of all entries, or along the given axes.

    The derivatives are (x - mean(x)) / ((n - ddof) std(x)), and are taken as 0 if all entries are
    equal, where there are none; the second derivatives are inf or nan there. It is nan if
    n <= ddof. `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import std
    >>> float(std(np.array([1.0, 3.0])))
    1.0
    """
    x = as_real(x)
    # That of one number is 0, with every derivative; so is its variance, without a kink.
    op = var_op if _count(x, axis) == 1 else std_op
    return op(x, axis=axis, ddof=ddof, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------
# Extremes


def _extreme_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Entries that tie share g equally. The shares are constant, since max is piecewise linear."""
    top = plain(keep_axes(out, x, axis, keepdims))
    data = plain(x)
    ties = cast(data == top, data.dtype)
    count = sum_op(ties, axis=axis, keepdims=True)
    share = ties / where(top == top, count, top)  # NaN where the extreme is NaN
    return chain_product(keep_axes(g, x, axis, keepdims), share)


max_op: Final = Op(
    "max",
    lambda x, axis, keepdims: maximum_reduce(x, axis, None, None, keepdims),
    (_extreme_rule,),
)
min_op: Final = Op(
    "min",
    lambda x, axis, keepdims: minimum_reduce(x, axis, None, None, keepdims),
    (_extreme_rule,),
)


@array_function
def max(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest entry, or the largest along the given axes; NaN if any entry is NaN.

    The derivative with respect to the largest entry is 1, which entries that tie share equally.
    `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import grad, max
    >>> grad(max)(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """
    return max_op(as_array(x), axis=axis, keepdims=keepdims)


@array_function
def min(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest entry, or the smallest along the given axes; NaN if any entry is NaN.

    The derivative with respect to the smallest entry is 1, which entries that tie share equally.
    `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import grad, min
    >>> grad(min)(np.array([1.0, 3.0, 1.0]))
    array([0.5, 0. , 0.5])
    """
    return min_op(as_array(x), axis=axis, keepdims=keepdims)


@array_function
def ptp(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The range max(x) - min(x) of all entries, or along the given axes.

    `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import ptp
    >>> float(ptp(np.array([1.0, 3.0])))
    2.0
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def argmax(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the largest entry along an axis, the first at a tie: integers, no derivative.

    With axis=None it is the index in x flattened.

    >>> import numpy as np
    >>> from autograd import argmax
    >>> argmax(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([1, 0])
    """
    return nondifferentiable(np.argmax, as_array(x), axis=axis, keepdims=keepdims)


def argmin(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the smallest entry along an axis, the first at a tie: integers, no derivative.

    With axis=None it is the index in x flattened.

    >>> import numpy as np
    >>> from autograd import argmin
    >>> argmin(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([0, 1])
    """
    return nondifferentiable(np.argmin, as_array(x), axis=axis, keepdims=keepdims)


@array_function
def median(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The median: the middle entry in sorted order, or the mean of the two in the middle.

    The derivative is 1 for the entry in the middle, or 1/2 for each of the two. The result is NaN
    if any entry is NaN. `keepdims` keeps the reduced axes with length one. Raises ValueError if
    there are no entries.

    >>> import numpy as np
    >>> from autograd import grad, median
    >>> grad(median)(np.array([4.0, 1.0, 2.0, 3.0]))
    array([0. , 0. , 0.5, 0.5])
    """
    x = as_array(x)
    ordered = sort(join_axes(x, axis))
    n = shape_of(ordered)[-1]
    if n == 0:
        raise ValueError(f"median: no entries along axis {axis} of shape {shape_of(x)}")
    middle = mean(index_op(ordered, key=(..., slice((n - 1) // 2, n // 2 + 1))), -1)
    largest = index_op(ordered, key=(..., -1))
    missing = plain(largest != largest)
    if isinstance(missing, Node) or missing.any():
        middle = where(missing, largest, middle)
    if not keepdims:
        return middle
    return keep_axes(middle, x, normalize_axis(axis, x.ndim), False)
