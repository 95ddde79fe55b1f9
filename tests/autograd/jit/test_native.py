"""Programs in machine code. `pytest --native` runs these, and the compiler's other tests so."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import autograd as ad
import autograd.numpy as anp
from autograd import captured, grad, jit, value_and_grad
from autograd.jit import native
from autograd.jit.native import machine
from tests.autograd.cases import CASES, Case, total

try:
    jit(lambda x: x, native=True)
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)


def compiled(f: Callable[..., Any]) -> Any:
    return jit(f, native=True)


def assert_same(results: Any, expected: Any, rtol: float = 1e-13) -> None:
    if isinstance(expected, tuple | list):
        assert type(results) is type(expected)
        for result, right in zip(results, expected, strict=True):
            assert_same(result, right, rtol)
        return
    assert np.asarray(results).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(results, expected, rtol=rtol, atol=rtol)


# --------------------------------------------------------------------------------------------------
# Elementary functions

DOMAINS = {
    "exp": [(-745.0, 709.7), (-1.0, 1.0), (-1e-8, 1e-8)],
    "expm1": [(-45.0, 709.0), (-1.0, 1.0), (-1e-9, 1e-9)],
    "log": [(1e-300, 1e300), (0.5, 2.0), (0.999, 1.001), (5e-324, 1e-310)],
    "log1p": [(-0.999, 2.0), (-1e-9, 1e-9), (1.0, 1e300)],
    "sin": [(-10.0, 10.0), (-1e6, 1e6), (-1e-6, 1e-6), (1e7, 1e22)],
    "cos": [(-10.0, 10.0), (-1e6, 1e6), (-1e-6, 1e-6), (1e7, 1e22)],
    "tanh": [(-25.0, 25.0), (-1.0, 1.0), (-1e-6, 1e-6)],
    "erf": [(-6.5, 6.5), (-1.0, 1.0), (-1e-8, 1e-8)],
}
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 800.0, -800.0, 1e308, -1.0, 1.0]


def ulps(result: float, x: float, f: Callable[[Any], Any]) -> float:
    """The error in units in the last place of the right value."""
    exact = f(mpmath.mpf(x))
    return float(abs(mpmath.mpf(result) - exact) / mpmath.mpf(float(np.spacing(abs(float(exact))))))


@pytest.mark.parametrize("name", DOMAINS)
def test_elementary_functions_are_right_to_two_units_in_the_last_place(name: str) -> None:
    f, right = compiled(getattr(ad, name)), getattr(mpmath, name)
    rng = np.random.default_rng(0)
    with mp.workprec(300):
        for low, high in DOMAINS[name]:
            if low > 0:
                x = np.exp(rng.uniform(np.log(low), np.log(high), 150))
            else:
                x = rng.uniform(low, high, 150)
            errors = [ulps(y, a, right) for y, a in zip(f(x).tolist(), x.tolist(), strict=True)]
            assert max(errors) < 2
        if name in ("sin", "cos"):  # near the zeros
            x = np.arange(1, 151) * np.pi / 2
            errors = [ulps(y, a, right) for y, a in zip(f(x).tolist(), x.tolist(), strict=True)]
            assert max(errors) < 2


@pytest.mark.parametrize("name", DOMAINS)
def test_elementary_functions_give_what_numpy_gives_at_special_numbers(name: str) -> None:
    x = np.array([*SPECIAL, *SPECIAL])
    with np.errstate(all="ignore"):
        expected = getattr(ad, name)(x)
        result = compiled(getattr(ad, name))(x)
    np.testing.assert_allclose(result, expected, rtol=4e-16)
    finite = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(result[finite]), np.signbit(expected[finite]))


@pytest.mark.parametrize("name", DOMAINS)
def test_functions_of_float32_are_right_to_two_units_over_all_their_range(name: str) -> None:
    """Every 4,099th of all numbers of float32, beside the function of float64."""
    x = np.arange(0, 2**32, 4099, np.uint64).astype(np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        exact = getattr(ad, name)(x.astype(np.float64))
        expected, result = exact.astype(np.float32), compiled(getattr(ad, name))(x)
    assert result.dtype == np.float32
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(result[~finite], expected[~finite])
    np.testing.assert_array_equal(np.signbit(result[finite]), np.signbit(expected[finite]))
    unit = np.spacing(np.abs(expected[finite])).astype(np.float64)
    assert (np.abs(result[finite] - exact[finite]) / unit).max() < 2


# --------------------------------------------------------------------------------------------------
# Programs


def written_out(w: Any, x: Any) -> Any:
    """A layer, a softmax and products of single numbers, which become arrays."""
    hidden = [ad.tanh(sum([a * b for a, b in zip(row, x, strict=True)])) for row in w]
    total, product = 0.0, 1.0
    for n in range(0, len(hidden), 6):
        part = hidden[n : n + 6]
        top = part[0]
        for y in part[1:]:
            top = ad.maximum(top, y)
        odds = [ad.exp(y - top) for y in part]
        total = total + ad.log(sum(odds)) * odds[1]
        product = 0.5 * product * (1.0 + part[2]) + odds[3]
    return total * product


rng = np.random.default_rng(1)
A, V, W = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=5)
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "sum": (value_and_grad(lambda a: anp.sum(anp.exp(a) * a)), (A,)),
    "columns": (lambda a: anp.sum(a, axis=0), (A,)),
    "rows": (lambda a: (anp.sum(a, axis=1, keepdims=True), a.max(axis=1), a.T @ a), (A,)),
    "softmax": (grad(lambda a: -anp.sum(anp.log(ad.softmax(a, axis=1))[:, 0])), (A,)),
    "product": (grad(lambda a, b: anp.sum(anp.tanh(a @ b))), (A, V)),
    "broadcast": (value_and_grad(lambda a, b: anp.sum(anp.sin(a + b) * b)), (A, V)),
    "same array twice": (lambda a: (a, a, a[1:], a.T), (A,)),
    "entries by number": (grad(lambda a: anp.sum(a[np.array([0, 0, 2])] ** 3)), (A,)),
    "entries of an array": (
        value_and_grad(lambda a: ad.sin(a[0, 1]) * a[2, -1] + a[1, 1] ** 2),
        (A,),
    ),
    "joined": (lambda a, b: anp.concatenate([a.ravel(), b * 2, anp.sum(a, axis=1)]), (A, V)),
    "stacked": (lambda a, b: anp.stack([a[0], b * 2, a[1] + b]), (A, V)),
    "branch": (grad(lambda a: anp.sum(anp.where(a > 0, anp.sqrt(abs(a)), a**3))), (A,)),
    "solve": (value_and_grad(lambda a, b: anp.sum(anp.linalg.solve(a.T @ a, b))), (A, V)),
    "spread": (lambda a: (anp.mean(a, axis=0), anp.var(a, axis=1), anp.std(a)), (A,)),
    "truth": (lambda a: (a > 0, anp.isnan(a), (a > 0) & (a < 1)), (A,)),
    "not in order": (lambda a: (a * 2 + 1, anp.sum(a, axis=0)), (np.asfortranarray(A),)),
    "backwards": (lambda a: anp.sum(a, axis=0), (A[::2, ::-1],)),
    "running sums": (value_and_grad(lambda a: anp.sum(anp.cumsum(a) ** 2)), (V,)),
    "stack of matrices": (
        value_and_grad(lambda a: anp.sum(anp.matmul(a, anp.swapaxes(a, 1, 2)) ** 2)),
        (rng.normal(size=(4, 3, 2)),),
    ),
    "large products": (
        lambda a, b: (a @ b, a.T @ a, a @ a.T, a[0] @ b, a @ b[:, 0], b.T @ a.T),
        (rng.normal(size=(40, 30)), rng.normal(size=(30, 20))),
    ),
    "large sums": (
        value_and_grad(lambda a: anp.sum(anp.sin(a) * anp.exp(-a * a))),
        (rng.normal(size=20_000),),
    ),
    "error function": (value_and_grad(lambda a: anp.mean(ad.erf(a))), (rng.normal(size=1000),)),
    "sums of products": (
        value_and_grad(
            lambda a, b: (
                anp.sum(anp.einsum("ij,ij->i", a, anp.sin(a)) ** 2)
                * anp.einsum("ij,j,i->", a, b, a[:, 0])
            )
        ),
        (A, V),
    ),
    "written out": (
        value_and_grad(written_out, (0, 1)),
        (rng.normal(size=(30, 12)).tolist(), rng.normal(size=12).tolist()),
    ),
    "entries and parts": (
        lambda a, b: (b[1], a[-1, 0], [b[n] for n in range(3)], a[0] @ b, a[1]),
        (A, V),
    ),
    "numbers": (value_and_grad(lambda x: sum(a * a * i for i, a in enumerate(x))), ([1.5] * 60,)),
}


def _moved(a: Any) -> Any:
    return [_moved(x) for x in a] if isinstance(a, list) else 0.5 * a + 0.1


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_give_the_same_as_uncompiled_on_other_numbers(name: str) -> None:
    f, args = PROGRAMS[name]
    run = compiled(f)
    run(*args)
    others = [_moved(a) for a in args]
    assert_same(run(*others), f(*others), 1e-11)
    assert run.stats().native == 1
    assert run.stats().compiling > 0


def lotka(p: Any) -> Any:
    a, b, c, d, u, v = p
    for _ in range(60):
        u, v = u + 0.01 * (a * u - b * u * v), v + 0.01 * (c * u * v - d * v)
    return u + v


def pendulum(pushes: Any) -> Any:
    angle, speed, cost = 0.1, 0.0, 0.0
    for push in pushes:
        speed = speed + 0.01 * (push - ad.sin(angle))
        angle = angle + 0.01 * speed
        cost = cost + angle * angle + 0.01 * push * push
    return cost


def small_arrays(x: Any) -> Any:
    y = x
    for _ in range(40):
        y = y + 0.01 * (anp.sin(y) - y * (y @ x))
    return anp.sum(y)


def swapped(x: Any) -> Any:
    a, b = x, 2.0 * x
    for _ in range(21):
        a, b = b, a * 0.99 + 0.1
    return anp.sum(a * b)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lotka, [1.0, 0.5, 0.2, 0.3, 2.0, 1.0]),
        (pendulum, [0.1 * n % 0.7 for n in range(80)]),
        (small_arrays, V),
        (swapped, V),
    ],
)
def test_loops_give_the_same_bits_as_uncompiled(f: Any, x: Any) -> None:
    run = compiled(value_and_grad(f))
    run(x)
    other = [0.9 * a for a in x] if isinstance(x, list) else 0.9 * x
    exactly = 0 if isinstance(x, list) else 1e-13
    assert_same(run(other), value_and_grad(f)(other), exactly)
    assert run.stats().native == 1


def test_a_branch_within_a_loop_that_goes_another_way_is_noticed() -> None:
    def f(x: Any, y: Any) -> Any:
        for _ in range(30):
            x = x * 0.9 + y if x > 1.0 else x + 0.5
        return x

    run = jit(f, native=True, notices=False)
    for x in (2.0, 0.3, 40.0, -5.0, 1.0):
        for y in (0.5, 0.0, -0.3):
            assert run(x, y) == f(x, y)


def test_a_short_program_of_numbers_notices_another_number_of_turns() -> None:
    def newton(x: Any) -> Any:
        y = x
        while abs(y * y - x) > 1e-9:
            y = 0.5 * (y + x / y)
        return y

    run = jit(value_and_grad(newton), native=True, notices=False)
    for x in (1e6, 1.2e6, 4.0, 1e-3, 1e6):
        assert_same(run(x), value_and_grad(newton)(x), 1e-12)


def test_branches_on_entries_of_an_array_are_all_looked_at() -> None:
    def f(x: Any) -> Any:
        above, total = x > 0.5, 0.0
        for n in range(20):
            total = total + (x[n] if above[n] else 2.0 * x[n] ** 2)
        return total

    run, x = jit(f, native=True, notices=False), np.linspace(0.0, 0.45, 20)
    assert_same(run(x), f(x))
    for n in (0, 7, 19):
        y = x.copy()
        y[n] = 0.75
        assert_same(run(y), f(y))
        assert_same(run(x), f(x))
    assert run.stats().native == 4


def test_arrays_from_outside_are_read_in_each_call() -> None:
    shift, count = np.array([1.0, 2.0]), np.array(3.0)

    def f(x: Any) -> Any:
        return x + captured(shift), x * captured(count), captured(count), anp.sort(captured(shift))

    run = compiled(f)
    for n in range(3):
        shift[0], count[...] = n, 2.0 * n
        x = np.array([0.5, 1.5])
        assert_same(run(x), (x + shift, x * count, count, np.sort(shift)))


PICKS: dict[str, Callable[..., Any]] = {
    "rows": lambda a, i, j: a[i],
    "entries": lambda a, i, j: a[i, j],
    "one of each row": lambda a, i, j: a[np.arange(4), j],
    "of a row": lambda a, i, j: a[-1, j],
    "of columns": lambda a, i, j: a[:, j],
    "of a view": lambda a, i, j: a.T[::-1][j, i],
    "a table": lambda a, i, j: a[anp.stack([i, j % 2])] * a[i],
    "of other arrays": lambda a, i, j: (a * 2.0)[i[::-1]],
    "added": lambda a, i, j: a.at[i].add(a[j]),
}


@pytest.mark.parametrize("name", PICKS)
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.int16])
def test_entries_by_numbers_that_are_arguments_agree(name: str, dtype: Any) -> None:
    a, total = rng.normal(size=(5, 3)), np.zeros(())

    f = value_and_grad(lambda a, i, j: anp.sum(PICKS[name](a, i, j) ** 3))

    def update(a: Any, i: Any, j: Any) -> Any:
        y, slope = f(a, i, j)
        return slope, [y]

    run = jit(update, into=[total], native=True)
    for rows, columns in (([0, 4, 4, 2], [0, 2, 1, 1]), ([1, -1, 4, -5], [-3, 0, 2, -1])):
        i, j = [np.array(numbers).astype(dtype) for numbers in (rows, columns)]
        if dtype is np.uint8:
            i, j = i % 3, j % 3
        y, slope = f(a, i, j)
        assert_same(run(a, i, j), slope)
        assert_same(total, y)
    for wrong in ([0, 5, 0, 0], [0, 1, 0, -6]):
        numbers = np.array(wrong).astype(dtype)
        with pytest.raises(IndexError):
            run(a, numbers, numbers)
        assert_same(total, y)
    assert run.stats().native == 1


def test_programs_that_differ_in_their_arrays_alone_are_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import llvmlite.binding as llvm

    texts: list[str] = []
    counts: list[int] = []
    parse = llvm.parse_assembly
    monkeypatch.setattr(llvm, "parse_assembly", lambda text: texts.append(text) or parse(text))
    x = np.linspace(0.0, 1.0, 12).reshape(3, 4)
    for n in range(3):
        weights, shift, total = np.full(4, n + 0.5), np.full(3, n + 2.0), np.zeros(3)

        def f(x: Any, weights: Any = weights, shift: Any = shift) -> Any:
            y = anp.tanh(x @ captured(weights)) + np.square(captured(shift))
            return y.sum(), [y * 2.0]

        result = jit(f, into=[total], native=True)(x)
        right, (update,) = f(x)
        assert_same(result, right)
        assert_same(total, update)
        counts.append(len(texts))
    assert counts == [counts[0]] * 3 != [0] * 3


def test_what_is_called_sees_views_of_arrays_that_are_not_in_order() -> None:
    run = compiled(lambda x: anp.sort(x.T[0]) + anp.sort(x[:, 1]))
    a = np.arange(9.0).reshape(3, 3)[::-1]
    for x in (a, a.copy(), a.T, np.asfortranarray(a)):
        assert_same(run(x), np.sort(x.T[0]) + np.sort(x[:, 1]))


def test_entries_that_a_reshape_has_to_move_are_moved_wherever_they_are() -> None:
    def f(x: Any) -> Any:
        part = anp.reshape(x[::-1, ::300_000], (12,))
        return anp.sum(anp.sin(part) * part)

    x = np.zeros((3, 1_000_000))
    x[:, ::300_000] = np.arange(12.0).reshape(3, 4)
    assert_same(compiled(f)(x), f(x))


@pytest.mark.parametrize("dtype", ["bool", "int32", "int64", "float64"])
def test_integers_are_tested_for_nan_as_floats_are(dtype: str) -> None:
    x, y = np.array([1, 0, 1]).astype(dtype), np.array([0, 0, 1]).astype(dtype)
    for test in (anp.isnan, anp.isfinite):
        assert_same(
            compiled(lambda x, y, t=test: anp.where(t(x), 1.5, y * 2.5))(x, y),
            np.where(test(x), 1.5, y * 2.5),
        )
    for larger in (anp.fmax, anp.fmin):
        assert_same(compiled(lambda x, y, f=larger: f(x, y) * 1.5)(x, y), larger(x, y) * 1.5)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32"])
def test_arrays_of_any_type_are_compared_with_numbers_as_numpy_does(dtype: str) -> None:
    x = np.array([0, 1, 3, 1]).astype(dtype)
    for compare in (np.less, np.less_equal, np.equal, np.not_equal, np.greater):
        for number in (0.5, 1.0, 2.9999999999, -0.5):
            assert_same(compiled(lambda x, f=compare, n=number: f(x, n))(x), compare(x, number))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "float16", "complex128"])
def test_number_out_of_an_array_stays_when_its_memory_is_used_again(dtype: str) -> None:
    def f(x: Any) -> Any:
        ends = anp.interp([-3.0, 0.2, 5.0], [0.0, 1.0], anp.real(x[:2]), left=0.0)
        return ends, anp.square(anp.reshape(x[:1], ()))

    run = compiled(f)
    for first in (6, 3):
        x = np.array([first, 4, 2, 2, 9]).astype(dtype)
        assert_same(run(x), f(x))


def test_rows_of_arrays_are_read_within_loops_and_stacked() -> None:
    def f(w: Any, x: Any) -> Any:
        h, rows = np.zeros(2), []
        for t in range(len(x)):
            h = anp.tanh(w @ h + 0.5 * x[t] + x[-1 - t, ::-1])
            rows.append(h * x[t, 0])
        return anp.sum(anp.stack(rows) ** 2 * anp.concatenate(rows).reshape(-1, 2))

    w, x = rng.normal(size=(2, 2)), rng.normal(size=(60, 2))
    run = compiled(value_and_grad(f, (0, 1)))
    for again in (x, 2.0 * x, np.asfortranarray(x)):
        assert_same(run(w, again), value_and_grad(f, (0, 1))(w, again), 1e-11)


def test_lists_that_are_made_before_a_call_are_read_after_it() -> None:
    def f(x: Any, u: list[Any]) -> Any:
        y = anp.sort(x)[0] * u[0]
        for a in u:
            y = 0.9 * y + ad.sin(a * y)
        return y

    u = [0.01 * n for n in range(200)]
    run = compiled(f)
    for x in (V, 2.0 * V):
        assert_same(run(x, u), f(x, u))
    assert run.stats().native == 1


def random_loop(draw: Any) -> Any:
    """A loop that hands on, swaps, reads and keeps small arrays."""
    turns, kinds = int(draw.integers(10, 25)), draw.integers(0, 8, 5).tolist()
    places = draw.integers(0, 3, (5, 2)).tolist()
    stacks = draw.random() < 0.5

    def f(w: Any, xs: Any) -> Any:
        s, total, rows = [w, 0.5 * w, w - 1.0], 0.0, []
        for t in range(turns):
            x, y = xs[t], xs[turns - 1 - t]
            for kind, (a, b) in zip(kinds, places, strict=True):
                if kind == 0:
                    s[a] = anp.tanh(0.7 * s[a] + x)
                elif kind == 1:
                    s[a], s[b] = s[b], 0.9 * s[a]
                elif kind == 2:
                    s[a] = s[a] + 0.1 * anp.sin(s[b]) * y
                elif kind == 3:
                    s[a] = anp.concatenate([s[b][1:], s[a][:1]])
                elif kind == 4:
                    s[a] = 0.5 * x
                elif kind == 5:
                    total = total + anp.sum(s[a] * y)
                elif kind == 6:
                    rows.append(s[a][::-1])
                else:
                    rows.append(0.3 * s[a] + s[b])
        z = (anp.stack if stacks else anp.concatenate)([*rows, *s])
        return total + anp.sum(z * z * anp.arange(z.size).reshape(z.shape))

    return f, turns


@pytest.mark.parametrize("seed", range(25))
def test_random_loops_over_arrays_agree(seed: int) -> None:
    f, turns = random_loop(np.random.default_rng(seed))
    w, xs = rng.normal(size=3), rng.normal(size=(turns, 3))
    run = compiled(value_and_grad(f, (0, 1)))
    for again in (1.0, 0.5):
        assert_same(
            run(again * w, xs + again), value_and_grad(f, (0, 1))(again * w, xs + again), 1e-10
        )
    assert run.stats().native == 1


def test_the_size_of_machine_code_does_not_grow_with_the_turns_of_a_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    f, sizes = grad(_rows_of_a_loop, (0, 1)), list[int]()
    monkeypatch.setattr(machine, "function", lambda text, *_: sizes.append(text.count("\n")))
    for turns in (80, 160):
        with pytest.raises(AttributeError):  # there is no function
            compiled(f)(np.ones(3), np.ones((turns, 3)))
    assert sizes[1] == sizes[0]


def _rows_of_a_loop(w: Any, x: Any) -> Any:
    h, rows = w, []
    for t in range(len(x)):
        h = anp.tanh(h * w + x[t])
        rows.append(h[::-1] * x[t])
    return anp.sum(anp.stack(rows) ** 2) + anp.sum(anp.concatenate(rows))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_random_chains_of_operations_agree(x: list[float], seed: int) -> None:
    draw = np.random.default_rng(seed)
    ops = [
        *(anp.sin, anp.exp, anp.tanh, lambda a: a * a, lambda a: a[::-1] + 0.5, lambda a: a - 1),
        *(lambda a: a / (1 + a * a), lambda a: anp.maximum(a, 0.3), lambda a: a * anp.sum(a)),
    ]
    chosen = [ops[n] for n in draw.integers(0, len(ops), 5)]

    def f(a: Any) -> Any:
        for op in chosen:
            a = op(anp.tanh(a))
        return anp.sum(a)

    a = np.array(x)
    assert_same(compiled(value_and_grad(f))(a), value_and_grad(f)(a), 1e-11)


def test_updates_are_computed_from_the_old_contents_of_all_arrays() -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    step = jit(
        lambda x: (captured(a).sum() * x, [captured(b)[::-1] * 1.0, captured(a) + x]),
        into=[a, b],
        native=True,
    )
    assert step(2.0) == 6.0
    np.testing.assert_array_equal(a, [4.0, 3.0])
    np.testing.assert_array_equal(b, [3.0, 4.0])


@pytest.mark.parametrize("first", range(8))
def test_updates_are_right_wherever_the_arguments_lie(first: int) -> None:
    block = rng.normal(size=24)
    theta, slope, speed = block[2:8], block[8:14], block[14:20]

    def step(x: Any, theta: Any, speed: Any) -> Any:
        g = anp.concatenate([anp.sin(x[:3]) * theta.sum(), theta[3:] * x[::-1][:3]])
        new = 0.9 * speed + g
        return anp.sum(g * theta), [theta - 0.1 * new, new, g]

    run = jit(step, into=[theta, speed, slope], native=True, notices=False)
    calls = [
        (rng.normal(size=6), theta, speed),
        (rng.normal(size=6), theta.copy(), speed),
        (theta, speed, theta),
        (block[5:11], theta, speed),
        (slope[::-1], theta, speed),
        (slope, theta.copy(), speed),
        (slope[::-1], theta.copy(), speed),
        (block[::4], block[3:9], slope),
    ]
    for args in [calls[first], *calls]:
        loss, updates = step(*[arg.copy() for arg in args])
        assert_same(run(*args), loss)
        for array, update in zip((theta, speed, slope), updates, strict=True):
            assert_same(array, update)
    assert run.stats().native >= 1


def test_a_program_that_does_not_fit_has_written_into_no_array() -> None:
    theta, slope = rng.normal(size=6), np.zeros(6)

    def step(x: Any, theta: Any) -> Any:
        g = anp.sin(x)
        return anp.sum(g), [theta - 0.1 * g, g]

    run = jit(step, into=[theta, slope], native=True, notices=False)
    for x, other in (
        (rng.normal(size=6), theta),
        (slope, theta.copy()),
        (slope[::-1], theta),
        (slope, theta[::-1]),
    ):
        total, updates = step(x.copy(), other.copy())
        assert_same(run(x, other), total)
        assert_same([theta, slope], updates)


def test_an_array_of_one_number_from_outside_is_read_in_each_call() -> None:
    scale = np.array(0.5)
    f = compiled(value_and_grad(lambda x: anp.sum(anp.sin(x) * scale)))
    for scale[...] in (0.5, 2.0):
        assert_same(
            f(np.arange(3.0)),
            (np.sin(np.arange(3.0)).sum() * scale, scale * np.cos(np.arange(3.0))),
        )


@pytest.mark.parametrize(
    ("function", "data"),
    [
        (lambda x: anp.sum(anp.sin(x) * x), [np.full(30_000, 0.1 * n) for n in range(8)]),
        (pendulum, [[0.01 * n] * 400 for n in range(8)]),
    ],
    ids=["array", "numbers"],
)
def test_threads_run_one_function_at_the_same_time(function: Any, data: Any) -> None:
    f, plain = compiled(value_and_grad(function)), jit(value_and_grad(function), native=False)
    expected = [plain(x) for x in data]
    f(data[0])
    results: dict[int, Any] = {}

    def work(n: int) -> None:
        for _ in range(5):
            results[n] = f(data[n])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, right in enumerate(expected):
        assert_same(results[n], right, 1e-12)


class Metres(float):
    """A float by another name."""


def _nested(p: Any, q: Any, *, scale: float, name: str) -> Any:
    a, (b,) = p["a"], p["b"]
    total = sum([x * y for x, y in zip(a, b, strict=True)]) * scale + ad.sin(q[0])
    total = total * q[1] if total < 1e6 else total + len(name)
    return {"total": total, "all": [total, None, ([total] * 9, "name"), 2.5], "again": (a[0],)}


def _calls_of_nested() -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    a, b = [0.1 * n for n in range(20)], [0.2 * n for n in range(20)]
    p, q = {"a": a, "b": (b,)}, (1.5, 2)
    of = {"scale": 2.0, "name": "x"}
    return [
        ((p, q), of),
        (({"b": (b,), "a": a}, q), of),
        (({"a": a, "b": [b]}, q), of),
        (({"a": (*a,), "b": (b,)}, q), of),
        (({"a": [*a[:19], 1], "b": (b,)}, q), of),
        (({"a": a[:19], "b": (b[:19],)}, q), of),
        (({"a": a, "b": (b,), "c": 1.0}, q), of),
        *[((p, other), of) for other in ([1.5, 2], (1.5, 3), (1.5, True), (1.5, 2.0), (1e7, 2))],
        *[((p, (x, 2)), of) for x in (np.float64(1.5), float("nan"), float("inf"), Metres(1.5))],
        ((p, q), {"scale": 2, "name": "x"}),
        ((p, q), {"scale": 1e300, "name": "x"}),
        ((p, q), {"scale": 2.0, "name": "xyz"}),
        ((p, q), {"name": "x", "scale": 2.0}),
    ]


@pytest.mark.parametrize("number", range(len(_calls_of_nested())))
def test_a_call_of_another_form_is_never_taken_for_one_that_was_compiled(number: int) -> None:
    calls = _calls_of_nested()
    run, plain = [jit(_nested, native=native, notices=False) for native in (True, False)]
    for args, kwargs in (calls[0], calls[number], calls[0], calls[number], calls[number]):
        assert repr(run(*args, **kwargs)) == repr(plain(*args, **kwargs))


def test_calls_keep_no_objects_and_lose_none() -> None:
    calls = [_calls_of_nested()[n] for n in (0, 1, 4, 8)]
    run = jit(_nested, native=True, notices=False)
    ((p, q), of), *_ = calls
    mine = [p, q, *p["a"], *p["b"], *p["b"][0], *of, "total", "again", float, list, dict]

    def repeat(calls: Any) -> None:
        for args, kwargs in calls * 100:
            run(*args, **kwargs)

    repeat(calls)
    references = [*map(sys.getrefcount, mine)]
    repeat(calls)
    assert [*map(sys.getrefcount, mine)] == references
    repeat(calls[:1])
    blocks = sys.getallocatedblocks()
    repeat(calls[:1])
    assert abs(sys.getallocatedblocks() - blocks) < 50


def test_a_finalizer_may_call_the_function_that_runs() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            found.append(run(other))

    found: list[Any] = []
    x, other = [0.01 * n for n in range(100)], [0.02 * n for n in range(100)]
    run, plain = compiled(value_and_grad(pendulum)), jit(value_and_grad(pendulum), native=False)
    expected, of_other = plain(x), plain(other)
    before = gc.get_threshold()
    run(x)
    try:
        for threshold in range(1, 6):
            Cycle()
            gc.set_threshold(threshold)
            assert run(x) == expected
    finally:
        gc.set_threshold(*before)
    gc.collect()
    assert len(found) == 5
    assert all(result == of_other for result in found)


def test_a_kernel_that_is_given_no_number_raises_and_does_not_crash() -> None:
    f = compiled(lambda x, y: x * y + ad.sin(x))
    assert f(1.0, 2.0) == 2.0 + np.sin(1.0)
    with pytest.raises((TypeError, ValueError)):
        f("a", 2.0)


@pytest.mark.parametrize(
    "thing",
    [2, True, np.float64(0.5), Metres(0.5), ad.Value(0.5), "a", None, 2j, [1.0]],
    ids=lambda thing: type(thing).__name__,
)
@pytest.mark.parametrize("place", [0, 40, 79])
def test_a_number_in_a_list_that_is_no_float_is_never_taken_for_one(thing: Any, place: int) -> None:
    def outcome(f: Any, x: Any) -> str:
        try:
            return repr(f(2.0, x))
        except Exception as error:
            return repr(error)

    f = value_and_grad(lambda scale, x: scale * pendulum(x), 1)
    run, x = jit(f, native=True, notices=False), [0.1 * n % 0.7 for n in range(80)]
    run(1.0, x), run(1.0, x)
    x[place] = thing
    assert outcome(run, x) == outcome(f, x)


def test_integers_are_exact() -> None:
    large = np.array([2**62 + 1, -3, 2**53 + 1])
    run = compiled(lambda n, x: (n.sum(), n[0] * 1 + n[2], n.sum() > 2**62, x * n[1]))
    for n in (large, large[::-1].copy()):
        expected = n.sum(), n[0] + n[2], n.sum() > 2**62, 0.5 * n[1]
        for one, other in zip(run(n, 0.5), expected, strict=True):
            assert one == other
            assert np.asarray(one).dtype == np.asarray(other).dtype


S = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 7.3, 0.5, -0.5, 3.0, -3.0, 1e300, 5e-324, np.inf, np.nan]
PAIRS = np.array([(a, b) for one in S for a in (one, -one) for b in S]).T.copy()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, float])
@pytest.mark.parametrize("name", ["mod", "floor_divide", "maximum", "logaddexp", "arctan2", "pow"])
def test_operations_on_two_special_numbers_are_those_of_numpy(name: str, dtype: Any) -> None:
    f = getattr(ad, name)
    x, y = PAIRS[:, :60]  # of fewer than NumPy's function is called for
    with np.errstate(all="ignore"):
        if dtype is float:
            run = compiled(f)
            pairs = zip(x.tolist(), y.tolist(), strict=True)
            found, expected = np.array(
                [(run(a, b), f(ad.Value(a), ad.Value(b)).data) for a, b in pairs]
            ).T
        else:
            x, y = x.astype(dtype), y.astype(dtype)
            found, expected = compiled(f)(x, y), f(x, y)
    np.testing.assert_allclose(found, expected, rtol=1e-15 if found.dtype == float else 3e-7)
    finite = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[finite]), np.signbit(expected[finite]))


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign", "abs", "relu"])
def test_roundings_of_numbers_and_arrays_have_the_same_zeros(name: str) -> None:
    f, x = getattr(ad, name), np.array([0.0, -0.0, -0.5, 0.5, 2.5, -1.5, 1e300, -np.inf])
    run = compiled(f)
    np.testing.assert_array_equal(np.signbit(run(x)), np.signbit(f(x)))
    finite = x[:-1].tolist()
    assert [str(float(run(a))) for a in finite] == [str(float(f(a))) for a in finite]


def test_sums_of_negative_zeros_are_those_of_numpy() -> None:
    x = np.full((3, 40), -0.0)
    for f in (anp.sum, lambda x: anp.sum(x, axis=0), lambda x: anp.sum(x, axis=1)):
        np.testing.assert_array_equal(np.signbit(compiled(f)(x)), np.signbit(f(x)))


def strange(x: list[Any]) -> Any:
    total = 0.0
    for a, b in pairwise(x):
        total = total + ad.exp(a) / b + (a * 1e200) ** 2 - ad.log(abs(b)) if a > b else total * 0.5
    return total


@pytest.mark.parametrize("f", [lotka, strange])
def test_programs_of_numbers_become_machine_code_with_the_same_bits(
    f: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WENGERT_NATIVE", raising=False)
    plain = jit(value_and_grad(f), native=False, notices=False)
    run = jit(value_and_grad(f), notices=False)
    draw, special = np.random.default_rng(0), [0.0, -0.0, 1.0, 800.0, np.inf, np.nan, 1e-310]
    x = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0] if f is strange else [1.0, 0.5, 0.2, 0.3, 2.0, 1.0]
    run(x)
    assert run.stats().native == 0
    calls = 0
    while run.stats().native == 0 and calls < 100_000:
        calls += 1
        run(x)
    for n in range(300):
        y = [a * s for a, s in zip(x, draw.uniform(0.9, 1.1, 6).tolist(), strict=True)]
        if n % 3 == 0:
            y[n % 6] = special[n % 7]
        assert repr(run(y)) == repr(plain(y))
    assert run.stats().native >= 1


@pytest.mark.parametrize("count", [100, 3000])
def test_written_out_programs_of_numbers_have_the_same_bits_whatever_their_length(
    count: int,
) -> None:
    draw = np.random.default_rng(count)
    plan = [tuple(row) for row in draw.integers(0, 9, (count, 3)).tolist()]

    def f(x: Any) -> Any:
        s = [*x, *[0.1 * n for n in range(6)]]
        for kind, a, b in plan:
            if kind < 3:
                s[a] = 0.7 * s[a] + s[b] * 0.1 * kind
            elif kind < 5:
                s[a] = s[a] / (1.0 + s[b] * s[b])
            elif kind == 5:
                s[a] = ad.exp(-s[a] * s[a])
            elif kind == 6:
                s[a] = ad.sin(s[b])
            else:
                s[a] = s[b] - s[a] * s[b]
        return sum(s)

    run, plain = [jit(value_and_grad(f), native=native) for native in (True, False)]
    for x in ([0.5, 0.2, 0.7], [-1.5, 3.0, 0.0]):
        assert repr(run(x)) == repr(plain(x))
    assert run.stats().native == 1


DECOMPOSITIONS = [case for case in CASES if case.name in ("det", "eigh", "inv", "qr", "svd")]


@pytest.mark.parametrize("case", DECOMPOSITIONS, ids=str)
def test_long_kernels_give_what_numpy_gives(case: Case) -> None:
    """LLVM 22 breaks that of a batch of `qr`, where it joins numbers into vectors."""
    gradient = value_and_grad(total(case), range(len(case.args)))
    (value, found), (right, expected) = jit(gradient, native=True)(*case.args), gradient(*case.args)
    assert value == pytest.approx(right, rel=1e-12, abs=1e-12)
    assert_same(found, expected, rtol=1e-9)


def test_a_program_that_llvm_refuses_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("LLVM IR parsing error")

    monkeypatch.delenv("WENGERT_NATIVE", raising=False)
    monkeypatch.setattr(machine, "_engine", refuse)
    run, x = jit(lambda p: lotka(p) * 3.0), [1.0, 0.5, 0.2, 0.3, 2.0, 1.0]
    assert {run(x) for _ in range(5000)} == {lotka(x) * 3.0}
    assert run.stats().native == 0


def test_a_program_that_llvm_would_take_long_for_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WENGERT_NATIVE", raising=False)
    monkeypatch.setattr(native, "_MANY", 20)
    run, x = jit(lotka), [1.0, 0.5, 0.2, 0.3, 2.0, 1.0]
    assert {run(x) for _ in range(5000)} == {lotka(x)}
    assert run.stats().native == 0


def test_programs_of_arrays_become_machine_code_only_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.ones(3)
    for value, count in ((None, 0), ("0", 0), ("1", 1)):
        if value is None:
            monkeypatch.delenv("WENGERT_NATIVE", raising=False)
        else:
            monkeypatch.setenv("WENGERT_NATIVE", value)
        run = jit(lambda x: anp.sum(anp.exp(x)))
        for _ in range(2000):
            run(x)
        assert run.stats().native == count


def test_importing_and_compiling_imports_no_llvm() -> None:
    code = """if True:
        import sys
        from autograd import jit, value_and_grad
        f = jit(value_and_grad(lambda x: x * x + 1.0))
        for _ in range(100):
            f(3.0)
        assert not {"llvmlite", "scipy"} & {*sys.modules}
    """
    environment = {name: value for name, value in os.environ.items() if name != "WENGERT_NATIVE"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_native_false_makes_no_machine_code() -> None:
    f = jit(lambda x: x * x + 1.0, native=False)
    assert f(3.0) == 10.0
    assert f.stats().native == 0


def test_what_has_no_machine_code_is_called_or_makes_the_program_one_of_numpy() -> None:
    own = ad.custom_op(lambda x: 2.0 * x, vjp=(lambda g, out, x: 2 * g,), name="own")
    f = compiled(lambda x: anp.sum(own(x)) + anp.sum(anp.sort(x)))
    assert f(np.array([3.0, 1.0])) == 12.0
    empty = compiled(lambda x: anp.sum(anp.sin(x[:0])) + anp.sum(x))
    assert empty(np.array([3.0, 1.0])) == 4.0
    halves = compiled(lambda x: anp.sum(x * 2))
    assert halves(np.ones(3, np.float16)) == 6.0
