"""Distributions of `scipy.stats` for nodes, each a module with its densities and probabilities.

What else SciPy's distributions have, such as `rvs` and `ppf`, is SciPy's own and refuses nodes.
"""

from __future__ import annotations

import math
import sys
from types import ModuleType
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.extend import getval
from autograd.graph import Array
from autograd.numpy.wrapping import ADVICE, Function, differentiable, refused
from autograd.scipy import load
from autograd.scipy.special import (
    betainc,
    betaln,
    gammainc,
    gammaincc,
    gammaln,
    log_ndtr,
    ndtr,
    stdtr,
    xlog1py,
    xlogy,
)

_theirs = load("stats")
_LOG_2PI = math.log(2 * math.pi)

__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t"]


def _module(name: str, doc: str, **ours: Function) -> ModuleType:
    """SciPy's distribution of this name as a module, with these of its functions for nodes."""
    theirs = getattr(_theirs, name)

    def others(attribute: str) -> Any:
        found = getattr(theirs, attribute)
        full_name = f"scipy.stats.{name}.{attribute}"
        return refused(found, full_name, ADVICE) if callable(found) else found

    module = ModuleType(f"{__name__}.{name}", doc)
    vars(module).update(
        {key: differentiable(getattr(theirs, key), function) for key, function in ours.items()},
        __file__=__file__,
        __getattr__=others,
    )
    sys.modules[module.__name__] = module  # where `import autograd.scipy.stats.norm` looks first
    return module


def _exp(log: Function) -> Function:
    return lambda *args, **kwargs: ops.exp(log(*args, **kwargs))


def _log(f: Function) -> Function:
    return lambda *args, **kwargs: ops.log(f(*args, **kwargs))


# --------------------------------------------------------------------------------------------------
# Of numbers, moved by `loc` and scaled by `scale`


def _beta_logpdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b) - ops.log(scale)
    return ops.where(np.logical_and(z >= 0, z <= 1), density, -np.inf)


def _beta_cdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return betainc(a, b, ops.clip((x - loc) / scale, 0.0, 1.0))


beta: Final = _module(
    "beta",
    "The beta distribution of shapes `a` and `b`.",
    logpdf=_beta_logpdf,
    pdf=_exp(_beta_logpdf),
    cdf=_beta_cdf,
)


def _gamma_logpdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) - z - gammaln(a) - ops.log(scale)
    return ops.where(z >= 0, density, -np.inf)


def _gamma_cdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return gammainc(a, ops.maximum((x - loc) / scale, 0.0))


gamma: Final = _module(
    "gamma",
    "The gamma distribution of shape `a`.",
    logpdf=_gamma_logpdf,
    pdf=_exp(_gamma_logpdf),
    cdf=_gamma_cdf,
)


def _chi2_logpdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return _gamma_logpdf(x, df / 2, loc, 2 * scale)


def _chi2_cdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return _gamma_cdf(x, df / 2, loc, 2 * scale)


chi2: Final = _module(
    "chi2",
    "The distribution of the sum of `df` squared standard normal numbers.",
    logpdf=_chi2_logpdf,
    pdf=_exp(_chi2_logpdf),
    cdf=_chi2_cdf,
)


