"""The beta distribution with shapes `a` and `b`, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import (
    betainc,
    betaincc,
    betainccinv,
    betaincinv,
    betaln,
    xlog1py,
    xlogy,
)
from autograd.scipy.special.densities import beta_density
from autograd.scipy.special.tails import log_betainc, log_betaincc
from autograd.scipy.stats.distribution import differentiable, log_of, others

_theirs = load("stats").beta


def _logpdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b) - ops.log(scale)
    return ops.where((z < 0) | (z > 1), -np.inf, density)


def _pdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    outside = (z < 0) | (z > 1)
    return ops.where(outside, 0.0, beta_density(a, b, ops.where(outside, 0.5, z)) / scale)


def _inside(x: Array, loc: Array, scale: Array) -> Array:
    z = (x - loc) / scale
    return ops.where(z < 0, 0.0, ops.where(z > 1, 1.0, z))


def _cdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return betainc(a, b, _inside(x, loc, scale))


def _sf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return betaincc(a, b, _inside(x, loc, scale))


def _logcdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return log_betainc(a, b, _inside(x, loc, scale))


def _logsf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return log_betaincc(a, b, _inside(x, loc, scale))


def _ppf(q: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc + scale * betaincinv(a, b, q)


def _isf(q: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc + scale * betainccinv(a, b, q)


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, _pdf)
cdf: Final = differentiable(_theirs.cdf, _cdf)
logcdf: Final = differentiable(_theirs.logcdf, log_of(_logcdf, _sf))
sf: Final = differentiable(_theirs.sf, _sf)
logsf: Final = differentiable(_theirs.logsf, log_of(_logsf, _cdf))
ppf: Final = differentiable(_theirs.ppf, _ppf)
isf: Final = differentiable(_theirs.isf, _isf)
__getattr__: Final = others(_theirs, "beta")
