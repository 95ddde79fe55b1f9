"""A network in equilibrium: its state is a fixed point, differentiated without its steps."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.fixed_points import fixed_point

rs = npr.RandomState(12)
inputs = rs.randn(20, 2)
targets = np.tanh(inputs[:, 0] * inputs[:, 1])


def step(params):
    w, u, _ = params
    return lambda z: np.tanh(np.dot(z, w) + np.dot(inputs, u))


def distance(a, b):
    return np.max(np.abs(a - b))


def objective(params):
    state = fixed_point(step, params, np.zeros((20, 6)), distance, 1e-10)
    return np.mean((np.dot(state, params[2]) - targets) ** 2)


start = (0.15 * rs.randn(6, 6), rs.randn(2, 6), 0.5 * rs.randn(6))


def run():
    params, gradient = start, grad(objective)
    for _ in range(100):
        slopes = gradient(params)
        params = tuple([p - 0.1 * g for p, g in zip(params, slopes, strict=True)])
    return {"loss": objective(params), "loss at start": objective(start)}
