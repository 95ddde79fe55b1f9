"""The Poisson distribution with mean `mu`, shifted by `loc`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import plain
from autograd.scipy import load
from autograd.scipy.special import gammainc, gammaincc, gammaln, xlogy
from autograd.scipy.special.densities import gamma_density
from autograd.scipy.special.tails import log_gammainc, log_gammaincc
from autograd.scipy.stats.distribution import differentiable, log_of, others

_theirs = load("stats").poisson


def _in_support(k: Any) -> Any:
    return (k >= 0) & (np.floor(k) == k)


def _logpmf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = ops.sub(plain(k), plain(loc))
    mass = xlogy(k, mu) - gammaln(k + 1) - mu
    return ops.where(_in_support(k), mass, -np.inf)


def _pmf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = ops.sub(plain(k), plain(loc))
    possible = _in_support(k)
    return ops.where(possible, gamma_density(np.where(possible, k, 0) + 1, mu), 0.0)


def _cdf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.floor(ops.sub(plain(k), plain(loc)))
    return ops.where(k >= 0, gammaincc(np.maximum(k, 0) + 1, mu), 0.0)


def _sf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.floor(ops.sub(plain(k), plain(loc)))
    return ops.where(k >= 0, gammainc(np.maximum(k, 0) + 1, mu), 1.0)


def _logcdf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.floor(ops.sub(plain(k), plain(loc)))
    return ops.where(k >= 0, log_gammaincc(np.maximum(k, 0) + 1, mu), -np.inf)


def _logsf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.floor(ops.sub(plain(k), plain(loc)))
    return ops.where(k >= 0, log_gammainc(np.maximum(k, 0) + 1, mu), 0.0)


def _quantile(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """An integer, of which there is no derivative."""
    return lambda q, mu, loc=0: nondifferentiable(theirs, q, mu, loc)


logpmf: Final = differentiable(_theirs.logpmf, _logpmf)
pmf: Final = differentiable(_theirs.pmf, _pmf)
cdf: Final = differentiable(_theirs.cdf, _cdf)
logcdf: Final = differentiable(_theirs.logcdf, log_of(_logcdf, _sf))
sf: Final = differentiable(_theirs.sf, _sf)
logsf: Final = differentiable(_theirs.logsf, log_of(_logsf, _cdf))
ppf: Final = differentiable(_theirs.ppf, _quantile(_theirs.ppf))
isf: Final = differentiable(_theirs.isf, _quantile(_theirs.isf))
__getattr__: Final = others(_theirs, "poisson")
