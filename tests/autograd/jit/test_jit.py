"""What a user of `jit` is promised: when it records, what it says, what it refuses and gives."""

from __future__ import annotations

import gc
import itertools
import threading
import tracemalloc
import warnings
import weakref
from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import JitError, JitNotice, Tensor, Value, checkpoint, grad, jit, value_and_grad
from autograd.trees import flatten, map_tree

quiet = pytest.mark.filterwarnings("ignore::autograd.JitNotice")


# --------------------------------------------------------------------------------------------------
# Recorded once, run many times


def test_a_function_is_recorded_once_and_run_many_times() -> None:
    calls = []
    f = jit(lambda x: (calls.append(1) if not ad.is_compiling() else None) or x * x, watch=())
    assert [f(2.0), f(3.0), f(4.0)] == [4.0, 9.0, 16.0]
    assert calls == []
    assert (f.stats().recorded, f.stats().runs, f.stats().eager) == (1, 3, 0)
    assert len(f.stats().reasons) == 1


@pytest.mark.parametrize(
    "other",
    [
        np.ones(4),
        np.ones((3, 1)),
        np.ones(3, np.float32),
        np.ones(3, int),
        1.0,
        Tensor(np.ones(3)),
        np.float32(1.0),
        2,
    ],
    ids=lambda x: f"{type(x).__name__}{getattr(x, 'shape', '')}{getattr(x, 'dtype', '')}",
)
def test_another_shape_or_type_is_another_program(other: Any) -> None:
    def f(x: Any) -> Any:
        return x * 2

    compiled = jit(f)
    for x in (np.ones(3), other, np.ones(3), other):
        found, expected = compiled(x), f(x)
        assert getattr(found, "dtype", type(found)) == getattr(expected, "dtype", type(expected))
        assert repr(found) == repr(expected)
    assert compiled.stats().recorded == 2


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Tensor | Value) else x


def test_kinds_of_call_in_turn_keep_their_programs_and_see_what_changes() -> None:
    class Settings:
        scale = 1.0

    @jit(notices=False)
    def f(xs: list[Any], settings: Any) -> Any:
        return settings.scale * sum(xs[1:], xs[0] * xs[0])

    w = Value(3.0)
    calls = [[2.0], [2.0, 5.0], [w], [w, w], [np.ones(2)], [Tensor([1.0, 2.0])]]
    settings = Settings()
    for settings.scale in (1.0, 1.0, 3.0, 1.0):
        for xs in (*calls, *reversed(calls)):
            found, expected = f(xs, settings), settings.scale * sum(xs[1:], xs[0] * xs[0])
            assert type(found) is type(expected)
            assert np.array_equal(
                getattr(found, "data", found), getattr(expected, "data", expected)
            )
    assert f.stats().recorded == 2 * len(calls)


def test_a_call_on_nodes_is_differentiated_whatever_was_called_before() -> None:
    f = jit(lambda x, y: x * y + x)
    x, y = Value(2.0), Value(5.0)
    for _ in range(3):
        assert f(2.0, 5.0) == 12.0
        out = f(x, y)
        assert ad.gradients(out, [x, y]) == [6.0, 2.0]
        with ad.no_grad():
            assert f(x, y).op is None
        assert ad.gradients(f(x, 5.0), x) == 6.0


def test_thousands_of_numbers_from_outside_have_their_gradients() -> None:
    weights = [Value(float(n)) for n in range(4000)]
    loss = jit(lambda x: sum([x * w * w for w in weights], 0.0))(2.0)
    loss.backward()
    assert [w.grad for w in weights] == [4.0 * n for n in range(4000)]


def test_another_structure_is_another_program() -> None:
    f = jit(lambda p: sum(flatten(p)[0]))
    order = jit(lambda p: list(p.values()))
    for p in ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}):
        assert order(p) == list(p.values())
    for p in ([1.0, 2.0], (1.0, 2.0), {"a": 1.0, "b": 2.0}, {"b": 1.0, "a": 2.0}, [1.0, [2.0]]):
        assert f(p) == 3.0
        assert f(p) == 3.0
    assert f.stats().recorded == 5


