"""Averages, covariances, quantiles, and reductions that ignore NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import interpreter
from autograd.numpy import reductions
from autograd.ops import Axis
from autograd.ops.complex_parts import is_complex
from autograd.ops.predicates import nondifferentiable
from autograd.ops.shaping import join_axes
from autograd.ops.structural import normalize_axis, plain


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
    weights = np.ones(shape, a.dtype) if weights is None else ops.array(weights)
    if len(ops.shape_of(weights)) < len(shape) and axis is not None:
        axes = normalize_axis(axis, len(shape))
        weights = ops.reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(shape)))
    weights = ops.broadcast_to(weights, shape)
    products = a * weights
    total = ops.sum(ops.cast(weights, products.dtype), axis, keepdims)
    mean = ops.sum(products, axis, keepdims) / total
    return (mean, total) if returned else mean


def cov(
    m: Array,
    y: Array | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Array | None = None,
    *,
    dtype: Any = None,
) -> Array:
    """The covariance matrix of variables, which are rows, or columns with rowvar=False.

    fweights, aweights: how often each observation counts, and how much.
    """
    variables = _variables(m, rowvar)
    if y is not None:
        variables = ops.concatenate([variables, _variables(y, rowvar)])
    dtype = np.result_type(variables.dtype, np.float64) if dtype is None else dtype
    variables = ops.cast(variables, dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    freedom: Array
    if fweights is None and aweights is None:
        away = variables - ops.mean(variables, 1, True)
        weighted, freedom = away, ops.shape_of(away)[1] - ddof
    else:
        weights = _observation_weights("fweights", variables, fweights)
        weights = weights * _observation_weights("aweights", variables, aweights)
        total = ops.sum(weights)
        away = variables - ops.sum(variables * weights, 1, True) / total
        spent = ddof if aweights is None else ddof * ops.sum(weights * aweights) / total
        weighted, freedom = away * weights, total - spent
    return ops.squeeze(away @ ops.conj(ops.transpose(weighted)) / freedom)


def _variables(x: Array, rowvar: bool) -> Array:
    x = ops.atleast_2d(x)
    return x if rowvar or ops.shape_of(x)[0] == 1 else ops.transpose(x)


def _observation_weights(name: str, variables: Array, weights: Any) -> Array:
    if weights is None:
        return 1.0
    weights = ops.array(weights)
    if ops.shape_of(weights) != ops.shape_of(variables)[1:]:
        raise ValueError(
            f"cov: {name} of shape {ops.shape_of(weights)} for {ops.shape_of(variables)[1]} "
            "observations: one for each is needed"
        )
    if is_complex(weights):
        raise TypeError(f"cov: {name} must be real: NumPy drops the imaginary parts")
    if name == "fweights" and weights.dtype.kind not in "iub":
        raise TypeError("cov: fweights are how often each observation counts: integers")
    data = plain(weights)
    if not interpreter().replayed and np.any(data < 0):
        raise ValueError(f"cov: {name} must not be negative")
    return weights


def corrcoef(x: Array, y: Array | None = None, rowvar: bool = True, *, dtype: Any = None) -> Array:
    """The correlation matrix: covariances divided by both standard deviations."""
    covariance = cov(x, y, rowvar, dtype=dtype)
    if not ops.shape_of(covariance):
        return covariance / covariance
    deviation = ops.sqrt(ops.real(ops.diag(covariance)))
    return covariance / ops.outer(deviation, deviation)


def bincount(x: Any, /, weights: Array | None = None, minlength: int = 0) -> Array:
    """For each number up to the largest in x, the sum of the weights of its occurrences.

    In a compiled program the length is a branch: another length records it again.
    """
    places = plain(x)
    largest = nondifferentiable(np.max, places, initial=-1)
    length = max(minlength, int(largest) + 1)
    counted = 1 if weights is None else ops.cast(weights, np.float64)
    return ops.scatter(counted, ops.cast(places, int), (length,))


# --------------------------------------------------------------------------------------------------
# Quantiles: between the entries, in sorted order, on either side of a place that grows with q

_ENDS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""The parameters α and β of the place, by method (Hyndman and Fan, 1996)."""


def _place(method: str, n: int, q: Array) -> tuple[Array, Array | None]:
    """The entry of n below the quantile, counted from 0, and the share of the next one if any."""
    if method in _ENDS:
        alpha, beta = _ENDS[method]
        place = ops.clip(n * q + (alpha + q * (1 - alpha - beta)) - 1, 0, n - 1)
        below = np.clip(np.floor(plain(place)), 0, max(n - 2, 0))
        return below, place - below
    q = plain(q)
    match method:
        case "lower":
            return np.floor((n - 1) * q), None
        case "higher":
            return np.ceil((n - 1) * q), None
        case "nearest":
            return np.rint((n - 1) * q), None
        case "midpoint":
            place = (n - 1) * q
            return np.floor(place), ops.where(place == np.floor(place), 0.0, 0.5)
        case "inverted_cdf":
            return np.clip(np.ceil(n * q) - 1, 0, n - 1), None
        case "averaged_inverted_cdf":
            place = np.clip(n * q - 1, 0, n - 1)
            return np.ceil(place), ops.where((place == np.floor(place)) & (n * q >= 1), 0.5, 0.0)
        case "closest_observation":
            return np.clip(np.rint(n * q) - 1, 0, n - 1), None
    raise ValueError(f"quantile: the method {method!r} is none of NumPy's")


