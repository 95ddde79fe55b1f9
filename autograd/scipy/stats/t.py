"""Student's t distribution with `df` degrees of freedom, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

import math
from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import gammaln, stdtr, stdtrit
from autograd.scipy.special.tails import log_stdtr
from autograd.scipy.stats.distribution import differentiable, log_of, others

_theirs = load("stats").t


def _logpdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - ops.log(df * math.pi) / 2
    return constant - ops.log(scale) - (df + 1) / 2 * ops.log1p(z * z / df)


def _cdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return stdtr(df, (x - loc) / scale)


def _sf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return stdtr(df, (loc - x) / scale)


def _logcdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return log_stdtr(df, (x - loc) / scale)


def _logsf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return log_stdtr(df, (loc - x) / scale)


def _ppf(q: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc + scale * stdtrit(df, q)


def _isf(q: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return loc - scale * stdtrit(df, q)


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, lambda *args, **kwargs: ops.exp(_logpdf(*args, **kwargs)))
cdf: Final = differentiable(_theirs.cdf, _cdf)
logcdf: Final = differentiable(_theirs.logcdf, log_of(_logcdf, _sf))
sf: Final = differentiable(_theirs.sf, _sf)
logsf: Final = differentiable(_theirs.logsf, log_of(_logsf, _cdf))
ppf: Final = differentiable(_theirs.ppf, _ppf)
isf: Final = differentiable(_theirs.isf, _isf)
__getattr__: Final = others(_theirs, "t")