def test_static_arguments_are_settings() -> None:
    f = jit(lambda x, power: x**power, static_argnames="power")
    assert [f(2.0, 3.0), f(2.0, power=3.0), f(2.0, 2.0), f(3.0, 3.0)] == [8.0, 8.0, 4.0, 27.0]
    assert f.stats().recorded == 3


def test_static_arguments_that_are_equal_are_not_the_same() -> None:
    f = jit(lambda x, kind: x * (1 if kind[0] is True else 2), static_argnums=1)
    assert [f(1.0, (True,)), f(1.0, (1,)), f(1.0, (True,))] == [1.0, 2.0, 1.0]
    g = jit(lambda x, sign: x * np.copysign(1.0, sign), static_argnums=1)
    assert [g(1.0, 0.0), g(1.0, -0.0)] == [1.0, -1.0]


def test_static_arguments_must_be_there_and_hashable() -> None:
    with pytest.raises(ValueError, match="static_argnames names 'n'"):
        jit(lambda x: x, static_argnames="n")
    with pytest.raises(ValueError, match="from 0 on"):
        jit(lambda x: x, static_argnums=-1)
    with pytest.raises(TypeError, match="which cannot be told apart"):
        jit(lambda x, n: x, static_argnums=1)(1.0, [1])


# --------------------------------------------------------------------------------------------------
# Branches


def test_a_branch_that_goes_the_other_way_is_announced_once_with_its_line() -> None:
    @jit
    def f(x: Any) -> Any:
        if x > 0:
            return x * 2.0
        return x * 3.0

    line = f.__wrapped__.__code__.co_firstlineno + 2
    assert f(1.0) == 2.0
    with pytest.warns(JitNotice, match=rf"line {line} of test_jit.py .*went the other way"):
        assert f(-1.0) == -3.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [f(1.0), f(-1.0), f(2.0), f(-2.0)] == [2.0, -3.0, 4.0, -6.0]
    assert f.stats().recorded == 2


def doubled_below(x: Any) -> Any:
    while x < 10:
        x = x * 2
    return x


BRANCHES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "while": (doubled_below, [1.0, 3.0, 20.0]),
    "int": (lambda x, n: sum([x * k for k in range(int(n))], 0.0), [(1.5, 2.0), (1.5, 4.0)]),
    "round": (lambda x: x * round(x), [1.2, 2.7]),
    "equal": (lambda x: x * 2 if x == 1.0 else x * 3, [1.0, 2.0]),
    "between": (lambda x: x * 2 if 0 < x < 1 else x * 3, [0.5, 2.0, -1.0]),
    "not": (lambda x: x * 2 if not x - 1 else x, [1.0, 2.0]),
    "and": (lambda x, y: x and y, [(0.0, 2.0), (1.0, 2.0)]),
    "in": (lambda x: x * 2 if x in [1.0, 2.0] else x, [1.0, 2.0, 3.0]),
    "max": (lambda x, y: max(x, y) * 2, [(1.0, 2.0), (2.0, 1.0)]),
    "sorted": (lambda x, y: sorted([x, y]), [(1.0, 2.0), (2.0, 1.0)]),
    "any": (lambda x: x * 2 if (x > 0).any() else x, [np.array([1.0, -1.0]), -np.ones(2)]),
    "allclose": (lambda x: x * 2 if np.allclose(x, 1) else x, [np.ones(2), np.zeros(2)]),
    "nan": (lambda x: x * 0 if np.isnan(x).any() else x, [np.ones(2), np.full(2, np.nan)]),
    "argmax as an index": (lambda x: x[np.argmax(x)] * 2, [np.array([1.0, 2]), np.array([3.0, 2])]),
    "argmax in a list": (
        lambda x: x * ["a", "bb"][np.argmax(x)].__len__(),
        [np.array([1.0, 2]), np.array([3.0, 2])],
    ),
}


