"""The multivariate normal distribution with mean `mean` and covariance matrix `cov`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.complex_parts import is_complex
from autograd.ops.structural import plain
from autograd.scipy import load
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").multivariate_normal


def _parameters(mean: Array | None, cov: Array) -> tuple[Array, Array]:
    """The mean as a vector and the covariance as a matrix, from every form that SciPy accepts."""
    _require_real("mean", mean)
    _require_real("covariance", cov)
    cov = ops.array(cov)
    shape = ops.shape_of(cov)
    if mean is None:
        mean = np.zeros(shape[0] if shape else 1)
    mean = ops.atleast_1d(mean)
    size = ops.shape_of(mean)[0]
    if not shape:
        cov = cov * np.eye(size)
    elif len(shape) == 1:
        cov = ops.diag(cov)
    return mean, (cov + ops.transpose(cov)) / 2  # so the derivative is symmetric, too


def _require_real(name: str, x: Any) -> None:
    if is_complex(x):
        raise TypeError(
            f"multivariate_normal: {name} must be real: SciPy drops the imaginary parts"
        )


def _logpdf(
    x: Array, mean: Array | None = None, cov: Array = 1.0, allow_singular: bool = False
) -> Array:
    mean, cov = _parameters(mean, cov)
    _require_real("x", x)
    size = ops.shape_of(mean)[0]
    x = ops.array(x)
    if size == 1 and ops.shape_of(x)[-1:] != (1,):  # numbers, not vectors
        x = ops.expand_dims(x, -1)
    away = x - mean
    if allow_singular:
        values, vectors = ops.eigh(cov)
        data = plain(values)
        there = data > 1e6 * np.finfo(data.dtype).eps * np.max(abs(data))
        values = ops.where(there, values, 1.0)
        size = np.sum(there)
        distance = ops.sum(ops.where(there, (away @ vectors) ** 2, 0.0) / values, -1)
        log_det = ops.sum(ops.log(values))
    else:
        factor = ops.cholesky(cov)
        rows = ops.reshape(away, (-1, size))
        scaled = ops.solve(factor, ops.transpose(rows))
        distance = ops.reshape(ops.sum(scaled**2, 0), ops.shape_of(away)[:-1])
        log_det = 2 * ops.sum(ops.log(ops.diag(factor)))
    return -(size * math.log(2 * math.pi) + log_det + distance) / 2


def _entropy(mean: Array | None = None, cov: Array = 1.0) -> Array:
    mean, cov = _parameters(mean, cov)
    size = ops.shape_of(mean)[0]
    return (size * (1 + math.log(2 * math.pi)) + ops.slogdet(cov)[1]) / 2


def _pdf(*args: Any, **kwargs: Any) -> Array:
    return ops.exp(_logpdf(*args, **kwargs))


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, _pdf)
entropy: Final = differentiable(_theirs.entropy, _entropy)
__getattr__: Final = others(_theirs, "multivariate_normal")
