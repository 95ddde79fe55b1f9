"""The Dirichlet distribution with concentrations `alpha`, over the points x with Σ x = 1."""

from __future__ import annotations

from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import gammaln, xlogy
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").dirichlet


def _logpdf(x: Array, alpha: Array) -> Array:
    x, alpha = ops.array(x), ops.array(alpha)
    if ops.shape_of(x)[0] + 1 == ops.shape_of(alpha)[0]:  # the last coordinate is left out
        x = ops.concatenate([x, 1 - ops.sum(x, 0, True)])
    powers = xlogy(alpha - 1, ops.transpose(x))
    return ops.sum(powers, -1) + gammaln(ops.sum(alpha)) - ops.sum(gammaln(alpha))


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, lambda x, alpha: ops.exp(_logpdf(x, alpha)))
__getattr__: Final = others(_theirs, "dirichlet")
