"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj, real
from autograd.ops.decompositions import svd
from autograd.ops.elementwise import abs, over_norm, share_over_norm, sign, where
from autograd.ops.op_types import chain_product
from autograd.ops.reductions import max, min
from autograd.ops.shaping import expand_dims, moveaxis
from autograd.ops.structural import (
    Axis,
    add_reduce,
    as_real,
    keep_axes,
    normalize_axis,
    shape_of,
    sum,
    sum_op,
)


def _p_norm(x: Any, p: float, axis: Axis, keepdims: bool) -> Any:
    if x.dtype.kind == "c":
        x = np.absolute(x)
    if p == 2:
        return np.sqrt(add_reduce(x * x, axis, None, None, keepdims))
    return add_reduce(np.absolute(x) ** p, axis, None, None, keepdims) ** (1 / p)


def _p_norm_rule(g: Array, out: Array, x: Array, p: float, axis: Axis, keepdims: bool) -> Array:
    """sign(x) (|x| / norm)^(p - 1), conjugated, and 0 at the zero vector, where there is none."""
    x = conj(x)
    g, out = keep_axes(g, x, axis, keepdims), keep_axes(out, x, axis, keepdims)
    if p == 2:
        return chain_product(share_over_norm(where(out == 0, g * out, g), out), x)
    return chain_product(g, _p_norm_slope(over_norm(x, out), p))


def _p_norm_slope(part: Array, p: float) -> Array:
    if p > 2:  # smooth also where an entry is 0
        return part * abs(part) ** (p - 2)
    return sign(part) * abs(part) ** (p - 1)


def _p_norm_tangent(
    argnum: int, t: Array, out: Array, x: Array, p: float, axis: Axis, keepdims: bool
) -> Array:
    x = conj(x)
    if p == 2:
        total = sum_op(real(chain_product(t, x)), axis=axis, keepdims=keepdims)
        return share_over_norm(total, out)
    slope = _p_norm_slope(over_norm(x, keep_axes(out, x, axis, keepdims)), p)
    return sum_op(real(chain_product(t, slope)), axis=axis, keepdims=keepdims)


norm_op: Final = Op("norm", _p_norm, (_p_norm_rule,), _p_norm_tangent)


@array_function
def norm(x: ArrayLike, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """The norm of vectors or matrices, as in `numpy.linalg.norm`.

    ord: for vectors a number p, (Σ |x|^p)^(1/p), by default 2; inf and -inf are the largest and the
        smallest |x|. For matrices "fro" or None, √Σ x²; "nuc", the sum of the singular values; 2
        and -2, the largest and the smallest singular value; 1 and -1, the largest and the smallest
        column sum of |x|; inf and -inf, the largest and the smallest row sum.
    axis: one axis for vectors, two for matrices. By default x is one vector or one matrix; with
        ord=None also, x may have any shape, and the result is √Σ x² over all entries.
    keepdims: whether to keep the reduced axes with length one.

    The derivative of the p-norm is sign(x) (|x| / norm)^(p - 1) (conjugated, if x is complex),
    taken as 0 at x = 0, where it does not exist; the second derivatives are inf or nan there. For
    p < 1 it is nan at an entry of 0, where it is infinite. Raises ValueError for another ord, or
    axes that do not match.

    >>> import numpy as np
    >>> from autograd import grad, norm
    >>> grad(norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    >>> grad(norm)(np.zeros(2))
    array([0., 0.])
    """
    x = as_real(x)
    ndim = len(shape_of(x))
    if axis is None and ord is None:
        return norm_op(x, p=2, axis=None, keepdims=keepdims)
    if axis is None and ndim not in (1, 2):
        raise ValueError(f"norm: shape {shape_of(x)} is not a vector or a matrix; pass axis=...")
    axes = (axis,) if isinstance(axis, int) else tuple(range(ndim)) if axis is None else tuple(axis)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"norm: axis must be one axis (vectors) or two (matrices), and is {axis}")


def _vector_norm(x: Array, ord: Any, axis: tuple[int, ...], keepdims: bool) -> Array:
    if ord == np.inf:
        return max(abs(x), axis, keepdims)
    if ord == -np.inf:
        return min(abs(x), axis, keepdims)
    if ord == 1:
        return sum(abs(x), axis, keepdims)
    if isinstance(ord, str) or ord == 0:
        raise ValueError(f"norm: ord={ord!r} is not a vector norm with a derivative")
    return norm_op(x, p=2 if ord is None else ord, axis=axis, keepdims=keepdims)


def _matrix_norm(x: Array, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Array:
    if ord is None or ord == "fro":
        return norm_op(x, p=2, axis=axes, keepdims=keepdims)
    x = moveaxis(x, axes, (-2, -1))
    extreme = min if not isinstance(ord, str) and ord < 0 else max
    if ord in (1, -1):
        out = extreme(sum(abs(x), -2), -1)
    elif ord in (np.inf, -np.inf):
        out = extreme(sum(abs(x), -1), -1)
    elif ord in (2, -2):
        out = extreme(svd(x, compute_uv=False), -1)
    elif ord == "nuc":
        out = sum(svd(x, compute_uv=False), -1)
    else:
        raise ValueError(f"norm: ord={ord!r} is not a matrix norm: 'fro', 'nuc', ±1, ±2 or ±inf")
    return expand_dims(out, normalize_axis(axes, len(shape_of(x)))) if keepdims else out
