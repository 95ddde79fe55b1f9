"""The gamma distribution with shape `a`, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln, xlogy
from autograd.scipy.special.densities import gamma_density
from autograd.scipy.special.tails import log_gammainc, log_gammaincc
from autograd.scipy.stats.distribution import differentiable, log_of, others

_theirs = load("stats").gamma


def _logpdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) - z - gammaln(a) - ops.log(scale)
    return ops.where(z < 0, -np.inf, density)


def _pdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return ops.where(z < 0, 0.0, gamma_density(a, ops.where(z < 0, 1.0, z)) / scale)


def _cdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return gammainc(a, ops.where(z < 0, 0.0, z))


def _sf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return gammaincc(a, ops.where(z < 0, 0.0, z))


def _logcdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return log_gammainc(a, ops.where(z < 0, 0.0, z))


def _logsf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return log_gammaincc(a, ops.where(z < 0, 0.0, z))


def _ppf(q: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc + scale * gammaincinv(a, q)


def _isf(q: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc + scale * gammainccinv(a, q)


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, _pdf)
cdf: Final = differentiable(_theirs.cdf, _cdf)
logcdf: Final = differentiable(_theirs.logcdf, log_of(_logcdf, _sf))
sf: Final = differentiable(_theirs.sf, _sf)
logsf: Final = differentiable(_theirs.logsf, log_of(_logsf, _cdf))
ppf: Final = differentiable(_theirs.ppf, _ppf)
isf: Final = differentiable(_theirs.isf, _isf)
__getattr__: Final = others(_theirs, "gamma")
