"""`why`: one sentence on why a gradient is zero, missing or tiny, with the line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, Why, checkpoint, debug, no_grad, stop_gradient, why

Program = Callable[[Any], Any]


def text_of(answer: Why) -> str:
    return "" if answer.line is None else answer.line.text


def two_layers(x: Any) -> Any:
    hidden = ag.relu(x - 10.0)
    return (hidden * 2.0).sum()


def saturated(x: Any) -> Any:
    p = ag.sigmoid(x * 1e4)
    return p.sum()


def clipped(x: Any) -> Any:
    inside = ag.clip(x, -0.1, 0.1)
    return inside.sum()


def behind_a_condition(x: Any) -> Any:
    kept = ag.where(np.array([False, False]), x, 1.0)
    return kept.sum()


def stopped(x: Any) -> Any:
    target = stop_gradient(x * 2.0)
    return target.sum()


def stepped(x: Any) -> Any:
    spikes = ag.heaviside(x)
    return spikes.sum()


def floored(x: Any) -> Any:
    bins = np.floor(x)
    return bins.sum()


def masked(x: Any) -> Any:
    kept = x * np.zeros(2)
    return kept.sum()


def subtracted(x: Any) -> Any:
    return x.sum() - (x * 1.0).sum()


def centred(x: Any) -> Any:
    return (x - x.mean()).sum()


def shared_out(x: Any) -> Any:
    p = ag.softmax(x)
    return p.sum()


def at_a_minimum(x: Any) -> Any:
    squares = ag.square(x - x.numpy())
    return squares.sum()


ON_A_PATH = [
    (two_layers, "dead", True, "hidden = ag.relu(x - 10.0)"),
    (saturated, "saturated", True, "p = ag.sigmoid(x * 1e4)"),
    (clipped, "dead", True, "inside = ag.clip(x, -0.1, 0.1)"),
    (behind_a_condition, "dead", True, "kept = ag.where(np.array([False, False]), x, 1.0)"),
    (stopped, "cut", True, "target = stop_gradient(x * 2.0)"),
    (stepped, "no derivative", True, "spikes = ag.heaviside(x)"),
    (floored, "no derivative", True, "bins = np.floor(x)"),
    (masked, "zero factor", False, "kept = x * np.zeros(2)"),
    (subtracted, "cancelled", True, "return x.sum() - (x * 1.0).sum()"),
    (centred, "cancelled", True, "return (x - x.mean()).sum()"),
    (shared_out, "constant", True, "p = ag.softmax(x)"),
    (at_a_minimum, "stationary", False, "squares = ag.square(x - x.numpy())"),
]


@pytest.mark.parametrize(("f", "kind", "lasting", "line"), ON_A_PATH)
def test_an_operation_that_lets_nothing_through_is_named_with_its_line(
    f: Program, kind: str, lasting: bool, line: str
) -> None:
    x = Tensor([1.5, -2.0], "x")
    answer = why(x, lambda: f(x))
    assert (answer.kind, answer.lasting, text_of(answer)) == (kind, lasting, line)
    assert repr(answer).startswith("The gradient of x is zero")
    assert line in repr(answer)
    assert why(x, f(x)).kind == kind  # without a line, since nobody looked on


@pytest.mark.parametrize(("f", "kind", "lasting", "line"), ON_A_PATH)
def test_what_was_computed_inside_debug_has_its_line_too(
    f: Program, kind: str, lasting: bool, line: str
) -> None:
    x = Tensor([1.5, -2.0], "x")
    with debug():
        output = f(x)
    assert text_of(why(x, output)) == line


def test_a_dead_unit_of_values_is_dead_as_well() -> None:
    x = Value(-2.0, "x")
    answer = why(x, ag.relu(x) * 3.0)
    assert (answer.kind, answer.operation) == ("dead", "relu")
    assert "-2" in repr(answer)
    assert why(x, ag.floor(x) * 3.0).kind == "no derivative"
    assert why(x, x * 0.0).kind == "zero factor"


# --------------------------------------------------------------------------------------------------
# No path


def by_data(x: Any) -> Any:
    hidden = x.data * 2
    return Tensor([1.0, 2.0]) @ hidden


def by_item(x: Any) -> Any:
    total = x.sum().item()
    return Value(2.0) * total


def by_the_math_module(x: Any) -> Any:
    angle = math.sin(x[0])
    return Value(2.0) * angle


def by_detach(x: Any) -> Any:
    held = (x * 3.0).detach()
    return held.sum() * 2.0


def by_a_comparison(x: Any) -> Any:
    positive = x > 0
    return Value(1.0) * positive.sum()


def by_argmax(x: Any) -> Any:
    best = np.argmax(x * 2.0)
    return Value(1.0) * best


def by_a_branch(x: Any) -> Any:
    kept = int(x[0])
    return Value(1.0) * kept


def by_nonzero(x: Any) -> Any:
    places = np.nonzero(x)
    return Value(1.0) * places[0].sum()


def by_no_grad(x: Any) -> Any:
    with no_grad():
        hidden = x * 2.0
    return (hidden + Tensor([1.0, 1.0])).sum()


CUTS = [
    (by_data, "cut", ".data", "hidden = x.data * 2"),
    (by_item, "cut", ".item()", "total = x.sum().item()"),
    (by_the_math_module, "cut", "float()", "angle = math.sin(x[0])"),
    (by_detach, "cut", ".detach()", "held = (x * 3.0).detach()"),
    (by_a_comparison, "no derivative", "a comparison", "positive = x > 0"),
    (by_argmax, "no derivative", "argmax", "best = np.argmax(x * 2.0)"),
    (by_a_branch, "no derivative", "int()", "kept = int(x[0])"),
    (by_nonzero, "cut", "np.nonzero(...)", "places = np.nonzero(x)"),
    (by_no_grad, "cut", "no_grad()", "hidden = x * 2.0"),
]


@pytest.mark.parametrize(("f", "kind", "how", "line"), CUTS)
def test_what_takes_numbers_out_of_the_graph_is_named_with_its_line(
    f: Program, kind: str, how: str, line: str
) -> None:
    x = Tensor([1.5, -2.0], "x")
    answer = why(x, lambda: f(x))
    assert (answer.kind, answer.operation, text_of(answer)) == (kind, how, line)
    assert answer.lasting
    with debug():
        output = f(x)
    answer = why(x, output)
    assert (answer.kind, answer.operation, text_of(answer)) == (kind, how, line)


def test_a_number_taken_out_to_be_looked_at_is_not_blamed() -> None:
    x = Tensor([1.5, -2.0], "x")

    def f() -> Any:
        hidden = x.data * 2
        loss = Tensor([1.0, 2.0]) @ hidden
        f"{x.item() if x.size == 1 else x.numpy().max()}"  # as for a line of print
        return loss

    assert text_of(why(x, f)) == "hidden = x.data * 2"


def test_what_operations_read_inside_is_not_blamed() -> None:
    x = Tensor([1.5, -2.0], "x")

    def f() -> Any:
        scale = x.sum().item()
        largest = ag.max(x)  # looks at the data to find ties
        largest.backward()
        return Value(2.0) * scale

    assert text_of(why(x, f)) == "scale = x.sum().item()"
    with debug():
        output = f()
    assert text_of(why(x, output)) == "scale = x.sum().item()"


def test_a_branch_on_a_node_is_named_as_what_it_is() -> None:
    x = Value(1.5, "x")
    answer = why(x, lambda: Value(2.0) if x else Value(3.0))
    assert (answer.kind, answer.operation) == ("no derivative", "bool()")


def test_a_cut_in_another_program_is_not_blamed() -> None:
    x = Tensor([1.5, -2.0], "x")
    with debug():
        by_argmax(x)
        inside = by_data(x)
        assert why(x, inside).operation == ".data"
    output = Value(2.0) * 3.0
    assert why(x, output).kind == "apart"


def test_without_anybody_looking_on_a_copy_is_recognised() -> None:
    x = Tensor([1.5, -2.0], "x")
    output = (Tensor(x.numpy()) * 2.0).sum()
    answer = why(x, output)
    assert answer.kind == "apart"
    assert "reads the numbers that it holds" in repr(answer)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: Value(2.0) * 3.0, "computed without it"),
        (lambda x: Value(2.0), "a leaf without a history"),
    ],
)
def test_an_output_that_was_computed_without_it_is_said_to_be(
    make: Callable[[Any], Any], words: str
) -> None:
    x = Value(1.5, "x")
    assert words in repr(why(x, make(x)))


def test_a_node_made_after_the_output_is_said_to_be() -> None:
    output = Value(2.0) * 3.0
    assert "created after the output" in repr(why(Value(2.0, "x"), output))


def test_a_function_that_gives_a_plain_number_is_traced_too() -> None:
    x = Value(1.5, "x")
    answer = why(x, lambda: float(x) * 2)
    assert answer.operation == "float()"
    assert "no node" in repr(why(Value(1.0), lambda: 3.0))


# --------------------------------------------------------------------------------------------------
# Not zero


def test_a_gradient_that_vanishes_step_by_step_is_tiny() -> None:
    x = Value(0.5, "x")

    def f() -> Any:
        y = x
        for _ in range(20):
            y = ag.sigmoid(y)
        return y

    answer = why(x, f)
    assert (answer.kind, answer.operation, text_of(answer)) == (
        "tiny",
        "sigmoid",
        "y = ag.sigmoid(y)",
    )
    assert "each of 20 operations on the path reduces it by more than half" in repr(answer)


def test_one_operation_that_makes_a_gradient_tiny_is_named() -> None:
    x = Tensor([20.0, 21.0], "x")

    def f() -> Any:
        scaled = x * 1.0
        p = ag.sigmoid(scaled)
        return p.sum() * 2.0

    answer = why(x, f)
    assert (answer.kind, text_of(answer)) == ("tiny", "p = ag.sigmoid(scaled)")
    assert "nearly saturated: its inputs are shape (2,) from 20 to 21" in repr(answer)


def test_a_gradient_that_is_there_is_said_to_be() -> None:
    x = Tensor([1.0, -1.0, 2.0], "x")
    answer = why(x, ag.relu(x).sum())
    assert answer.kind == "none"
    assert "0 in 1 of its 3 entries" in repr(answer)
    assert "backward() has not been called" in repr(answer)
    assert why(x, x).kind == "none"


def test_a_gradient_that_is_not_finite_is_named_with_the_operation_that_made_it_so() -> None:
    x = Value(0.0, "x")
    answer = why(x, ag.sqrt(x))
    assert (answer.kind, answer.operation) == ("not finite", "sqrt")
    assert "the slope of sqrt(0) times the cotangent 1 is inf" in repr(answer)


def test_zero_times_infinity_is_named_with_the_entry_and_the_remedy() -> None:
    p = Tensor([0.3, 0.0, 0.7], "p")
    answer = why(p, lambda: ag.logsumexp(np.log(p)))
    assert (answer.kind, answer.operation) == ("not finite", "log")
    assert "at entry [1] the slope of log(0) times the cotangent 0 is nan" in repr(answer)
    assert "0 · ∞ may be any number" in repr(answer)
    assert answer.line is not None
    assert "np.log(p)" in answer.line.text


def test_zero_times_infinity_of_a_branch_that_is_masked_is_no_fault() -> None:
    x = Value(0.0, "x")
    assert why(x, lambda: ag.where(x > 0, ag.sqrt(x), 0.0) + x).kind == "none"
    answer = why(x, lambda: ag.where(x > 0, ag.sqrt(x), 0.0))
    assert (answer.kind, answer.operation) == ("dead", "where")


def test_a_gradient_of_what_is_not_finite_itself_is_left_to_debug() -> None:
    x = Value(-1.0, "x")
    answer = why(x, ag.log(ag.sqrt(x)))
    assert answer.kind == "not finite"
    assert "debug()" in repr(answer)


def test_nothing_is_changed_by_asking() -> None:
    x = Tensor([1.0, 2.0])
    output = (x * x).sum()
    why(x, output)
    assert x.grad is None
    x.data = [5.0, 6.0]
    assert why(x, output).kind == "none"  # of the numbers that the graph has read


def test_a_result_inside_the_graph_may_be_asked_for() -> None:
    x = Value(3.0)
    h = x * 2.0
    assert why(h, ag.relu(h - 10.0)).kind == "dead"
    assert why(h, h * h).kind == "none"


def test_a_checkpoint_on_the_way_is_gone_through() -> None:
    x = Tensor([1.0, 2.0])
    output = checkpoint(lambda x: ag.relu(x - 5.0))(x).sum()
    assert why(x, output).operation == "checkpoint"


@pytest.mark.parametrize("pair", [(1.0, Value(1.0)), (Value(1.0), 1.0)])
def test_what_is_no_node_is_refused(pair: tuple[Any, Any]) -> None:
    with pytest.raises(TypeError, match="why: "):
        why(*pair)


def test_asking_keeps_no_graph_alive() -> None:
    x = Tensor([1.0, 2.0])
    made = []

    def f() -> Any:
        hidden = x * 2.0
        made.append(ref(hidden))
        return hidden.data.sum()

    why(x, f)
    with debug():
        f()
    assert [node() for node in made] == [None, None]


def test_a_cut_that_only_may_have_done_it_is_said_to_seem_so() -> None:
    x = Tensor([1.5, -2.0], "x")
    with debug():
        output = by_the_math_module(x)  # by a result that is gone, and numbers that went on
    assert "is zero, it seems: at test_why.py:" in repr(why(x, output))
    assert "is zero: at test_why.py:" in repr(why(x, lambda: by_the_math_module(x)))


def test_a_node_and_an_output_that_have_changed_places_are_told_apart() -> None:
    x = Value(2.0, "x")
    y = x * x
    assert "it was computed from the output" in repr(why(y, x))
    assert why(x, y).kind == "none"
