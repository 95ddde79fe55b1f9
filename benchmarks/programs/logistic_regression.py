"""Logistic regression of two clouds of points, by plain gradient descent."""

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad

rs = npr.RandomState(0)
labels = rs.rand(200) < 0.5
inputs = rs.randn(200, 5) + np.where(labels, 0.8, -0.8)[:, None]


def predict(weights, inputs):
    return 0.5 * (np.tanh(np.dot(inputs, weights["w"]) / 2 + weights["b"] / 2) + 1)


def objective(weights):
    p = predict(weights, inputs)
    likelihood = np.log(p * labels + (1 - p) * (1 - labels))
    return -np.mean(likelihood) + 1e-3 * np.sum(weights["w"] ** 2)


start = {"w": np.zeros(5), "b": 0.0}


def run():
    gradient, weights = grad(objective), start
    for _ in range(100):
        g = gradient(weights)
        weights = {key: weights[key] - 1.0 * g[key] for key in weights}
    accuracy = np.mean((predict(weights, inputs) > 0.5) == labels)
    return {"accuracy": accuracy, "loss": objective(weights)}
