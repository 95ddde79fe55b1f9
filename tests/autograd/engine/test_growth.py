"""Time grows with the size of a program, and not with its square.

Calls of Python functions are counted, since times vary.
"""

import builtins
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, Value, grad, hvp, jit, jvp

Program = Callable[[Any], Any]


def calls(f: Callable[[], Any]) -> int:
    """The number of calls that `f()` makes, of functions in Python and in C."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        f()
    finally:
        sys.setprofile(before)
    return count


def numbers_in_an_array(n: int) -> Program:
    return lambda x: (ag.array([x * k for k in range(n)]) ** 2).sum()


def rows_in_an_array(n: int) -> Program:
    return lambda x: (ag.array([[x * k, x] for k in range(n)]) ** 2).sum()


def a_stack(n: int) -> Program:
    return lambda x: (ag.stack([ag.ravel(x) * k for k in range(n)], axis=1) ** 2).sum()


def a_concatenation_with_constants(n: int) -> Program:
    return lambda x: (
        ag.concatenate([np.ones(2) if k % 2 else ag.ravel(x) * k for k in range(n)]) ** 2
    ).sum()


PROGRAMS = (numbers_in_an_array, rows_in_an_array, a_stack, a_concatenation_with_constants)


def pushforward(f: Program, x: float) -> Any:
    return jvp(f, x, 1.0)


def product_with_hessian(f: Program, x: float) -> Any:
    return hvp(f, x, 1.0)


def gradient(f: Program, x: float) -> Any:
    return grad(f)(x)


def compilation(f: Program, x: float) -> Any:
    return jit(grad(f))(x)


@pytest.mark.parametrize("way", [gradient, pushforward, product_with_hessian])
@pytest.mark.parametrize("program", PROGRAMS)
def test_joining_twice_as_many_parts_takes_twice_the_calls(program: Any, way: Any) -> None:
    once, twice = (calls(partial(way, program(n), 2.0)) for n in (200, 400))
    assert twice < 2.2 * once


@pytest.mark.parametrize("program", PROGRAMS[:3])
def test_compiling_twice_as_many_parts_takes_twice_the_calls(program: Any) -> None:
    once, twice = (calls(partial(compilation, program(n), 2.0)) for n in (100, 200))
    assert twice < 2.3 * once


@pytest.mark.parametrize("program", PROGRAMS)
def test_joined_parts_have_the_right_derivatives(program: Any) -> None:
    f = program(5)
    value = float(np.asarray(f(2.0)))
    rest = 0.0 if program is not a_concatenation_with_constants else 4.0
    assert grad(f)(2.0) == pytest.approx(value - rest)
    assert jvp(f, 2.0, 1.0)[1] == pytest.approx(value - rest)
    assert hvp(f, 2.0, 1.0) == pytest.approx((value - rest) / 2)
    assert ag.derivative(jit(f), 2)(2.0) == pytest.approx((value - rest) / 2)


@pytest.mark.parametrize("program", PROGRAMS)
def test_why_takes_twice_the_calls_for_twice_as_many_parts(program: Any) -> None:
    def asked(n: int) -> Any:
        x = Value(2.0)
        return partial(ag.why, x, program(n)(x))

    once, twice = (calls(asked(n)) for n in (100, 200))
    assert twice < 2.2 * once


# --------------------------------------------------------------------------------------------------
# Reading entry by entry: the gradient is one array, and not one for each entry that is read


def numbers_read(x: Any) -> Any:
    total = 0.0
    for k in range(len(x)):
        total = total + x[k] * x[-k] * k
    return total


def rows_read(x: Any) -> Any:
    table = ag.reshape(x * 2, (-1, 2))
    return builtins.sum([(row * row).sum() * row[0] for row in table], 0.0)


def windows_read(x: Any) -> Any:
    parts = [(x[k : k + 3] * x[::-1][k : k + 3]).sum() for k in range(len(x))]
    return builtins.sum(parts, 0.0) + (x * x).sum() + x[0] ** 3


def places_read(x: Any) -> Any:
    numbers = np.arange(len(x))
    parts = [ag.sin(x[[k, 0, k]]).sum() + ag.exp(x[numbers > k]).sum() for k in numbers]
    return (x * x).sum() + builtins.sum(parts, 0.0)


READINGS = (numbers_read, rows_read, windows_read, places_read)


@pytest.mark.parametrize("f", READINGS)
def test_reading_entry_by_entry_has_the_right_derivatives(f: Program) -> None:
    x = np.array([0.3, -1.2, 0.7, 2.1, -0.4, 1.6])
    ag.check_grads(f, x, order=3)
    node = Tensor(x)
    f(node).backward()
    np.testing.assert_allclose(node.grad, grad(f)(x), rtol=1e-15)
    np.testing.assert_allclose(ag.vmap(grad(f))(np.stack([x, x]))[1], grad(f)(x), rtol=1e-13)
    with ag.debug():
        np.testing.assert_allclose(grad(f)(x), node.grad, rtol=1e-13)


def memory(f: Callable[[], Any]) -> int:
    """The most bytes that `f()` holds at a time."""
    tracemalloc.start()
    try:
        f()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_a_few_entries_of_a_long_array_makes_one_more_array() -> None:
    x = np.ones(100_000)

    def f(x: Any) -> Any:
        return x[0] * x[1] + (x[2:4] * x[5]).sum() + x[[7, 7]].sum()

    assert memory(lambda: grad(f)(x)) < 2.5 * x.nbytes  # one is the copy that is differentiated


def test_derivatives_of_twice_as_many_readings_take_twice_the_memory() -> None:
    once, twice = (
        memory(lambda n=n: hvp(numbers_read, np.ones(n), np.ones(n))) for n in (300, 600)
    )
    assert twice < 2.3 * once


def debugged(x: Tensor, f: Program) -> None:
    with ag.debug():
        f(x).backward()


def explained(x: Tensor, f: Program) -> None:
    assert ag.why(x, f(x)).kind == "none"


@pytest.mark.parametrize("way", [debugged, explained])
@pytest.mark.parametrize("f", READINGS[:2])
def test_who_looks_on_at_twice_as_many_readings_takes_twice_the_calls(f: Any, way: Any) -> None:
    once, twice = (calls(partial(way, Tensor(np.ones(n)), f)) for n in (100, 200))
    assert twice < 2.3 * once


def test_explaining_twice_as_many_readings_takes_twice_the_memory() -> None:
    once, twice = (
        memory(lambda n=n: explained(Tensor(np.ones(n)), numbers_read)) for n in (400, 800)
    )
    assert twice < 2.6 * once


def test_faults_of_entries_that_were_read_are_found_among_all() -> None:
    x = Tensor(np.array([1.0, 4.0, 0.0, 9.0]))

    def f(x: Any) -> Any:
        return builtins.sum([ag.sqrt(v * v) for v in x], 0.0)

    with pytest.raises(ag.NonFiniteError, match="operation 'sqrt'"), ag.debug():
        f(x).backward()
    with ag.debug(), pytest.raises(ag.NonFiniteError):
        (f(x + 1.0) + 1e308 * x[0] * 10 * x[1] / x[0]).backward()
    assert ag.why(x, f(x)).kind == "not finite"
    y = Tensor(np.ones(3))
    twice = ag.why(y, y[[0, 0]] @ np.array([1.0, -1.0]) + y[1] - y[1])
    assert twice.kind in ("cancelled", "zero slope")


def test_a_zero_that_is_certain_stays_zero_in_what_was_read() -> None:
    def f(x: Any) -> Any:
        return builtins.sum([ag.where(v > 0, ag.sqrt(v), 0.0) for v in x * 1.0], 0.0)

    np.testing.assert_array_equal(grad(f)(np.array([0.0, 4.0, 0.0, 1.0])), [0.0, 0.25, 0.0, 0.5])
    slopes = grad(lambda x: builtins.sum([ag.cos(ag.sqrt(v)) for v in x], 0.0))(np.zeros(2))
    assert np.isnan(slopes).all()
