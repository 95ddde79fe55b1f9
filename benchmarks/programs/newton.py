"""Newton's method for a regression with Student's errors: gradient and Hessian."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad, hessian
from autograd.scipy.stats import t

rs = npr.RandomState(9)
inputs = np.stack([np.ones(50), np.linspace(-1, 1, 50), np.linspace(-1, 1, 50) ** 2], axis=1)
exact = np.array([0.5, -1.0, 2.0])
targets = np.dot(inputs, exact) + 0.05 * rs.standard_t(4, 50)


def objective(weights):
    return -np.sum(t.logpdf(targets, 4.0, np.dot(inputs, weights), 1.0))


start = np.array([0.4, -0.9, 1.9])


def run():
    weights = start
    for _ in range(8):
        weights = weights - np.linalg.solve(hessian(objective)(weights), grad(objective)(weights))
    return {
        "gradient": np.max(np.abs(grad(objective)(weights))),
        "distance": np.max(np.abs(weights - exact)),
    }