@quiet
@pytest.mark.parametrize(("f", "calls"), BRANCHES.values(), ids=BRANCHES)
def test_every_way_through_a_function_is_followed(f: Callable[..., Any], calls: list[Any]) -> None:
    compiled = jit(f)
    for call in [*calls, *calls[::-1]]:
        args = call if isinstance(call, tuple) else (call,)
        for found, expected in zip(flatten(compiled(*args))[0], flatten(f(*args))[0], strict=True):
            np.testing.assert_array_equal(found, expected)


def test_after_sixteen_ways_calls_run_uncompiled_and_right() -> None:
    f = jit(lambda x: x * int(x))
    with pytest.warns(JitNotice) as notices:
        found = [f(k + 0.5) for k in range(20)]
    assert found == [(k + 0.5) * k for k in range(20)]
    assert (f.stats().recorded, f.stats().eager) == (16, 4)
    assert sum("recorded in 16 ways" in str(notice.message) for notice in notices) >= 1


def test_notices_can_be_turned_off() -> None:
    f = jit(lambda x: x if x > 0 else -x, notices=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [f(1.0), f(-1.0)] == [1.0, 1.0]


# --------------------------------------------------------------------------------------------------
# What takes a number out


TAKEN_OUT: dict[str, Callable[[Any], Any]] = {
    "float()": lambda x: float(x.sum()),
    ".item()": lambda x: x.sum().item(),
    ".data": lambda x: x.data,
    ".numpy()": lambda x: x.numpy(),
    ".tolist()": lambda x: x.tolist(),
    "the text": lambda x: print(x),
    "the text of": lambda x: f"{x}",
    "a copy": lambda x: __import__("copy").copy(x),
    "np.nonzero": lambda x: np.nonzero(x),
}


@pytest.mark.parametrize(("what", "f"), TAKEN_OUT.items(), ids=TAKEN_OUT)
def test_a_number_taken_out_is_refused_with_line_reason_and_remedy(
    what: str, f: Callable[[Any], Any]
) -> None:
    with pytest.raises(JitError) as error:
        jit(f)(np.ones(2))
    text = str(error.value)
    for part in (
        "line ",
        what.removesuffix(" of"),
        "the number would be fixed",
        "Return the value",
    ):
        assert part in text


def test_backward_inside_is_refused() -> None:
    w = Value(2.0)
    with pytest.raises(JitError, match=r"backward\(\)"):
        jit(lambda x: (x * w).backward())(1.0)


def test_arrays_whose_arithmetic_is_another_are_refused() -> None:
    with pytest.raises(TypeError, match="MaskedArray"):
        jit(lambda x: x.sum())(np.ma.array([1.0, 2.0], mask=[0, 1]))


def test_exceptions_leave_nothing_broken() -> None:
    def f(x: Any) -> Any:
        if x < 0:
            raise KeyError("negative")
        return x * 2

    compiled = jit(f, notices=False)
    for _ in range(20):
        with pytest.raises(KeyError):
            compiled(-1.0)
    assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]
    with pytest.raises(KeyError):
        compiled(-1.0)
    assert compiled(3.0) == 6.0
    assert compiled.stats().recorded == 1


def test_errors_of_linear_algebra_are_raised() -> None:
    f = jit(lambda a: np.linalg.inv(a), notices=False)
    f(np.eye(2))
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError):
            f(np.zeros((2, 2)))
        np.testing.assert_array_equal(f(np.eye(2)), np.eye(2))


# --------------------------------------------------------------------------------------------------
# What is done besides computing, is done once a run


def test_effects_happen_once_where_the_result_is_not_a_number() -> None:
    state, seen = SimpleNamespace(n=np.zeros(1)), []

    @jit
    def f(x: Any, y: Any) -> Any:
        ad.assign(state, "n", ad.captured(state.n) + 1.0)
        ad.observe(lambda v: seen.append(v.copy()), x)
        return grad(lambda t: (ad.sqrt(t) * y).sum())(x)

    for x, y in [(1.0, 1.0), (0.0, 0.0), (np.nan, 1.0), (0.0, 0.0)]:
        f(np.full(1, x), np.full(1, y))
    assert state.n[0] == len(seen) == 4


