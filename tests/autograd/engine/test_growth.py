"""Time grows with the size of a program, and not with its square.

Calls of Python functions are counted, since times vary.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import grad, hvp, jit, jvp

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
