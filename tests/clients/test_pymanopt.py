"""pymanopt: optimization on manifolds, whose gradients and Hessians are those of `autograd`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pymanopt = pytest.importorskip("pymanopt", reason="the session `clients` installs it")
    optimizers = pytest.importorskip("pymanopt.optimizers")
    manifolds = pytest.importorskip("pymanopt.manifolds")

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
ROOT = RNG.standard_normal((8, 8))
MATRIX = ROOT + ROOT.T
VALUES, VECTORS = np.linalg.eigh(MATRIX)


@pytest.mark.parametrize("name", ["ConjugateGradient", "TrustRegions"])
def test_the_smallest_eigenvector_is_found_on_the_sphere(name: str) -> None:
    """Trust regions ask for products with the Hessian, too."""
    sphere = manifolds.Sphere(8)

    @pymanopt.function.autograd(sphere)
    def cost(x: Any) -> Any:
        return anp.dot(x, anp.dot(MATRIX, x))

    optimizer = getattr(optimizers, name)(verbosity=0, min_gradient_norm=1e-8)
    found = optimizer.run(pymanopt.Problem(sphere, cost), initial_point=np.eye(8)[0])
    assert found.cost == pytest.approx(VALUES[0], rel=1e-6)
    assert abs(found.point @ VECTORS[:, 0]) == pytest.approx(1.0, rel=1e-6)


def test_a_subspace_is_found_on_the_grassmannian() -> None:
    grassmann = manifolds.Grassmann(8, 3)

    @pymanopt.function.autograd(grassmann)
    def cost(x: Any) -> Any:
        return -anp.trace(x.T @ MATRIX @ x)

    problem = pymanopt.Problem(grassmann, cost)
    start = np.linalg.qr(RNG.standard_normal((8, 3)))[0]
    found = optimizers.TrustRegions(verbosity=0).run(problem, initial_point=start)
    assert -found.cost == pytest.approx(VALUES[-3:].sum(), rel=1e-6)
    euclidean = problem.euclidean_gradient(start)
    np.testing.assert_allclose(euclidean, -2 * MATRIX @ start)


def test_points_of_several_manifolds_are_found_together() -> None:
    product = manifolds.Product([manifolds.Stiefel(8, 2), manifolds.Euclidean(2)])

    @pymanopt.function.autograd(product)
    def cost(u: Any, s: Any) -> Any:
        return anp.sum((MATRIX - u @ anp.diag(s) @ u.T) ** 2)

    largest = np.argsort(-abs(VALUES))[:2]
    start = [np.linalg.qr(VECTORS[:, largest] + 0.1)[0], np.zeros(2)]
    found = optimizers.TrustRegions(verbosity=0).run(
        pymanopt.Problem(product, cost), initial_point=start
    )
    np.testing.assert_allclose(np.sort(found.point[1]), np.sort(VALUES[largest]), rtol=1e-5)
