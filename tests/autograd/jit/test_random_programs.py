"""Random programs, compiled: value, gradient and second derivative on the numbers of the recording
and on others, as without the compiler.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import grad, jit
from tests.autograd.programs import AUTOGRAD, Program, programs

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")

common = settings(
    max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def function(program: Program, joined: bool) -> Any:
    """The program as it is, or with all that its steps give in one row, and so alive to the end."""
    if not joined:
        return lambda *xs: program.run(AUTOGRAD, xs, program.constants)

    def f(*xs: Any) -> Any:
        values = program.values(AUTOGRAD, xs, program.constants)
        return ad.mean(ad.concatenate([ad.ravel(value) for value in values]) ** 2)

    return f


def slope(f: Any, count: int) -> Any:
    """The derivative along ones, as a function of the same arguments."""
    gradient = grad(f, range(count))
    return lambda *xs: sum([ad.sum(part) for part in gradient(*xs)], 0.0)


def others(program: Program) -> list[list[Any]]:
    """The inputs themselves and two times others, some across kinks, of the same types."""
    return [[x * share for x in program.inputs] for share in (1.0, 0.7, -0.4)]


def agree(found: Any, expected: Any) -> None:
    """To within roundings of the sums on the way, which may be added up in another order."""
    if isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            agree(one, other)
        return
    assert np.shape(found) == np.shape(expected)
    size = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * size)


@common
@given(programs(), st.booleans())
def test_values_are_the_same(program: Program, joined: bool) -> None:
    f = function(program, joined)
    compiled = jit(f)
    for xs in others(program):
        agree(compiled(*xs), f(*xs))
    assert compiled.stats().recorded == 1


@common
@given(programs(), st.booleans())
def test_gradients_are_the_same_inside_and_through_jit(program: Program, joined: bool) -> None:
    f, count = function(program, joined), len(program.inputs)
    expected = grad(f, range(count))
    inside, through = jit(expected), grad(jit(f), range(count))
    for xs in others(program):
        agree(inside(*xs), expected(*xs))
        agree(through(*xs), expected(*xs))


@common
@given(programs(), st.booleans())
def test_second_derivatives_are_the_same(program: Program, joined: bool) -> None:
    f, count = function(program, joined), len(program.inputs)
    expected = grad(slope(f, count), range(count))
    compiled = jit(expected)
    for xs in others(program):
        agree(compiled(*xs), expected(*xs))
