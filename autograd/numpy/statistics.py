"""Averages, covariances, quantiles, and reductions that ignore NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops import Axis
from autograd.ops.shaping import join_axes
from autograd.ops.structural import normalize_axis
from autograd.plain import getval


def average(
    a: Array,
    axis: Axis = None,
    weights: Array | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """The weighted mean Σ w a / Σ w; with `returned`, also Σ w."""
    a = ops.as_real(a)
    shape = ops.shape_of(a)
    weights = np.ones(shape, a.dtype) if weights is None else ops.as_real(weights)
    if len(ops.shape_of(weights)) < len(shape) and axis is not None:
        axes = normalize_axis(axis, len(shape))
        weights = ops.reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(shape)))
    weights = ops.broadcast_to(weights, shape)
    total = ops.sum(weights, axis, keepdims)
    mean = ops.sum(a * weights, axis, keepdims) / total
    return (mean, total) if returned else mean


def cov(
    m: Array,
    y: Array | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
) -> Array:
    """The covariance matrix of variables, which are rows, or columns with rowvar=False."""
    variables = _variables(m, rowvar)
    if y is not None:
        variables = ops.concatenate([variables, _variables(y, rowvar)])
    away = variables - ops.mean(variables, 1, True)
    freedom = ops.shape_of(away)[1] - ((0 if bias else 1) if ddof is None else ddof)
    return ops.squeeze(away @ ops.transpose(away) / freedom)


def _variables(x: Array, rowvar: bool) -> Array:
    x = ops.atleast_2d(x)
    return x if rowvar or ops.shape_of(x)[0] == 1 else ops.transpose(x)


def corrcoef(x: Array, y: Array | None = None, rowvar: bool = True) -> Array:
    """The correlation matrix: covariances divided by both standard deviations."""
    covariance = cov(x, y, rowvar)
    if not ops.shape_of(covariance):
        return covariance / covariance
    deviation = ops.sqrt(ops.diag(covariance))
    return covariance / ops.outer(deviation, deviation)


def bincount(x: Any, weights: Array | None = None, minlength: int = 0) -> Array:
    """For each number up to the largest in x, the sum of the weights of its occurrences."""
    places = np.asarray(getval(x))
    length = max(minlength, int(np.max(places, initial=-1)) + 1)
    return ops.scatter(1.0 if weights is None else weights, places.astype(int), (length,))


def quantile(
    a: Array,
    q: Any,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Array:
    """The q-th quantile of the entries, with linear interpolation. q is a constant."""
    if method != "linear":
        raise TypeError(f"quantile: for nodes the method must be 'linear', and is {method!r}")
    a, q = ops.array(a), np.asarray(getval(q))
    ordered = ops.sort(join_axes(a, axis))
    last = ops.shape_of(ordered)[-1] - 1
    below = np.clip(np.floor(q * last).astype(int), 0, max(last - 1, 0))
    share = q * last - below
    low, high = ops.take(ordered, below, -1), ops.take(ordered, np.minimum(below + 1, last), -1)
    between = low + (high - low) * share
    last_entry = ops.reshape(ordered[..., -1], ordered.shape[:-1] + (1,) * q.ndim)
    between = ops.where(np.isnan(last_entry), np.nan, between)
    lead = len(ops.shape_of(ordered)) - 1
    between = ops.moveaxis(between, tuple(range(lead, lead + q.ndim)), tuple(range(q.ndim)))
    if not keepdims:
        return between
    shape = ops.shape_of(a)
    axes = normalize_axis(axis, len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return ops.reshape(between, q.shape + kept)


def percentile(
    a: Array,
    q: Any,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Array:
    """`quantile` with q in percent."""
    return quantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------
# Cumulative sums and products, as in the array API


def cumulative_sum(x: Array, /, *, axis: int | None = None, include_initial: bool = False) -> Array:
    """Cumulative sums along an axis; with `include_initial` they begin with 0."""
    return _from_start(ops.cumsum(x, axis), 0.0, axis or 0, include_initial)


def cumulative_prod(
    x: Array, /, *, axis: int | None = None, include_initial: bool = False
) -> Array:
    """Cumulative products along an axis; with `include_initial` they begin with 1."""
    return _from_start(ops.cumprod(x, axis), 1.0, axis or 0, include_initial)


def _from_start(running: Array, start: float, axis: int, include: bool) -> Array:
    if not include:
        return running
    shape = list(ops.shape_of(running))
    shape[axis] = 1
    return ops.concatenate([np.full(shape, start), running], axis)


# --------------------------------------------------------------------------------------------------
# Reductions that ignore NaN


def _present(a: Array, instead: float) -> tuple[Array, Any]:
    """The entries with each NaN replaced by a number, and a mask of those that are not NaN."""
    a = ops.array(a)
    there = np.logical_not(np.isnan(a))
    return (a if _is_whole(a) else ops.where(there, a, instead)), there


def _is_whole(a: Array) -> bool:
    """Whether an array holds integers or booleans, so that no entry is NaN."""
    return bool(a.dtype.kind not in "fc")


def _number_of(there: Any, a: Array, axis: Axis, keepdims: bool) -> Any:
    """The number of entries that are not NaN, in the dtype of the mean."""
    return ops.cast(np.sum(there, axis, keepdims=keepdims), ops.as_real(a).dtype)


def nansum(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The sum of the entries that are not NaN."""
    return ops.sum(_present(a, 0.0)[0], axis, keepdims)


def nanprod(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The product of the entries that are not NaN."""
    return ops.prod(_present(a, 1.0)[0], axis, keepdims)


def nancumsum(a: Array, axis: int | None = None) -> Array:
    """Cumulative sums of the entries that are not NaN."""
    return ops.cumsum(_present(a, 0.0)[0], axis)


def nancumprod(a: Array, axis: int | None = None) -> Array:
    """Cumulative products of the entries that are not NaN."""
    return ops.cumprod(_present(a, 1.0)[0], axis)


def nanmean(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The mean of the entries that are not NaN."""
    a, there = _present(a, 0.0)
    return ops.sum(ops.as_real(a), axis, keepdims) / _number_of(there, a, axis, keepdims)


def nanvar(a: Array, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Array:
    """The variance of the entries that are not NaN."""
    away, there = _present(a - nanmean(a, axis, keepdims=True), 0.0)
    freedom = _number_of(there, away, axis, keepdims) - ddof
    return ops.sum(away * away, axis, keepdims) / np.where(freedom > 0, freedom, np.nan)


def nanstd(a: Array, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Array:
    """The standard deviation of the entries that are not NaN."""
    return ops.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


def nanmax(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The largest entry that is not NaN; NaN if there is none."""
    a, there = _present(a, -np.inf)
    largest = ops.max(a, axis, keepdims)
    if _is_whole(a):
        return largest
    return ops.where(np.any(there, axis, keepdims=keepdims), largest, np.nan)


def nanmin(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The smallest entry that is not NaN; NaN if there is none."""
    a, there = _present(a, np.inf)
    smallest = ops.min(a, axis, keepdims)
    if _is_whole(a):
        return smallest
    return ops.where(np.any(there, axis, keepdims=keepdims), smallest, np.nan)
