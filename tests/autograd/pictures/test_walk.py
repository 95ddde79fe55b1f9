"""The walk through a graph: its shares add up to what `gradients` gives, for any program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from autograd import GraphChangedError, Node, Tensor, Value, checkpoint, floor, gradients, relu
from autograd.pictures.notation import compact, formula, names_of
from autograd.pictures.walk import Walk, history, walk
from tests.autograd.cases import KINDS, Case
from tests.autograd.programs import AUTOGRAD, Program, programs


def walked(output: Node, seed: Any = None) -> Walk:
    return walk(output, history([output]), seed)


def wrapped(x: Any) -> Node:
    return Value(x) if isinstance(x, float) else Tensor(x)


def assert_like_gradients(taken: Walk, seed: Any = None) -> None:
    for node in taken.nodes:
        expected = gradients(taken.output, node, seed)
        np.testing.assert_allclose(taken.cotangent(node), expected, rtol=1e-13, atol=1e-300)


@given(programs())
@settings(max_examples=60)
def test_cotangents_are_those_that_gradients_gives(program: Program) -> None:
    inputs = [wrapped(x) for x in program.inputs]
    output = program.run(AUTOGRAD, inputs, program.constants)
    if isinstance(output, Node):
        assert_like_gradients(walked(output))


@given(programs())
@settings(max_examples=60)
def test_a_share_is_local_derivative_times_cotangent_and_shares_add_up(program: Program) -> None:
    output = program.run(AUTOGRAD, [wrapped(x) for x in program.inputs], program.constants)
    if not isinstance(output, Node):
        return
    taken = walked(output)
    received: dict[Node, Any] = {}
    for share in taken.shares:
        np.testing.assert_array_equal(share.cotangent, taken.cotangent(share.result))
        if share.local is not None:
            product = share.local * share.cotangent
            extra = tuple(range(np.ndim(product) - share.arg.ndim))
            kept = np.sum(product, axis=extra)
            for axis, size in enumerate(share.arg.shape):
                if size == 1 != kept.shape[axis]:
                    kept = kept.sum(axis=axis, keepdims=True)
            np.testing.assert_allclose(share.value, kept, rtol=1e-12, atol=1e-14)
        received[share.arg] = received.get(share.arg, 0.0) + share.value
        np.testing.assert_allclose(share.total, received[share.arg], rtol=1e-12, atol=1e-14)
    for node, total in received.items():
        np.testing.assert_array_equal(taken.cotangent(node), total)


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_every_operation_can_be_walked_and_written_down(case: Case) -> None:
    output = case.f(*map(wrapped, case.args))
    output = output[0] if isinstance(output, tuple) else output
    if not isinstance(output, Node):
        pytest.skip("its result is plain data")
    taken = walked(output, np.ones(output.shape))
    assert_like_gradients(taken, np.ones(output.shape))
    names = names_of(taken.nodes, {})
    for node in taken.nodes:
        if node.op is not None:
            said = formula(node, lambda x: names[x] if isinstance(x, Node) else compact(x))
            assert all(names[parent] in said for parent in node.parents)


def test_data_changed_since_it_was_used_is_refused() -> None:
    for x in (Value(2.0), Tensor([2.0])):
        y = (x * x).sum()
        x.data = [5.0] if isinstance(x, Tensor) else 5.0
        with pytest.raises(GraphChangedError, match="compute the output again"):
            walked(y)


def test_nothing_flows_through_an_operation_without_derivative() -> None:
    x = Value(2.5)
    taken = walked(floor(3 * x) * x)
    assert taken.cotangent(x) == 7.0
    assert [share.value for share in taken.shares] == [2.5, 7.0, 0.0]


def test_a_closed_relu_sends_nothing_back_even_of_an_infinite_cotangent() -> None:
    x = Value(-1.0)
    taken = walked(np.sqrt(relu(x)))
    assert taken.shares[0].value == np.inf
    assert taken.cotangent(x) == gradients(taken.output, x) == 0.0


def test_gradients_and_switches_stay_as_they_are() -> None:
    x = Tensor([1.0, 2.0])
    y = checkpoint(lambda x: (x * x).sum())(x)
    taken = walked(y)
    np.testing.assert_array_equal(taken.cotangent(x), [2.0, 4.0])
    assert x.grad is None
    assert (x * x).op is not None


def test_names_are_labels_or_numbers_and_no_two_are_the_same() -> None:
    a, b, c, d = Value(1.0, "a"), Value(2.0, "a"), Value(3.0), Value(4.0, "v1")
    taken = walked((a + b) * c - d)
    known = {id(node): node.label for node in taken.nodes}
    names = list(names_of(taken.nodes, known).values())
    assert names == ["a", "a_2", "x1", "v1", "v2", "v3", "v4"]


def test_operations_are_written_as_one_would_write_them() -> None:
    x, w = Tensor(np.ones((4, 3)), "x"), Tensor(np.ones((3, 2)), "w")
    names = {x: "x", w: "w"}

    def said(node: Any) -> str:
        return formula(node, lambda arg: names[arg] if isinstance(arg, Node) else compact(arg))

    assert said(x @ w) == "x @ w"
    assert said(x * -2) == "x × (-2)"
    assert said(-x) == "-x"
    assert said(x.T) == "x.T"
    assert said(x[1:, ::2]) == "x[1:, ::2]"
    assert said(x[0]) == "x[0]"
    assert said(x.sum(axis=1, keepdims=True)) == "Σ(x, axis=1, keepdims=True)"
    assert said(np.tanh(x)) == "tanh(x)"
    assert said(np.where(True, x, 0.0)) == "where(1, x, 0)"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (1234.5678, "1235"),
        (-0.0, "0"),
        (np.array([1.0, -2.5]), "[1, -2.5]"),
        (np.array([[1.0], [np.nan]]), "[[1], [nan]]"),
        (np.arange(7.0), "7: 0 … 6"),
        (np.full((4, 3), 2.0), "4×3: 2"),
        (np.zeros((0, 3)), "0×3: empty"),
        (np.array([1.23456789, 2.3456789e-8, 3.456789e9, 4.56789]), "4: 2.346e-08 … 3.457e+09"),
    ],
)
def test_data_is_written_in_few_characters(data: Any, text: str) -> None:
    assert compact(data) == text
