"""The gamma distribution with shape `a`, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import gammainc, gammaln, xlogy
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").gamma


def _logpdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) - z - gammaln(a) - ops.log(scale)
    return ops.where(z >= 0, density, -np.inf)


def _cdf(x: Array, a: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return gammainc(a, ops.maximum((x - loc) / scale, 0.0))


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, lambda *args, **kwargs: ops.exp(_logpdf(*args, **kwargs)))
cdf: Final = differentiable(_theirs.cdf, _cdf)
__getattr__: Final = others(_theirs, "gamma")
