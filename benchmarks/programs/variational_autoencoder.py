"""A variational autoencoder of small pictures: stripes of random phase."""

from itertools import pairwise

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.norm as norm
from autograd import grad
from autograd.misc.optimizers import rmsprop
from autograd.scipy.special import expit as sigmoid

rs = npr.RandomState(5)
phases = rs.rand(60, 1) * 2 * np.pi
images = (np.sin(np.arange(16) / 16 * 2 * np.pi + phases) > 0).astype(float)
latent = 2
noise = rs.randn(60, latent)


def network(layers, inputs):
    for w, b in layers[:-1]:
        inputs = np.tanh(np.dot(inputs, w) + b)
    w, b = layers[-1]
    return np.dot(inputs, w) + b


def objective(params):
    """Minus the evidence's lower bound, for one sample of the latent variables of each image."""
    found = network(params["encoder"], images)
    mean, log_std = found[:, :latent], found[:, latent:]
    z = mean + noise * np.exp(log_std)
    p = sigmoid(network(params["decoder"], z))
    log_likelihood = np.sum(np.log(np.where(images == 1, p, 1 - p) + 1e-12), axis=1)
    log_prior = np.sum(norm.logpdf(z), axis=1)
    log_posterior = np.sum(norm.logpdf(z, mean, np.exp(log_std)), axis=1)
    return -np.mean(log_likelihood + log_prior - log_posterior)


def layers(*sizes):
    return [(0.3 * rs.randn(m, n), 0.1 * rs.randn(n)) for m, n in pairwise(sizes)]


start = {"encoder": layers(16, 20, 2 * latent), "decoder": layers(latent, 20, 16)}


def run():
    params = rmsprop(lambda p, i: grad(objective)(p), start, num_iters=150, step_size=0.02)
    return {"bound": -objective(params), "bound at start": -objective(start)}
