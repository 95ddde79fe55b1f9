"""Cumulative sums and products, and the product of all entries.

The derivatives of products do not divide, so they are right at zeros, to any order.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.elementwise import mul
from autograd.ops.op_types import Linear, chain_product
from autograd.ops.shaping import flip, join_axes, part_axes
from autograd.ops.structural import (
    Axis,
    along,
    as_array,
    concatenate_op,
    index_op,
    keep_axes,
    multiply_reduce,
    shape_of,
)

# --------------------------------------------------------------------------------------------------
# Sums

cumsum_op: Linear = Linear(
    "cumsum",
    lambda x, axis: np.add.accumulate(x, axis),
    lambda g, x, axis: flip(cumsum_op(flip(g, axis), axis=axis), axis),
)


@array_function
def cumsum(x: ArrayLike, axis: int | None = None) -> Array:
    """Cumulative sums along an axis; by default, of x flattened.

    The cotangent is the cumulative sum of g from the end.

    >>> import numpy as np
    >>> from autograd import cumsum
    >>> cumsum(np.array([1.0, 2.0, 4.0]))
    array([1., 3., 7.])
    """
    x, axis = along(x, axis)
    return cumsum_op(x, axis=axis)


# --------------------------------------------------------------------------------------------------
# Products


def _recur(a: Any, b: Any) -> Any:
    """h[0] = b[0], h[i] = a[i] h[i-1] + b[i] along the last axis, in log₂ n steps.

    Two steps x → a x + b compose to one such step, so each pass doubles the length of the runs.
    """
    a, b = np.array(np.broadcast_arrays(a, b))
    done = 1
    while done < b.shape[-1]:
        b[..., done:] += a[..., done:] * b[..., :-done]
        a[..., done:] *= a[..., :-done].copy()
        done *= 2
    return b


def _later(x: Array, first: float) -> Array:
    """x shifted by one along the last axis, with the number `first` in front."""
    shape = shape_of(x)
    start = np.full((*shape[:-1], 1), first, x.dtype)
    longer = concatenate_op(start, x, axis=len(shape) - 1)
    return index_op(longer, key=(..., slice(0, -1)))


def _recur_added(g: Array, out: Array, a: Array, b: Array) -> Array:
    """The same recurrence, run from the end, with each factor shifted by one."""
    axis = len(shape_of(g)) - 1
    return flip(recur_op(_later(flip(a, axis), 0.0), flip(g, axis)), axis)


recur_op: Final = Op(
    "recurrence",
    _recur,
    (
        lambda g, out, a, b: chain_product(_recur_added(g, out, a, b), _later(out, 0.0)),
        _recur_added,
    ),
)


def _cumprod_rule(g: Array, out: Array, x: Array) -> Array:
    """∂L/∂x[k] = (Π_{j<k} x[j]) h[k] with h[k] = g[k] + x[k+1] h[k+1]."""
    return chain_product(_recur_added(g, out, x, x), _later(out, 1.0))


cumprod_op: Final = Op("cumprod", lambda x: np.multiply.accumulate(x, -1), (_cumprod_rule,))


def _prod_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """The derivative for an entry is the product of the entries before it and those after it."""
    row = join_axes(x, axis)
    last = len(shape_of(row)) - 1
    before = _later(cumprod_op(row), 1.0)
    after = flip(_later(cumprod_op(flip(row, last)), 1.0), last)
    others = part_axes(mul(before, after), x, axis)
    return chain_product(keep_axes(g, x, axis, keepdims), others)


prod_op: Final = Op(
    "prod",
    lambda x, axis, keepdims: multiply_reduce(x, axis, None, None, keepdims),
    (_prod_rule,),
    symbol="Π",
)


@array_function
def prod(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product Π x of all entries, or along the given axes.

    The derivative with respect to an entry is the product of the others, also if some are 0, and to
    any order. `keepdims` keeps the reduced axes with length one.

    >>> import numpy as np
    >>> from autograd import grad, prod
    >>> grad(prod)(np.array([2.0, 0.0, 3.0]))
    array([0., 6., 0.])
    """
    return prod_op(as_array(x), axis=axis, keepdims=keepdims)


@array_function
def cumprod(x: ArrayLike, axis: int | None = None) -> Array:
    """Cumulative products along an axis; by default, of x flattened.

    Derivatives are right also if some entries are 0, to any order.

    >>> import numpy as np
    >>> from autograd import cumprod
    >>> cumprod(np.array([2.0, 3.0, 4.0]))
    array([ 2.,  6., 24.])
    """
    x, axis = along(x, axis)
    return part_axes(cumprod_op(join_axes(x, axis)), x, axis)
