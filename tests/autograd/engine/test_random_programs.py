"""Random programs of the table's operations: their derivatives agree with finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import Node, Tensor, Value, grad, gradients, jvp
from tests.autograd.differences import directional
from tests.autograd.programs import AUTOGRAD, Program, programs

RADIUS = 0.02


def inner(left: Any, right: Any) -> Any:
    total = 0.0
    for x, y in zip(left, right, strict=True):
        total = total + ad.sum(x * y)
    return total


def directions(program: Program, seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    vs = [rng.uniform(-1, 1, np.shape(x)) for x in program.inputs]
    return tuple(
        float(v) if isinstance(x, float) else v for v, x in zip(vs, program.inputs, strict=True)
    )


def expected_derivatives(program: Program, vs: Any) -> list[tuple[float, float]]:
    """Of the orders 1 and 2, and what they may be off by; programs with a kink nearby are left."""

    def plain(*xs: Any) -> float:
        return float(program.run(AUTOGRAD, xs, program.constants))

    found = []
    for order in (1, 2):
        wide, rounding = directional(plain, program.inputs, vs, order, RADIUS)
        narrow, more_rounding = directional(plain, program.inputs, vs, order, RADIUS / 3)
        error = 10 * (rounding + more_rounding) + 1e-7 * abs(wide)
        assume(abs(wide - narrow) <= error)
        found.append((wide, error))
    return found


common = settings(
    max_examples=300, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@common
@given(programs(), st.integers(0, 2**32 - 1))
def test_derivatives_of_orders_1_and_2_agree_with_differences(program: Program, seed: int) -> None:
    vs = directions(program, seed)
    (first, first_error), (second, second_error) = expected_derivatives(program, vs)

    def f(*xs: Any) -> Any:
        return program.run(AUTOGRAD, xs, program.constants)

    gradient = grad(f, range(len(vs)))
    assert abs(inner(gradient(*program.inputs), vs) - first) <= first_error
    assert abs(jvp(f, tuple(program.inputs), vs)[1] - first) <= first_error

    def slope(*xs: Any) -> Any:
        return inner(gradient(*xs), vs)

    assert abs(inner(grad(slope, range(len(vs)))(*program.inputs), vs) - second) <= second_error
    assert abs(jvp(slope, tuple(program.inputs), vs)[1] - second) <= second_error


@common
@given(programs(), st.lists(st.booleans(), min_size=7, max_size=7))
def test_any_mixture_of_nodes_and_constants_gives_the_same_numbers(
    program: Program, tracked: list[bool]
) -> None:
    """What is tracked must not change a value, nor the derivative by what else is tracked."""

    def node(x: Any) -> Node:
        return Value(x) if isinstance(x, float) else Tensor(x)

    plain = [*program.inputs, *program.constants]
    every = [node(x) for x in plain]
    some = [node(x) if track else x for x, track in zip(plain, tracked, strict=True)]
    count = len(program.inputs)
    expected = program.run(AUTOGRAD, every[:count], every[count:])
    found = program.run(AUTOGRAD, some[:count], some[count:])
    value = found.item() if isinstance(found, Node) else float(found)
    np.testing.assert_allclose(value, expected.item(), rtol=1e-13, atol=1e-13)
    wanted = [number for number, track in enumerate(tracked) if track]
    if isinstance(found, Node):
        theirs = gradients(expected, [every[number] for number in wanted])
        ours = gradients(found, [some[number] for number in wanted])
        for left, right in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@common
@given(programs())
def test_recomputing_changes_nothing(program: Program) -> None:
    def f(*xs: Any) -> Any:
        return program.run(AUTOGRAD, xs, program.constants)

    count = range(len(program.inputs))
    remembered = grad(f, count)(*program.inputs)
    recomputed = grad(ad.checkpoint(f), count)(*program.inputs)
    for left, right in zip(recomputed, remembered, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)
