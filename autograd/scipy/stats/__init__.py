"""Distributions of `scipy.stats` with nodes, each a module with densities and probabilities.

Other functions, such as `rvs` and `ppf`, are SciPy's and refuse nodes.
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
