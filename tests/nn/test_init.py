"""Initialisers: the distributions they promise, and what they do to a network."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import autograd as ag
import nn
from nn import init

N_OUT, N_IN = 300, 400
UNIFORM = {
    "uniform": 0.05,
    "xavier_simple": (1 / N_IN) ** 0.5,
    "xavier": (6 / (N_IN + N_OUT)) ** 0.5,
}
NORMAL = {
    "normal": 0.01,
    "xavier_normal": (2 / (N_IN + N_OUT)) ** 0.5,
    "he": (2 / N_IN) ** 0.5,
}


def test_every_initialiser_is_tested_here() -> None:
    assert UNIFORM.keys() | NORMAL.keys() | {"zeros"} == init.INITIALIZERS.keys()


@pytest.mark.parametrize("name", [*UNIFORM, *NORMAL])
def test_weights_are_distributed_as_promised(name: str) -> None:
    drawn = init.weights(name, (N_OUT, N_IN), rng=0, dtype=np.float64).ravel()
    if name in UNIFORM:
        bound = UNIFORM[name]
        expected = stats.uniform(-bound, 2 * bound)
    else:
        expected = stats.norm(0, NORMAL[name])
    assert stats.kstest(drawn, expected.cdf).pvalue > 0.01
    assert stats.kstest(drawn * 1.02, expected.cdf).pvalue < 0.01


@pytest.mark.parametrize("name", init.INITIALIZERS)
def test_a_seed_gives_the_same_weights_in_either_precision(name: str) -> None:
    double = init.weights(name, (5, 7), rng=3, dtype=np.float64)
    single = init.weights(name, (5, 7), rng=np.random.default_rng(3))
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_a_generator_goes_on_where_it_was() -> None:
    generator = np.random.default_rng(0)
    first, second = (init.he((3, 3), generator) for _ in range(2))
    assert not np.array_equal(first, second)
    assert init.as_generator(generator) is generator


@given(st.floats(1e-3, 10))
def test_the_width_can_be_chosen(width: float) -> None:
    assert abs(init.uniform((50, 50), 0, np.float64, epsilon=width)).max() == pytest.approx(
        width, rel=0.01
    )
    assert init.normal((50, 50), 0, np.float64, sigma=width).std() == pytest.approx(width, rel=0.05)
    layer = nn.Linear(50, 50, init=partial(init.normal, sigma=width), rng=0)
    assert layer.weight.numpy().std() == pytest.approx(width, rel=0.05)


@pytest.mark.parametrize("name", ["xavier_simple", "xavier", "xavier_normal", "he"])
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_scaling_by_fans_needs_two_of_them(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs a shape \(n_out, n_in\)"):
        init.weights(name, shape, rng=0)


def test_what_is_no_initialiser_is_refused() -> None:
    with pytest.raises(ValueError, match="'kaiming' is unknown; there are zeros, uniform"):
        nn.Linear(2, 2, init="kaiming")
    with pytest.raises(ValueError, match=r"returned shape \(2,\), not \(3, 2\)"):
        nn.Linear(2, 3, init=lambda shape, rng, dtype: np.ones(2))


# --------------------------------------------------------------------------------------------------
# What they do to a network


def trained(model: nn.MLP, steps: int = 20) -> nn.MLP:
    x = np.random.default_rng(0).normal(size=(30, 3))
    y = np.sin(x.sum(1, keepdims=True))
    for _ in range(steps):
        model.zero_grad()
        nn.mse(model(x), y).backward()
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.data = parameter.numpy() - 0.1 * parameter.grad
    return model


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus"])
def test_from_zeros_the_units_of_a_layer_stay_equal_for_ever(activation: str) -> None:
    model = trained(nn.MLP([3, 5, 1], activation, init="zeros", dtype=np.float64))
    for units in (model[0].weight.numpy(), model[0].bias.numpy(), model[2].weight.numpy().T):
        assert units.any() or activation == "tanh"  # whose gradient at 0 reaches no weight
        np.testing.assert_allclose(units, np.broadcast_to(units[0], units.shape), rtol=1e-9)
    broken = trained(nn.MLP([3, 5, 1], activation, init="uniform", rng=0, dtype=np.float64))
    assert len(np.unique(broken[0].weight.numpy()[:, 0])) == 5


def spreads(model: nn.MLP) -> tuple[Any, Any]:
    """Standard deviation of activations and of gradients, layer by layer."""
    q, activations = np.random.default_rng(0).normal(size=(200, model[0].weight.shape[1])), []
    for layer in model.layers:
        q = layer(q)
        if isinstance(layer, nn.Activation):
            activations.append(q)
    gradients = ag.gradients(q, activations, seed=np.random.default_rng(1).normal(size=q.shape))
    return np.array([a.numpy().std() for a in activations]), np.array([g.std() for g in gradients])


@pytest.mark.parametrize(
    ("activation", "name", "least", "most"),
    [
        ("relu", "he", 0.3, 3.0),
        ("tanh", "xavier", 0.2, 3.0),
        ("tanh", "xavier_normal", 0.2, 3.0),
        ("identity", "xavier", 0.5, 2.0),
        ("tanh", "normal", 0.0, 1e-6),
        ("relu", "xavier_simple", 0.0, 1e-2),
        ("identity", partial(init.normal, sigma=1.0), 1e6, np.inf),
    ],
)
def test_signals_keep_their_spread_vanish_or_explode(
    activation: str, name: Any, least: float, most: float
) -> None:
    model = nn.MLP([100] * 11, activation, init=name, rng=0, dtype=np.float64)
    forward, backward = spreads(model)
    assert least <= forward[-1] / forward[0] <= most
    assert least <= backward[0] / backward[-1] <= most
