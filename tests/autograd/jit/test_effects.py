"""What a compiled function does besides returning is the same however it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import (
    Flat,
    JitError,
    LineLog,
    Tensor,
    assign,
    captured,
    debug,
    grad,
    gradients,
    jit,
    no_grad,
    observe,
    sample,
    vmap,
)
from autograd.trees import flatten, map_tree

CALLS = [np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0]), np.array([3.0, 1.0, -2.0])]

Made: TypeAlias = tuple[Callable[[Any], Any], Callable[[], Any]]
"""A function that is compiled, and what tells what it has done so far."""


@contextmanager
def debug_without_recording() -> Iterator[None]:
    with debug(), no_grad():
        yield


WAYS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "compiled": nullcontext,
    "debug": debug,
    "debug that raises nothing": lambda: debug(at_once=False),
    "LineLog": LineLog,
    "no_grad": no_grad,
    "debug and no_grad": debug_without_recording,
}
everywhere = pytest.mark.parametrize("way", WAYS)


def done(made: Made, way: str, inside: bool = False, nodes: bool = False) -> list[Any]:
    """Results, and what has been done, of call after call."""
    f, told = made
    run = jit(lambda x: f(x), notices=False) if inside else f
    found = []
    for x in CALLS:
        with WAYS[way]():
            result = run(Tensor(x) if nodes else x)
        found.append((_data(result), _data(told())))
    return found


def _data(tree: Any) -> Any:
    """Plain numbers and arrays, that nothing changes any more."""
    return map_tree(lambda x: np.array(x.numpy() if isinstance(x, Tensor) else x), tree)


def assert_same(found: Any, expected: Any) -> None:
    for one, other in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


# --------------------------------------------------------------------------------------------------
# assign, observe and sample: each function, and the same in NumPy


def told() -> Made:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        observe(seen.append, x * 2.0)
        observe(lambda a, b: seen.append(a + b), x, x.sum())
        return x.sum()

    return jit(f), lambda: list(seen)


def told_in_numpy() -> Iterator[Any]:
    seen: list[Any] = []
    for x in CALLS:
        seen += [2 * x, x + x.sum()]
        yield x.sum(), list(seen)


def assigned() -> Made:
    running = SimpleNamespace(mean=np.zeros(3), seen=[])

    def f(x: Any) -> Any:
        assign(running, "mean", captured(running.mean) * 0.5 + x)
        observe(lambda: running.seen.append(running.mean + 1.0))
        return (x * x).sum()

    return jit(f), lambda: [running.mean, *running.seen]


def assigned_in_numpy() -> Iterator[Any]:
    mean, seen = np.zeros(3), []
    for x in CALLS:
        mean = 0.5 * mean + x
        seen.append(mean + 1)
        yield (x * x).sum(), [mean, *seen]


def drawn() -> Made:
    rng = np.random.default_rng(0)

    def f(x: Any) -> Any:
        noise = sample(rng, lambda rng: rng.normal(size=3))
        return x * noise if noise[0] > 0 else x - sample(rng, lambda rng: rng.random())

    return jit(f, notices=False), lambda: rng.bit_generator.state["state"]["state"] % 2**52


def drawn_in_numpy() -> Iterator[Any]:
    rng = np.random.default_rng(0)
    for x in CALLS:
        noise = rng.normal(size=3)
        result = x * noise if noise[0] > 0 else x - rng.random()
        yield result, rng.bit_generator.state["state"]["state"] % 2**52


def differentiated() -> Made:
    w = Tensor([1.0, 2.0, 3.0])
    seen: list[Any] = []

    def f(x: Any) -> Any:
        loss = (w * w * x).sum()
        slope = gradients(loss, w)
        observe(seen.append, slope)
        return slope

    return jit(f), lambda: list(seen)


def differentiated_in_numpy() -> Iterator[Any]:
    seen: list[Any] = []
    for x in CALLS:
        seen.append(2 * np.array([1.0, 2.0, 3.0]) * x)
        yield seen[-1], list(seen)


EFFECTS = {
    "observe": (told, told_in_numpy),
    "assign": (assigned, assigned_in_numpy),
    "sample": (drawn, drawn_in_numpy),
    "gradients": (differentiated, differentiated_in_numpy),
}


@everywhere
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("nodes", [False, True])
@pytest.mark.parametrize("effect", EFFECTS)
def test_effects_are_the_same_in_every_way_of_running(
    effect: str, nodes: bool, inside: bool, way: str
) -> None:
    make, in_numpy = EFFECTS[effect]
    assert_same(done(make(), way, inside, nodes), list(in_numpy()))


@everywhere
@pytest.mark.parametrize("effect", ["observe", "gradients"])
def test_vmap_tells_the_same_in_every_way_of_running(effect: str, way: str) -> None:
    make, in_numpy = EFFECTS[effect]
    f, told = make()
    mapped = vmap(f)
    assert_same(done((lambda x: mapped(x[None])[0], told), way), list(in_numpy()))


@everywhere
def test_vmap_refuses_an_assignment_that_differs_from_example_to_example(way: str) -> None:
    owner = SimpleNamespace(mean=0.0)

    def f(x: Any) -> Any:
        with no_grad():
            assign(owner, "mean", x * 2.0)
        return x

    with pytest.raises(JitError, match="differs from example to example"), WAYS[way]():
        vmap(f)(np.ones(3))


@everywhere
def test_what_is_assigned_is_a_copy(way: str) -> None:
    owner, x = SimpleNamespace(held=None), np.ones(2)

    @jit
    def f(x: Any) -> Any:
        assign(owner, "held", x)
        return x.sum()

    with WAYS[way]():
        f(x)
    x[:] = 5.0
    np.testing.assert_array_equal(owner.held, [1.0, 1.0])


def test_source_follows_what_is_computed_without_recording_inside_debug() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            factor = x * 2.0
        return (x * factor).sum()

    space: dict[str, Any] = {}
    with debug():
        source = jit(f).source(np.ones(2))
    exec(source, space)
    assert space["run"](np.array([3.0, 3.0])) == 36.0


# --------------------------------------------------------------------------------------------------
# into: what is written over is a parameter, alone or in a row, an argument, or read as an array


def descent(make: Callable[[Any], tuple[Any, Any]]) -> Made:
    """Gradient descent on a parameter, whose array is written over."""
    w = Tensor([1.0, 2.0, 3.0])
    array, told = make(w)

    def step(x: Any) -> Any:
        loss = (w * w * x).sum()
        return loss, [w - 0.1 * gradients(loss, w, create_graph=True)]

    return jit(step, into=[array]), told


def descent_of_a_row() -> Made:
    def in_a_row(w: Tensor) -> tuple[Any, Any]:
        flat = Flat([w])
        return flat.array, lambda: [w, flat.array]

    return descent(in_a_row)


def descent_of_one() -> Made:
    return descent(lambda w: (w.data, lambda: [w, w]))


def descent_of_an_argument() -> Made:
    w = np.array([1.0, 2.0, 3.0])
    loss = ad.value_and_grad(lambda w, x: (w * w * x).sum())

    def step(x: Any, w: Any) -> Any:
        value, slope = loss(w, x)
        return value, [w - 0.1 * slope]

    compiled = jit(step, into=[w])
    return lambda x: compiled(x, w), lambda: [w, w]


def descent_of_an_array() -> Made:
    w = np.array([1.0, 2.0, 3.0])

    def step(x: Any) -> Any:
        return (x * w * w).sum(), [captured(w) - 0.2 * (x * w)]

    return jit(step, into=[w]), lambda: [w, w]


def descent_through_a_view() -> Made:
    w = Tensor([[1.0], [2.0], [3.0]])
    flat = Flat([w])

    def step(x: Any) -> Any:
        with no_grad():
            row = w.reshape(-1)
        return (row * row * x).sum(), [row - 0.2 * x * row]

    return jit(step, into=[flat.array]), lambda: [w.numpy().ravel(), flat.array]


def descent_in_numpy() -> Iterator[Any]:
    w = np.array([1.0, 2.0, 3.0])
    for x in CALLS:
        loss = (w * w * x).sum()
        w = w - 0.2 * x * w
        yield loss, [w, w]


DESCENTS = [
    descent_of_a_row,
    descent_of_one,
    descent_of_an_argument,
    descent_of_an_array,
    descent_through_a_view,
]


@everywhere
@pytest.mark.parametrize("nodes", [False, True])
@pytest.mark.parametrize("make", DESCENTS)
def test_updates_are_written_in_every_way_of_running(
    make: Callable[[], Made], nodes: bool, way: str
) -> None:
    assert_same(done(make(), way, nodes=nodes), list(descent_in_numpy()))


@pytest.mark.parametrize("make", DESCENTS)
def test_updates_are_written_where_compiled_and_debugged_calls_take_turns(
    make: Callable[[], Made],
) -> None:
    f, told = make()
    expected = list(descent_in_numpy())
    for x, way, right in zip(CALLS, ["debug", "compiled", "debug"], expected, strict=True):
        with WAYS[way]():
            result = f(x)
        assert_same((_data(result), _data(told())), right)


@pytest.mark.parametrize("around", [jit, vmap])
@pytest.mark.parametrize("way", ["compiled", "LineLog", "no_grad"])
def test_updates_cannot_be_part_of_another_program(around: Any, way: str) -> None:
    w = np.ones(2)
    step = jit(lambda x: (x.sum(), [x * w]), into=[w])
    with pytest.raises(JitError, match="cannot be part of another program"), WAYS[way]():
        around(step)(np.ones((2, 2)))
    np.testing.assert_array_equal(w, [1.0, 1.0])


@everywhere
def test_a_function_that_writes_updates_may_be_differentiated(way: str) -> None:
    w = np.ones(2)
    step = jit(lambda x: ((x * x).sum(), [x * w]), into=[w])
    with WAYS[way]():
        np.testing.assert_array_equal(grad(step)(np.array([3.0, 4.0])), [6.0, 8.0])
    np.testing.assert_array_equal(w, [3.0, 4.0])


def test_an_uncompiled_call_writes_its_updates_and_says_so_once() -> None:
    w = Tensor([1.0, 2.0])
    flat = Flat([w])
    seen: list[float] = []

    def step(x: Any) -> Any:
        observe(seen.append, x.sum())
        try:
            inverse = np.linalg.inv(x)
        except np.linalg.LinAlgError:
            inverse = x
        return (w * w).sum(), [w + inverse.sum()]

    f = jit(step, into=[flat.array], notices=False)
    for loss, x in zip([5.0, 5.0, 13.0], [np.zeros((2, 2)), 2 * np.eye(2), np.eye(2)], strict=True):
        assert float(f(x)) == loss
    np.testing.assert_array_equal(w.data, [4.0, 5.0])
    assert seen == [0.0, 4.0, 2.0]


@everywhere
def test_a_derivative_is_that_by_what_was_there_before_the_updates(way: str) -> None:
    w, a = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    flat = Flat([w])

    def step(x: Any) -> Any:
        return (x * x * w * a).sum(), [w * 2.0, captured(a) * 2.0 + 0.0 * x]

    f = jit(step, into=[flat.array, a])
    for n in range(3):
        x = Tensor([1.0, 1.0])
        with WAYS[way]():
            y = f(x)
        if y.op is None:
            assert "no_grad" in way
        else:
            np.testing.assert_array_equal(gradients(y, x), [6.0 * 4**n, 16.0 * 4**n])
    np.testing.assert_array_equal(flat.array, [8.0, 16.0])


def test_a_derivative_that_needs_what_was_written_over_says_so() -> None:
    w = Tensor([1.0, 2.0])
    flat = Flat([w])
    step = jit(lambda x: ((x * x * w).sum(), [w * 2.0]), into=[flat.array])
    x = Tensor([1.0, 1.0])
    y = step(x)
    with pytest.raises(ad.GraphChangedError):
        gradients(y, x, create_graph=True)


# --------------------------------------------------------------------------------------------------
# into: all is computed from what the arrays held before


@everywhere
@pytest.mark.parametrize("nodes", [False, True])
def test_arrays_may_be_exchanged_and_results_are_the_old_contents(way: str, nodes: bool) -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])

    def f(x: Any) -> Any:
        return [captured(a), captured(b)[::-1], x], [captured(b), captured(a)[::-1]]

    step = jit(f, into=[a, b])
    x = np.ones(2)
    for _ in range(3):
        old_a, old_b = a.copy(), b.copy()
        with WAYS[way]():
            first, second, _ = step(Tensor(x) if nodes else x)
        assert_same(_data([first, second, a, b]), [old_a, old_b[::-1], old_b, old_a[::-1]])


@everywhere
@settings(max_examples=25)
@given(factors=st.lists(st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), min_size=3, max_size=6))
def test_updates_are_made_once_where_a_branch_goes_the_other_way(
    way: str, factors: list[float]
) -> None:
    held, right = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])

    def f(x: Any) -> Any:
        new = captured(held) * x
        return (new.sum() if new.sum() > 6.0 else -new.sum()), [new]

    step = jit(f, into=[held], notices=False)
    for x in factors:
        right = right * x
        with WAYS[way]():
            result = step(x)
        np.testing.assert_allclose(result, right.sum() if right.sum() > 6.0 else -right.sum())
        np.testing.assert_allclose(held, right)


def test_updates_are_made_once_where_a_float_divides_by_zero() -> None:
    held, total = np.ones(2), np.zeros(())

    def f(x: Any) -> Any:
        new = captured(held) * (2.0 + 0.0 * x)
        return 1.0 / x, [new, new.sum() + 1.0 / (x - 1.0)]

    step = jit(f, into=[held, total])
    for n, x in enumerate([2.0, 0.0, 1.0, 3.0]):
        assert step(x) == (1.0 / x if x else np.inf)
        np.testing.assert_array_equal(held, [2.0 ** (n + 1)] * 2)
        assert total == (4.0 * 2.0**n + 1.0 / (x - 1.0) if x != 1.0 else np.inf)


@everywhere
def test_nothing_is_written_where_an_observer_raises(way: str) -> None:
    held = np.ones(2)

    def check(total: float) -> None:
        if total > 10:
            raise OverflowError("too large")

    def f(x: Any) -> Any:
        new = captured(held) * x
        observe(check, new.sum())
        return new.sum(), [new]

    step = jit(f, into=[held])
    for x, right in [(2.0, 2.0), (9.0, None), (9.0, None), (0.5, 1.0)]:
        with nullcontext() if right else pytest.raises(OverflowError), WAYS[way]():
            step(x)
        np.testing.assert_array_equal(held, [right or 2.0] * 2)


@everywhere
@pytest.mark.parametrize(
    ("f", "found"),
    [
        (lambda x: ((x, x), [x, x]), "2 updates"),
        (lambda x: ((x, x), []), "0 updates"),
        (lambda x: x.sum(), "no pair"),
        (lambda x: (x, [x], x), "no pair"),
    ],
)
def test_another_number_of_updates_is_an_error(f: Any, found: str, way: str) -> None:
    held = np.ones(2)
    with pytest.raises(JitError, match=found), WAYS[way]():
        jit(f, into=[held])(np.zeros(2))
    np.testing.assert_array_equal(held, [1.0, 1.0])


# --------------------------------------------------------------------------------------------------
# What a run leaves behind


@everywhere
def test_parameters_keep_their_place_in_a_row_where_no_graph_is_left(way: str) -> None:
    w = Tensor([1.0, 2.0])
    flat = Flat([w])
    slope = jit(lambda x: gradients((w * w * x).sum(), w))
    for n in range(3):
        with WAYS[way]():
            g = slope(np.ones(2))
        np.testing.assert_array_equal(g, 2.0 * np.array([1.0, 2.0]) * 0.5**n)
        flat.array -= 0.25 * g
        np.testing.assert_array_equal(w.numpy(), flat.array)


def test_a_graph_that_is_left_keeps_the_numbers_that_it_has_read() -> None:
    w = Tensor([1.0, 2.0])
    loss = jit(lambda x: (w * w * x).sum())
    with debug():
        y = loss(np.ones(2))
    w.data[:] = 9.0
    np.testing.assert_array_equal(gradients(y, w), [2.0, 4.0])


def test_observers_are_called_once_where_something_is_kept() -> None:
    class Settings:
        @cached_property
        def scale(self) -> float:
            return 3.0

    settings, seen = Settings(), []

    @jit
    def f(x: Any) -> Any:
        observe(seen.append, x)
        return x * settings.scale

    assert [f(x) for x in (1.0, 2.0, 3.0)] == [3.0, 6.0, 9.0]
    assert seen == [1.0, 2.0, 3.0]


def test_observers_are_told_where_the_function_raises_an_error() -> None:
    def check(x: Any) -> None:
        if x.max() > 2:
            raise ValueError("too large")

    @jit
    def f(x: Any) -> Any:
        observe(check, x)
        raise KeyError

    with pytest.raises(ValueError, match="too large"):
        f(np.array([3.0]))
    with pytest.raises(KeyError):
        f(np.array([1.0]))


def test_an_effect_is_given_the_same_objects_each_time() -> None:
    seen: list[list[Any]] = []
    state = SimpleNamespace(count=0, rate=0.0, small=np.float32(0))
    thing = object()

    def f(x: Any) -> Any:
        observe(lambda *args: seen.append([*args]), 3, True, None, "loss", thing, np.float32(2), x)
        assign(state, "count", 3)
        assign(state, "rate", 2.5)
        assign(state, "small", np.float32(2))
        return x * 2.0

    f(CALLS[0])
    expected = [type(value) for value in vars(state).values()], state.count.dtype, state.small.dtype
    for run in (jit(f), jit(lambda x: vmap(lambda row: f(row))(ad.reshape(x, (1, 3))))):
        for x in CALLS:
            run(x)
            found = [type(value) for value in vars(state).values()]
            assert (found, state.count.dtype, state.small.dtype) == expected
    for args in seen:
        assert [type(arg) for arg in args] == [type(arg) for arg in seen[0]]
        assert args[:-1] == seen[0][:-1]


@pytest.mark.parametrize(
    "step",
    [
        lambda a, x: ((a[0] * x).sum(), [a[0] + x, a[1] * 2]),
        lambda a, x: ((a[0] * x).sum(), [a[0] + x, x * np.cumsum(a[1])]),
        lambda a, x: ((a[0] * x).sum(), [a[0] * 2, x * a[1]]),
        lambda a, x: (ad.arctan2(x - x, a[0] * 0.0).sum(), [a[0] * -x, a[1] * x]),  # 0.0, then -0.0
    ],
)
def test_what_numpy_alone_computes_of_arrays_that_are_written_over_is_refused(step: Any) -> None:
    arrays = [np.array([1.0, 2.0]), np.array([1.0, 2.0])]
    expected = [array.copy() for array in arrays]
    compiled = jit(lambda x: step(arrays, x), into=arrays)
    result, updates = step(expected, 1.0)
    assert compiled(1.0) == result
    np.testing.assert_array_equal(arrays, updates)
    with pytest.raises(JitError, match=r"arrays\[0\], arrays\[1\].*captured"):
        compiled(1.0)


@pytest.mark.parametrize("native", [False, True])
def test_arguments_may_lie_elsewhere_in_arrays_that_are_written_over(native: bool) -> None:
    if native:
        pytest.importorskip("llvmlite")
    rng = np.random.default_rng(0)

    def step(x: Any, theta: Any) -> Any:
        g = ad.sin(x)
        return (g * x[::-1]).sum(), [theta - 0.1 * g * theta[::-1], g]

    theta, slope = rng.normal(size=6), np.zeros(6)
    run = jit(step, into=[theta, slope], native=native, notices=False)
    for x, parameters in (
        (rng.normal(size=6), theta),
        (slope, theta.copy()),
        (slope, theta),
        (slope[::-1], theta[::-1]),
        (theta, slope),
        (rng.normal(size=6), theta),
    ):
        expected, updates = step(x.copy(), parameters.copy())
        assert run(x, parameters) == pytest.approx(expected, rel=1e-14)
        np.testing.assert_allclose([theta, slope], updates, rtol=1e-14)


def test_constants_beside_arrays_that_are_written_over_need_one_recording() -> None:
    arrays, factors, settings = [np.zeros(2)], [2.0, 3.0], SimpleNamespace(shift=np.float64(1.0))
    expected = np.zeros(2)

    @jit(into=arrays, notices=False)
    def step(x: Any) -> Any:
        return x, [captured(arrays[0]) * np.array(factors) + settings.shift * x]

    for n in range(6):
        settings.shift = np.float64(1.0 + n // 3)  # a constant that may well change
        step(1.0)
        expected = expected * factors + settings.shift
        np.testing.assert_array_equal(arrays[0], expected)
    assert step.stats().recorded == 2
