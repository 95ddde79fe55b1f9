"""What nodes and operations show of themselves: a line in the terminal, a card in a notebook."""

from __future__ import annotations

import sys
import time
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import autograd as ag
from autograd import LineLog, Tensor, Value, custom_op, summary

ANY = arrays(np.float64, array_shapes(max_dims=3), elements=st.floats(width=64))


@given(ANY)
def test_the_figures_are_those_of_the_finite_entries(array: Any) -> None:
    figures = summary(array)
    finite = array[np.isfinite(array)]
    assert figures.shape == array.shape
    assert figures.nans == np.isnan(array).sum()
    assert figures.infinities == np.isinf(array).sum()
    assert figures.exact
    if finite.size:
        assert (figures.low, figures.high) == (finite.min(), finite.max())
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(figures.mean, finite.mean(), rtol=1e-12)
    else:
        assert np.isnan(figures.low)


def test_a_line_says_shape_type_range_mean_spread_and_what_is_not_finite() -> None:
    array = np.array([0.0, 1.0, 2.0, np.nan, np.inf, -np.inf], np.float32)
    assert str(summary(array)) == (
        "shape (6,), float32, from 0 to 2, mean 1, std 0.8165, 1 nan, 2 inf"
    )
    assert str(summary(np.full(3, 7.0))) == "shape (3,), float64, all 7"
    assert str(summary(np.zeros((0, 2)))) == "shape (0, 2), float64"
    assert str(summary(np.full(2, np.nan))) == "shape (2,), float64, 2 nan"
    assert str(summary(Value(2.0))) == "shape (), float64, all 2"


def test_a_large_tensor_shows_itself_in_figures_and_a_small_one_in_full() -> None:
    x = Tensor(np.linspace(0, 1, 101), "x")
    assert repr(x) == (
        "Tensor(shape (101,), float64, from 0 to 1, mean 0.5, std 0.2915, label='x')"
    )
    assert repr(Tensor(np.arange(100.0))).startswith("Tensor([ 0.,  1.,  2.,")


def test_the_line_that_made_a_node_is_shown_where_it_is_known() -> None:
    with LineLog():
        y = Value(2.0) * 3.0
        z = Tensor([1.0]) + 1.0
    assert repr(y).startswith("Value(data=6.0, grad=0.0)  # mul, test_summaries.py:")
    assert repr(z).startswith("Tensor([2.])  # add, test_summaries.py:")
    assert "y = Value(2.0) * 3.0" in y._repr_html_()


def test_ten_million_entries_are_shown_in_no_time() -> None:
    x = Tensor(np.broadcast_to(np.float32(1.0), (10, 1000, 1000)))
    x.data[0, 0, :2] = 0.0, 3.0
    start = time.perf_counter()
    shown = repr(x)
    assert time.perf_counter() - start < 0.5
    assert shown.startswith("Tensor(shape (10, 1000, 1000), float32, from 0 to 3, mean about 1,")


def test_showing_a_leaf_does_not_freeze_or_copy_it() -> None:
    x = Tensor(np.zeros(1000))
    held = x.data
    repr(x)
    x._repr_html_()
    held[0] = 5.0
    assert x.numpy()[0] == 5.0
    assert x.numpy().flags.writeable is False
    assert x.data is held


def test_showing_loads_nothing() -> None:
    before = set(sys.modules)
    for thing in (Value(1.0), Tensor(np.zeros(1000)), Tensor([1.0])):
        repr(thing)
        thing._repr_html_()
    assert set(sys.modules) - before == set()


@pytest.mark.parametrize(
    "node",
    [
        Value(2.0, "a < b"),
        Tensor([[1.0, 2.0], [3.0, 4.0]], "a & b"),
        Tensor(np.linspace(0, 1, 1000)),
        Tensor([np.nan, np.inf]),
        Tensor(np.zeros((0, 3))),
        Value(2.0) * 3.0,
    ],
)
def test_a_card_is_well_formed_and_tells_the_same(node: Any) -> None:
    card = node._repr_html_()
    root = ElementTree.fromstring(card)
    text = "".join(root.itertext())
    assert type(node).__name__ in text
    assert node.label in text
    if node.op:
        assert "made by" in text
    assert ("<svg" in card) == (node.size > 1 and bool(np.isfinite(node.numpy()).all()))


def test_a_card_shows_the_gradient_once_there_is_one() -> None:
    x = Tensor([1.0, 2.0])
    assert "grad" not in x._repr_html_()
    (x * x).sum().backward()
    assert "from 2 to 4" in x._repr_html_()


def test_an_operation_shows_its_kind_and_its_arguments() -> None:
    card = ElementTree.fromstring(ag.sigmoid._repr_html_())
    assert "".join(card.itertext()) == (
        "<op sigmoid: elementwise of 1 argument>"
        "The logistic function of x, which does not overflow."
    )
    assert repr(ag.tanh) == "<op tanh: elementwise of 1 argument>"
    assert repr(ag.mul) == "<op mul: elementwise of 2 arguments>"
    assert repr((Tensor([1.0]) @ Tensor([1.0])).op) == "<op matmul: multilinear of 2 arguments>"
    assert repr(custom_op(np.sin, vjp=lambda g, out, x: g, name="own")) == (
        "<op own: operation of 1 argument>"
    )
