"""The χ² distribution with `df` degrees of freedom, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from typing import Final

from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.stats import gamma
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").chi2


def _logpdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return gamma.logpdf(x, df / 2, loc, 2 * scale)


def _pdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return gamma.pdf(x, df / 2, loc, 2 * scale)


def _cdf(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return gamma.cdf(x, df / 2, loc, 2 * scale)


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, _pdf)
cdf: Final = differentiable(_theirs.cdf, _cdf)
__getattr__: Final = others(_theirs, "chi2")
