"""What boxes are called: labels, paths of parameters, and variables of the user's."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from autograd import LineLog, Tensor, Value, draw, tanh
from tests.autograd.pictures.dotfile import read

scale = Value(10.0)


def titles_of(_node: Any) -> list[str]:
    """The titles of the boxes of values. The underscore keeps this variable from being one."""
    return _titles(draw(_node).source)


def _titles(source: str) -> list[str]:
    boxes = read(source).boxes.values()
    return [box.title for box in boxes if box.role not in ("operation", "constant")]


def test_nodes_are_named_by_the_variables_that_hold_them() -> None:
    x, w = Value(2.0), Value(3.0)
    z = x * w
    loss = z * scale
    assert _titles(draw(loss).source) == ["scale", "x", "w", "z", "loss"]


def test_a_label_goes_before_a_variable() -> None:
    x = Value(2.0, "input")
    y = x * 2
    assert _titles(draw(y).source) == ["input", "y"]


def test_a_parameter_is_named_by_its_whole_path() -> None:
    model = nn.Sequential(nn.Linear(2, 1, rng=0))
    model[0].bias.label = "offset"
    out = model(np.ones((1, 2)))
    titles = _titles(draw(out).source)
    assert "0.weight" in titles
    assert "offset" in titles
    assert "weight" not in titles


def test_places_in_lists_and_dicts_are_names() -> None:
    ws = [Value(1.0), Value(2.0)]
    layers = [[Value(3.0)], {"b": Value(4.0)}]
    out = ws[0] * ws[1] + layers[0][0] * layers[1]["b"]
    names = ["ws[0]", "ws[1]", "layers[0][0]", "layers[1]['b']"]
    assert [title for title in _titles(draw(out).source) if title != "out"] == [*names, "", ""]


def test_constant_arrays_are_called_by_their_variables() -> None:
    images = np.ones((3, 2))
    w = Tensor([1.0, 2.0])
    assert _titles(draw(images @ w).source) == ["w", "images", ""]


def test_names_that_notebooks_keep_are_no_names() -> None:
    _1 = Value(2.0)
    Out = {1: _1}
    y = _1 * 2
    assert _titles(draw(y).source) == ["", "y"]
    assert Out


def test_only_the_variables_of_the_caller_count() -> None:
    hidden = Value(2.0)
    assert titles_of(hidden * 2) == ["", ""]


def test_a_log_knows_the_variables_of_functions_that_ended() -> None:
    def neuron(inputs: list[Value]) -> Value:
        weighted = inputs[0] * inputs[1]
        return tanh(weighted)

    with LineLog():
        activation = neuron([Value(1.0), Value(2.0)])
    assert titles_of(activation) == ["", "", "weighted", "activation"]


def test_leaves_of_functions_that_have_ended_are_known_too() -> None:
    def neuron() -> Value:
        weight, bias = Value(2.0), Value(1.0)
        return tanh(weight + bias)

    with LineLog():
        activation = neuron()
    assert titles_of(activation) == ["weight", "bias", "", "activation"]


def test_many_leaves_are_called_by_what_their_names_have_in_common() -> None:
    ws = [Value(float(i)) for i in range(40)]
    total = sum((w * w for w in ws), Value(0.0))
    total.backward()
    assert "ws[*] × 40" in _titles(draw(total).source)
