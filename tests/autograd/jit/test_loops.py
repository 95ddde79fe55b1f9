"""Loops of a program stay loops: written once, with the results of the program turn by turn."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import grad, jit, sin, tanh, value_and_grad
from autograd.jit.loops import repeats
from autograd.trees import flatten


def predators_and_prey(p: Any, steps: int) -> Any:
    """Lotka and Volterra's equations, by the Runge-Kutta method of order 4."""
    a, b, c, d, x, y = p
    h = 0.01

    def slopes(x: Any, y: Any) -> Any:
        return a * x - b * x * y, c * x * y - d * y

    for _ in range(steps):
        k1 = slopes(x, y)
        k2 = slopes(x + h / 2 * k1[0], y + h / 2 * k1[1])
        k3 = slopes(x + h / 2 * k2[0], y + h / 2 * k2[1])
        k4 = slopes(x + h * k3[0], y + h * k3[1])
        x = x + h / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
        y = y + h / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
    return x * x + y


def pendulum(controls: Any) -> Any:
    """The cost of swinging a pendulum by a torque in each step."""
    angle, speed, cost = 0.1, 0.0, 0.0
    for u in controls:
        speed = speed + 0.02 * (u - 9.8 * sin(angle))
        angle = angle + 0.02 * speed
        cost = cost + angle * angle + 0.1 * speed * speed + 0.001 * u * u
    return cost


PARAMETERS = [1.1, 0.4, 0.4, 0.1, 10.0, 5.0]


def numbers(tree: Any) -> list[float]:
    return [float(x) for x in flatten(tree)[0]]


def lines(f: Callable[..., Any], *args: Any) -> int:
    return len(jit(f).source(*args).splitlines())


def test_a_program_does_not_grow_with_its_steps() -> None:
    sizes = {
        lines(value_and_grad(lambda p, n=n: predators_and_prey(p, n)), PARAMETERS)
        for n in (20, 40, 80)
    }
    assert len(sizes) == 1
    assert sizes.pop() < 250


@pytest.mark.parametrize("fractions", [(0.5, 1.0), (0.25, 1 / 3, 0.5, 1.0)])
def test_a_turn_of_stages_of_the_same_operations_is_one_turn(fractions: tuple[float, ...]) -> None:
    """The explicit midpoint method, and its like of more stages."""

    def stepped(p: Any, steps: int) -> Any:
        a, b, c, d, x, y = p
        for _ in range(steps):
            u, v = x, y
            for fraction in fractions:
                h = 0.01 * fraction
                u, v = x + h * (a * u - b * u * v), y + h * (c * u * v - d * v)
            x, y = u, v
        return x + y

    few, many = [value_and_grad(lambda p, n=n: stepped(p, n)) for n in (50, 90)]
    assert lines(few, PARAMETERS) == lines(many, PARAMETERS) < 250
    np.testing.assert_allclose(
        numbers(jit(many)(PARAMETERS)), numbers(many(PARAMETERS)), rtol=1e-12
    )


def test_one_input_in_each_turn_is_one_list() -> None:
    controls = [0.01 * (k % 7) for k in range(200)]
    f = jit(value_and_grad(pendulum))
    assert len(f.source(controls).splitlines()) < 80
    for us in (controls, controls[::-1]):
        assert np.allclose(numbers(f(us)), numbers(value_and_grad(pendulum)(us)), rtol=1e-12)
    assert f.stats().recorded == 1


