"""What a compiled function reads, draws and changes outside of itself, at every run anew."""

from __future__ import annotations

from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import (
    Flat,
    JitNotice,
    Tensor,
    assign,
    captured,
    custom_op,
    grad,
    gradients,
    jit,
    observe,
    relu,
    sample,
    stop_gradient,
)


class Thing:
    """Holds what a function reads and changes."""

    scale = 2.0

    def __init__(self, array: Any) -> None:
        self.array = array


class Slotted:
    __slots__ = ("scale",)

    def __init__(self) -> None:
        self.scale = 2.0


def test_a_view_of_a_replaced_array_is_not_read() -> None:
    thing = Thing(np.ones((2, 3)))
    f = jit(lambda x: x @ thing.array.T)
    x = np.ones(3)
    np.testing.assert_array_equal(f(x), [3, 3])
    thing.array[0] = 2.0
    np.testing.assert_array_equal(f(x), [6, 3])
    thing.array = np.zeros((2, 3))
    with pytest.warns(JitNotice, match=r"thing\.array"):
        np.testing.assert_array_equal(f(x), [0, 0])


def test_an_attribute_that_hides_that_of_the_class_is_noticed() -> None:
    thing = Thing(None)
    f = jit(lambda x: x * thing.scale)
    assert f(1.0) == 2.0
    thing.scale = 3.0
    with pytest.warns(JitNotice, match="scale"):
        assert f(1.0) == 3.0


def test_attributes_in_slots_are_noticed() -> None:
    thing = Slotted()
    f = jit(lambda x: x * thing.scale)
    assert f(1.0) == 2.0
    thing.scale = 3.0
    with pytest.warns(JitNotice, match="scale"):
        assert f(1.0) == 3.0


def test_arithmetic_of_a_captured_array_follows_the_array() -> None:
    thing = Thing(np.array([1.0, 2.0]))
    f = jit(lambda x: x * captured(thing.array) ** 2)
    for array in ([1.0, 2.0], [3.0, 4.0]):
        thing.array = np.array(array)
        np.testing.assert_array_equal(f(np.ones(2)), np.square(array))
    thing.array[0] = 5.0
    np.testing.assert_array_equal(f(np.ones(2)), [25, 16])
    assert f.stats().recorded == 1
    assert thing.array.flags.writeable


def test_random_numbers_are_drawn_as_without_the_compiler() -> None:
    def f(x: Any) -> Any:
        sample(rng, lambda g: g.normal(size=3))  # of no use
        noisy = x * sample(rng, lambda g: g.normal(size=2))
        return noisy if noisy.sum() > 0 else -2 * noisy

    compiled, x = jit(f), np.ones(2)
    rng = np.random.default_rng(0)
    expected = [f(x) for _ in range(8)]
    rng.bit_generator.state = np.random.default_rng(0).bit_generator.state
    with pytest.warns(JitNotice, match="went the other way"):
        found = [compiled(x) for _ in range(8)]
    np.testing.assert_array_equal(found, expected)


def test_a_gradient_is_of_the_same_random_numbers_as_the_value() -> None:
    rng, slope = np.random.default_rng(0), Tensor(np.ones(2))
    f = jit(lambda x: (slope * x * sample(rng, lambda g: g.normal(size=2))).sum())
    for _ in range(3):
        slope.grad = None
        loss = f(np.ones(2))
        loss.backward()
        assert loss.item() == pytest.approx(slope.grad.sum(), rel=1e-15)


def test_what_observes_is_called_once_a_run_the_first_among_them() -> None:
    seen: list[Any] = []

    @jit
    def f(x: Any) -> Any:
        observe(seen.append, x * x)
        return x + 1

    assert (f(2.0), f(3.0), f(4.0)) == (3.0, 4.0, 5.0)
    assert seen == [4.0, 9.0, 16.0]


def test_what_observes_sees_captured_arrays_as_they_are() -> None:
    seen, array = [], np.ones(2)

    @jit
    def f(x: Any) -> Any:
        observe(lambda a: seen.append(a.sum()), array)
        return x

    f(1.0)
    array[:] = 2.0
    f(1.0)
    assert seen == [2.0, 4.0]


def test_an_assignment_happens_once_a_run_and_is_read_by_what_follows_it() -> None:
    thing = Thing(np.zeros(2))

    def f(x: Any) -> Any:
        for _ in range(2):
            assign(thing, "array", captured(thing.array) + x)
        return x * thing.array

    f(np.ones(2))
    np.testing.assert_array_equal(thing.array, [2, 2])
    assert type(thing.array) is np.ndarray
    compiled = jit(f)
    for expected in (4, 6, 8):
        np.testing.assert_array_equal(compiled(np.ones(2)), [expected] * 2)
        np.testing.assert_array_equal(thing.array, [expected] * 2)
        assert type(thing.array) is np.ndarray
    assert compiled.stats().recorded == 1


