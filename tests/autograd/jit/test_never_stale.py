"""What a compiled function reads outside of itself may change: it notices, or it refuses."""

from __future__ import annotations

import functools
import importlib
import operator
import random
import sys
import weakref
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import JitError, Tensor, Value, jit

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")

Outside = tuple[Callable[[Any], Any], Callable[[], object]]

scale = 2.0


def set_global(value: float) -> None:
    globals()["scale"] = value


@dataclass
class Named:
    """Equal to all of its name, whatever it holds."""

    name: str
    scale: float = field(default=2.0, compare=False)


class Base:
    scale = 2.0

    def times(self, x: Any) -> Any:
        return x * self.scale


class Thing(Base):
    def __init__(self, value: Any = 2.0) -> None:
        self.value = value

    @property
    def of_the_module(self) -> float:
        return scale

    @classmethod
    def of_the_class(cls, x: Any) -> Any:
        return x * cls.scale


class ReadsItsOwn:
    def __init__(self) -> None:
        self.held = {"value": 2.0}

    def __getattr__(self, name: str) -> Any:
        return self.held[name]


def in_class(f: Callable[[Any, Any], Any]) -> Outside:
    """A class of its own, since classes that are changed stay so."""
    kind = type("Kind", (Thing,), {"scale": 2.0, "method": lambda self, x: x * 2.0})
    thing = kind()
    return lambda x: f(thing, x), lambda: (
        setattr(kind, "scale", 3.0),
        setattr(kind, "method", lambda self, x: x * 3.0),
    )


def in_object(f: Callable[[Any, Any], Any], thing: Any = None, name: str = "value") -> Outside:
    thing = Thing() if thing is None else thing
    return lambda x: f(thing, x), lambda: setattr(thing, name, 3.0)


def in_container(
    container: Any, f: Callable[[Any, Any], Any] | None = None, key: Any = 0, new: Any = 3.0
) -> Outside:
    f = f or (lambda held, x: x * held[key])
    return lambda x: f(container, x), lambda: operator.setitem(container, key, new)


def in_module(f: Callable[[Any], Any]) -> Outside:
    module: Any = ModuleType("settings_of_a_test")
    module.level = 2.0
    sys.modules["settings_of_a_test"] = module
    return f, lambda: setattr(module, "level", 3.0)


def imported_whole(x: Any) -> Any:
    import settings_of_a_test  # type: ignore[import-not-found]

    return x * settings_of_a_test.level


def imported_name(x: Any) -> Any:
    from settings_of_a_test import level

    return x * level


def closure() -> Outside:
    value = 2.0

    def change() -> None:
        nonlocal value
        value = 3.0

    return lambda x: x * value, change


def function_that_is_called() -> Outside:
    thing = Thing()

    def inner(x: Any) -> Any:
        return x * thing.value

    return lambda x: sum(map(inner, [x, x])), lambda: setattr(thing, "value", 3.0)


