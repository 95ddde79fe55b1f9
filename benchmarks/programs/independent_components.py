"""Independent components: mixed signals are separated by the likelihood of the inverse mixture."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam

rs = npr.RandomState(15)
sources = rs.laplace(size=(500, 3))
mixing = np.array([[1.0, 0.5, 0.2], [-0.3, 1.0, 0.4], [0.1, -0.6, 1.0]])
signals = np.dot(sources, mixing.T)


def objective(unmixing):
    found = np.dot(signals, unmixing.T)
    log_density = -np.log(np.cosh(found))
    return -np.mean(np.sum(log_density, axis=1)) - np.linalg.slogdet(unmixing)[1]


start = np.eye(3)


def run():
    unmixing = adam(lambda u, i: grad(objective)(u), start, num_iters=150, step_size=0.05)
    product = np.abs(np.dot(unmixing, mixing))
    cross = np.sort(product / np.max(product, axis=1)[:, None], axis=1)
    return {"crosstalk": np.max(cross[:, :-1])}
