"""The step size and penalty of a training, found by the gradient through the whole training."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad

rs = npr.RandomState(14)
exact = rs.randn(8)
inputs, checks = rs.randn(12, 8), rs.randn(40, 8)
targets = np.dot(inputs, exact) + 0.3 * rs.randn(12)
expected = np.dot(checks, exact)


def loss(weights, log_penalty):
    error = np.mean((np.dot(inputs, weights) - targets) ** 2)
    return error + np.exp(log_penalty) * np.sum(weights**2)


def objective(settings):
    """The error on other data after a training with these settings."""
    log_rate, log_penalty = settings[0], settings[1]
    weights = np.zeros(8)
    for _ in range(10):
        weights = weights - np.exp(log_rate) * grad(loss)(weights, log_penalty)
    return np.mean((np.dot(checks, weights) - expected) ** 2)


start = np.array([-4.0, -3.0])


def run():
    settings = start
    for _ in range(20):
        settings = settings - 0.03 * grad(objective)(settings)
    return {"loss": objective(settings), "loss at start": objective(start)}
