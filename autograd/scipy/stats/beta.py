"""The beta distribution with shapes `a` and `b`, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import betainc, betaln, xlog1py, xlogy
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").beta


def _logpdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    density = xlogy(a - 1, z) + xlog1py(b - 1, -z) - betaln(a, b) - ops.log(scale)
    return ops.where(np.logical_and(z >= 0, z <= 1), density, -np.inf)


def _cdf(x: Array, a: Array, b: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    return betainc(a, b, ops.clip((x - loc) / scale, 0.0, 1.0))


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, lambda *args, **kwargs: ops.exp(_logpdf(*args, **kwargs)))
cdf: Final = differentiable(_theirs.cdf, _cdf)
__getattr__: Final = others(_theirs, "beta")
