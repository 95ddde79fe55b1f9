"""Taylor coefficients against fifty digits and more, and against nested derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import autograd as ad
from autograd import (
    checkpoint,
    derivative,
    grad,
    hessian,
    jet,
    jit,
    jvp,
    no_grad,
    observe,
    taylor,
    vectorize,
    vmap,
)
from tests.autograd.cases import BINARY, CASES, UNARY, Case, function, total
from tests.autograd.ops.test_fifty_digits import ONE, TWO

DIRECTION = (0.7, -0.4)


def exact(f: Callable[[Any], Any], x: float, order: int) -> list[float]:
    with mp.workdps(80):
        return [float(c) for c in mp.taylor(f, mp.mpf(x), order)]


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_number_are_exact_to_order_12(name: str) -> None:
    for x in UNARY[name]:
        expected = exact(ONE[name], x, 12)
        scale = max(map(abs, expected))
        found = taylor(function(name), x, order=12)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13 * scale)


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers_are_exact_along_a_line(name: str) -> None:
    for at in zip(*BINARY[name], strict=True):

        def along(t: Any, at: tuple[float, ...] = at) -> Any:
            return TWO[name](
                *[mp.mpf(x) + t * mp.mpf(v) for x, v in zip(at, DIRECTION, strict=True)]
            )

        expected = exact(along, 0.0, 12)
        found = taylor(lambda p: function(name)(*p), at, DIRECTION, order=12)
        scale = max(map(abs, expected))
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13 * scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_operation_agrees_with_nested_forward_mode(case: Case) -> None:
    rng = np.random.default_rng(0)
    direction = [0.5 * rng.normal(size=np.shape(arg))[()] for arg in case.args]
    f = total(case)

    def line(t: Any) -> Any:
        return f(*[arg + t * v for arg, v in zip(case.args, direction, strict=True)])

    expected = []
    for k in range(4):
        expected.append(float(line(0.0)) / math.factorial(k))
        line = (lambda g: lambda t: jvp(g, t, 1.0)[1])(line)
    found = taylor(lambda p: f(*p), list(case.args), direction, order=3)
    scale = max(1.0, *map(abs, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * scale)


@pytest.mark.parametrize("order", [3, 12, 30, 60])
def test_a_high_derivative_is_exact_to_rounding(order: int) -> None:
    expected = exact(mp.tanh, 0.3, order)[order] * math.factorial(order)
    assert derivative(ad.tanh, order)(0.3) == pytest.approx(expected, rel=1e-13)


def test_an_order_whose_factorial_overflows_has_a_derivative() -> None:
    x = np.array([0.5, -1.0])
    np.testing.assert_allclose(derivative(ad.exp, 200)(x), np.exp(x), rtol=1e-12)
    pole = float(mp.factorial(172) / mp.mpf(2) ** 173)
    assert derivative(lambda x: 1 / (x + 2), 172)(0.0) == pytest.approx(pole, rel=1e-13)
    np.testing.assert_allclose(jet(ad.exp, (0.0,), ([1.0, *[0.0] * 199],))[1], 1.0, rtol=1e-12)


def test_a_high_derivative_works_entry_by_entry() -> None:
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(derivative(ad.sin, 5)(x), np.cos(x), atol=1e-15)


def network(p: Any, x: Any) -> Any:
    return ad.tanh(p[0] * x + p[1]) * p[2]


P = np.array([0.5, -0.2, 1.3])


def nested(p: Any) -> Any:
    f = lambda x: network(p, x)  # noqa: E731
    for _ in range(3):
        f = ad.elementwise_grad(f)
    return f(0.4)


def test_a_high_derivative_has_a_gradient_and_a_hessian() -> None:
    f = lambda p: derivative(lambda x: network(p, x), 3)(0.4)  # noqa: E731
    np.testing.assert_allclose(grad(f)(P), grad(nested)(P), rtol=1e-12)
    np.testing.assert_allclose(hessian(f)(P), hessian(nested)(P), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(jit(grad(f))(P), grad(nested)(P), rtol=1e-12)


def test_series_nest() -> None:
    inner = lambda x: taylor(lambda y: ad.exp(x * y), 0.5, order=2)[2]  # noqa: E731
    expected = exact(lambda x: x**2 * mp.exp(x / 2) / 2, 0.3, 4)
    np.testing.assert_allclose(taylor(inner, 0.3, order=4), expected, rtol=1e-14)


def test_a_series_of_a_gradient_is_a_series() -> None:
    found = taylor(lambda t: grad(lambda s: ad.sin(s) * t)(t), 0.3, order=5)
    np.testing.assert_allclose(found, exact(lambda t: mp.cos(t) * t, 0.3, 5), rtol=1e-14)


def test_compiled_mapped_and_checkpointed_series_are_the_same() -> None:
    f = lambda x: ad.sin(ad.exp(x)) / (1 + x * x)  # noqa: E731
    series = lambda x: taylor(f, x, order=6)  # noqa: E731
    for x in (0.3, -0.7):
        np.testing.assert_allclose(jit(series)(x), series(x), rtol=1e-13)
    points = np.array([0.3, -0.7])
    np.testing.assert_allclose(
        np.transpose(vmap(series)(points)), [series(x) for x in points], rtol=1e-13
    )
    np.testing.assert_array_equal(taylor(checkpoint(f), 0.3, order=6), series(0.3))


def test_a_compiled_series_of_a_power_notices_a_zero() -> None:
    series = lambda x: taylor(lambda x: x**2.5 + x**3, x, order=4)[:3]  # noqa: E731
    compiled = jit(series, notices=False)
    for x in (1.5, 0.0, 2.0):
        np.testing.assert_allclose(compiled(x), series(x), rtol=1e-13)
    points = np.array([1.5, 0.0, 2.0])
    np.testing.assert_allclose(
        np.transpose(vectorize(series)(points)), [series(x) for x in points], rtol=1e-13
    )


def test_what_a_batch_reads_from_around_has_its_series() -> None:
    def f(t: Any) -> Any:
        return vmap(lambda x: x * ad.sin(ad.exp(t) * x) + ad.cos(ad.exp(t)))(
            np.array([1.0, 2.0])
        ).sum()

    expected = [f(0.3), grad(f)(0.3), derivative(f, 2)(0.3) / 2]
    np.testing.assert_allclose(taylor(f, 0.3, order=2), expected, rtol=1e-13)


def test_branches_inside_a_series_are_those_of_each_point() -> None:
    pieces = lambda x: x**2 if x > 0 else ad.sin(x)  # noqa: E731
    high = derivative(pieces, 3)
    compiled = jit(high, notices=False)
    points = np.array([-1.0, 2.0, -0.5, 1.0])
    expected = [high(x) for x in points]
    np.testing.assert_allclose([compiled(x) for x in points], expected, atol=1e-15)
    np.testing.assert_allclose(vectorize(high)(points), expected, atol=1e-15)


def test_what_is_not_recorded_is_constant_also_where_the_series_is_compiled() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            y = ad.exp(x)
        return y * x + ad.stop_gradient(x) * x

    series = lambda x: taylor(f, x, order=2)  # noqa: E731
    compiled = jit(series)
    for x in (0.5, 1.5):
        expected = [np.exp(x) * x + x * x, np.exp(x) + x, 0.0]
        np.testing.assert_allclose(series(x), expected, rtol=1e-15)
        np.testing.assert_allclose(compiled(x), expected, rtol=1e-15)


def test_a_compiled_series_is_observed_at_each_run() -> None:
    seen: list[float] = []

    def f(x: Any) -> Any:
        y = ad.exp(x)
        observe(lambda value: seen.append(float(value)), y)
        return y * x

    compiled = jit(lambda x: taylor(f, x, order=1)[1])
    for x in (0.5, 1.5):
        np.testing.assert_allclose(compiled(x), np.exp(x) * (1 + x), rtol=1e-15)
    np.testing.assert_allclose(seen, np.exp([0.5, 1.5]), rtol=1e-15)


def test_operations_that_only_look_alike_are_computed_each() -> None:
    def written_over(x: Any) -> Any:
        buffer = np.ones(2)
        before = x * buffer
        buffer[:] = 3.0
        return before + x * buffer

    np.testing.assert_array_equal(taylor(written_over, np.ones(2), order=1), [[4, 4], [4, 4]])
    i = np.arange(3000)
    j = np.where(i == 1500, 7, i)  # whose text is that of i
    apart = taylor(lambda x: (x[i] - x[j]).sum(), np.arange(3000.0), order=0)
    assert apart == [1500 - 7]
    signs = lambda y: ad.arctan2(y, 0.0) - ad.arctan2(y, -0.0)  # noqa: E731
    assert taylor(signs, 0.0, order=0) == [-math.pi]


def test_a_long_chain_of_operations_has_a_series() -> None:
    def chain(x: Any) -> Any:
        for _ in range(3000):
            x = ad.sin(x)
        return x

    np.testing.assert_allclose(taylor(chain, 0.3, order=2)[1], grad(chain)(0.3), rtol=1e-12)


def test_trees_go_in_and_come_out() -> None:
    f = lambda p: {"y": p["a"] @ p["b"], "s": (p["a"].sum(), 2.0)}  # noqa: E731
    first, *_, second = taylor(f, {"a": np.ones((2, 2)), "b": np.ones(2)}, order=2)
    np.testing.assert_array_equal(first["y"], [2.0, 2.0])
    np.testing.assert_array_equal(second["y"], [2.0, 2.0])
    assert (first["s"], second["s"]) == ((4.0, 2.0), (0.0, 0.0))


def test_float32_stays_float32() -> None:
    x = np.ones(3, np.float32)
    assert {c.dtype for c in taylor(ad.exp, x, order=3)} == {np.dtype(np.float32)}


def test_kinks_and_poles_are_those_of_the_tables() -> None:
    assert taylor(ad.relu, 0.0, order=2) == [0.0, 0.0, 0.0]
    assert taylor(ad.abs, -2.0, order=2) == [2.0, -1.0, 0.0]
    assert taylor(lambda x: 1 / x, 0.0, order=1)[0] == np.inf
    assert taylor(lambda x: x**3, 0.0, order=4) == [0.0, 0.0, 0.0, 1.0, 0.0]
    assert taylor(ad.exp, 800.0, order=2) == [np.inf] * 3


def test_what_is_detached_is_constant_in_a_tie() -> None:
    for f in (ad.maximum, ad.minimum):
        tie = lambda x, f=f: f(x, ad.stop_gradient(x))  # noqa: E731
        for x in (0.7, np.array([0.7, -0.2])):
            expected = jvp(tie, x, np.ones(np.shape(x)))[1]
            np.testing.assert_array_equal(taylor(tie, x, order=2)[1], expected)
    squares = lambda x: ad.stop_gradient(x).tanh() * x**2 * (x > 0)  # noqa: E731
    expected = np.tanh(0.7) * np.array([0.49, 1.4, 1.0, 0.0])
    np.testing.assert_allclose(taylor(squares, 0.7, order=3), expected, atol=1e-15)
    nested = lambda x: taylor(lambda y: ad.stop_gradient(x) * y + x * y, 0.5, order=1)[1]  # noqa: E731
    assert taylor(nested, 0.7, order=1) == [1.4, 1.0]


def test_a_jet_has_the_derivatives_along_a_curve() -> None:
    value, derivatives = jet(
        lambda x, y: ad.tanh(x * y) * y, (0.3, 0.8), ([0.4, -1.0, 0.3], [1.0, 0.2, -0.5])
    )

    def curve(t: Any) -> Any:
        x = mp.mpf(0.3) + mp.mpf(0.4) * t - t**2 / 2 + mp.mpf(0.3) * t**3 / 6
        y = mp.mpf(0.8) + t + mp.mpf(0.2) * t**2 / 2 - mp.mpf(0.5) * t**3 / 6
        return mp.tanh(x * y) * y

    expected = exact(curve, 0.0, 3)
    found = [value, *[d / math.factorial(k) for k, d in enumerate(derivatives, 1)]]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ValueError, match=r"order must be 0 or more, not -1"):
        taylor(ad.sin, 0.0, order=-1)
    with pytest.raises(ValueError, match=r"direction of shapes \[\(2,\)\] does not fit x"):
        taylor(ad.sin, np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match=r"jet: 1 primals and series of \[1, 2\]"):
        jet(ad.sin, (0.0,), ([1.0], [1.0, 2.0]))
