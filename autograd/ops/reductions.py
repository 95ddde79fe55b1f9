"""Operations that make one number of many: means, variances, extremes.

Sums are in `structural`, products in `running`, and what is built on exp in `exponentials`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op
from autograd.ops.elementwise import where
from autograd.ops.indexing import sort
from autograd.ops.op_types import Linear
from autograd.ops.predicates import nondifferentiable
from autograd.ops.shaping import join_axes
from autograd.ops.structural import (
    Axis,
    add_reduce,
    as_array,
    as_real,
    broadcast_to,
    cast,
    index_op,
    keep_axes,
    maximum_reduce,
    minimum_reduce,
    normalize_axis,
    plain,
    shape_of,
    sum_op,
)


def _count(x: Any, axis: Axis) -> int:
    """How many entries of x go into one entry of a result reduced along `axis`."""
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
    lambda g, x, axis, keepdims: broadcast_to(
        keep_axes(g, x, axis, keepdims) / _count(x, axis), shape_of(x)
    ),
)


def _freedom(x: Any, axis: Axis, ddof: float) -> float:
    """n - ddof, and nan where nothing is left to divide by."""
    n = _count(x, axis)
    return n - ddof if n > ddof else math.nan


def _var(x: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    away = x - add_reduce(x, axis, None, None, True) / _count(x, axis)
    return add_reduce(away * away, axis, None, None, keepdims) / _freedom(x, axis, ddof)


def _away(x: Array, axis: Axis) -> Array:
    return x - mean_op(x, axis=axis, keepdims=True)


def _var_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    return _away(x, axis) * (keep_axes(g, x, axis, keepdims) * (2 / _freedom(x, axis, ddof)))


def _std_rule(g: Array, out: Array, x: Array, axis: Axis, ddof: float, keepdims: bool) -> Array:
    g, out = keep_axes(g, x, axis, keepdims), keep_axes(out, x, axis, keepdims)
    spread = _freedom(x, axis, ddof) * (out + (out == 0))  # the derivative is 0 where all are equal
    return _away(x, axis) * (g * (out != 0) / spread)


var_op: Final = Op("var", _var, (_var_rule,))
std_op: Final = Op("std", lambda x, **settings: np.sqrt(_var(x, **settings)), (_std_rule,))


def mean(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The arithmetic mean Σ x / n of all n entries, or along the axis or axes named.

    >>> import numpy as np
    >>> from autograd import grad, mean
    >>> grad(mean)(np.array([1.0, 2.0]))
    array([0.5, 0.5])
    """
    return mean_op(as_real(x), axis=axis, keepdims=keepdims)


def var(x: ArrayLike, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The variance Σ (x - mean)² / (n - ddof) of n entries; ddof = 1 estimates it from a sample.

    It is nan where n is not greater than ddof.

    >>> import numpy as np
    >>> from autograd import var
    >>> float(var(np.array([1.0, 3.0])))
    1.0
    """
    return var_op(as_real(x), axis=axis, ddof=ddof, keepdims=keepdims)


def std(x: ArrayLike, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array:
    """The standard deviation √var(x). Where all entries are equal its derivative is taken as 0.

    >>> import numpy as np
    >>> from autograd import std
    >>> float(std(np.array([1.0, 3.0])))
    1.0
    """
    return std_op(as_real(x), axis=axis, ddof=ddof, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------
# Extremes


def _extreme_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Entries that tie share equally. The shares are constant, as the pieces are linear."""
    top = plain(keep_axes(out, x, axis, keepdims))
    data = plain(x)
    ties = cast(data == top, data.dtype)
    count = sum_op(ties, axis=axis, keepdims=True)
    share = ties / where(top == top, count, top)  # NaN where the extreme is NaN
    return keep_axes(g, x, axis, keepdims) * share


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


def max(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The largest entry of all, or along the axis or axes named; NaN where there is one.

    Entries that tie share the derivative equally.

    >>> import numpy as np
    >>> from autograd import grad, max
    >>> grad(max)(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """
    return max_op(as_array(x), axis=axis, keepdims=keepdims)


def min(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The smallest entry of all, or along the axis or axes named; NaN where there is one.

    Entries that tie share the derivative equally.

    >>> import numpy as np
    >>> from autograd import grad, min
    >>> grad(min)(np.array([1.0, 3.0, 1.0]))
    array([0.5, 0. , 0.5])
    """
    return min_op(as_array(x), axis=axis, keepdims=keepdims)


def ptp(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The range of the entries, max(x) - min(x).

    >>> import numpy as np
    >>> from autograd import ptp
    >>> float(ptp(np.array([1.0, 3.0])))
    2.0
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def argmax(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest entry is, the first of those that tie: plain integers, no derivative.

    Without `axis`, the number of the entry in x as one row.

    >>> import numpy as np
    >>> from autograd import argmax
    >>> argmax(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([1, 0])
    """
    return nondifferentiable(np.argmax, as_array(x), axis=axis, keepdims=keepdims)


def argmin(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest entry is, the first of those that tie: plain integers, no derivative.

    >>> import numpy as np
    >>> from autograd import argmin
    >>> argmin(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([0, 1])
    """
    return nondifferentiable(np.argmin, as_array(x), axis=axis, keepdims=keepdims)


def median(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle entry in order of size, or the mean of the two middle ones; NaN if there is one.

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
