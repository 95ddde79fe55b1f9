"""Training under `debug` or a `LineLog` gives the same weights and losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nn
from autograd import LineLog, debug
from nn.sklearn import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 3))
Y = X @ np.array([[1.0], [2.0], [3.0]])


def network() -> nn.Module:
    """One that draws random numbers and keeps running means."""
    return nn.Sequential(
        nn.Linear(3, 8, rng=0, dtype=np.float64),
        nn.BatchNorm(8, dtype=np.float64),
        nn.Tanh(),
        nn.Dropout(0.2, rng=1),
        nn.Linear(8, 1, rng=2, dtype=np.float64),
    )


def trained(**settings: Any) -> tuple[dict[str, NDArray[Any]], list[float]]:
    """All that a network holds after training, and the losses on the way."""
    model = network()
    history = nn.fit(
        model, (X, Y), loss="mse", lr=0.05, epochs=3, batch_size=20, progress=False, rng=3,
        **settings,
    )  # fmt: skip
    state = {name: np.array(held) for name, held in model.state_dict().items()}
    return state, history.epochs()["loss"].tolist()


SETTINGS: list[dict[str, Any]] = [
    {},
    {"shards": 1},
    {"shards": 3},
    {"optimizer": "adam"},
    {"optimizer": "adamw", "shards": 2},
    {"clip_norm": 0.5},
    {"compile": False},
    {"compile": False, "shards": 2},
]


@pytest.mark.parametrize("look", [debug, lambda: debug(at_once=False), LineLog])
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_network_that_is_looked_at_learns_the_same(settings: dict[str, Any], look: Any) -> None:
    state, losses = trained(**settings)
    with look():
        looked_at, losses_then = trained(**settings)
    for name, held in state.items():
        # What is 0 but for rounding is blown up by optimisers that divide by its size.
        np.testing.assert_allclose(looked_at[name], held, rtol=1e-6, atol=1e-7, err_msg=name)
    np.testing.assert_allclose(losses_then, losses, rtol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_network_learns_the_same_where_debug_comes_and_goes(settings: dict[str, Any]) -> None:
    def taught(looks: bool) -> NDArray[Any]:
        model = nn.Linear(3, 1, rng=0, dtype=np.float64)
        optimizer = nn.SGD(model, lr=0.1)
        given = {key: held for key, held in settings.items() if key != "optimizer"}
        for round_ in range(3):
            with debug() if looks and round_ == 1 else LineLog():
                nn.fit(
                    model, (X, Y), loss="mse", optimizer=optimizer, epochs=1, progress=False, rng=1,
                    **given,
                )  # fmt: skip
        return model.to_vector()

    np.testing.assert_allclose(taught(True), taught(False), rtol=1e-9)


@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        (NetworkRegressor([6], max_iter=5, random_state=0), Y[:, 0]),
        (NetworkClassifier([6], max_iter=5, random_state=0), (Y[:, 0] > 0).astype(int)),
    ],
)
def test_an_estimator_that_is_looked_at_learns_the_same(estimator: Any, target: Any) -> None:
    weights = estimator.fit(X, target).network_.to_vector()
    with debug():
        looked_at = estimator.fit(X, target).network_.to_vector()
    np.testing.assert_allclose(looked_at, weights, rtol=1e-6, atol=1e-7)
