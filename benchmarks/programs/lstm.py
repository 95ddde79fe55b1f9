"""A long short-term memory network that learns which letter of a text comes next."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.optimizers import adam
from autograd.scipy.special import logsumexp

TEXT = "abcabdabcabd"
letters = sorted(set(TEXT))
one_hot = np.eye(len(letters))[np.array([letters.index(letter) for letter in TEXT])]
inputs = np.stack([one_hot[:-1], np.roll(one_hot, 3, axis=0)[:-1]], axis=1)
targets = np.stack([one_hot[1:], np.roll(one_hot, 3, axis=0)[1:]], axis=1)
n, state = len(letters), 10
rs = npr.RandomState(4)


def sigmoid(x):
    return 0.5 * (np.tanh(x / 2) + 1)


def outputs(params, inputs):
    hidden = np.repeat(params["hidden"], inputs.shape[1], axis=0)
    cell = np.repeat(params["cell"], inputs.shape[1], axis=0)
    found = []
    for step in inputs:
        row = np.concatenate([step, hidden, np.ones((step.shape[0], 1))], axis=1)
        change = np.tanh(np.dot(row, params["change"]))
        forget = sigmoid(np.dot(row, params["forget"]))
        ingate = sigmoid(np.dot(row, params["ingate"]))
        outgate = sigmoid(np.dot(row, params["outgate"]))
        cell = cell * forget + ingate * change
        hidden = outgate * np.tanh(cell)
        logits = np.dot(hidden, params["predict"])
        found.append(logits - logsumexp(logits, axis=1, keepdims=True))
    return found


def objective(params):
    log_likelihood = 0.0
    for found, wanted in zip(outputs(params, inputs), targets, strict=True):
        log_likelihood = log_likelihood + np.sum(found * wanted)
    return -log_likelihood / (inputs.shape[0] * inputs.shape[1])


gate = (n + state + 1, state)
start = {
    "hidden": 0.1 * rs.randn(1, state),
    "cell": 0.1 * rs.randn(1, state),
    "change": 0.3 * rs.randn(*gate),
    "forget": 0.3 * rs.randn(*gate) + 0.5,
    "ingate": 0.3 * rs.randn(*gate),
    "outgate": 0.3 * rs.randn(*gate),
    "predict": 0.3 * rs.randn(state, n),
}


def run():
    params = adam(lambda p, i: grad(objective)(p), start, num_iters=80, step_size=0.05)
    return {"loss": objective(params), "loss at start": objective(start)}
