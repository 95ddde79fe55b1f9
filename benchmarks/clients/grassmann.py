"""The cost whose minimum on the Grassmannian is the leading subspace of a matrix."""

import autograd.numpy as np
import autograd.numpy.random as npr

rs = npr.RandomState(0)
root = rs.randn(12, 12)
matrix = root + root.T


def objective(x):
    return -np.trace(x.T @ matrix @ x)


start = np.linalg.qr(rs.randn(12, 3))[0]
