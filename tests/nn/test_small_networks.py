"""Results from the textbooks on networks small enough to inspect."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ad
import nn
from autograd import grad, hessian, vmap


@pytest.mark.parametrize(
    ("name", "error"), [("square", 1e-4), ("sin", 1e-5), ("abs", 2e-3), ("step", 1e-2)]
)
def test_three_tanh_units_fit_each_of_the_four_curves(name: str, error: float) -> None:
    x, y = nn.datasets.curve(name, n=50)
    model = nn.MLP([1, 3, 1], activation="tanh", rng=2)
    before = nn.evaluate(model, (x, y), loss="mse")["loss"]
    nn.fit(
        model, (x, y), loss="mse", optimizer="adam", epochs=1500, batch_size=None, progress=False,
        schedule=nn.schedules.Cosine(0.05, steps=1500),
    )  # fmt: skip
    assert nn.evaluate(model, (x, y), loss="mse")["loss"] < error < before


def test_two_tanh_units_come_near_the_optimal_boundary() -> None:
    x, y = nn.datasets.gaussian_classes(200)
    model = nn.MLP([2, 2, 1], activation="tanh", rng=1)
    nn.fit(
        model, (x, y[:, None]), loss="binary-cross-entropy-with-logits", optimizer="adam", lr=0.05,
        epochs=600, batch_size=None, progress=False,
    )  # fmt: skip
    others, classes = nn.datasets.gaussian_classes(10_000, rng=1)
    optimal = nn.datasets.gaussian_classes_posterior(others)
    least = nn.metrics.error_rate(optimal, classes, threshold=0.5)
    found = nn.metrics.error_rate(nn.predict(model, others), classes, threshold=0)
    assert least <= found < least + 0.025
    line = nn.Linear(2, 1, rng=0)
    nn.fit(
        line, (x, y[:, None]), loss="binary-cross-entropy-with-logits", lr=1.0, epochs=200,
        batch_size=None, progress=False,
    )  # fmt: skip
    assert nn.metrics.error_rate(nn.predict(line, others), classes, threshold=0) > found + 0.03


INPUTS = np.linspace(-2, 2, 25)
TARGETS = 1.2 * np.tanh(1.5 * INPUTS)


def surface(theta: Any) -> Any:
    """The error of the network w₂ tanh(w₁ x)."""
    return nn.mse(theta[1] * np.tanh(theta[0] * INPUTS), TARGETS)


def descended(start: Any, rate: float, steps: int) -> Any:
    theta = np.asarray(start, dtype=float)
    for _ in range(steps):
        theta = theta - rate * grad(surface)(theta)
    return theta


def test_a_network_of_two_weights_has_two_minima_and_a_saddle_between() -> None:
    for start, minimum in (((1.0, 1.0), [1.5, 1.2]), ((-1.0, -1.0), [-1.5, -1.2])):
        np.testing.assert_allclose(descended(start, 0.5, 1500), minimum, rtol=1e-3)
        assert np.linalg.eigvalsh(hessian(surface)(np.array(minimum))).min() > 0
    np.testing.assert_allclose(grad(surface)(np.zeros(2)), 0, atol=1e-15)
    low, high = np.linalg.eigvalsh(hessian(surface)(np.zeros(2)))
    assert low < 0 < high
    places = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(vmap(surface)(places), vmap(surface)(-places), rtol=1e-14)


def test_descent_arrives_up_to_two_over_the_largest_curvature() -> None:
    minimum = np.array([1.5, 1.2])
    limit = 2 / np.linalg.eigvalsh(hessian(surface)(minimum)).max()
    start = minimum + 1e-6
    near, far, tiny = (descended(start, share * limit, 400) for share in (0.95, 1.05, 0.001))
    assert surface(near) < 0.1 * surface(start) < surface(start) < surface(far)
    assert surface(near) < surface(tiny) < surface(start)


def test_a_network_that_learns_wrong_labels_by_heart_gets_worse_on_others() -> None:
    def mislabelled(n: int, rng: int) -> tuple[Any, Any]:
        x, y = nn.datasets.moons(n, noise=0.2, rng=rng)
        return x, np.where(np.random.default_rng(rng + 100).random(n) < 0.15, 1 - y, y)

    seen, unseen = mislabelled(100, 1), mislabelled(500, 2)
    model = nn.MLP([2, 60, 60, 2], activation="relu", rng=0)
    history = nn.fit(
        model, seen, loss="cross-entropy", optimizer="adam", lr=0.01, epochs=150, batch_size=50,
        validation=unseen, validation_every=10, progress=False,
    )  # fmt: skip
    training, validation = history.epochs()["loss"], history.validations["loss"]
    assert training[-1] < 0.6 * training[5 * validation.argmin()]
    assert validation[-1] > 1.3 * validation.min()


def attention_of_numbers(q: Any, k: Any, v: Any, x: Any) -> list[Any]:
    """Causal attention by one head, number by number: a row for each position."""
    keys, values, rows = [], [], []
    for row in x:
        query, key, value = (
            [
                sum((w * number for w, number in zip(weights, row, strict=True)), 0.0)
                for weights in p
            ]
            for p in (q, k, v)
        )
        keys.append(key)
        values.append(value)
        scores = [sum((a * b for a, b in zip(query, key, strict=True)), 0.0) for key in keys]
        powers = [ad.exp(score / math.sqrt(len(query))) for score in scores]
        shares = [power / sum(powers, 0.0) for power in powers]
        columns = list(zip(*values, strict=True))
        rows.append([sum((s * y for s, y in zip(shares, c, strict=True)), 0.0) for c in columns])
    return rows


def attention_of_arrays(q: Any, k: Any, v: Any, x: Any) -> Any:
    scores = (x @ q.T) @ (x @ k.T).T / math.sqrt(len(q))
    earlier = np.tril(np.ones((len(x), len(x)), bool))
    return nn.softmax(np.where(earlier, scores, -np.inf)) @ (x @ v.T)


def test_a_transformer_in_numbers_is_one_in_arrays() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(3, 3)) for _ in range(3)]
    x, target = rng.normal(size=(4, 3)), [2, 0, 1, 1]
    tensors = [ad.Tensor(array) for array in arrays]
    numbers = [[[ad.Value(w) for w in row] for row in array] for array in arrays]
    loss = nn.cross_entropy(x + attention_of_arrays(*tensors, x), target)
    rows = attention_of_numbers(*numbers, x.tolist())
    losses = []
    for before, row, index in zip(x.tolist(), rows, target, strict=True):
        logits = [a + b for a, b in zip(before, row, strict=True)]
        losses.append(ad.log(sum((ad.exp(z) for z in logits), 0.0)) - logits[index])
    same = sum(losses, 0.0) / len(losses)
    assert same.data == pytest.approx(loss.item(), rel=1e-14)
    loss.backward()
    same.backward()
    for tensor, part in zip(tensors, numbers, strict=True):
        found = [[w.grad for w in row] for row in part]
        np.testing.assert_allclose(found, tensor.grad, rtol=1e-11, atol=1e-15)
