"""Black-box variational inference: a normal distribution fitted to one that is bent, two of whose
hills are a mixture.
"""

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.multivariate_normal as mvn
import autograd.scipy.stats.norm as norm
from autograd import grad
from autograd.misc.optimizers import adam
from autograd.scipy.special import logsumexp

samples = npr.RandomState(7).randn(100, 2)


def log_density(x):
    mu, log_sigma = x[:, 0], x[:, 1]
    first = norm.logpdf(log_sigma, 0, 1.35) + norm.logpdf(mu, 0, np.exp(log_sigma))
    second = mvn.logpdf(x, np.array([1.0, -2.0]), np.diag(np.array([0.3, 0.2])))
    return logsumexp(np.stack([first, second + np.log(0.2)]), axis=0)


def objective(params):
    """Minus the evidence's lower bound."""
    mean, log_std = params[:2], params[2:]
    entropy = 0.5 * 2 * (1.0 + np.log(2 * np.pi)) + np.sum(log_std)
    return -(entropy + np.mean(log_density(samples * np.exp(log_std) + mean)))


start = np.array([-1.0, -1.0, -2.0, -1.0])


def run():
    params = adam(lambda p, i: grad(objective)(p), start, num_iters=200, step_size=0.1)
    return {"bound": -objective(params), "bound at start": -objective(start)}