def test_the_source_of_a_loop_runs_with_numpy_alone() -> None:
    f = jit(value_and_grad(lambda p: predators_and_prey(p, 30)))
    module: dict[str, Any] = {}
    source = f.source(PARAMETERS)
    assert "for _ in range(30):" in source
    exec(source, module)
    assert module["run"](*PARAMETERS) == f(PARAMETERS)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops also in programs that are so short that they would be written turn by turn."""
    monkeypatch.setattr(repeats, "SHORT", 10)
    monkeypatch.setattr(repeats, "LEAST_SAVED", 5)


def some_program(seed: int) -> tuple[Callable[..., Any], int]:
    """A loop that mixes all that a turn can read: earlier turns, inputs, constants, parameters."""
    rng = random.Random(seed)
    states, turns = rng.randint(1, 3), rng.randint(5, 12)
    names = [f"s{n}" for n in range(states)]
    unary = ["sin({})", "tanh({})", "({} * 0.5)", "(-{})"]

    def atom() -> str:
        past = f"past[-{rng.randint(1, 3)}]"
        return rng.choice([*names, "u[t]", "u[-1 - t]", "c[t]", "p[0]", "p[1]", past, "0.5"])

    def expression(depth: int = 0) -> str:
        how = rng.random() if depth < 3 else 0.0
        if how < 0.3:
            return atom()
        if how < 0.5:
            return rng.choice(unary).format(expression(depth + 1))
        if how < 0.6:
            return f"maximum({expression(depth + 1)}, {expression(depth + 1)})"
        return f"({expression(depth + 1)} {rng.choice('+-*')} {expression(depth + 1)})"

    body = []
    for n in range(rng.randint(1, 3)):
        body.append(f"v{n} = {expression()}")
        names.append(f"v{n}")
    body += [f"n{n} = tanh({expression()})" for n in range(states)]
    body += [f"s{n} = n{n}" for n in range(states)]
    body += ["if s0 > -2.0:", f"    total = total + {expression()}"][: 2 * rng.randint(0, 1)]
    body += [f"total = total + {expression()}", "past.append(s0)"]
    start = [f"s{n} = {rng.choice(['p[0]', 'p[1]', '0.3', 'u[0]'])}" for n in range(states)]
    start += [f"c = {[round(rng.uniform(-1, 1), 3) for _ in range(turns)]}"]
    start += ["past, total = [p[0], 0.1, p[1]], 0.0", "v0 = v1 = v2 = 0.0"]
    start += [f"for t in range({turns}):", *[f"    {line}" for line in body]]
    start += ["return total + past[-2]"]
    text = "\n".join(["def f(p, u):", *[f"    {line}" for line in start]])
    space = {"sin": sin, "tanh": tanh, "maximum": ad.maximum}
    exec(text, space)
    return space["f"], turns


@pytest.mark.usefixtures("short")
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.integers(1, 2))
def test_any_loop_gives_what_the_program_gives_turn_by_turn(seed: int, order: int) -> None:
    f, turns = some_program(seed)
    derivative = value_and_grad(f, (0, 1))
    if order == 2:

        def derivative(p: Any, u: Any) -> Any:
            return grad(lambda p, u: sum([g * g for g in grad(f, 1)(p, u)], 0.0), (0, 1))(p, u)

    compiled = jit(derivative)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        p, u = rng.uniform(-1, 1, 2).tolist(), rng.uniform(-1, 1, turns).tolist()
        expected = numbers(derivative(p, u))
        assert np.allclose(numbers(compiled(p, u)), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("short")
def test_a_branch_in_each_turn_is_looked_at_in_the_loop() -> None:
    def f(w: Any, xs: Any) -> Any:
        y = 0.5
        for x in xs:
            y = tanh(w * y + x) if x > 0.0 else y * x
        return y

    compiled = jit(value_and_grad(f), notices=False)
    xs = [0.1 * n + 0.1 for n in range(20)]
    for changed in (None, 0, 7, 19):
        other = [-x if n == changed else x for n, x in enumerate(xs)]
        for w in (0.3, 0.7):
            assert compiled(w, other) == pytest.approx(value_and_grad(f)(w, other), rel=1e-12)
    assert compiled.stats().recorded == 4
    assert "went the other way" in compiled.stats().reasons[-1]


@pytest.mark.usefixtures("short")
def test_another_number_of_turns_is_noticed() -> None:
    def newton(x: Any) -> Any:
        y = x
        while abs(y * y - x) > 1e-9:
            y = 0.5 * (y + x / y)
        return y

    compiled = jit(value_and_grad(newton), notices=False)
    for x in (2.0, 2.5, 1e6, 4.0, 1e-3, 1e6):
        assert compiled(x) == pytest.approx(value_and_grad(newton)(x), rel=1e-12)


@pytest.mark.usefixtures("short")
def test_overflow_and_division_by_zero_in_a_turn_give_inf_and_nan() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(20):
            y = y * y + 1.0 / (x - 3.0)
        return y

    compiled = jit(value_and_grad(f))
    for x in (0.5, 50.0, 3.0):
        assert np.array_equal(compiled(x), value_and_grad(f)(x), equal_nan=True)


@pytest.mark.usefixtures("short")
def test_closed_branches_in_turns_leak_no_nan() -> None:
    def f(xs: Any) -> Any:
        total = 0.0
        for x in xs:
            total = total * 0.5 + ad.where(x > 0.0, ad.sqrt(ad.maximum(x, 0.0)), 0.0)
        return total

    compiled = jit(value_and_grad(f))
    for sign in (1.0, -1.0):
        xs = [sign * 0.1 * n for n in range(-8, 8)]
        expected = value_and_grad(f)(xs)
        assert np.allclose(numbers(compiled(xs)), numbers(expected), equal_nan=True)
        assert np.isfinite(numbers(compiled(xs))).all()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("size", [1, 3])
def test_turns_on_arrays_keep_arrays_of_their_own(size: int) -> None:
    def f(w: Any, x: Any) -> Any:
        states = [x]
        for _ in range(12):
            x = tanh(w @ x) + 0.1 * states[-1]
            states.append(x)
        return states[-1], states[3], states

    w, x = np.linspace(-1.0, 1.0, size * size).reshape(size, size), np.linspace(0.1, 0.5, size)
    compiled = jit(f)
    first = compiled(w, x)
    kept = [array.copy() for array in flatten(first)[0]]
    second = compiled(2.0 * w, x)
    for result, expected in ((first, f(w, x)), (second, f(2.0 * w, x)), (kept, kept)):
        for a, b in zip(flatten(result)[0], flatten(expected)[0], strict=True):
            assert np.allclose(a, b, rtol=1e-12)
    assert all(np.array_equal(a, b) for a, b in zip(flatten(first)[0], kept, strict=True))
    derivative = value_and_grad(lambda w, x: f(w, x)[0].sum(), (0, 1))
    for a, b in zip(jit(derivative)(w, x)[1], derivative(w, x)[1], strict=True):
        assert np.allclose(a, b, rtol=1e-12)


@pytest.mark.usefixtures("short")
def test_rows_of_arrays_are_read_and_results_stacked_in_turn() -> None:
    def f(w: Any, x: Any) -> Any:
        h, rows = np.zeros(2), []
        for t in range(len(x)):
            h = tanh(w @ h + 0.5 * x[t] + x[-1 - t, ::-1])
            rows.append(h * x[t, 0])
        return ad.stack(rows)

    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(2, 2)), rng.normal(size=(30, 2))
    derivative = value_and_grad(lambda w, x: (f(w, x) ** 2).sum(), (0, 1))
    for g in (f, derivative):
        compiled = jit(g)
        for again in (x, 2.0 * x):
            found, expected = flatten(compiled(w, again))[0], flatten(g(w, again))[0]
            for a, b in zip(found, expected, strict=True):
                assert np.allclose(a, b, rtol=1e-10, atol=1e-12)
    assert len(jit(derivative).source(w, x).splitlines()) < 200


@pytest.mark.usefixtures("short")
def test_what_turns_compute_is_put_into_one_array() -> None:
    def f(x: Any) -> Any:
        y, ys = 0.5, []
        for n in range(12):
            y = tanh(y + x)
            ys.append(y * n)
        return ad.array(ys), ad.array([[y, y * y] for y in ys]), ad.array([ys[3], ys[3], *ys[::2]])

    for x in (0.1, 0.4):
        for a, b in zip(jit(f)(x), f(x), strict=True):
            assert np.allclose(a, b, rtol=1e-14)


def test_derivatives_of_compiled_loops_are_those_of_the_loop() -> None:
    f = jit(lambda p: predators_and_prey(p, 20))
    p = [ad.Value(x) for x in PARAMETERS]
    expected = grad(lambda p: predators_and_prey(p, 20))(PARAMETERS)
    assert np.allclose(ad.gradients(f(p), p), expected, rtol=1e-12)
    assert np.allclose(grad(f)(PARAMETERS), expected, rtol=1e-12)
