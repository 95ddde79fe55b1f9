"""A convolutional network on little pictures of lines, its windows taken by strided indices."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import sgd
from autograd.scipy.special import logsumexp

rs = npr.RandomState(11)
upright = rs.rand(60) < 0.5
images = 0.2 * rs.randn(60, 9, 9)
for number, line in enumerate(rs.randint(2, 7, 60)):
    if upright[number]:
        images[number, :, line] += 1
    else:
        images[number, line, :] += 1
targets = np.stack([upright, ~upright], axis=1).astype(float)


def windows(x, size, stride):
    """Of shape (examples, rows, columns, size, size)."""
    places = np.arange(0, x.shape[1] - size + 1, stride)[:, None] + np.arange(size)
    return x[:, places[:, None, :, None], places[None, :, None, :]]


def log_probabilities(params, images):
    maps = np.einsum("nijkl,fkl->nfij", windows(images, 3, 2), params["filters"])
    maps = np.maximum(maps + params["bias"][:, None, None], 0.0)
    pooled = np.max(np.reshape(maps, (maps.shape[0], maps.shape[1], -1)), axis=2)
    scores = np.dot(pooled, params["w"])
    return scores - logsumexp(scores, axis=1, keepdims=True)


def objective(params):
    return -np.mean(np.sum(log_probabilities(params, images) * targets, axis=1))


start = {"filters": 0.3 * rs.randn(4, 3, 3), "bias": np.zeros(4), "w": 0.3 * rs.randn(4, 2)}


def run():
    params = sgd(lambda p, i: grad(objective)(p), start, num_iters=100, step_size=0.3)
    found = np.argmax(log_probabilities(params, images), axis=1)
    return {"accuracy": np.mean(found == np.argmax(targets, axis=1))}