def _norm_logpdf(x: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return -z * z / 2 - ops.log(scale) - _LOG_2PI / 2


norm: Final = _module(
    "norm",
    "The normal distribution, with mean `loc` and standard deviation `scale`.",
    logpdf=_norm_logpdf,
    pdf=_exp(_norm_logpdf),
    cdf=lambda x, loc=0.0, scale=1.0: ndtr((x - loc) / scale),
    sf=lambda x, loc=0.0, scale=1.0: ndtr((loc - x) / scale),
    logcdf=lambda x, loc=0.0, scale=1.0: log_ndtr((x - loc) / scale),
    logsf=lambda x, loc=0.0, scale=1.0: log_ndtr((loc - x) / scale),
)


def _t_logpdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - ops.log(df * math.pi) / 2
    return constant - ops.log(scale) - (df + 1) / 2 * ops.log1p(z * z / df)


def _t_cdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return stdtr(df, (x - loc) / scale)


def _t_sf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return stdtr(df, (loc - x) / scale)


t: Final = _module(
    "t",
    "Student's distribution of `df` degrees of freedom.",
    logpdf=_t_logpdf,
    pdf=_exp(_t_logpdf),
    cdf=_t_cdf,
    logcdf=_log(_t_cdf),
    sf=_t_sf,
    logsf=_log(_t_sf),
)


def _poisson_logpmf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.subtract(getval(k), getval(loc))
    mass = xlogy(k, mu) - gammaln(k + 1) - mu
    return ops.where((k >= 0) & (np.floor(k) == k), mass, -np.inf)


def _poisson_cdf(k: Array, mu: Array, loc: Array = 0) -> Array:
    k = np.floor(np.subtract(getval(k), getval(loc)))
    return ops.where(k >= 0, gammaincc(np.maximum(k, 0) + 1, mu), 0.0)


poisson: Final = _module(
    "poisson",
    "Poisson's distribution of mean `mu`, moved by `loc`.",
    logpmf=_poisson_logpmf,
    pmf=_exp(_poisson_logpmf),
    cdf=_poisson_cdf,
)

# --------------------------------------------------------------------------------------------------
# Of vectors


def _dirichlet_logpdf(x: Array, alpha: Array) -> Array:
    x, alpha = ops.array(x), ops.array(alpha)
    if ops.shape_of(x)[0] + 1 == ops.shape_of(alpha)[0]:  # the last coordinate is left out
        x = ops.concatenate([x, 1 - ops.sum(x, 0, True)])
    powers = xlogy(alpha - 1, ops.transpose(x))
    return ops.sum(powers, -1) + gammaln(ops.sum(alpha)) - ops.sum(gammaln(alpha))


dirichlet: Final = _module(
    "dirichlet",
    "Dirichlet's distribution of concentrations `alpha`, over the points x with Σ x = 1.",
    logpdf=_dirichlet_logpdf,
    pdf=_exp(_dirichlet_logpdf),
)


def _parameters(mean: Array | None, cov: Array) -> tuple[Array, Array]:
    """The mean as a vector and the covariance as a matrix, from all that SciPy takes for them."""
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
    return mean, cov


def _normal_logpdf(
    x: Array, mean: Array | None = None, cov: Array = 1.0, allow_singular: bool = False
) -> Array:
    mean, cov = _parameters(mean, cov)
    size = ops.shape_of(mean)[0]
    x = ops.array(x)
    if size == 1 and ops.shape_of(x)[-1:] != (1,):  # numbers, not vectors
        x = ops.expand_dims(x, -1)
    away = x - mean
    if allow_singular:
        values, vectors = ops.eigh(cov)
        data = getval(values)
        real = data > 1e6 * np.finfo(data.dtype).eps * np.max(np.abs(data))
        values, vectors = values[real], vectors[:, real]
        size = int(real.sum())
        distance = ops.sum((away @ vectors) ** 2 / values, -1)
        log_det = ops.sum(ops.log(values))
    else:
        factor = ops.cholesky(cov)
        rows = ops.reshape(away, (-1, size))
        scaled = ops.solve(factor, ops.transpose(rows))
        distance = ops.reshape(ops.sum(scaled**2, 0), ops.shape_of(away)[:-1])
        log_det = 2 * ops.sum(ops.log(ops.diag(factor)))
    return -(size * _LOG_2PI + log_det + distance) / 2


def _normal_entropy(mean: Array | None = None, cov: Array = 1.0) -> Array:
    mean, cov = _parameters(mean, cov)
    size = ops.shape_of(mean)[0]
    return (size * (1 + _LOG_2PI) + ops.slogdet(cov)[1]) / 2


multivariate_normal: Final = _module(
    "multivariate_normal",
    "The normal distribution of vectors, with mean `mean` and covariance matrix `cov`.",
    logpdf=_normal_logpdf,
    pdf=_exp(_normal_logpdf),
    entropy=_normal_entropy,
)