def quantile(
    a: Array,
    q: Array,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Array:
    """The q-th quantile of the entries, by NumPy's methods.

    By the methods that interpolate it is differentiable with respect to q, too. Raises TypeError
    for weights, and ValueError for q outside of 0 and 1.
    """
    if out is not None or weights is not None:
        raise TypeError("quantile: out and weights are not supported for nodes")
    a = ops.array(a)
    q = ops.array(a.dtype.type(q) if type(q) in (int, float) and a.dtype.kind == "f" else q)
    if not interpreter().replayed and not np.all((plain(q) >= 0) & (plain(q) <= 1)):
        raise ValueError("quantile: q must be between 0 and 1 (in a percentile, 0 and 100)")
    ordered = ops.sort(join_axes(a, axis))
    n = ops.shape_of(ordered)[-1]
    below, share = _place(method, n, q)
    below = ops.cast(below, int)
    between = ops.take(ordered, below, -1)
    if share is not None:
        between = ops.cast(between, np.result_type(a.dtype, q.dtype))
        above = ops.take(ordered, np.minimum(below + 1, n - 1), -1)
        step = above - between
        # From the nearer of the two, as NumPy does: an infinite step says nothing of the other.
        between = ops.where(share < 0.5, between + step * share, above - step * (1 - share))
    shape = ops.shape_of(ordered)[:-1]
    axes = len(ops.shape_of(q))
    if not _is_whole(a):
        last_entry = ops.reshape(ordered[..., -1], shape + (1,) * axes)
        between = ops.where(np.isnan(last_entry), np.nan, between)
    between = ops.moveaxis(between, tuple(range(len(shape), len(shape) + axes)), tuple(range(axes)))
    if not keepdims:
        return between
    shape = ops.shape_of(a)
    kept = normalize_axis(axis, len(shape))
    ones = tuple(1 if i in kept else n for i, n in enumerate(shape))
    return ops.reshape(between, ops.shape_of(q) + ones)


def percentile(
    a: Array,
    q: Array,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Array:
    """`quantile` with q in percent."""
    share = q / 100 if type(q) in (int, float) else ops.div(ops.array(q), 100)
    return quantile(a, share, axis, out, overwrite_input, method, keepdims, weights=weights)


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
    return ops.concatenate([np.full(shape, start, running.dtype), running], axis)


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


def _number_of(there: Any, total: Array, axis: Axis, keepdims: bool) -> Any:
    """The number of entries that are not NaN, in the dtype of their sum."""
    return ops.cast(np.sum(there, axis, keepdims=keepdims), total.dtype)


def nansum(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The sum of the entries that are not NaN."""
    return reductions.sum(_present(a, 0.0)[0], axis, dtype, out, keepdims, initial, where)


def nanprod(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The product of the entries that are not NaN."""
    return reductions.prod(_present(a, 1.0)[0], axis, dtype, out, keepdims, initial, where)


def nancumsum(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Cumulative sums of the entries that are not NaN."""
    return reductions.cumsum(_present(a, 0.0)[0], axis, dtype, out)


def nancumprod(a: Array, axis: int | None = None, dtype: Any = None, out: None = None) -> Array:
    """Cumulative products of the entries that are not NaN."""
    return reductions.cumprod(_present(a, 1.0)[0], axis, dtype, out)


def nanmean(
    a: Array,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """The mean of the entries that are not NaN."""
    a, there = _present(a, 0.0)
    there = np.logical_and(there, where)
    total = reductions.sum(ops.as_real(a), axis, dtype, out, keepdims, where=where)
    return total / _number_of(there, total, axis, keepdims)


def nanvar(
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
    """The variance of the entries that are not NaN."""
    ddof = ddof if correction is None else correction
    reductions.require_room("nanvar", a, dtype)
    a = a if dtype is None else ops.cast(a, dtype)
    mean = nanmean(a, axis, keepdims=True, where=where) if mean is None else mean
    there = np.logical_not(np.isnan(a))
    away = ops.where(there, a - mean, 0.0)
    there = np.logical_and(there, where)
    squares = reductions.sum(
        ops.real(away * ops.conj(away)), axis, None, out, keepdims, where=where
    )
    freedom = _number_of(there, squares, axis, keepdims) - ddof
    return squares / ops.where(freedom > 0, freedom, np.nan)


def nanstd(
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
    """The standard deviation of the entries that are not NaN."""
    ddof = ddof if correction is None else correction
    return ops.sqrt(nanvar(a, axis, dtype, out, ddof, keepdims, where=where, mean=mean))


def nanmax(
    a: Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The largest entry that is not NaN; NaN if there is none."""
    a, there = _present(a, -np.inf)
    largest = reductions.max(a, axis, out, keepdims, initial, where)
    return _unless_all_missing(largest, a, there, axis, keepdims)


def nanmin(
    a: Array,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: Array | None = None,
    where: Any = True,
) -> Array:
    """The smallest entry that is not NaN; NaN if there is none."""
    a, there = _present(a, np.inf)
    smallest = reductions.min(a, axis, out, keepdims, initial, where)
    return _unless_all_missing(smallest, a, there, axis, keepdims)


def _unless_all_missing(result: Array, a: Array, there: Any, axis: Axis, keepdims: bool) -> Array:
    if _is_whole(a):
        return result
    return ops.where(np.any(there, axis, keepdims=keepdims), result, np.nan)