def decorated_function() -> Outside:
    thing = Thing()

    def decorated(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @functools.wraps(f)
        def inner(x: Any) -> Any:
            return f(x) * thing.value

        return inner

    @decorated
    def same(x: Any) -> Any:
        return x

    return lambda x: same(x), lambda: setattr(thing, "value", 3.0)


def attribute_of_function() -> Outside:
    def f(x: Any) -> Any:
        return x * f.value  # type: ignore[attr-defined]

    f.value = 2.0  # type: ignore[attr-defined]
    return f, lambda: setattr(f, "value", 3.0)


def default() -> Outside:
    def f(x: Any, held: Any = [2.0]) -> Any:  # noqa: B006
        return x * held[0]

    return f, lambda: operator.setitem(f.__defaults__[0], 0, 3.0)  # type: ignore[index]


def context_variable() -> Outside:
    variable = ContextVar("variable", default=2.0)
    return lambda x: x * variable.get(), lambda: variable.set(3.0)


def weak_reference() -> Outside:
    thing = Thing()
    held = weakref.ref(thing)
    return lambda x: x * held().value, lambda: setattr(thing, "value", 3.0)


def partial() -> Outside:
    thing = Thing()
    return functools.partial(lambda held, x: x * held.value, thing), lambda: setattr(
        thing, "value", 3.0
    )


def inside_containers() -> Outside:
    held = {"a": [Thing({"b": (1.0, [2.0])})]}
    inner = held["a"][0].value["b"][1]
    return lambda x: x * held["a"][0].value["b"][1][0], lambda: operator.setitem(inner, 0, 3.0)


def view() -> Outside:
    whole = np.zeros(5)
    part = whole[2:]
    return lambda x: (x * part).sum() + (part[1:] * x).sum(), lambda: operator.setitem(part, 1, 3.0)


def of_array(f: Callable[[Any, Any], Any], *held: float, change: float = -7.0) -> Outside:
    a = np.array(held)
    return lambda x: f(a, x), lambda: operator.setitem(a, 0, change)


OUTSIDE: dict[str, Callable[[], Outside]] = {
    "variable of an enclosing function": closure,
    "global": lambda: (lambda x: x * scale, lambda: set_global(3.0)),
    "global by its name": lambda: (lambda x: x * globals()["scale"], lambda: set_global(3.0)),
    "attribute": lambda: in_object(lambda thing, x: x * thing.value),
    "attribute by its name": lambda: in_object(lambda thing, x: x * getattr(thing, "value")),  # noqa: B009
    "attribute by a name put together": lambda: in_object(
        lambda thing, x: x * getattr(thing, "val" + "ue")
    ),
    "attribute in vars": lambda: in_object(lambda thing, x: x * vars(thing)["value"]),
    "attribute in __dict__": lambda: in_object(lambda thing, x: x * thing.__dict__["value"]),
    "attribute that hides the class's": lambda: in_object(
        lambda thing, x: x * thing.scale, name="scale"
    ),
    "attribute that hides a method": lambda: (
        lambda thing: (
            lambda x: thing.times(x),
            lambda: setattr(thing, "times", lambda x: x * 3.0),
        )
    )(Thing()),
    "attribute by __getattr__": lambda: (
        lambda thing: (lambda x: x * thing.value, lambda: thing.held.update(value=3.0))
    )(ReadsItsOwn()),
    "property that reads a global": lambda: (
        lambda thing: (lambda x: x * thing.of_the_module, lambda: set_global(3.0))
    )(Thing()),
    "attribute of the class": lambda: in_class(lambda thing, x: x * type(thing).scale),
    "attribute of the class on an object": lambda: in_class(lambda thing, x: x * thing.scale),
    "attribute read by a method": lambda: in_class(lambda thing, x: thing.times(x)),
    "attribute read by a class method": lambda: in_class(lambda thing, x: thing.of_the_class(x)),
    "method of the class": lambda: in_class(lambda thing, x: thing.method(x)),
    "attribute of a function": attribute_of_function,
    "default": default,
    "function that is called": function_that_is_called,
    "decorated function": decorated_function,
    "partial function": partial,
    "module imported inside": lambda: in_module(imported_whole),
    "name imported inside": lambda: in_module(imported_name),
    "context variable": context_variable,
    "weak reference": weak_reference,
    "list": lambda: in_container([2.0]),
    "list that grows": lambda: (
        lambda held: (lambda x: sum(x * part for part in held), lambda: held.append(3.0))
    )([2.0]),
    "list of arrays that grows": lambda: (
        lambda held: (
            lambda x: sum((x * part).sum() for part in held),
            lambda: held.append(np.ones(2)),
        )
    )([np.ones(2)]),
    "list, True becomes 1": lambda: in_container(
        [True], lambda held, x: x * (2.0 if held[0] is True else 3.0), new=1
    ),
    "list, an item becomes an equal one": lambda: in_container(
        [Named("a")], lambda held, x: x * held[0].scale, new=Named("a", 3.0)
    ),
    "dict": lambda: in_container({"a": 2.0}, key="a"),
    "dict that grows": lambda: in_container(
        {"a": 2.0}, lambda held, x: sum(x * part for part in held.values()), key="b"
    ),
    "OrderedDict": lambda: in_container(OrderedDict(a=2.0), key="a"),
    "mapping proxy": lambda: (
        lambda held: (
            lambda x, proxy=MappingProxyType(held): x * proxy["a"],
            lambda: held.update(a=3.0),
        )
    )({"a": 2.0}),
    "deque": lambda: in_container(deque([2.0])),
    "Python's array": lambda: in_container(array("d", [2.0])),
    "set": lambda: (lambda held: (lambda x: x * sum(held), lambda: held.add(3.0)))({2.0}),
    "containers in containers": inside_containers,
    "array": lambda: of_array(lambda a, x: (x * a).sum(), 1.0, 2.0),
    "view of a view": view,
    "sum of an array by NumPy": lambda: of_array(lambda a, x: (x * a).sum() * a.sum(), 1.0, 2.0),
    "sum of a large array by NumPy": lambda: of_array(
        lambda a, x: x * a.sum(), *np.linspace(1.0, 2.0, 1000)
    ),
    "sum of a large array with NaN": lambda: of_array(
        lambda a, x: x * np.nansum(a), 1.0, np.nan, *np.linspace(1.0, 2.0, 1000)
    ),
    "sign of a zero in a large array": lambda: of_array(
        lambda a, x: x * float(np.copysign(1.0, a[0])), *np.zeros(1000), change=-0.0
    ),
    "maximum that was 1": lambda: of_array(lambda a, x: (x * a).sum() / a.max(), 1.0, 0.5),
    "mask": lambda: of_array(lambda a, x: (x * a * (a > 0)).sum(), 1.0, 2.0),
    "mask of numbers": lambda: of_array(
        lambda a, x: (x * a * np.where(a > 0, 1.0, 0.0)).sum(), 1.0, 2.0
    ),
    "branch on an array that is not used": lambda: of_array(
        lambda a, x: x * (2.0 if a[0] > 0 else 3.0), 1.0
    ),
    "data of a Value": lambda: (lambda w: (lambda x: x * w, lambda: setattr(w, "data", 3.0)))(
        Value(2.0)
    ),
    "data of a Tensor": lambda: (
        lambda w: (lambda x: (x * w).sum(), lambda: setattr(w, "data", np.array([3.0, 4.0])))
    )(Tensor([1.0, 2.0])),
    "branch on a Value": lambda: (
        lambda w: (lambda x: x * 2.0 if w > 0 else x * 3.0, lambda: setattr(w, "data", -1.0))
    )(Value(2.0)),
}


@pytest.mark.parametrize("make", OUTSIDE.values(), ids=OUTSIDE)
def test_what_changes_outside_is_noticed(make: Callable[[], Outside]) -> None:
    set_global(2.0)
    f, change = make()
    compiled = jit(f)
    before = [number(compiled(1.5)) for _ in range(2)]
    assert before == [number(f(1.5))] * 2
    assert compiled.stats().recorded == 1
    change()
    now = number(f(1.5))
    assert now != before[0], "the test changes nothing"
    assert [number(compiled(1.5)) for _ in range(3)] == [now] * 3


@pytest.mark.parametrize("make", OUTSIDE.values(), ids=OUTSIDE)
def test_what_changes_outside_is_noticed_on_versions_of_python_that_were_not_tried(
    make: Callable[[], Outside], monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = importlib.import_module("autograd.jit.guards.interpreter")
    monkeypatch.setattr(interpreter, "IS_TRIED", False)
    monkeypatch.setattr(interpreter.dis, "opname", {})  # and whose bytecode is another
    interpreter.globals_of.cache_clear()
    test_what_changes_outside_is_noticed(make)
    interpreter.globals_of.cache_clear()


def number(x: Any) -> float:
    return float(x.item() if isinstance(x, Value | Tensor | np.ndarray) else x)


# --------------------------------------------------------------------------------------------------
# What cannot be followed is refused


def appended() -> Callable[[Any], Any]:
    held: list[Any] = []
    return lambda x: held.append(x) or x


def kept_in_dict() -> Callable[[Any], Any]:
    held: dict[str, Any] = {}
    return lambda x: held.update(last=x) or x


def kept_in_attribute() -> Callable[[Any], Any]:
    thing = SimpleNamespace()
    return lambda x: setattr(thing, "last", x * 2.0) or x


def counted_in_closure() -> Callable[[Any], Any]:
    count = 0

    def f(x: Any) -> Any:
        nonlocal count
        count += 1
        return x * count

    return f


def counted_in_function() -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        f.count += 1  # type: ignore[attr-defined]
        return x * f.count  # type: ignore[attr-defined]

    f.count = 0  # type: ignore[attr-defined]
    return f


def counted_in_new_attribute() -> Callable[[Any], Any]:
    thing = SimpleNamespace()

    def f(x: Any) -> Any:
        thing.count = getattr(thing, "count", 0) + 1
        return x * thing.count

    return f


def written_into_array() -> Callable[[Any], Any]:
    total = np.zeros(2)

    def f(x: Any) -> Any:
        total[0] += 1
        return x * total

    return f


def drawn(generator: Any, name: str) -> Callable[[Any], Any]:
    return lambda x: x * getattr(generator, name)()


def drawn_by_method() -> Callable[[Any], Any]:
    draw = np.random.default_rng(0).normal
    return lambda x: x * draw()


def next_of(iterator: Any) -> Callable[[Any], Any]:
    return lambda x: x * next(iterator)


def nothing_but(x: Any) -> Any:
    yield x


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "append": (appended(), "changes held"),
    "item": (kept_in_dict(), "changes held"),
    "new attribute": (kept_in_attribute(), "thing"),
    "counter": (counted_in_closure(), "changes count"),
    "counter of a function": (counted_in_function(), "count"),
    "counter that was not there": (counted_in_new_attribute(), "thing.count"),
    "array written into": (written_into_array(), "changes total"),
    "NumPy's generator": (drawn(np.random.default_rng(0), "normal"), "sample"),
    "NumPy's old generator": (drawn(np.random.RandomState(0), "normal"), "sample"),
    "method of a generator": (drawn_by_method(), "sample"),
    "Python's generator": (drawn(random.Random(0), "random"), "sample"),
    "hidden generator of NumPy": (lambda x: x * np.random.normal(), "sample"),  # noqa: NPY002
    "hidden generator of Python": (lambda x: x * random.random(), "sample"),
    "iterator": (next_of(iter([1.0, 2.0, 3.0])), "iterator"),
    "generator expression": (next_of(float(n) for n in range(5)), "iterator"),
    "result in an object": (lambda x: SimpleNamespace(loss=x * x), "SimpleNamespace"),
    "result in a set": (lambda x: {x * x}, "set"),
    "result in a function": (lambda x: (lambda y: lambda: y)(x * x), "function"),
    "generator as a result": (nothing_but, "generator"),
    "map as a result": (lambda x: map(abs, [x]), "map"),
}


@pytest.mark.parametrize(("f", "says"), REFUSED.values(), ids=REFUSED)
def test_what_a_program_could_not_do_again_is_refused(f: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(JitError, match=says):
        jit(f)(1.5)


def test_what_is_kept_for_later_is_no_change() -> None:
    class Model:
        def __init__(self) -> None:
            self.width = 3.0

        @functools.cached_property
        def factor(self) -> float:
            return self.width**2

    model = Model()
    f = jit(lambda x: x * model.factor)
    assert [f(2.0), f(3.0)] == [18.0, 27.0]
    assert f.stats().recorded == 1


def test_what_is_never_read_may_change() -> None:
    thing = Thing()
    thing.log = []  # type: ignore[attr-defined]
    f = jit(lambda x: x * thing.value)
    f(1.0)
    thing.epoch = 3  # type: ignore[attr-defined]
    f(1.0)
    assert f.stats().recorded == 1


class Noted:
    __slots__ = ("notes", "settings")

    def __init__(self) -> None:
        self.notes, self.settings = [1], {"scale": 2.0}


def test_what_is_in_a_slot_is_looked_at_if_the_slot_is_read() -> None:
    noted = Noted()
    f = jit(lambda x: x * noted.settings["scale"])
    assert f(1.0) == 2.0
    noted.notes.append(2)
    assert f(1.0) == 2.0
    assert f.stats().recorded == 1
    noted.settings["scale"] = 3.0
    assert f(1.0) == 3.0
    by_getattr = jit(lambda x: x * len(getattr(noted, "no" + "tes")))
    assert by_getattr(1.0) == 2.0
    noted.notes.append(3)
    assert by_getattr(1.0) == 3.0


def test_a_failure_that_the_function_catches_is_not_remembered_as_the_way() -> None:
    def solved(a: Any, b: Any) -> Any:
        try:
            return np.linalg.solve(a, b)
        except np.linalg.LinAlgError:
            return b * 0.0

    regular, singular, b = np.eye(2), np.zeros((2, 2)), np.ones(2)
    for order in ([singular, regular, singular], [regular, singular, regular]):
        f = jit(solved)
        for a in order:
            np.testing.assert_array_equal(f(a, b), solved(a, b))
        assert f.stats().eager > 0


def test_a_choice_by_zero_times_infinity_is_the_uncompiled_one() -> None:
    from autograd import grad, sqrt, where

    def by_branch(x: Any, y: Any) -> Any:
        return x + 5.0 if grad(lambda t: sqrt(t) * y)(x) >= 0 else x - 5.0

    def by_where(x: Any, y: Any) -> Any:
        return where(grad(lambda t: (sqrt(t) * y).sum())(x) >= 0, x + 5.0, x - 5.0)

    f, g = jit(by_branch), jit(by_where)
    for x, y in [(1.0, -1.0), (0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]:
        assert f(x, y) == by_branch(x, y)
        xs, ys = np.full(2, x), np.full(2, y)
        np.testing.assert_array_equal(g(xs, ys), by_where(xs, ys))


@pytest.mark.parametrize("x", [3.0, np.full(2, 3.0)])
def test_what_a_compiled_function_within_another_reads_is_looked_at(x: Any) -> None:
    thing = Thing()
    thing.value = 2.0
    inner = jit(lambda x: x * thing.value)
    for _ in range(3):
        inner(x)  # it has a program of its own by now, which the other is not to take for numbers
    outer = jit(lambda y: y + inner(x))
    np.testing.assert_array_equal(outer(1.0), 1.0 + x * 2.0)
    thing.value = 5.0
    np.testing.assert_array_equal(outer(1.0), 1.0 + x * 5.0)


@pytest.mark.parametrize(
    "other",
    [2.0, [1.0, 2.0], Tensor([4.0, 5.0]), np.ones(1), np.ones(2, np.float32), None],
    ids=repr,
)
def test_an_array_may_give_way_to_something_else(other: Any) -> None:
    thing = Thing(np.array([1.0, 2.0]))

    def f(x: Any) -> Any:
        return x * 0.0 if thing.value is None else x * thing.value

    def also_by_its_numbers(x: Any) -> Any:
        return f(x) if thing.value is None else f(x) + float(np.sum(thing.value) * 0.0)

    x = np.array([3.0, 4.0])
    functions = [f] if isinstance(other, Tensor) else [f, also_by_its_numbers]
    compiled = [jit(function, notices=False) for function in functions]
    for now in (thing.value, other):
        thing.value = now
        for function, program in zip(functions, compiled, strict=True):
            expected, given = function(x), program(x)
            assert type(given) is type(expected)
            np.testing.assert_array_equal(
                getattr(given, "data", given), getattr(expected, "data", expected)
            )


def test_an_array_that_numpy_computes_of_an_input_is_no_constant_of_the_result() -> None:
    held = np.array([1.0, 2.0])
    f = jit(lambda x: (held * x, held * 2.0), notices=False)
    f(1.0)
    held[:] = 5.0
    product, double = f(1.0)
    assert product.tolist() == [5.0, 5.0]
    assert double.tolist() == [10.0, 10.0]
