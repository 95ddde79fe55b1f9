"""Rosenbrock's valley, followed by L-BFGS."""

from scipy.optimize import minimize

import autograd.numpy as np
from autograd import value_and_grad


def objective(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


start = np.tile(np.array([-1.2, 1.0]), 5)


def run():
    found = minimize(value_and_grad(objective), start, jac=True, method="L-BFGS-B", tol=1e-12)
    return {"distance": np.max(np.abs(found.x - 1.0)), "steps": found.nit}
