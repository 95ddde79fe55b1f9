"""A training warns, once and at its start, of parameters that cannot learn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import IdleParameterWarning
from nn.diagnosis import idle

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)).astype(np.float32)
Y = (X[:, :1] * 2).astype(np.float32)


def idle_of(model: Any, x: Any = X, y: Any = Y, **settings: Any) -> list[str]:
    """The warnings of a training, which have to point at the call of `fit`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.fit(model, (x, y), **{"loss": "mse", "lr": 0.01, "progress": False} | settings)
    found = [warning for warning in caught if warning.category is IdleParameterWarning]
    assert all(warning.filename == __file__ for warning in found)
    return [str(warning.message) for warning in found]


def dead(bias: float = -100.0) -> nn.MLP:
    model = nn.MLP([3, 4, 1], activation="relu", rng=0)
    model[0].bias.data = np.full(4, bias, np.float32)
    return model


def test_units_that_are_dead_on_all_examples_are_warned_of_once() -> None:
    (message,) = idle_of(dead(), epochs=2)
    assert message.startswith("parameter '0.weight' cannot learn. The gradient of weight is zero")
    assert "every unit is dead: the inputs of relu are shape (40, 4) from -10" in message
    assert "The same or the like is true of '0.bias'." in message


def test_a_unit_that_is_dead_on_the_first_examples_only_is_not() -> None:
    x = np.where(np.arange(40)[:, None] < 10, -10.0, 10.0) * np.ones((40, 3), np.float32)
    model = nn.MLP([3, 1, 1], activation="relu", rng=0)
    model[0].weight.data = np.ones((1, 3))
    assert idle_of(model, x, batch_size=10, rng=None, epochs=1) == []


class Unused(nn.Module):
    def __init__(self) -> None:
        self.used = Tensor(np.ones((3, 1), np.float32), "used")
        self.unused = Tensor(np.ones(2, np.float32), "unused")

    def forward(self, x: Any) -> Any:
        return x @ self.used


class Cut(nn.Module):
    """The first layer's output is taken out of the graph."""

    def __init__(self) -> None:
        self.first = nn.Linear(3, 4, rng=0)
        self.second = nn.Linear(4, 1, rng=0)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x).numpy())


class Rounded(nn.Module):
    def __init__(self) -> None:
        self.scale = Tensor(np.ones(1, np.float32), "scale")
        self.offset = Tensor(np.ones(1, np.float32), "offset")

    def forward(self, x: Any) -> Any:
        return np.round(x[:, :1] * self.scale) + self.offset


@pytest.mark.parametrize(
    ("model", "path", "reason"),
    [
        (Unused(), "unused", "no path leads from it to the output"),
        (Cut(), "first.weight", "no path leads from it to the output"),
        (Rounded(), "scale", "round is constant between its jumps"),
    ],
)
def test_a_parameter_that_is_cut_off_is_warned_of(model: Any, path: str, reason: str) -> None:
    (message,) = idle_of(model, epochs=1)
    assert f"parameter {path!r} cannot learn" in message
    assert reason in message


@pytest.mark.parametrize(
    "model",
    [
        nn.MLP([3, 4, 1], rng=0),
        nn.MLP([3, 4, 1], activation="sigmoid", init="zeros"),  # the second step moves it
        nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, init="zeros")),
    ],
    ids=["healthy", "all zeros", "a last layer of zeros"],
)
def test_what_will_learn_is_not_warned_of(model: Any) -> None:
    assert idle_of(model, epochs=1) == []


def test_what_is_frozen_is_meant_not_to_learn() -> None:
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=0))
    model[0].freeze()
    assert idle_of(model, epochs=1) == []


def test_a_model_of_values_is_warned_of_too() -> None:
    class Neuron(nn.Module):
        def __init__(self) -> None:
            self.w, self.b = Value(1.0, "w"), Value(-50.0, "b")

        def forward(self, x: Any) -> Any:
            return [(self.w * float(row[0]) + self.b).relu() for row in x]

    def loss(outputs: Any, y: Any) -> Any:
        return sum(((o - float(t)) ** 2 for o, t in zip(outputs, y[:, 0], strict=True)), Value(0.0))

    (message,) = idle_of(Neuron(), loss=loss, epochs=1)
    assert "the unit is dead" in message


def test_the_check_leaves_the_training_as_it_is() -> None:
    model = nn.Sequential(dead(), nn.Dropout(0.5, rng=0))
    twin = nn.Sequential(dead(), nn.Dropout(0.5, rng=0))
    idle_of(model, epochs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = nn.batches(X, Y, size=32, rng=0)
        optimizer = nn.SGD(twin, lr=0.01)
        for _ in range(2):
            for inputs, targets in x:
                optimizer.zero_grad()
                nn.mse(twin(inputs), targets).backward()
                optimizer.step()
    np.testing.assert_allclose(model.to_vector(), twin.to_vector(), rtol=1e-5, atol=1e-7)


def test_random_search_needs_no_gradient_and_gets_no_warning() -> None:
    model = dead()
    assert idle_of(model, optimizer=nn.RandomSearch(model, rng=0), lr=None, epochs=1) == []


def test_of_many_parameters_that_cannot_learn_only_the_first_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each takes a walk through the graph, so that a deep network took quadratic time."""
    asked, why = [], idle.why
    monkeypatch.setattr(idle, "why", lambda *nodes: asked.append(nodes) or why(*nodes))
    deep = [layer for n in range(30) for layer in (nn.Linear(3, 3, rng=n), nn.Tanh())]
    (message,) = idle_of(nn.Sequential(*deep, *dead().layers), epochs=1)
    assert "parameter '0.weight' cannot learn" in message
    assert "The same or the like is true of '0.bias', '2.weight'" in message
    assert " and others. Freeze" in message
    assert len(asked) == 2 * idle.MOST_PARAMETERS
