"""A Bayesian neural network: a normal distribution over its weights, found by variational inference
with reparametrised samples.
"""

import autograd.numpy as np
import autograd.numpy.random as npr
import autograd.scipy.stats.norm as norm
from autograd import grad
from autograd.misc.optimizers import adam

rs = npr.RandomState(2)
inputs = np.linspace(-3, 3, 40)[:, None]
targets = np.cos(inputs[:, 0]) + 0.1 * rs.randn(40)
shapes = [(1, 12), (12, 1)]
size = sum((m + 1) * n for m, n in shapes)
noise = rs.randn(6, size)


def predict(weights, inputs):
    """The outputs of a network for each row of weights."""
    outputs = np.expand_dims(inputs, 0)
    used = 0
    for m, n in shapes:
        w = np.reshape(weights[:, used : used + m * n], (-1, m, n))
        b = np.reshape(weights[:, used + m * n : used + (m + 1) * n], (-1, 1, n))
        used += (m + 1) * n
        outputs = np.einsum("snm,smo->sno", outputs, w) + b
        outputs = np.tanh(outputs) if n > 1 else outputs
    return outputs[:, :, 0]


def objective(params):
    """Minus the evidence's lower bound."""
    mean, log_std = params
    weights = mean + np.exp(log_std) * noise
    log_prior = np.sum(norm.logpdf(weights, 0.0, 2.0), axis=1)
    log_likelihood = np.sum(norm.logpdf(targets, predict(weights, inputs), 0.1), axis=1)
    entropy = np.sum(log_std) + 0.5 * size * (1 + np.log(2 * np.pi))
    return -(entropy + np.mean(log_prior + log_likelihood))


start = (0.5 * rs.randn(size), -3.0 * np.ones(size))


def run():
    params = adam(lambda p, i: grad(objective)(p), start, num_iters=250, step_size=0.05)
    fitted = np.mean(predict(params[0] + 0 * noise, inputs), axis=0)
    return {"error": np.sqrt(np.mean((fitted - np.cos(inputs[:, 0])) ** 2))}
