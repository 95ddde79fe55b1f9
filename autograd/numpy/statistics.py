"""Averages, covariances, quantiles, and reductions that leave out NaN, composed of the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.extend import getval
from autograd.ops import Axis
from autograd.ops.shaping import join_axes
from autograd.ops.structural import normalize_axis


def average(
    a: Array,
    axis: Axis = None,
    weights: Array | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Σ w a / Σ w; `returned` gives Σ w beside it."""
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
    """The matrix of covariances of variables, which are rows, or columns without `rowvar`."""
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
    """The matrix of correlations: covariances over both standard deviations."""
    covariance = cov(x, y, rowvar)
    if not ops.shape_of(covariance):
        return covariance / covariance
    deviation = ops.sqrt(ops.diag(covariance))
    return covariance / ops.outer(deviation, deviation)


def bincount(x: Any, weights: Array | None = None, minlength: int = 0) -> Array:
    """For each number up to the largest in x, the sum of the weights where it stands."""
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
    """The number below which the share q of the entries lies, linear between entries.

    q is a constant.
    """
    if method != "linear":
        raise TypeError(f"quantile: of nodes the method is 'linear', not {method!r}")
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
    """`quantile` with q in hundredths."""
    return quantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------
# Running sums under their other names


def cumulative_sum(x: Array, /, *, axis: int | None = None, include_initial: bool = False) -> Array:
    """Running sums along an axis, with `include_initial` beginning with 0."""
    return _from_start(ops.cumsum(x, axis), 0.0, axis or 0, include_initial)


def cumulative_prod(
    x: Array, /, *, axis: int | None = None, include_initial: bool = False
) -> Array:
    """Running products along an axis, with `include_initial` beginning with 1."""
    return _from_start(ops.cumprod(x, axis), 1.0, axis or 0, include_initial)


def _from_start(running: Array, start: float, axis: int, include: bool) -> Array:
    if not include:
        return running
    shape = list(ops.shape_of(running))
    shape[axis] = 1
    return ops.concatenate([np.full(shape, start), running], axis)


# --------------------------------------------------------------------------------------------------
# Without NaN


def _present(a: Array, instead: float) -> tuple[Array, Any]:
    """The entries, with a number in the place of each NaN, and where they are present."""
    a = ops.array(a)
    there = np.logical_not(np.isnan(a))
    return (a if _is_whole(a) else ops.where(there, a, instead)), there


def _is_whole(a: Array) -> bool:
    """Whether an array holds integers or booleans, among which there is no NaN."""
    return bool(a.dtype.kind != "f")


def _number_of(there: Any, a: Array, axis: Axis, keepdims: bool) -> Any:
    """How many entries are present, in the type in which a sum of them is divided."""
    return ops.cast(np.sum(there, axis, keepdims=keepdims), ops.as_real(a).dtype)


def nansum(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Σ of the entries that are not NaN."""
    return ops.sum(_present(a, 0.0)[0], axis, keepdims)


def nanprod(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Π of the entries that are not NaN."""
    return ops.prod(_present(a, 1.0)[0], axis, keepdims)


def nancumsum(a: Array, axis: int | None = None) -> Array:
    """Running sums of the entries that are not NaN."""
    return ops.cumsum(_present(a, 0.0)[0], axis)


def nancumprod(a: Array, axis: int | None = None) -> Array:
    """Running products of the entries that are not NaN."""
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
    """The largest entry that is not NaN; NaN where there is none."""
    a, there = _present(a, -np.inf)
    largest = ops.max(a, axis, keepdims)
    if _is_whole(a):
        return largest
    return ops.where(np.any(there, axis, keepdims=keepdims), largest, np.nan)


def nanmin(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The smallest entry that is not NaN; NaN where there is none."""
    a, there = _present(a, np.inf)
    smallest = ops.min(a, axis, keepdims)
    if _is_whole(a):
        return smallest
    return ops.where(np.any(there, axis, keepdims=keepdims), smallest, np.nan)