def test_what_observes_and_raises_is_called_once() -> None:
    seen = []

    def check(x: float) -> None:
        seen.append(x)
        if x > 2:
            raise ValueError("too large")

    f = jit(lambda x: (ad.observe(check, x), x * 2)[1])
    f(1.0), f(2.0)
    with pytest.raises(ValueError, match="too large"):
        f(3.0)
    assert seen == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("draws", [False, True])
def test_operations_that_are_watched_are_not_compiled(draws: bool) -> None:
    rng = np.random.default_rng(0)

    def f(x: Any, factor: float = 1.0) -> Any:
        return ad.log(x) * factor + (ad.sample(rng, lambda rng: rng.normal(size=2)) if draws else 0)

    slope = jit(grad(lambda x, factor=1.0: f(x, factor).sum()))
    for given in ({}, {"factor": 2.0}):
        for _ in range(3):
            slope(np.ones(2), **given)
        with ad.debug(), pytest.raises(ad.NonFiniteError, match="log"):
            slope(np.zeros(2), **given)


def test_updates_are_written_into_arrays() -> None:
    w = np.ones(2)
    step = jit(lambda x, held: ((x * held).sum(), [held - 0.5 * x]), into=[w])
    assert step(np.ones(2), w) == 2.0
    np.testing.assert_array_equal(w, [0.5, 0.5])
    assert step(np.ones(2), w) == 1.0
    np.testing.assert_array_equal(w, [0.0, 0.0])


def test_entries_put_into_an_array_leave_nothing_of_what_was_there() -> None:
    slopes = np.zeros(4)
    listed = grad(lambda t: (t[[0, 2]] ** 2).sum())
    f = jit(lambda x: (x.sum(), [listed(x)]), into=[slopes])
    for x in (np.arange(4.0), np.ones(4)):
        slopes[:] = 9.0
        f(x)
        np.testing.assert_array_equal(slopes, [2 * x[0], 0.0, 2 * x[2], 0.0])


def test_a_constant_is_not_read_from_an_equal_array_written_into() -> None:
    factor, held = [2.0, 3.0], np.array([2.0, 3.0])
    f = jit(lambda x: (x.sum(), [ad.sin(x * np.array(factor))]), into=[held])
    for x in (np.ones(2), np.array([0.5, 1.5]), np.ones(2)):
        f(x)
        np.testing.assert_array_equal(held, np.sin(x * np.array(factor)))


def test_updates_that_are_the_same_at_each_run_are_written_at_each_run() -> None:
    held, whole = np.zeros(2), np.zeros(3)

    def f(x: Any) -> Any:
        return x, [x * np.ones(2), x] if x > 0 else [np.array([7.0, 8.0]), 9.0]

    step = jit(f, into=[held, whole], notices=False)
    for x in (1.0, -1.0, 2.0, -1.0, -2.0, 3.0):
        step(x)
        np.testing.assert_array_equal(held, [x, x] if x > 0 else [7.0, 8.0])
        np.testing.assert_array_equal(whole, [x if x > 0 else 9.0] * 3)


@pytest.mark.parametrize("writes", [False, True])
def test_little_is_kept_of_the_arrays_of_a_recording(writes: bool) -> None:
    x, held = np.ones(50_000), np.zeros(50_000)

    def f(x: Any, held: Any) -> Any:
        for _ in range(10):
            x = ad.sin(x) * 2.0 + held
        return (x.sum(), [x]) if writes else x.sum()

    compiled = jit(f, into=[held] if writes else [])
    tracemalloc.start()
    compiled(x, held)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 3 * x.nbytes


def test_few_objects_are_kept_of_a_recording_of_many_numbers() -> None:
    def f(xs: list[Any]) -> Any:
        for _ in range(100):
            xs = [ad.sin(x) * 2.0 for x in xs]
        return sum(xs)

    jit(value_and_grad(f))([1.0] * 2)  # what is imported and made once stays
    compiled = jit(value_and_grad(f))
    before = len(gc.get_objects())
    compiled([1.0] * 20)
    assert len(gc.get_objects()) - before < 2000


