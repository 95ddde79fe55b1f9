"""A function of one point on arrays of points gives what a loop over the points gives."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd as ad
from autograd import JitError, JitNotice, Tensor, Value, derivative, grad, jit, vectorize
from tests.autograd.cases import CASES, Case

POINTS = np.array([-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 1.7, 3.0])
ON_NUMBERS = [
    case
    for case in CASES
    if all(isinstance(x, float) for x in case.args) and np.shape(case.f(*case.args)) == ()
]


def smooth(x: Any) -> Any:
    return ad.sin(x) * x**3 + ad.exp(-x * x) / (1.0 + x**2)


def pieces(x: Any) -> Any:
    if x < -2.0:
        return 1.0
    if x < 0.0:
        return -x * x
    return ad.sqrt(x) if x > 1.0 else x


def steps(a: Any) -> Any:
    """Heron's square root, and how many steps it took."""
    x, n = a, 0
    while abs(x * x - a) > 1e-12 * a:
        x, n = (x + a / x) / 2, n + 1
    return x, n


def loop(f: Any, *args: Any) -> Any:
    """The same on Python's floats, one point after the other."""
    points = np.broadcast_arrays(*args)
    found = [f(*map(float, point)) for point in zip(*[p.ravel() for p in points], strict=True)]
    return np.reshape(found, points[0].shape)


def same(found: Any, expected: Any) -> None:
    """But for rounding, of NumPy's functions and Python's."""
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("case", ON_NUMBERS, ids=str)
def test_every_operation_on_numbers(case: Case) -> None:
    points = [x + case.radius * np.linspace(-0.5, 0.5, 5) for x in case.args]
    same(vectorize(case.f)(*points), loop(case.f, *points))


@pytest.mark.parametrize("f", [smooth, pieces])
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_values_and_derivatives_of_any_order(f: Any, order: int) -> None:
    g = derivative(f, order)
    same(vectorize(g)(POINTS), loop(g, POINTS))
    same(vectorize(g)(POINTS.reshape(2, 4)), loop(g, POINTS).reshape(2, 4))


def test_results_are_alike_however_many_points_go_which_way() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=1000) * 2
    same(vectorize(pieces)(x), loop(pieces, x))
    same(vectorize(grad(pieces))(x), loop(grad(pieces), x))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), max_size=20), st.lists(st.floats(-5, 5), max_size=4))
def test_nested_branches_on_two_arguments(x: list[float], levels: list[float]) -> None:
    def f(x: Any, shift: float) -> Any:
        total = shift
        for level in levels:
            total = total + (x if x > level else level * x) if total < 2.0 else total * 0.5
        return total

    shifts = np.array([[0.0], [1.5]])
    same(vectorize(f)(np.array(x), shifts), loop(f, np.array(x), shifts))


def test_loops_that_differ_in_length() -> None:
    a = np.linspace(0.1, 50.0, 101)
    roots, counts = vectorize(steps)(a)
    same(roots, [steps(float(x))[0] for x in a])
    np.testing.assert_array_equal(counts, [steps(float(x))[1] for x in a])
    same(vectorize(grad(lambda a: steps(a)[0]))(a), loop(grad(lambda a: steps(a)[0]), a))


def test_arguments_broadcast_and_nest() -> None:
    x, y = POINTS[:, None], np.array([1.0, 2.0, 3.0])
    same(vectorize(lambda x, y: x * y + y)(x, y), x * y + y)
    same(vectorize(lambda p: {"norm": ad.hypot(*p["at"])})({"at": (x, y)})["norm"], np.hypot(x, y))
    same(vectorize(lambda x, y: x**y)(x, 2), x**2)


def test_by_which_argument_to_differentiate() -> None:
    f = vectorize(grad(lambda x, y: x * y**2, argnums=(0, 1)))
    by_x, by_y = f(POINTS, 3.0)
    same(by_x, np.full(8, 9.0))
    same(by_y, 6.0 * POINTS)


def test_results_that_are_arrays_are_put_behind_the_points() -> None:
    found = vectorize(lambda x: ad.stack([x, x * x, 1.0]))(POINTS.reshape(2, 4))
    assert found.shape == (2, 4, 3)
    same(found[1, 2], [POINTS[6], POINTS[6] ** 2, 1.0])


