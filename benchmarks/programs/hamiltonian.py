"""Samples of a distribution by Hamiltonian dynamics, which follow the gradient of its density."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad

precision = np.array([[2.0, -1.2], [-1.2, 1.5]])
center = np.array([1.0, -0.5])


def objective(x):
    """Minus the logarithm of the density."""
    away = x - center
    return 0.5 * np.dot(away, np.dot(precision, away))


start = np.array([0.0, 0.0])


def run():
    rs, gradient = npr.RandomState(13), grad(objective)
    x, samples = start, []
    for _ in range(400):
        momentum, at = rs.randn(2), x
        energy = objective(x) + 0.5 * np.sum(momentum**2)
        momentum = momentum - 0.15 * gradient(at)
        for _ in range(5):
            at = at + 0.3 * momentum
            momentum = momentum - 0.3 * gradient(at)
        momentum = momentum + 0.15 * gradient(at)
        if rs.rand() < np.exp(energy - objective(at) - 0.5 * np.sum(momentum**2)):
            x = at
        samples.append(x)
    mean = np.mean(np.array(samples[50:]), axis=0)
    return {"distance": np.max(np.abs(mean - center))}