def test_what_is_watched_can_be_said() -> None:
    ignored, looked_at = SimpleNamespace(k=2.0), SimpleNamespace(k=3.0)
    f = jit(lambda x: x * ignored.k * looked_at.k, watch=[looked_at], notices=False)
    assert f(1.0) == 6.0
    ignored.k = 5.0
    assert f(1.0) == 6.0
    looked_at.k = 1.0
    assert f(1.0) == 5.0


# --------------------------------------------------------------------------------------------------
# Functions and calls of every kind


class Scaled:
    def __init__(self, k: float) -> None:
        self.k = k

    @jit
    def compiled(self, x: Any) -> Any:
        return x * self.k

    def plain(self, x: Any) -> Any:
        return x * self.k

    def __call__(self, x: Any) -> Any:
        return x * self.k


@quiet
def test_methods_know_their_object() -> None:
    a, b = Scaled(2.0), Scaled(3.0)
    bound, called = jit(a.plain), jit(a)
    assert [a.compiled(1.0), b.compiled(1.0), bound(1.0), called(1.0)] == [2.0, 3.0, 2.0, 2.0]
    a.k = 5.0
    assert [a.compiled(1.0), b.compiled(1.0), bound(1.0), called(1.0)] == [5.0, 3.0, 5.0, 5.0]


def test_keyword_arguments_come_in_any_order_and_number() -> None:
    f = jit(lambda x, *rest, y=2.0, **more: x * y + more.get("z", 0.0) + len(rest))
    for _ in range(2):
        assert f(1.0) == 2.0
        assert f(1.0, y=3.0) == 3.0
        assert f(1.0, y=4.0, z=1.0) == f(1.0, z=1.0, y=4.0) == 5.0
        assert f(1.0, 7.0, z=1.0) == 4.0


Point = namedtuple("Point", "x y")


