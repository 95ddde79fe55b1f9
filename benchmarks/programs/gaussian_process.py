"""Regression by a Gaussian process, its hyper-parameters fitted by conjugate gradients."""

from scipy.optimize import minimize

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.multivariate_normal as mvn
from autograd import value_and_grad

rs = npr.RandomState(3)
x = np.sort(rs.uniform(-4, 4, (25, 1)), axis=0)
y = np.sin(1.3 * x[:, 0]) + 0.05 * rs.randn(25)


def covariance(kernel, a, b):
    log_scale, log_lengths = kernel[0], kernel[1:]
    difference = (np.expand_dims(a, 1) - np.expand_dims(b, 0)) / np.exp(log_lengths)
    return np.exp(log_scale) * np.exp(-0.5 * np.sum(difference**2, axis=2))


def objective(params):
    """Minus the logarithm of the marginal likelihood."""
    mean, log_noise, kernel = params[0], params[1], params[2:]
    cov = covariance(kernel, x, x) + (np.exp(log_noise) + 1e-8) * np.eye(len(y))
    return -mvn.logpdf(y, mean * np.ones(len(y)), cov)


start = np.array([0.1, -1.0, 0.0, 0.3])


def predict(params, at):
    mean, log_noise, kernel = params[0], params[1], params[2:]
    cov = covariance(kernel, x, x) + np.exp(log_noise) * np.eye(len(y))
    return mean + np.dot(covariance(kernel, at, x), np.linalg.solve(cov, y - mean))


def run():
    found = minimize(value_and_grad(objective), start, jac=True, method="CG")
    at = np.linspace(-3, 3, 20)[:, None]
    error = np.sqrt(np.mean((predict(found.x, at) - np.sin(1.3 * at[:, 0])) ** 2))
    return {"improvement": objective(start) - found.fun, "error": error}
