"""Integers that only pick items are data of a compiled program; all others are settings."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import exp, grad, jit, log, value_and_grad
from autograd.trees import flatten

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(5, 3)).tolist()
ARRAY = RNG.normal(size=5)


def same(found: Any, expected: Any) -> bool:
    pairs = zip(flatten(found)[0], flatten(expected)[0], strict=True)
    return all(np.allclose(a, b, rtol=1e-12, atol=1e-15) for a, b in pairs)


def bigrams(table: Any, tokens: Any) -> Any:
    """The loss of a model that has a row of odds for each token."""
    loss = 0.0
    for token, target in pairwise(tokens):
        odds = [exp(x) for x in table[token]]
        total = sum(odds)
        probabilities = [x / total for x in odds]
        loss = loss - log(probabilities[target])
    return loss


@pytest.mark.parametrize("native", [False, True])
def test_another_document_of_the_same_length_is_no_new_recording(native: bool) -> None:
    if native:
        pytest.importorskip("llvmlite")
    square = RNG.normal(size=(4, 4)).tolist()
    step = jit(value_and_grad(bigrams), native=native)
    for tokens in ([0, 1, 2, 3, 0, 1], [3, 3, 3, 3, 3, 3], [1, 0, 2, 2, 3, 1]):
        assert same(step(square, tokens), value_and_grad(bigrams)(square, tokens))
    assert step.stats().recorded == 1
    step(square, [0, 1])
    assert step.stats().recorded == 2


def test_tokens_in_an_array_are_data_too() -> None:
    square = RNG.normal(size=(4, 4)).tolist()
    step = jit(grad(bigrams))
    for tokens in ([0, 1, 2], [3, 3, 1], [2, 1, 0]):
        assert same(step(square, np.array(tokens)), grad(bigrams)(square, tokens))
    assert step.stats().recorded == 1


PICKS: list[tuple[Callable[..., Any], Any]] = [
    (lambda x, k: x[k] * x[1], ARRAY),
    (lambda x, k: x[k:k, None].sum() + x[k, ...] * 2.0, ARRAY),
    (lambda x, k: ad.sin(x)[k] * x.sum(), ARRAY),
    (lambda rows, k: sum(rows[k]) * rows[0][1], TABLE),
    (lambda rows, k: rows[2][k] * sum(rows[2]), [row[:3] for row in TABLE]),
    (lambda xs, k: (ys := [x * x for x in xs])[k] * sum(ys) + xs[k], ARRAY.tolist()),
    (lambda xs, k: sum([ad.sin(xs[k]), *xs[:2], xs[k]]), ARRAY.tolist()),
    (lambda ws, k: (ws[k] @ ws[k]).sum() + ws[0].sum(), list(RNG.normal(size=(3, 2, 2)))),
    (lambda parts, k: parts["b"][k]["w"] * 2.0, {"b": [{"w": 1.0}, {"w": 2.0}, {"w": 3.0}]}),
    (lambda pairs, k: pairs[k][0] * pairs[k][1], [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]),
]


@pytest.mark.parametrize("number", range(len(PICKS)))
def test_items_are_picked_anew_at_each_run(number: int) -> None:
    f, x = PICKS[number]
    for g in (f, value_and_grad(f)):
        compiled = jit(g)
        for k in (1, 0, 2, 1, -1):
            assert same(compiled(x, k), g(x, k))
    assert compiled.stats().recorded <= 5


def test_lists_of_computed_numbers_and_of_rows_are_picked_from_in_one_program() -> None:
    for number in (0, 2, 3, 4, 6, 7, 8, 9):
        f, x = PICKS[number]
        compiled = jit(grad(f))
        for k in (0, 1, 2):
            compiled(x, k)
        assert compiled.stats().recorded == 1, number


def test_a_list_is_as_it_was_after_an_item_was_picked() -> None:
    def f(xs: Any, k: int) -> Any:
        picked = xs[k]
        assert picked is not xs[k] or k == k
        return [*xs, picked, xs[1], len(xs)]

    compiled = jit(f)
    for k in (1, 2):
        assert compiled([1.0, 2.0, 3.0], k) == [1.0, 2.0, 3.0, k + 1.0, 2.0, 3]


def test_a_list_outside_is_not_changed_for_a_moment() -> None:
    # Another thread may read it in that moment.
    table = [ad.Value(2.0), ad.Value(3.0), ad.Value(5.0)]
    before, seen = list(map(id, table)), set()

    def look(frame: Any, event: str, arg: Any) -> Any:
        seen.add(list(map(id, table)) == before)
        return look

    compiled = jit(lambda x, k: x * table[k])
    tracing = sys.gettrace()
    sys.settrace(look)
    try:
        found = [float(compiled(1.0, k)) for k in (0, 1, 2)]
    finally:
        sys.settrace(tracing)
    assert found == [2.0, 3.0, 5.0]
    assert seen == {True}


SETTINGS: list[Callable[..., Any]] = [
    lambda x, k: x * k,
    lambda x, k: x**k,
    lambda x, k: sum([x] * k),
    lambda x, k: sum([x * i for i in range(k)]),
    lambda x, k: x * math.sqrt(k) + np.sqrt(k) + np.float64(2.0) * k,
    lambda x, k: x if k > 2 else -x,
    lambda x, k: x if k == 2 else -x,
    lambda x, k: x * {1: 2.0, 2: 3.0, 3: 5.0}[k],
    lambda x, k: x * [1.0, 2.0, 5.0, 7.0][k],
    lambda x, k: x * len("." * k) + len(f"{'':{k}}") + int(str(k)),
    lambda x, k: x * (2.0 if isinstance(k, int) else 3.0) * (2.0 if type(k) is int else 3.0),
    lambda x, k: (x, k),
    lambda x, k: x * np.arange(4.0)[k],
    lambda x, k: [x, 2.0 * x, (3.0 * x,), x][k],
]


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_integers_that_are_more_than_indices_are_settings(number: int) -> None:
    f = SETTINGS[number]
    compiled = jit(f)
    for k in (1, 2, 3, 2, 1):
        assert compiled(0.7, k) == f(0.7, k)


def test_an_integer_that_is_compared_where_errors_are_caught_is_a_setting() -> None:
    def f(x: Any, k: int) -> Any:
        try:
            return x * k
        except BaseException:
            return x * 1000.0

    assert [jit(f)(1.0, k) for k in (2, 3, True)] == [2.0, 3.0, 1.0]


@pytest.mark.parametrize("k", [5, -6, 2**40, 10**400], ids=["5", "-6", "large", "huge"])
@pytest.mark.parametrize("of_list", [False, True])
def test_an_index_out_of_bounds_raises_as_it_does_uncompiled(k: int, of_list: bool) -> None:
    def f(x: Any, k: int) -> Any:
        return log(x[k]) if of_list else log(x)[k]

    x = np.arange(1.0, 6.0)
    for g in (f, grad(f)):
        compiled = jit(g)
        compiled(x.tolist() if of_list else x, 1)
        with pytest.raises(IndexError):
            compiled(x.tolist() if of_list else x, k)


def test_nan_in_an_item_that_is_not_picked_does_not_show() -> None:
    def f(xs: Any, k: int) -> Any:
        logs = [log(x) for x in xs]
        return logs[k]

    compiled = jit(value_and_grad(f))
    for xs in ([1.0, 2.0, 3.0], [1.0, -2.0, 0.0], [math.inf, 1.0, math.nan]):
        for k in (0, 1):
            found, expected = compiled(xs, k), value_and_grad(f)(xs, k)
            assert np.array_equal(flatten(found)[0], flatten(expected)[0], equal_nan=True)
    assert compiled.stats().recorded == 1


def test_the_source_takes_indices_as_arguments() -> None:
    module: dict[str, Any] = {}
    source = jit(grad(bigrams)).source(TABLE[:3], [0, 1, 2])
    exec(source, module)
    numbers = [x for row in TABLE[:3] for x in row]
    assert same(module["run"](*numbers, 2, 2, 1), grad(bigrams)(TABLE[:3], [2, 2, 1]))


def test_integers_among_other_arguments_keep_their_places() -> None:
    def f(ks: Any, x: Any, xs: Any, more: Any, k: Any) -> Any:
        return [xs[k] * x, *[xs[k] for k in ks], *[y * xs[n] for n, y in more], x]

    xs = RNG.normal(size=8).tolist()
    compiled = jit(f)
    for shift in (0, 1, 2):
        ks, more = [k + shift for k in range(6)], [(shift, 2.0), (3, 4.0 + shift)]
        for _ in range(2):
            assert compiled(ks, 0.5, xs, more, 5 - shift) == f(ks, 0.5, xs, more, 5 - shift)
    assert compiled.stats().recorded == 1