class Options(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self[name]


@pytest.mark.parametrize(
    ("f", "arg"),
    [
        (lambda p: Point(p.x * 2, p.y), Point(1.0, np.ones(2))),
        (lambda p: OrderedDict(z=p["x"] * p["y"]), OrderedDict(x=2.0, y=3.0)),
        (lambda p: p.x * p.y, Options(x=2.0, y=3.0)),
        (lambda p: {"z": p["x"] * 2, "none": None, "text": "a"}, defaultdict(float, x=2.0)),
        (lambda p: [p[0] * 2, (p[1][0], 3)], [1.0, (2.0, "a")]),
        (lambda p: p, []),
    ],
    ids=["named tuple", "OrderedDict", "subclass of dict", "defaultdict", "nested", "empty"],
)
def test_containers_go_in_and_come_out(f: Callable[..., Any], arg: Any) -> None:
    compiled = jit(f)
    for _ in range(2):
        found, expected = compiled(arg), f(arg)
        assert type(found) is type(expected)
        assert repr(found) == repr(expected)


def test_compiled_functions_call_themselves_and_each_other() -> None:
    @jit
    def factorial(x: Any) -> Any:
        return x * factorial(x - 1) if x > 1 else x

    with pytest.warns(JitNotice):
        assert [factorial(5.0), factorial(4.0), factorial(5.0)] == [120.0, 24.0, 120.0]
    assert jit(jit(lambda x: x * x))(3.0) == 9.0
    assert jit(np.sin)(1.0) == pytest.approx(np.sin(1.0), rel=1e-15)


ARRAYS = {
    "of no axes": np.array(1.5),
    "empty": np.zeros((0, 3)),
    "large": np.linspace(0.0, 1.0, 200_000),
    "float32": np.ones((2, 3), np.float32),
    "not in order": np.arange(18.0).reshape(3, 6)[::-1, ::2].T,
    "integers": np.array([1, 2, 3]),
    "small integers": np.array([1, 2, 3], np.int8),
    "booleans": np.array([True, False]),
    "big end first": np.ones(3, ">f8"),
}


@pytest.mark.parametrize("x", ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_all_kinds(x: Any) -> None:
    def f(x: Any) -> Any:
        return x * 2.5, x.sum(), x.T

    compiled = jit(f)
    x = x.copy() if x.flags.c_contiguous else x
    x.flags.writeable = False
    for found, expected in zip(compiled(x) + compiled(x), f(x) * 2, strict=True):
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(found, expected, rtol=1e-12)


# --------------------------------------------------------------------------------------------------
# Results are the caller's own


GIVING: dict[str, Callable[[Any, Any], Any]] = {
    "the argument": lambda x, held: x,
    "a view of it": lambda x, held: x[1:],
    "the same twice": lambda x, held: (x * 2,) * 2,
    "a result and its view": lambda x, held: (lambda y: (y, y[1:]))(x * 2),
    "what is outside": lambda x, held: held,
    "a constant": lambda x, held: np.ones(3),
    "a broadcast": lambda x, held: np.broadcast_to(x, (2, 3)),
}


@pytest.mark.parametrize("f", GIVING.values(), ids=GIVING)
def test_no_two_results_share_memory(f: Callable[[Any, Any], Any]) -> None:
    held, x = np.arange(3.0), np.arange(3.0)
    compiled = jit(lambda x: f(x, held))
    results = [part for _ in range(3) for part in flatten(compiled(x))[0]]
    arrays = [x, held, *results]
    for number, one in enumerate(arrays):
        for other in arrays[number + 1 :]:
            assert not np.shares_memory(one, other)
    for result in results:
        result[...] = 7.0
    for found, expected in zip(
        flatten(compiled(x))[0], flatten(f(np.arange(3.0), np.arange(3.0)))[0], strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_threads_may_call_one_function_at_once() -> None:
    def f(x: Any) -> Any:
        return (np.sin(x) * x).sum() if x[0] > 0 else (x * 3).sum()

    compiled, wrong = jit(f, notices=False), []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(100):
            x = rng.normal(size=50 * rng.integers(1, 4))
            if not np.isclose(compiled(x), f(x), rtol=1e-12):
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --------------------------------------------------------------------------------------------------
# Memory


def test_programs_let_go_of_the_numbers_they_were_recorded_with() -> None:
    f = jit(lambda x: (np.sin(x) * 2 + np.cos(x)).sum())
    x = np.ones(1000)
    held = weakref.ref(x)
    f(x), f(x)
    del x
    assert held() is None


def test_compiled_functions_and_what_they_read_can_be_collected() -> None:
    class Owner:
        k = 2.0

    def references() -> tuple[Any, ...]:
        owner = Owner()
        f = jit(lambda x: x * owner.k)
        f(1.0), f(2.0)
        return weakref.ref(f), weakref.ref(owner)

    held = references()
    gc.collect()
    assert [reference() for reference in held] == [None, None]


# --------------------------------------------------------------------------------------------------
# Nodes in, nodes out, and within other things


def test_gradients_go_through_and_accumulate_as_without_the_compiler() -> None:
    x, w = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    f = jit(lambda x: (x**3 * w).sum())
    for times in (1, 2):
        f(x).backward()
        np.testing.assert_array_equal(x.grad, times * 3 * x.data**2 * w.data)
        np.testing.assert_array_equal(w.grad, times * x.data**3)
    first = ad.gradients(f(x), x, create_graph=True)
    second = ad.gradients(first.sum(), x, create_graph=True)
    np.testing.assert_allclose(second.numpy(), 6 * x.data * w.data, rtol=1e-15)
    np.testing.assert_allclose(ad.gradients(second.sum(), x), 6 * w.data, rtol=1e-15)


def test_a_node_given_twice_and_read_besides_gets_all_its_shares() -> None:
    x = Tensor([2.0])
    jit(lambda a, b: (a * a * b * x).sum())(x, x).backward()
    np.testing.assert_array_equal(x.grad, [32.0])


def test_derivatives_inside_and_outside_agree() -> None:
    def f(x: Any) -> Any:
        return ad.sin(x) * x**3

    expected = grad(grad(f))
    for second in (
        grad(grad(jit(f))),
        jit(grad(grad(f))),
        grad(jit(grad(f))),
        jit(grad(jit(grad(jit(f))))),
        grad(ad.checkpoint(jit(grad(f)))),
    ):
        for x in (1.3, 0.4, -2.0):
            assert second(x) == pytest.approx(expected(x), rel=1e-13)


def test_without_recording_results_have_no_history() -> None:
    w = Tensor(np.ones(2))
    f = jit(lambda x: (x * w).sum())
    for _ in range(2):
        with ad.no_grad():
            assert f(np.ones(2)).parents == ()
        assert f(np.ones(2)).parents != ()


def test_debug_looks_into_a_compiled_function() -> None:
    f = jit(lambda x: ad.log(x))
    f(Value(1.0))
    with pytest.raises(ad.NonFiniteError, match="log"), ad.debug():
        f(Value(0.0))


def test_vmap_takes_compiled_functions_and_can_be_compiled() -> None:
    def f(x: Any) -> Any:
        return ad.sin(x) * x.sum()

    xs = np.arange(6.0).reshape(3, 2)
    expected = np.array([np.sin(x) * x.sum() for x in xs])
    inside, outside = ad.vmap(jit(f)), jit(ad.vmap(f))
    for scale in (1.0, 2.0):
        rows = np.array([np.sin(scale * x) * (scale * x).sum() for x in xs])
        np.testing.assert_allclose(inside(scale * xs), rows, rtol=1e-14)
        np.testing.assert_allclose(outside(scale * xs), rows, rtol=1e-14)
    np.testing.assert_allclose(outside(xs), expected, rtol=1e-14)


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 0, 1], [-1, 0, 1]])
def test_entries_by_a_list_and_an_argument_have_their_gradient(rows: list[int]) -> None:
    def total(x: Any, columns: Any) -> Any:
        return (x[np.array(rows), columns] * np.array([1.0, 2.0, 4.0])).sum()

    compiled, x = jit(grad(total)), np.ones((3, 4))
    for columns in ([0, 0, 3], [1, 1, 1], [-1, 3, -4]):
        np.testing.assert_array_equal(
            compiled(x, np.array(columns)), grad(total)(x, np.array(columns))
        )
    assert compiled.stats().recorded == 1


