"""The derivatives of tanh up to the sixth order, as curves to be drawn."""

import autograd.numpy as np
from autograd import elementwise_grad

x = np.linspace(-4, 4, 100)


def tanh(x):
    return (1.0 - np.exp(-2 * x)) / (1.0 + np.exp(-2 * x))


def objective(x):
    """The third derivative, summed with weights."""
    third = elementwise_grad(elementwise_grad(elementwise_grad(tanh)))
    return np.sum(third(x) * np.linspace(0, 1, 100))


start = x


def run():
    curves, f = [], tanh
    for _ in range(7):
        curves.append(f(x))
        f = elementwise_grad(f)
    return {"curves": np.array(curves)}
