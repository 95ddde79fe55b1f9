"""Softmax and its relatives, which subtract the largest entry first, so that nothing overflows.

They are operations in their own right because that takes fewer passes over the array than composing
them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.elementwise import exp, where
from autograd.ops.op_types import chain_product
from autograd.ops.structural import (
    Axis,
    add_reduce,
    as_real,
    keep_axes,
    maximum_reduce,
    plain,
    sum_op,
)


def _logsumexp(x: Any, axis: Axis, keepdims: bool) -> Any:
    top = maximum_reduce(x, axis, None, None, True)
    finite = np.isfinite(top)
    if not finite.all():
        with np.errstate(divide="ignore"):  # ln 0 where all entries are -inf
            return _log_sum(x, np.where(finite, top, 0), axis, keepdims)
    return _log_sum(x, top, axis, keepdims)


def _log_sum(x: Any, top: Any, axis: Axis, keepdims: bool) -> Any:
    out = np.log(add_reduce(np.exp(x - top), axis, None, None, keepdims))
    return out + top.reshape(out.shape)


def _logsumexp_rule(g: Array, out: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    g, out = keep_axes(g, x, axis, keepdims), keep_axes(out, x, axis, keepdims)
    empty = plain(out) == -np.inf
    if isinstance(empty, Node) or empty.any():
        out = where(empty, 0.0, out)
    return chain_product(g, exp(x - out))


def _softmax(x: Any, axis: Axis) -> Any:
    out = np.exp(x - maximum_reduce(x, axis, None, None, True))
    out /= add_reduce(out, axis, None, None, True)
    return out


def _softmax_rule(g: Array, out: Array, x: Array, axis: Axis) -> Array:
    total = sum_op(chain_product(g, out), axis=axis, keepdims=True)
    return chain_product(g - total, out)


def _log_softmax(x: Any, axis: Axis) -> Any:
    below = x - maximum_reduce(x, axis, None, None, True)
    return below - np.log(add_reduce(np.exp(below), axis, None, None, True))


def _log_softmax_rule(g: Array, out: Array, x: Array, axis: Axis) -> Array:
    return g - chain_product(sum_op(g, axis=axis, keepdims=True), exp(out))


logsumexp_op: Final = Op("logsumexp", _logsumexp, (_logsumexp_rule,))
softmax_op: Final = Op("softmax", _softmax, (_softmax_rule,))
log_softmax_op: Final = Op("log_softmax", _log_softmax, (_log_softmax_rule,))


@array_function
def logsumexp(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """ln Σ exp(x), without overflow, over all entries or along the given axes.

    The derivative is exp(x - out), the softmax. An entry of -inf adds nothing and has the
    derivative 0; if all entries are -inf, so is the result. `keepdims` keeps the reduced axes with
    length one.

    >>> import numpy as np
    >>> from autograd import grad, logsumexp
    >>> grad(logsumexp)(np.array([1000.0, 1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    return logsumexp_op(as_real(x), axis=axis, keepdims=keepdims)


@array_function
def softmax(x: ArrayLike, axis: Axis = -1) -> Array:
    """exp(x) / Σ exp(x) along an axis: probabilities from logits, without overflow.

    The result s has the shape of x; ∂L/∂x = s (g - Σ g s) with g = ∂L/∂s.

    >>> import numpy as np
    >>> from autograd import softmax
    >>> softmax(np.array([1000.0, 1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    return softmax_op(as_real(x), axis=axis)


@array_function
def log_softmax(x: ArrayLike, axis: Axis = -1) -> Array:
    """x - ln Σ exp(x) along an axis: log probabilities from logits, without overflow.

    It is exact even where `softmax` underflows to 0, so losses should be computed from it. The
    result l has the shape of x; ∂L/∂x = g - exp(l) Σ g with g = ∂L/∂l.

    >>> import numpy as np
    >>> from autograd import log_softmax
    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    return log_softmax_op(as_real(x), axis=axis)
