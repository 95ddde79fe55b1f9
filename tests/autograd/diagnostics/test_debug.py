"""`debug`: the first NaN or infinity, forward or backward, raises and says where it came from."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import (
    BroadcastWarning,
    Fault,
    GraphChangedError,
    NonFiniteError,
    Tensor,
    Value,
    checkpoint,
    custom_op,
    debug,
    grad,
    gradients,
    no_grad,
)


def fault_of(program: Callable[[], Any]) -> Fault:
    with pytest.raises(NonFiniteError) as caught, debug():
        program()
    assert caught.value.fault is not None
    return caught.value.fault


def text_of(fault: Fault) -> str:
    assert fault.line is not None
    return fault.line.text


# --------------------------------------------------------------------------------------------------
# Forward


def test_the_first_operation_that_makes_an_infinity_is_named_with_its_line() -> None:
    def program() -> Any:
        x = Tensor([[1.0, 2.0], [0.0, 3.0]])
        logs = ag.log(x)
        return logs.sum() * 2

    fault = fault_of(program)
    assert (fault.operation, fault.backward, fault.entry) == ("log", False, (1, 0))
    assert text_of(fault) == "logs = ag.log(x)"
    assert fault.at_entry == "log(0) = -inf"
    assert "log(x + 1e-12)" in fault.advice


def test_a_message_says_it_all() -> None:
    def program() -> Any:
        x = Value(3.0, "x")
        return 1 / (x - 3)

    with pytest.raises(NonFiniteError) as caught, debug():
        program()
    operation, place, source, entry, way, fix = str(caught.value).splitlines()
    assert operation == "operation 'div' made inf of 1, 0"
    assert place.strip().startswith(f"{__file__}:")
    assert place.endswith("in test_a_message_says_it_all.<locals>.program")
    assert source.strip() == "return 1 / (x - 3)"
    assert entry.strip() == "1 / 0 = inf"
    assert way.strip().startswith("its argument came from: sub (test_debug.py:")
    assert "1e-12" in fix


@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x, 1.0])])
@pytest.mark.parametrize(
    ("f", "at", "operation", "advice"),
    [
        (ag.log, -1.0, "log", "negative"),
        (ag.sqrt, -1.0, "sqrt", "maximum(x, 0)"),
        (ag.exp, 1000.0, "exp", "overflows"),
        (lambda x: 1 / x, 0.0, "div", "divisor"),
        (lambda x: x**-1.5, 0.0, "pow", "negative power"),
        (lambda x: x**0.5, -1.0, "pow", "fraction"),
        (lambda x: x**400, 10.0, "pow", "too large"),
        (lambda x: ag.arcsin(x), 1.5, "arcsin", "clip"),
        (lambda x: ag.log(ag.sigmoid(x)), -800.0, "log", "logits"),
        (lambda x: x * 1e200, 1e200, "mul", "learning rate"),
    ],
)
def test_each_way_to_leave_the_finite_numbers_has_its_advice(
    make: Callable[[float], Any], f: Callable[[Any], Any], at: float, operation: str, advice: str
) -> None:
    fault = fault_of(lambda: f(make(at)))
    assert fault.operation == operation
    assert advice in fault.advice


def test_plain_numbers_reflected_operators_and_no_grad_are_watched() -> None:
    assert fault_of(lambda: 2.0 / Value(0.0)).operation == "div"
    assert fault_of(lambda: Value(1e308) * 10).operation == "mul"

    def evaluation() -> Any:
        with no_grad():
            return ag.log(Tensor([0.0]))

    assert fault_of(evaluation).operation == "log"


def test_nan_out_of_infinities_is_made_there() -> None:
    scores = Tensor([[0.0, 1.0], [2.0, 3.0]])
    masked = np.array([[0.0, -np.inf], [-np.inf, -np.inf]])
    fault = fault_of(lambda: ag.softmax(scores + masked))
    assert fault.operation == "softmax"
    assert "unmasked" in fault.advice


def test_infinities_that_were_given_are_let_through() -> None:
    with debug():
        x = Tensor([1.0, 2.0])
        masked = ag.where(np.array([True, False]), x, -np.inf)
        loss = ag.softmax(masked)[0]
        loss.backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


def test_nan_in_the_data_is_reported_where_a_node_meets_it() -> None:
    x = np.array([[1.0, np.nan]])
    fault = fault_of(lambda: x @ Tensor([1.0, 2.0]))
    assert fault.made.startswith("was given nan (1 of the 2 numbers)")
    assert fault.entry == (0, 1)
    fault = fault_of(lambda: Tensor([np.nan], "inputs") * 2.0)
    assert fault.at_entry == "inputs holds nan"


def test_nan_that_plain_operations_made_is_traced_to_them() -> None:
    def program() -> Any:
        x = np.array([1.0, -1.0])
        with np.errstate(invalid="ignore"):
            logs = ag.log(x)
        features = ag.tanh(logs)
        return features * Tensor([1.0, 1.0])

    fault = fault_of(program)
    assert fault.operation == "log"
    assert text_of(fault) == "logs = ag.log(x)"


# --------------------------------------------------------------------------------------------------
# Backward


@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x, 1.0])])
def test_an_infinite_derivative_is_named_with_its_line(
    make: Callable[[float], Any],
) -> None:
    def program() -> None:
        x = make(0.0)
        root = ag.sqrt(x)
        total = ag.sum(root * 2.0)
        total.backward()

    fault = fault_of(program)
    assert (fault.operation, fault.backward) == ("sqrt", True)
    assert text_of(fault) == "root = ag.sqrt(x)"
    assert fault.at_entry == "the slope of sqrt(0) times the cotangent 2 is inf"
    assert fault.way.startswith("from there to the output: mul (")
    assert "sqrt(x + 1e-12)" in fault.advice


def test_a_use_whose_derivative_is_finite_is_not_blamed() -> None:
    def program() -> None:
        x = Tensor([0.0, 1.0])
        squares = x * x
        root = ag.sqrt(squares)
        innocent = squares * 3.0  # recorded later, so the backward pass meets it first
        (ag.sum(root) + ag.sum(innocent)).backward()

    assert text_of(fault_of(program)) == "root = ag.sqrt(squares)"


def test_a_masked_branch_leaks_no_error_on_the_way_back() -> None:
    x = Tensor([0.0, 4.0])
    with debug():
        root = ag.where(x.data > 0, ag.sqrt(x), 0.0)
        ag.sum(root).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


@pytest.mark.parametrize("order", [1, 2])
def test_zero_times_infinity_in_a_derivative_is_named(order: int) -> None:
    def f(x: Any) -> Any:
        return ag.sum(ag.sqrt(x) ** 2)

    derivative = grad(f) if order == 1 else ag.hessian(f)
    message = "derivative of operation 'sqrt' made nan"
    with pytest.raises(NonFiniteError, match=message) as caught, debug():
        derivative(np.array([1.0, 0.0]))
    fault = caught.value.fault
    assert fault is not None
    assert (fault.operation, fault.entry) == ("sqrt", (1,))
    assert fault.at_entry == "the slope of sqrt(0) times the cotangent 0 is nan"
    assert "0 · ∞ may be any number" in fault.advice


def test_zero_times_infinity_of_a_masked_branch_is_let_through() -> None:
    x = np.array([1.0, 0.0])
    with debug():
        for mode in ("forward", "reverse"):
            rows = ag.jacobian(lambda x: ag.where(x > 0, ag.sqrt(x), 0.0), mode=mode)(x)
            np.testing.assert_array_equal(rows, [[0.5, 0.0], [0.0, 0.0]])
        second = ag.hessian(lambda x: ag.where(x > 0, ag.sqrt(x), 0.0).sum())(x)
        np.testing.assert_array_equal(second, [[-0.25, 0.0], [0.0, 0.0]])


def test_forward_mode_is_let_through_whatever_is_closed_in_it_later() -> None:
    with debug():
        out, tangent = ag.jvp(ag.sqrt, (0.0,), (0.0,))
        assert (out, tangent) == (0.0, 0.0)
        assert grad(lambda x: ag.jvp(ag.sqrt, (x,), (0.0,))[1])(0.0) == 0.0


def test_a_derivative_of_a_derivative_leads_to_the_line_of_the_function() -> None:
    def f(x: Any) -> Any:
        return x**1.5

    fault = fault_of(lambda: grad(grad(f))(0.0))
    assert fault.backward
    assert text_of(fault) == "return x**1.5"


def test_inside_a_checkpoint_the_inner_line_is_named() -> None:
    def inner(x: Any) -> Any:
        shifted = x * 1.0
        return ag.sqrt(shifted)

    fault = fault_of(lambda: gradients(checkpoint(inner)(x := Value(0.0)) * 2.0, x))
    assert text_of(fault) == "return ag.sqrt(shifted)"


def test_a_rule_of_the_users_own_that_divides_by_zero_is_found() -> None:
    wrong = custom_op(lambda x: x * x, derivative=lambda out, x: 2 * x / (x - 1.0), name="wrong")
    fault = fault_of(lambda: wrong(Tensor([1.0, 2.0])).sum().backward())
    assert (fault.operation, fault.backward) == ("wrong", True)


# --------------------------------------------------------------------------------------------------
# What is overwritten, and what broadcasts


def test_a_plain_array_that_is_overwritten_after_it_was_read_is_noticed() -> None:
    x, mask = Tensor([1.0, 2.0]), np.array([1.0, 0.0])
    with debug():
        masked = x * mask
        mask[0] = 5.0
        total = masked.sum()
        with pytest.raises(GraphChangedError, match=r"shape \(2,\) .* 'mul' .* masked = x"):
            total.backward()


@pytest.mark.parametrize("make", [Value, lambda x: Tensor([x])])
def test_a_loss_that_is_not_computed_again_after_a_step_is_noticed(
    make: Callable[[float], Any],
) -> None:
    w = make(3.0)
    with debug():
        loss = ag.sum(w * w)
        loss.backward()
        w.data = w.data - 0.1 * w.grad
        with pytest.raises(GraphChangedError, match="compute the output again"):
            loss.backward()


def test_a_loop_that_computes_its_loss_again_is_left_alone() -> None:
    w = Tensor([3.0])
    with debug():
        for _ in range(3):
            loss = (w * w).sum()
            w.grad = None
            loss.backward()
            w.data = w.data - 0.1 * w.grad
    assert w.data[0] == pytest.approx(3 * 0.8**3)


def test_a_column_that_meets_a_row_of_its_length_is_warned_of() -> None:
    prediction, y = Tensor(np.ones((4, 1))), np.arange(4.0)
    with (
        pytest.warns(BroadcastWarning, match=r"'sub' .* \(4, 1\) and \(4,\) to \(4, 4\)") as caught,
        debug(),
    ):
        error = prediction - y
    assert error.shape == (4, 4)
    assert caught[0].filename == __file__


def test_broadcasting_that_is_meant_is_not_warned_of() -> None:
    x = Tensor(np.ones((4, 3)))
    with debug():
        _ = x + np.ones(3)
        _ = x[:, None] - x[None, :]
        _ = x * np.ones((4, 1))
        _ = x[:, :1] - np.ones(3)
        _ = Tensor(np.ones((1, 1))) * np.ones(1)


# --------------------------------------------------------------------------------------------------
# The block


def test_a_program_without_fault_computes_the_same() -> None:
    def program() -> Any:
        w = Tensor(np.linspace(-1, 1, 6).reshape(2, 3))
        loss = ag.logsumexp(ag.tanh(w) @ np.ones(3)) + Value(2.0) * 3
        loss.backward()
        return loss.item(), w.grad

    plain = program()
    with debug():
        watched = program()
    assert plain[0] == watched[0]
    np.testing.assert_array_equal(plain[1], watched[1])


def test_lines_of_what_was_computed_inside_are_known_afterwards() -> None:
    with debug():
        y = Value(2.0) * 3.0
    line = ag.LineLog.recent[-1].user_line_of(y)
    assert line is not None
    assert line.text == "y = Value(2.0) * 3.0"
    assert repr(y).endswith(f"# mul, {line}")


def test_afterwards_nothing_is_looked_at_any_more() -> None:
    before = sys.getprofile(), sys.gettrace()
    with pytest.raises(KeyError), debug():
        raise KeyError
    assert (sys.getprofile(), sys.gettrace()) == before
    with np.errstate(all="ignore"):
        assert ag.log(Tensor([0.0])).item() == -np.inf
    assert (Value(1.0) / 0.0).data == np.inf


def test_other_threads_are_not_looked_at() -> None:
    results = []
    with debug():
        thread = threading.Thread(target=lambda: results.append((Value(1.0) / 0.0).data))
        thread.start()
        thread.join()
    assert results == [np.inf]


def test_neither_a_profiler_nor_a_tracer_is_needed() -> None:
    before = sys.getprofile(), sys.gettrace()
    with debug():
        assert (sys.getprofile(), sys.gettrace()) == before


def test_blocks_may_be_nested() -> None:
    with debug(), debug():
        _ = Value(1.0) + 1.0
    with debug(), pytest.raises(NonFiniteError):
        _ = Value(1.0) / 0.0


def test_find_passes_over_an_infinity_that_is_masked() -> None:
    x = Tensor([0.0, 1.0])
    with debug(at_once=False) as watch:
        harmless = ag.where(x.data > 0, ag.log(x), 0.0)
        bad = ag.log(x - 1.0)
        out = ag.sum(harmless + bad)
        fault = watch.find(out)
    assert fault is not None
    assert text_of(fault) == "bad = ag.log(x - 1.0)"
    assert "add" in fault.way


def test_find_looks_at_the_derivative_of_what_is_finite() -> None:
    x = Tensor([0.0, 1.0])
    with debug(at_once=False) as watch:
        out = ag.sqrt(x).sum()
        fault = watch.find(out)
        assert watch.find(x.sum()) is None
        assert watch.find(ag.sum(Tensor([np.inf]))) is None
    assert fault is not None
    assert fault.backward
    assert x.grad is None


@pytest.mark.parametrize(
    ("program", "advice"),
    [
        (lambda: ag.mean(Tensor(np.zeros(0))), "the mean of no numbers"),
        (lambda: ag.mean(Tensor(np.zeros((0, 3))), axis=0), "the mean of no numbers"),
        (lambda: ag.mean(Tensor(np.full(3, 1e308))), "have grown too large"),
        (lambda: ag.sum(Tensor(np.full(3, 1e308))), "have grown too large"),
        (lambda: ag.var(Tensor(np.ones(1)), ddof=1), "with ddof=n or more"),
        (lambda: ag.var(Tensor([1e200, -1e200])), "have grown too large"),
    ],
)
def test_the_advice_tells_an_overflow_from_too_few_numbers(program: Any, advice: str) -> None:
    with pytest.raises(NonFiniteError, match=advice), debug():
        program()