def test_a_recording_that_fails_changes_nothing_outside() -> None:
    rng, thing = np.random.default_rng(0), Thing(np.zeros(2))

    def f(x: Any) -> Any:
        assign(thing, "array", x + sample(rng, lambda g: g.normal(size=2)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jit(f)(np.ones(2))
    np.testing.assert_array_equal(thing.array, [0, 0])
    assert rng.normal() == np.random.default_rng(0).normal()


def test_whole_numbers_stay_whole() -> None:
    x = np.arange(5.0)
    f = jit(lambda x, i: x[2 * i + 1])
    for i in ([0, 1], [1, 0]):
        np.testing.assert_array_equal(f(x, np.array(i)), x[2 * np.array(i) + 1])


def test_whole_numbers_stay_whole_where_they_are_cut_off() -> None:
    f = jit(lambda x: 3 * relu(x) - relu(x))
    for x in (np.array([-1, 2]), np.array([-1.0, 2.0], np.float32)):
        assert f(x).dtype == x.dtype
        np.testing.assert_array_equal(f(x), [0, 4])


def test_what_is_read_without_a_derivative_gets_no_gradient() -> None:
    held, used = Tensor(np.ones(2)), Tensor(np.ones(2))
    f = jit(lambda x: (x * used * stop_gradient(held)).sum())
    f(np.ones(2)).backward()
    assert held.grad is None
    np.testing.assert_array_equal(used.grad, [1, 1])


def test_results_beside_an_array_from_outside_keep_their_gradient() -> None:
    array, x = np.ones(2), Tensor(np.ones(2))
    f = jit(lambda x: (array, x * 3.0))
    for _ in range(2):
        same, tripled = f(x)
        assert isinstance(same, np.ndarray)
        x.grad = None
        tripled.sum().backward()
        np.testing.assert_array_equal(x.grad, [3, 3])


def test_a_gradient_follows_captured_arrays_without_another_recording() -> None:
    array = np.ones(2)
    f = jit(grad(lambda x: (x * array).sum()))
    f(np.ones(2))
    array[:] = 2.0
    np.testing.assert_array_equal(f(np.ones(2)), [2, 2])
    assert f.stats().recorded == 1


def test_what_looks_at_an_index_is_asked_before_the_index_is_used() -> None:
    def check(i: Any) -> None:
        if (i > 2).any():
            raise ArithmeticError("too large")

    @jit
    def f(x: Any, i: Any) -> Any:
        observe(check, i)
        return x[i]

    x = np.arange(3.0)
    np.testing.assert_array_equal(f(x, np.array([0, 2])), [0, 2])
    with pytest.raises(ArithmeticError, match="too large"):
        f(x, np.array([0, 3]))


def test_arrays_that_are_written_into_do_not_count_as_changed() -> None:
    w = Tensor(np.ones(3))
    flat, gradient = Flat([w]), np.zeros(3)

    def step(x: Any, theta: Any) -> Any:
        loss = ((x * w - 1.0) ** 2).sum()
        (g,) = gradients(loss, [w], create_graph=True)
        return loss, [theta - 0.1 * g, g]

    run = jit(step, into=[flat.array, gradient])
    x, expected = np.array([0.5, 1.0, 1.5]), np.ones(3)
    for _ in range(20):
        loss = float(run(x, flat.array))
        np.testing.assert_allclose(loss, ((x * expected - 1) ** 2).sum())
        expected = expected - 0.2 * x * (x * expected - 1)
        np.testing.assert_allclose(w.data, expected)
    assert run.stats().recorded == 1


def test_an_attribute_of_the_same_name_is_no_global_variable() -> None:
    space: dict[str, Any] = {"w": 1.0}
    exec("def f(x, o):\n    return x * o.w", space)
    compiled = jit(space["f"])
    holder = SimpleNamespace(w=2.0)
    assert compiled(3.0, holder) == 6.0
    space["w"] = 5.0
    assert compiled(4.0, holder) == 8.0
    assert compiled.stats().recorded == 1


def test_functions_of_the_user_keep_their_context() -> None:
    factor: ContextVar[float] = ContextVar("factor", default=1.0)
    scaled = custom_op(lambda x: x * factor.get(), vjp=(None,), name="scaled")
    f = jit(lambda x: scaled(x) + 0.0, watch=())
    x = np.ones(2)
    f(x)
    factor.set(3.0)
    np.testing.assert_array_equal(f(x), [3.0, 3.0])
