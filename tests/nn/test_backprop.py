"""Backpropagation as the texts write it, in four forms, agrees with the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from nn.backprop import Gradients, batch_form, jacobian_form, layers_of, matrix_form, scalar_form
from nn.backprop.costs import COSTS, cost_of, target_rows

FORMS = [scalar_form, matrix_form, jacobian_form, batch_form]
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "identity"]
LOSSES = list(COSTS)


def network(depth: int, activation: str, seed: int, last: bool = False) -> nn.Sequential:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, depth + 1).tolist()
    model = nn.MLP(sizes, activation=activation, init="normal", rng=rng, dtype=np.float64)
    vector = model.to_vector()
    model.from_vector(rng.standard_normal(len(vector)))
    return nn.Sequential(*model.layers, nn.activations.as_module(activation)) if last else model


def examples(model: Any, loss: Any, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    layers = layers_of(model)
    n, inputs, outputs = 4, layers[0].W.shape[1], len(layers[-1].b)
    x = rng.standard_normal((n, inputs))
    if loss in (nn.cross_entropy, nn.cross_entropy_cost):
        return x, rng.integers(0, outputs, n)
    return x, rng.uniform(0, 1, (n, outputs))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(
    depth=st.integers(1, 5),
    activation=st.sampled_from(ACTIVATIONS),
    loss=st.sampled_from(LOSSES),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=25, deadline=None)
def test_each_form_agrees_with_the_engines_gradient(
    form: Callable[..., Gradients], depth: int, activation: str, loss: Any, seed: int
) -> None:
    model = network(depth, activation, seed)
    x, y = examples(model, loss, seed)
    value = loss(model(x), y)
    value.backward()
    layers = layers_of(model)
    output = model(x).numpy()
    errors = cost_of(loss).error(output, target_rows(output, y))
    found = form(layers, x, errors)
    times = 1 if cost_of(loss).averaged else len(x)
    parameters = model.named_parameters()
    for layer, weight, bias in zip(layers, found.weights, found.biases, strict=True):
        for name, mine in (("weight", weight), ("bias", bias)):
            theirs = parameters[f"{layer.path}.{name}"].grad
            np.testing.assert_allclose(times * mine, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", ["scalar", "matrix", "jacobian", "mini-batch"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_error_terms_agree_with_the_engines_cotangents(form: str, activation: str) -> None:
    model = network(3, activation, seed=5, last=True)
    x, y = examples(model, nn.mse, seed=6)
    for loss in (nn.quadratic_cost, nn.sse, nn.mse):
        found = nn.deltas(model, x, y, loss=loss, form=form)
        assert found.layers == ["0", "2", "4"]
        assert found.differences.max() < 1e-12
        assert found.sizes.min() > 0


def test_the_first_delta_is_the_texts_formula() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=0, dtype=np.float64), nn.Sigmoid())
    x, y = np.array([[0.5, -1.0]]), np.array([[0.0, 1.0, 0.5]])
    a = model(x).numpy()
    for form in ("scalar", "matrix", "jacobian", "mini-batch"):
        delta = nn.deltas(model, x, y, form=form).classical[0]
        np.testing.assert_allclose(delta, -(y - a) * a * (1 - a), rtol=1e-14)


def test_softmax_with_cross_entropy_begins_with_p_minus_y() -> None:
    model = nn.MLP([3, 4], rng=0, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((5, 3))
    y = np.array([0, 1, 2, 3, 0])
    delta = nn.deltas(model, x, y, loss=nn.cross_entropy).classical[-1]
    p = nn.softmax(model(x)).numpy()
    np.testing.assert_allclose(delta, p - nn.one_hot(y, 4), atol=1e-14)


def test_a_network_of_one_number_is_worked_out_by_hand() -> None:
    model = nn.MLP([1, 1, 1], activation="identity", dtype=np.float64)
    model.from_vector([2.0, 0.5, -3.0, 1.0])  # z1 = 2x + 0.5, z2 = -3 z1 + 1
    found = nn.deltas(model, [[1.0]], [[0.0]], form="scalar")
    assert found.classical[1].item() == -6.5
    assert found.classical[0].item() == 19.5


def test_deltas_vanish_through_layers_of_sigmoids_and_it_shows() -> None:
    model = nn.MLP([8, *[8] * 6, 2], activation="sigmoid", rng=0, dtype=np.float64)
    rng = np.random.default_rng(0)
    found = nn.deltas(model, rng.standard_normal((20, 8)), rng.uniform(0, 1, (20, 2)))
    assert (np.diff(found.sizes) > 0).all()
    assert found.sizes[0] < found.sizes[-1] / 1000
    header, *rows = repr(found).splitlines()
    assert " ".join(header.split()) == "layer units mean |δ| largest |δ| text - engine"
    assert len(rows) == 7
    assert rows[-1].split()[:2] == ["12", "2"]
    assert found._repr_html_().count("<tr>") == 8


def test_the_sizes_are_drawn_over_the_layers() -> None:
    mpl.use("Agg")
    from matplotlib import pyplot

    model = nn.MLP([3, 4, 2], rng=0, dtype=np.float64)
    found = nn.deltas(model, np.eye(3), np.ones((3, 2)))
    ax = found.plot()
    drawn = ax.lines[0].get_ydata()
    scale = ax.get_yscale()
    pyplot.close("all")
    np.testing.assert_array_equal(drawn, found.sizes)
    assert scale == "log"


def test_the_model_stays_as_it_was_and_dropout_is_passed_over() -> None:
    model = nn.MLP([3, 4, 2], dropout=0.5, rng=0, dtype=np.float64).train()
    before = model.to_vector()
    found = nn.deltas(model, np.eye(3), np.ones((3, 2)))
    assert found.differences.max() < 1e-12
    assert model.training
    np.testing.assert_array_equal(model.to_vector(), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_frozen_layers_have_error_terms_too() -> None:
    model = nn.MLP([3, 4, 2], rng=0, dtype=np.float64)
    model[0].freeze()
    assert nn.deltas(model, np.eye(3), np.ones((3, 2))).differences.max() < 1e-12


def test_float32_differs_by_its_rounding_only() -> None:
    model = nn.MLP([3, 4, 2], activation="tanh", rng=0)
    found = nn.deltas(model, np.eye(3, dtype=np.float32), np.ones((3, 2)))
    assert 0 < found.differences.max() < 1e-6


class Doubling(nn.Activation):
    def forward(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize(
    ("model", "settings", "error", "message"),
    [
        (nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2)), {}, TypeError, "LayerNorm"),
        (nn.Sequential(nn.Linear(3, 2), Doubling()), {}, TypeError, "Doubling"),
        (nn.Sequential(nn.Tanh(), nn.Linear(3, 2)), {}, TypeError, "does not follow"),
        (nn.MLP([3, 2]), {"form": "tensor"}, ValueError, "there are scalar, matrix"),
        (nn.MLP([3, 2]), {"loss": nn.mae}, ValueError, "'mae' has no classical form"),
    ],
)
def test_what_the_texts_do_not_know_is_refused(
    model: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        nn.deltas(model, np.eye(3), np.ones((3, 2)), **settings)


def test_a_function_and_a_single_example_are_refused() -> None:
    with pytest.raises(TypeError, match="a function is not a module"):
        nn.deltas(lambda x: x, np.eye(3), np.ones((3, 2)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"shape \(3,\); .* x\[None, :\]"):
        nn.deltas(nn.MLP([3, 2]), np.ones(3), np.ones(2))


def test_layers_are_found_in_networks_within_networks() -> None:
    inner = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    model = nn.Sequential(inner, nn.Linear(4, 2, bias=False))
    layers = layers_of(model)
    assert [layer.path for layer in layers] == ["0.0", "1"]
    assert not layers[1].b.any()
    assert isinstance(model(Tensor(np.eye(3))), Tensor)
