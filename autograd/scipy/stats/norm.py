"""The normal distribution with mean `loc` and standard deviation `scale`."""

from __future__ import annotations

import math
from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import log_ndtr, ndtr, ndtri
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").norm
_LOG_ROOT_2PI = math.log(2 * math.pi) / 2


def _logpdf(x: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
    z = (x - loc) / scale
    return -z * z / 2 - ops.log(scale) - _LOG_ROOT_2PI


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, lambda *args, **kwargs: ops.exp(_logpdf(*args, **kwargs)))
cdf: Final = differentiable(_theirs.cdf, lambda x, loc=0.0, scale=1.0: ndtr((x - loc) / scale))
sf: Final = differentiable(_theirs.sf, lambda x, loc=0.0, scale=1.0: ndtr((loc - x) / scale))
logcdf: Final = differentiable(
    _theirs.logcdf, lambda x, loc=0.0, scale=1.0: log_ndtr((x - loc) / scale)
)
logsf: Final = differentiable(
    _theirs.logsf, lambda x, loc=0.0, scale=1.0: log_ndtr((loc - x) / scale)
)
ppf: Final = differentiable(_theirs.ppf, lambda q, loc=0.0, scale=1.0: loc + scale * ndtri(q))
isf: Final = differentiable(_theirs.isf, lambda q, loc=0.0, scale=1.0: loc - scale * ndtri(q))
__getattr__: Final = others(_theirs, "norm")
