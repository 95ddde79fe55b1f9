"""Classes of points by a network with softmax output, trained by Adam on mini-batches."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam
from autograd.scipy.special import logsumexp

rs = npr.RandomState(1)
angles = rs.rand(300) * 2 * np.pi
classes = (angles / (2 * np.pi / 3)).astype(int)
inputs = np.stack([np.cos(angles), np.sin(angles)], axis=1) + 0.1 * rs.randn(300, 2)
targets = np.eye(3)[classes]


def logits(params, inputs):
    for w, b in params[:-1]:
        inputs = np.tanh(np.dot(inputs, w) + b)
    w, b = params[-1]
    outputs = np.dot(inputs, w) + b
    return outputs - logsumexp(outputs, axis=1, keepdims=True)


def loss(params, inputs, targets):
    return -np.sum(logits(params, inputs) * targets) / len(inputs)


def objective(params):
    return loss(params, inputs, targets)


start = [(0.5 * rs.randn(m, n), np.zeros(n)) for m, n in [(2, 16), (16, 16), (16, 3)]]


def run():
    def batch_loss(params, i):
        batch = slice(30 * (i % 10), 30 * (i % 10 + 1))
        return loss(params, inputs[batch], targets[batch])

    params = adam(grad(batch_loss), start, num_iters=150, step_size=0.02)
    found = np.argmax(logits(params, inputs), axis=1)
    return {"accuracy": np.mean(found == classes)}
