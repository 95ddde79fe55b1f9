"""Activations held to the formulas of the texts, and units that have stopped learning."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, check_grads
from nn.modules.activations import ACTIVATIONS, as_module

Formula = Callable[[float], float]


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


ROOT = math.sqrt(2 * math.pi)


def phi(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def squashed(x: float) -> float:
    return math.tanh(math.log1p(math.exp(x)))


FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "step": (lambda x: 1.0 if x >= 0 else 0.0, lambda x: 0.0),
    "sigmoid": (sigma, lambda x: sigma(x) * (1 - sigma(x))),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "relu": (lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "leaky_relu": (lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01),
    "prelu": (lambda x: x if x > 0 else 0.25 * x, lambda x: 1.0 if x > 0 else 0.25),
    "elu": (lambda x: x if x > 0 else math.expm1(x), lambda x: 1.0 if x > 0 else math.exp(x)),
    "softplus": (lambda x: math.log1p(math.exp(x)), sigma),
    "gelu": (lambda x: x * phi(x), lambda x: phi(x) + x * math.exp(-x * x / 2) / ROOT),
    "silu": (lambda x: x * sigma(x), lambda x: sigma(x) * (1 + x * (1 - sigma(x)))),
    "mish": (
        lambda x: x * squashed(x),
        lambda x: squashed(x) + x * (1 - squashed(x) ** 2) * sigma(x),
    ),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "hardtanh": (lambda x: min(max(x, -1.0), 1.0), lambda x: float(-1 < x < 1)),
    "identity": (lambda x: x, lambda x: 1.0),
}


def test_every_activation_but_softmax_has_a_formula_here() -> None:
    assert FORMULAS.keys() | {"softmax", "log_softmax"} == ACTIVATIONS.keys()


@given(st.sampled_from(list(FORMULAS)), st.lists(st.floats(-20, 20), min_size=1, max_size=8))
def test_module_and_function_follow_formula_and_derivative(name: str, points: list[float]) -> None:
    formula, derivative = FORMULAS[name]
    x = Tensor(points)
    out = as_module(name, np.float64)(x)
    np.testing.assert_allclose(out.numpy(), [formula(p) for p in points], rtol=1e-12, atol=1e-300)
    expected = [derivative(p) for p in points]
    slopes = ag.gradients(out, x, seed=np.ones(len(points)))
    np.testing.assert_allclose(slopes, expected, rtol=1e-9, atol=1e-12)
    function = getattr(nn, name)
    alpha = (0.25,) if name == "prelu" else ()
    np.testing.assert_array_equal(function(np.array(points), *alpha), out.numpy())


def test_at_the_kink_the_slopes_are_those_documented() -> None:
    x = Tensor([0.0])
    slopes = {
        name: ag.gradients(as_module(name, np.float64)(x), x, seed=np.ones(1)).item()
        for name in ("step", "relu", "leaky_relu", "prelu", "elu")
    }
    assert slopes == {"step": 0.0, "relu": 0.0, "leaky_relu": 0.01, "prelu": 0.25, "elu": 1.0}


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_softmax_gives_probabilities_and_its_jacobian(logits: list[float]) -> None:
    z = np.array(logits)
    q = nn.Softmax()(z)
    assert q.min() >= 0
    assert q.sum() == pytest.approx(1)
    jacobian = ag.jacobian(nn.softmax)(z)
    np.testing.assert_allclose(jacobian, np.diag(q) - np.outer(q, q), atol=1e-12)


@pytest.mark.parametrize("x", [-1e4, -745.2, 745.2, 1e4])
def test_nothing_overflows(x: float) -> None:
    for name in ACTIVATIONS:
        for dtype in (np.float32, np.float64):
            assert np.isfinite(as_module(name)(Tensor([x], dtype=dtype)).numpy()).all()


def test_prelu_learns_one_slope_or_one_for_each_unit() -> None:
    x = np.array([[-1.0, 2.0], [-3.0, -4.0]])
    shared, apart = nn.PReLU(dtype=np.float64), nn.PReLU(2, alpha=0.1, dtype=np.float64)
    assert shared(x).tolist() == [[-0.25, 2.0], [-0.75, -1.0]]
    apart(x).sum().backward()
    shared(x).sum().backward()
    assert shared.weight.grad.tolist() == [-8.0]
    assert apart.weight.grad.tolist() == [-4.0, -4.0]
    check_grads(nn.prelu, x, np.array([0.3, -0.2]), order=2)


def test_an_alpha_of_the_users_is_taken() -> None:
    x = np.array([-1.0])
    assert nn.LeakyReLU(0.5)(x) == -0.5
    assert nn.ELU(2.0)(x) == pytest.approx(2 * math.expm1(-1))


@pytest.mark.parametrize(
    ("given_", "kind"),
    [
        ("tanh", nn.Tanh),
        (nn.Tanh, nn.Tanh),
        (ag.tanh, nn.Tanh),
        (nn.Tanh(), nn.Tanh),
        (ag.sin, nn.Function),
        (lambda x: x**2, nn.Function),
    ],
)
def test_an_activation_may_be_named_in_many_ways(given_: Any, kind: type) -> None:
    module = as_module(given_)
    assert isinstance(module, kind)
    assert module(np.array([2.0])).shape == (1,)


@pytest.mark.parametrize(
    ("given_", "error", "message"),
    [
        ("rleu", ValueError, "'rleu' is unknown; there are step, sigmoid"),
        (3, TypeError, "3 is neither a module nor a function"),
        (dict, TypeError, "dict is not a class of modules"),
    ],
)
def test_what_is_no_activation_is_refused(
    given_: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        nn.MLP([1, 1, 1], given_)


# --------------------------------------------------------------------------------------------------
# Saturation


def test_statistics_tell_saturated_units_from_dead_ones() -> None:
    z = np.array([[-10.0, 0.0, 10.0], [-10.0, -1.0, 0.0]])
    (relu,) = nn.activation_statistics(nn.Sequential(nn.ReLU()), z)
    assert relu == ("0", "ReLU", pytest.approx(10 / 6), pytest.approx(np.std([0] * 5 + [10])),
                    pytest.approx(5 / 6), pytest.approx(2 / 3))  # fmt: skip
    (sigmoid,) = nn.activation_statistics(nn.Sigmoid(), z)
    assert (sigmoid.path, sigmoid.saturated, sigmoid.always_zero) == ("", 0.5, 0.0)
    (steep,) = nn.activation_statistics(nn.Sigmoid(), z, slope=0.2)
    assert steep.saturated == pytest.approx(4 / 6)
    (flat,) = nn.activation_statistics(nn.Sigmoid(), z, slope=1.0)
    assert flat.saturated == 1.0


def test_statistics_name_each_layer_of_a_network() -> None:
    model = nn.MLP([3, 50, 50, 2], "tanh", rng=0, init=lambda *a: 10 * nn.init.xavier(*a))
    model = nn.Sequential(model, nn.Softmax())
    figures = nn.activation_statistics(model, np.random.default_rng(0).normal(size=(20, 3)))
    assert [(f.path, f.activation) for f in figures] == [("0.1", "Tanh"), ("0.3", "Tanh")]
    assert figures[1].saturated > 0.7
    assert abs(figures[1].mean) < 0.2
    assert figures[1].std > 0.9


def test_statistics_change_nothing_in_the_model() -> None:
    model = nn.Sequential(nn.BatchNorm(2), nn.ReLU(), nn.Dropout(0.5, rng=0))
    model[2].eval()
    before = model.state_dict()
    nn.activation_statistics(model, Tensor(np.ones((3, 2))))
    assert [layer.training for layer in model.layers] == [True, True, False]
    after = model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    with pytest.raises(ValueError, match="shape"):
        nn.activation_statistics(model, np.ones((3, 5)))
    assert model[0].training
