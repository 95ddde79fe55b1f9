"""Which line made which node: through calls, generators, exceptions, and beside other tracers."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import pytest

import nn
from autograd import LineLog, Tensor, Value, checkpoint, custom_op, tanh


def text_of(log: LineLog, node: Any) -> str | None:
    line = log.line_of(node)
    return None if line is None else line.text


@pytest.fixture(autouse=True)
def tracing_ends_as_it_began() -> Iterator[None]:
    before = sys.gettrace()
    yield
    assert sys.gettrace() is before


def test_a_node_is_traced_to_file_line_function_and_text() -> None:
    x = Value(2.0)
    with LineLog() as log:
        y = x * x
        z = tanh(y)
    here = inspect.currentframe()
    assert here is not None
    line = log.line_of(y)
    assert line is not None
    assert (line.file, line.text) == (__file__, "y = x * x")
    assert line.function.endswith("test_a_node_is_traced_to_file_line_function_and_text")
    assert line.lineno == here.f_code.co_firstlineno + 3
    assert str(line) == f"test_lines.py:{line.lineno}"
    assert text_of(log, z) == "z = tanh(y)"


def test_what_is_made_outside_the_block_has_no_line() -> None:
    before = Value(1.0)
    log = LineLog()
    unused = log.line_of(before)
    with log:
        inside = before + 1
    after = before + 1
    with log:
        again = before * 2
    assert unused is None
    assert text_of(log, before) is text_of(log, after) is None
    assert text_of(log, inside) == "inside = before + 1"
    assert text_of(log, again) == "again = before * 2"


def test_the_rest_of_a_line_after_a_call_is_on_that_line() -> None:
    def square(x: Value) -> Value:
        return x * x

    x = Value(3.0)
    with LineLog() as log:
        y = square(x) + square(x + 1)
    left, right = y.parents
    assert text_of(log, y) == "y = square(x) + square(x + 1)"
    assert text_of(log, left) == text_of(log, right) == "return x * x"
    assert text_of(log, right.parents[0]) == "y = square(x) + square(x + 1)"


def test_each_line_of_a_long_expression_is_its_own() -> None:
    a, b = Value(2.0), Value(3.0)
    with LineLog() as log:
        y = np.exp(
            a * b
            - tanh(b)
        )  # fmt: skip
    difference = y.parents[0]
    product, curve = difference.parents
    assert text_of(log, y) == "y = np.exp("
    assert text_of(log, product) == "a * b"
    assert text_of(log, curve) == "- tanh(b)"


def test_recursion_is_followed_in_and_out() -> None:
    def power(x: Value, n: int) -> Value:
        if n == 0:
            return x * 1
        smaller = power(x, n - 1)
        return x + smaller

    with LineLog() as log:
        node = power(Value(2.0), 20)
    for _ in range(20):
        assert text_of(log, node) == "return x + smaller"
        node = node.parents[1]
    assert text_of(log, node) == "return x * 1"


def test_generators_and_comprehensions_are_followed() -> None:
    x = Value(2.0)

    def powers() -> Iterator[Value]:
        y = x
        while True:
            y = y * x
            yield y + 0

    with LineLog() as log:
        made = []
        for power in powers():
            made.append(power - 1)
            if len(made) == 3:
                break
        squares = [v * v for v in made]
    for node in made:
        assert text_of(log, node) == "made.append(power - 1)"
        assert text_of(log, node.parents[0]) == "yield y + 0"
        assert text_of(log, node.parents[0].parents[0]) == "y = y * x"
    assert {text_of(log, node) for node in squares} == {"squares = [v * v for v in made]"}


def test_after_an_exception_the_line_is_that_of_who_caught_it() -> None:
    def fails(x: Value) -> None:
        x * x
        raise ValueError("no")

    x = Value(2.0)
    with LineLog() as log:
        try:
            fails(x)
        except ValueError:
            y = x + 1
    assert text_of(log, y) == "y = x + 1"
    with pytest.raises(ValueError, match="no"), log:
        fails(x)
    assert text_of(log, x + 3) is None


def test_a_function_that_the_engine_calls_back_is_followed() -> None:
    def inner(x: Tensor) -> Any:
        y = np.sin(x)
        return y * y

    x = Tensor([1.0, 2.0])
    square = custom_op(lambda v: v * v, derivative=lambda out, v: 2 * v)
    with LineLog() as log:
        out = checkpoint(inner)(x)
        squared = square(x)
    assert text_of(log, out) == "out = checkpoint(inner)(x)"
    assert text_of(log, squared) == "squared = square(x)"


def test_lines_of_nn_are_lines_but_not_the_users() -> None:
    class Doubled(nn.Module):
        def __init__(self) -> None:
            self.inner = nn.Linear(2, 2, rng=0)

        def forward(self, x: Any) -> Any:
            return self.inner(x) * 2

    model = nn.Sequential(Doubled(), nn.Tanh())
    with LineLog() as log:
        loss = model(np.ones((1, 2))).sum()
    curve = loss.parents[0]
    double = curve.parents[0]
    affine = double.parents[0]

    def user_text_of(node: Any) -> str:
        line = log.user_line_of(node)
        assert line is not None
        return line.text

    assert user_text_of(loss) == user_text_of(curve) == "loss = model(np.ones((1, 2))).sum()"
    assert user_text_of(double) == user_text_of(affine) == "return self.inner(x) * 2"
    inside = log.line_of(affine)
    assert inside is not None
    assert inside.file.endswith("layers.py")
    assert text_of(log, double) == "return self.inner(x) * 2"


def test_a_context_manager_may_hold_a_log() -> None:
    @contextmanager
    def noted() -> Iterator[LineLog]:
        with LineLog() as log:
            yield log

    x = Value(2.0)
    with noted() as log:
        y = x * x
    assert text_of(log, y) == "y = x * x"


def test_logs_may_be_nested_but_not_one_in_itself() -> None:
    x = Value(2.0)
    with LineLog() as outer:
        a = x + 1
        with LineLog() as inner:
            b = x + 2
            with pytest.raises(RuntimeError, match="in use"):
                inner.__enter__()
        c = x + 3
    assert [text_of(outer, node) for node in (a, b, c)] == ["a = x + 1", "b = x + 2", "c = x + 3"]
    assert [text_of(inner, node) for node in (a, b, c)] == [None, "b = x + 2", None]


def test_another_tracer_goes_on_and_comes_back() -> None:
    seen = []

    def spy(frame: FrameType, event: str, arg: Any) -> Any:
        seen.append((frame.f_code.co_name, event))
        return spy

    def called(x: Value) -> Value:
        y = x * x
        return y + 1

    before = sys.gettrace()
    sys.settrace(spy)
    try:
        with LineLog() as log:
            out = called(Value(2.0))
        assert sys.gettrace() is spy
    finally:
        sys.settrace(before)
    events = [event for name, event in seen if name == "called"]
    assert events == ["call", "line", "line", "return"]
    assert text_of(log, out) == "return y + 1"


def test_a_tracer_that_puts_itself_first_does_not_end_the_log() -> None:
    def jealous(frame: FrameType, event: str, arg: Any) -> Any:
        sys.settrace(jealous)  # as coverage does

    def called(x: Value) -> Value:
        return x * x

    before = sys.gettrace()
    sys.settrace(jealous)
    try:
        with LineLog() as log:
            first = called(Value(2.0))
            second = called(first)
    finally:
        sys.settrace(before)
    assert text_of(log, first) == text_of(log, second) == "return x * x"


def test_other_threads_are_not_followed() -> None:
    made = []
    with LineLog() as log:
        other = threading.Thread(target=lambda: made.append(Value(1.0) + 1))
        other.start()
        other.join()
    line = log.line_of(made[0])
    assert line is not None, "it is taken for this thread's"
    assert "lambda" not in line.function


def test_a_loop_that_makes_nothing_does_not_let_the_log_grow() -> None:
    with LineLog() as log:
        for _ in range(10_000):
            pass
        x = Value(1.0)
    assert text_of(log, x) == "x = Value(1.0)"
    assert len(log._marks) < 10


def test_no_variable_is_kept_alive() -> None:
    class Watched:
        ended = False

        def __del__(self) -> None:
            type(self).ended = True

    def use() -> Value:
        watched = Watched()
        assert watched is not None
        return Value(1.0)

    with LineLog() as log:
        use()
    assert Watched.ended
    assert log is not None


# --------------------------------------------------------------------------------------------------
# Variables


def test_a_node_is_called_by_the_variable_it_was_first_given_to() -> None:
    def neuron(x: Value) -> Value:
        z = x * 2 + 1
        alias = z
        out = tanh(alias)
        return out if out.data else alias

    x = Value(3.0)
    with LineLog() as log:
        loss = again = neuron(x) - (1.0)
    out = loss.parents[0]
    z = out.parents[0]
    assert [log.name_of(node) for node in (loss, out, z)] == ["loss", "out", "z"]
    assert log.name_of(x) is log.name_of(z.parents[0]) is None
    assert again is loss


def test_each_turn_of_a_loop_names_its_own_node() -> None:
    x = Value(2.0)
    with LineLog() as log:
        for _ in range(3):
            x = x * 2
        left, right = x + 1, x + 2
    assert log.name_of(left) == "left"
    assert log.name_of(right) == "right"
    while x.parents:
        assert log.name_of(x) == "x"
        x = x.parents[0]


def test_variables_of_closures_and_generators_are_seen() -> None:
    def outer(x: Value) -> Value:
        squared = x * x

        def inner() -> Value:
            return squared + 1

        return inner()

    def powers(x: Value) -> Iterator[Value]:
        while True:
            power = x * x
            yield power

    x = Value(2.0)
    with LineLog() as log:
        result = outer(x)
        power_again = next(powers(x))
    assert log.name_of(result.parents[0]) == "squared"
    assert log.name_of(power_again) == "power"
