"""The Dirichlet distribution with concentrations `alpha`, over the points x with Σ x = 1."""

from __future__ import annotations

from typing import Final

from autograd import ops
from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.special import gammaln, xlogy
from autograd.scipy.special.densities import gamma_density
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").dirichlet


def _arguments(x: Array, alpha: Array) -> tuple[Array, Array]:
    """The points with all coordinates, along the last axis, and the concentrations."""
    x, alpha = ops.array(x), ops.array(alpha)
    if ops.shape_of(x)[0] + 1 == ops.shape_of(alpha)[0]:  # the last coordinate is left out
        x = ops.concatenate([x, 1 - ops.sum(x, 0, True)])
    return ops.transpose(x), alpha


def _logpdf(x: Array, alpha: Array) -> Array:
    x, alpha = _arguments(x, alpha)
    powers = xlogy(alpha - 1, x)
    return ops.sum(powers, -1) + gammaln(ops.sum(alpha)) - ops.sum(gammaln(alpha))


def _pdf(x: Array, alpha: Array) -> Array:
    """A product of gamma densities of c x with c = Σ alpha, which is smooth where an x is 0."""
    x, alpha = _arguments(x, alpha)
    c, n = ops.sum(alpha), ops.shape_of(alpha)[0]
    factor = ops.exp(gammaln(c) + (n - c) * ops.log(c) + c * ops.sum(x, -1))
    return factor * ops.prod(gamma_density(alpha, c * x), -1)


logpdf: Final = differentiable(_theirs.logpdf, _logpdf)
pdf: Final = differentiable(_theirs.pdf, _pdf)
__getattr__: Final = others(_theirs, "dirichlet")