def test_notices_name_the_line_of_the_call() -> None:
    f = jit(lambda x: x if x > 0 else -x)
    f(1.0)
    f(1.0)
    with pytest.warns(JitNotice) as noticed:
        f(-1.0)
    assert [notice.filename for notice in noticed] == [__file__]


@pytest.mark.parametrize("apply", [jit, checkpoint])
def test_two_calls_in_one_sum_have_derivatives_of_their_own(apply: Any) -> None:
    f = apply(lambda x, y: x * x * y)
    for make in (Value, lambda x: Tensor([x])):
        a, b, y = make(2.0), make(5.0), make(3.0)
        total = f(a, y) + f(b, y)
        total.backward()
        assert [np.ravel(x.grad)[0] for x in (a, b, y)] == [12.0, 30.0, 29.0]


PARTS = [
    np.array([1.0, 2.0]),
    [np.array([3.0, 4.0]), 5.0],
    {"a": np.array([6.0, 7.0]), "b": (8.0, [9.0])},
    [10.0, 11.0, 12.0, 13.0, 14.0],
    15.0,
    ([], 2, "setting", None),
]


@pytest.mark.parametrize("args", list(itertools.permutations(PARTS, 3)))
def test_arguments_are_told_apart_in_every_order(args: tuple[Any, ...]) -> None:
    def weighted(*args: Any) -> Any:
        leaves = [leaf for leaf in flatten(args)[0] if not isinstance(leaf, int | str | None)]
        return [leaf * (10.0**place) for place, leaf in enumerate(leaves)]

    f = jit(weighted)
    moved = map_tree(lambda x: x if isinstance(x, int | str | None) else x + 0.5, args)
    for given in (args, moved, args):
        for got, expected in zip(f(*given), weighted(*given), strict=True):
            np.testing.assert_array_equal(got, expected)
    assert f.stats().recorded == 1
