"""Twenty programs as beginners write them, each with one fault in the line marked `# the fault`.

They are run, and the line has to be found, by `test_drill`. A program whose fault is not an error
gives the node that does not learn and the loss.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
import nn
from autograd import Tensor, Value, no_grad

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.1
CLASSES = (Y > 0).astype(int)


# --------------------------------------------------------------------------------------------------
# NaN and infinity


def cross_entropy_of_probabilities_that_round_to_zero() -> None:
    w = Tensor(np.zeros((3, 2)), "w")
    for _ in range(5):
        z = X @ w
        p = ag.softmax(z * 300)
        loss = -ag.log(p[np.arange(20), CLASSES]).mean()  # the fault
        w.grad = None
        loss.backward()
        w.data = w.data - 1.0 * w.grad


def softmax_written_by_hand() -> Any:
    z = Tensor([1.0, 5.0, 1000.0])
    e = np.exp(z)  # the fault
    return e / e.sum()


def standardising_a_constant_column() -> Any:
    x = Tensor(np.column_stack([X, np.ones(20)]))
    centred = x - x.mean(axis=0)
    x = centred / x.std(axis=0)  # the fault
    return x.sum()


def length_of_a_zero_vector() -> None:
    a = Tensor([1.0, 2.0])
    b = Tensor([1.0, 2.0])
    difference = a - b
    distance = ag.sqrt((difference**2).sum())  # the fault
    distance.backward()


def a_learning_rate_too_large() -> Any:
    x = Value(2.0)
    for _ in range(200):
        loss = x**4  # the fault
        x.grad = 0.0
        loss.backward()
        x.data = x.data - 0.5 * x.grad
    return loss


def a_measurement_that_is_missing() -> Any:
    x = X.copy()
    x[7, 1] = np.nan  # as np.genfromtxt reads an empty cell
    w = Tensor(np.zeros(3), "w")
    b = Tensor(0.0, "b")
    prediction = x @ w + b  # the fault
    return ((prediction - Y) ** 2).mean()


def entropy_of_a_certain_event() -> Any:
    p = Tensor([0.5, 0.5, 0.0])
    terms = p * np.log2(p)  # the fault
    return -terms.sum()


def a_weighted_mean_of_no_weights() -> Any:
    x = Value(3.0)
    weights = [ag.relu(x - 5), ag.relu(x - 10)]
    total = weights[0] + weights[1]
    return (weights[0] * 1.0 + weights[1] * 2.0) / total  # the fault


class LogLayer(nn.Module):
    def forward(self, x: Any) -> Any:
        x = x + 0.5
        return ag.log(x)  # the fault


def fit_with_a_layer_of_logarithms() -> None:
    model = nn.Sequential(LogLayer(), nn.Linear(3, 2, rng=0))
    nn.fit(model, (X, CLASSES), loss="cross-entropy", progress=False)


# --------------------------------------------------------------------------------------------------
# Gradients that are cut


def the_hidden_layer_as_plain_data() -> Any:
    w1, w2 = Tensor(RNG.standard_normal((3, 4)), "w1"), Tensor(RNG.standard_normal(4), "w2")
    hidden = np.tanh(X @ w1)
    hidden = hidden.data  # the fault
    prediction = hidden @ w2
    return w1, ((prediction - Y) ** 2).mean()


def a_scale_by_item() -> Any:
    scale = Tensor([2.0], "scale")
    w = Tensor(np.ones(3), "w")
    prediction = (X @ w) * scale.item()  # the fault
    return scale, ((prediction - Y) ** 2).mean()


def the_math_module() -> Any:
    rate, amplitude = Value(0.7, "rate"), Value(2.0, "amplitude")
    loss = Value(0.0)
    for t, y in [(1.0, 1.0), (2.0, 0.5)]:
        model = amplitude * math.exp(-rate * t)  # the fault
        loss = loss + (model - y) ** 2
    return rate, loss


def the_forward_pass_under_no_grad() -> Any:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=1))
    head = nn.Linear(1, 1, rng=2)
    with no_grad():
        features = model(X)  # the fault
    loss = nn.mse(head(features), Y[:, None])
    return model[0].weight, loss


def accuracy_as_a_loss() -> Any:
    w = Tensor(RNG.standard_normal((3, 2)), "w")
    predicted = np.argmax(X @ w, axis=1)  # the fault
    loss = Tensor(1.0) - (predicted == CLASSES).mean()
    return w, loss


def predictions_rounded_to_classes() -> Any:
    w = Tensor(RNG.standard_normal(3), "w")
    probability = ag.sigmoid(X @ w)
    predicted = np.round(probability)  # the fault
    return w, ((predicted - CLASSES) ** 2).mean()


# --------------------------------------------------------------------------------------------------
# Shapes, dead units, stale graphs


def a_column_less_a_row() -> Any:
    model = nn.Linear(3, 1, rng=0)
    prediction = model(X)
    error = prediction - Y  # the fault
    return (error**2).mean()


def a_column_less_a_row_of_two_axes() -> Any:
    model = nn.Linear(3, 1, rng=0)
    targets = Y.reshape(1, -1)
    prediction = model(X)
    error = prediction - targets  # the fault
    return (error**2).mean()


def units_that_are_all_dead() -> Any:
    w1, w2 = Tensor(np.full((3, 4), 0.1), "w1"), Tensor(np.ones(4), "w2")
    b1 = Tensor(np.full(4, -10.0), "b1")
    z = X @ w1 + b1
    hidden = ag.relu(z)  # the fault
    return w1, ((hidden @ w2 - Y) ** 2).mean()


def pixels_that_nobody_scaled() -> Any:
    images = RNG.integers(0, 256, (20, 64)).astype(float)
    w = Tensor(np.ones((64, 4)), "w")
    v = Tensor(np.ones(4), "v")
    hidden = ag.sigmoid(images @ w)  # the fault
    return w, ((hidden @ v - Y) ** 2).mean()


def a_mask_that_is_used_again() -> None:
    w = Tensor(np.ones(3), "w")
    mask = np.array([1.0, 0.0, 1.0])
    kept = w * mask  # the fault
    mask[:] = [0.0, 1.0, 0.0]
    dropped = w * mask
    (kept.sum() - dropped.sum()).backward()


PROGRAMS = [
    cross_entropy_of_probabilities_that_round_to_zero,
    softmax_written_by_hand,
    standardising_a_constant_column,
    length_of_a_zero_vector,
    a_learning_rate_too_large,
    a_measurement_that_is_missing,
    entropy_of_a_certain_event,
    a_weighted_mean_of_no_weights,
    fit_with_a_layer_of_logarithms,
    the_hidden_layer_as_plain_data,
    a_scale_by_item,
    the_math_module,
    the_forward_pass_under_no_grad,
    accuracy_as_a_loss,
    predictions_rounded_to_classes,
    a_column_less_a_row,
    a_column_less_a_row_of_two_axes,
    units_that_are_all_dead,
    pixels_that_nobody_scaled,
    a_mask_that_is_used_again,
]
