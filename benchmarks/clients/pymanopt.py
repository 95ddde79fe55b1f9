"""Optimization on manifolds by pymanopt."""

import warnings

import numpy

import autograd.numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pymanopt
    from pymanopt import manifolds, optimizers

root = numpy.random.RandomState(0).standard_normal((12, 12))
matrix = root + root.T
start = numpy.linalg.qr(numpy.random.RandomState(1).standard_normal((12, 3)))[0]


def subspace():
    grassmann = manifolds.Grassmann(12, 3)

    @pymanopt.function.autograd(grassmann)
    def cost(x):
        return -np.trace(x.T @ matrix @ x)

    problem = pymanopt.Problem(grassmann, cost)
    found = optimizers.TrustRegions(verbosity=0).run(problem, initial_point=start)
    return np.array(found.cost)


def eigenvector():
    sphere = manifolds.Sphere(12)

    @pymanopt.function.autograd(sphere)
    def cost(x):
        return np.dot(x, np.dot(matrix, x))

    optimizer = optimizers.ConjugateGradient(verbosity=0, min_gradient_norm=1e-7)
    return np.array(optimizer.run(pymanopt.Problem(sphere, cost), initial_point=start[:, 0]).cost)


fits = {
    "pymanopt trust regions, Grassmannian": subspace,
    "pymanopt conjugate gradients, sphere": eigenvector,
}


def expected():
    """Sums of eigenvalues."""
    values = np.linalg.eigvalsh(matrix)
    return {
        "pymanopt trust regions, Grassmannian": np.array(-np.sum(values[-3:])),
        "pymanopt conjugate gradients, sphere": np.array(values[0]),
    }
