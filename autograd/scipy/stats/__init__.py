"""Distributions of `scipy.stats` for nodes, each a module with its densities and probabilities.

What else SciPy's distributions have, such as `rvs` and `ppf`, is SciPy's own and refuses nodes.
"""

from autograd.scipy.stats import (
    beta,
    chi2,
    dirichlet,
    gamma,
    multivariate_normal,
    norm,
    poisson,
    t,
)

__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t"]