def test_numbers_are_handed_to_the_function_as_they_are() -> None:
    assert vectorize(math.sin)(0.5) == math.sin(0.5)
    x = Value(2.0)
    y = vectorize(pieces)(x)
    y.backward()
    assert x.grad == pytest.approx(0.5 / math.sqrt(2.0))


def test_a_single_point_and_no_points() -> None:
    assert vectorize(pieces)(np.array(4.0)) == 2.0
    assert vectorize(pieces)(np.zeros((0, 3))).shape == (0, 3)
    assert vectorize(grad(pieces))(np.zeros(0)).shape == (0,)


def test_integers_and_float32_are_points_too() -> None:
    same(vectorize(lambda x: x / 2)(np.arange(4)), np.arange(4) / 2)
    assert vectorize(lambda x: x / 2)(POINTS.astype(np.float32)).dtype == np.float64


def test_a_function_of_tensors_of_points_has_a_derivative() -> None:
    x = Tensor(POINTS)
    ad.sum(vectorize(pieces)(x) * np.arange(8.0)).backward()
    same(x.grad, loop(grad(pieces), POINTS) * np.arange(8.0))
    scale = Value(2.0)
    ad.sum(vectorize(lambda x: x * scale if x > 0 else 0.0)(POINTS)).backward()
    assert scale.grad == pytest.approx(POINTS[POINTS > 0].sum())


def test_where_python_would_raise_there_is_inf_or_nan() -> None:
    x = np.array([-1.0, 0.0, 1000.0])
    np.testing.assert_array_equal(vectorize(lambda x: 1 / x)(x), [-1.0, np.inf, 1e-3])
    np.testing.assert_array_equal(vectorize(ad.log)(x)[:2], [np.nan, -np.inf])
    assert vectorize(ad.exp)(x)[2] == np.inf


def test_zero_times_infinity_is_zero_in_a_derivative() -> None:
    def f(x: Any) -> Any:
        return ad.where(x > 0.0, ad.sqrt(ad.where(x > 0.0, x, 0.0)), 0.0)

    x = np.array([4.0, 0.0, -1.0])
    np.testing.assert_array_equal(vectorize(grad(f))(x), loop(grad(f), x))


def test_the_function_runs_once_for_each_way_and_not_for_each_point() -> None:
    runs = []

    @vectorize
    def f(x: Any) -> Any:
        runs.append(1)
        return x if x > 0 else -x

    same(f(np.linspace(-1.0, 1.0, 1001)), np.abs(np.linspace(-1.0, 1.0, 1001)))
    assert len(runs) == 2


def test_more_ways_than_the_limit_are_announced_and_right() -> None:
    def f(x: Any) -> Any:
        return x * int(x)

    x = np.arange(100.0) + 0.5
    with pytest.warns(
        JitNotice, match=r"points of f go more than 64 different ways.* last 36 of 100"
    ):
        found = vectorize(f)(x)
    same(found, x * np.arange(100.0))


def test_within_a_compiled_program() -> None:
    compiled = jit(vectorize(grad(smooth)))
    for x in (POINTS, POINTS + 0.1):
        same(compiled(x), loop(grad(smooth), x))
    assert compiled.stats().recorded == 1
    same(jit(vectorize(pieces))(np.abs(POINTS) / 3), loop(pieces, np.abs(POINTS) / 3))
    with pytest.raises(JitError, match=r"if x < -2.0.*points go different ways.*where\("):
        jit(vectorize(pieces))(POINTS)


def test_what_cannot_be_done_is_said() -> None:
    with pytest.raises(JitError, match=r"math.sin\(x\).*float\(\) of a recorded value.*autograd"):
        vectorize(lambda x: math.sin(x))(POINTS)
    with pytest.raises(TypeError, match="'a' of type str is no number"):
        vectorize(lambda x, y: x)(POINTS, "a")
    with pytest.raises(TypeError, match=r"returned None.*is a `return` missing"):
        vectorize(lambda x: None)(POINTS)
    with pytest.raises(ValueError, match="different shapes for different points"):
        vectorize(lambda x: (x, x) if x > 0 else x)(POINTS)
    with pytest.raises(ValueError, match="broadcast"):
        vectorize(lambda x, y: x)(POINTS, np.zeros(3))
