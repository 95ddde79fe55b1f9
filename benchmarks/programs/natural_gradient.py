"""Natural gradients: steps measured by the Fisher information, a Gauss-Newton matrix, and found by
conjugate gradients.
"""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad, make_ggnvp
from autograd.scipy.special import logsumexp

rs = npr.RandomState(10)
inputs = rs.randn(80, 4) * np.array([1.0, 10.0, 0.1, 3.0])
classes = np.argmax(np.dot(inputs, rs.randn(4, 3)), axis=1)
targets = np.eye(3)[classes]


def logits(weights):
    return np.dot(inputs, np.reshape(weights, (4, 3)))


def cross_entropy(z):
    return np.sum(logsumexp(z, axis=1)) - np.sum(z * targets)


def objective(weights):
    return cross_entropy(logits(weights)) + 0.5 * np.sum(weights**2)


start = np.zeros(12)


def conjugate_gradients(product, b, steps=12):
    x, r = np.zeros_like(b), b
    p = r
    for _ in range(steps):
        q = product(p)
        a = np.dot(r, r) / np.dot(p, q)
        x, before, r = x + a * p, r, r - a * q
        if np.dot(r, r) < 1e-16:
            break
        p = r + np.dot(r, r) / np.dot(before, before) * p
    return x


def natural_step(weights):
    fisher = make_ggnvp(logits, cross_entropy)(weights)
    return conjugate_gradients(lambda v: fisher(v) + v, grad(objective)(weights))


def run():
    weights = start
    for _ in range(8):
        weights = weights - natural_step(weights)
    accuracy = np.mean(np.argmax(logits(weights), axis=1) == classes)
    return {"accuracy": accuracy, "gradient": np.max(np.abs(grad(objective)(weights)))}
