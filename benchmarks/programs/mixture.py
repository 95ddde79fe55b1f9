"""A mixture of normal distributions, fitted by Newton's method with conjugate gradients, which
needs products with the Hessian only.
"""

from scipy.optimize import minimize

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.multivariate_normal as mvn
from autograd import grad, hessian_vector_product
from autograd.misc.flatten import flatten
from autograd.scipy.special import logsumexp

rs = npr.RandomState(8)
centers = np.array([[2.0, 0.0], [-2.0, 1.0], [0.0, -2.0]])
points = np.concatenate([center + 0.4 * rs.randn(30, 2) for center in centers])


def log_likelihood(params):
    shares = params["shares"] - logsumexp(params["shares"])
    found = []
    for share, mean, root in zip(shares, params["means"], params["roots"], strict=True):
        cov = np.dot(root, root.T) + 1e-4 * np.eye(2)
        found.append(share + mvn.logpdf(points, mean, cov))
    return np.sum(logsumexp(np.array(found), axis=0))


start, unflatten = flatten(
    {
        "shares": 0.1 * rs.randn(3),
        "means": centers + 0.5 * rs.randn(3, 2),
        "roots": np.stack([np.eye(2) + 0.1 * rs.randn(2, 2) for _ in range(3)]),
    }
)


def objective(row):
    return -log_likelihood(unflatten(row)) / len(points)


def run():
    product = hessian_vector_product(objective)
    found = minimize(
        objective, start, jac=grad(objective), hessp=product, method="Newton-CG", tol=1e-6
    )
    means = unflatten(found.x)["means"]
    return {"loss": found.fun, "distance": np.max(np.abs(means - centers))}
