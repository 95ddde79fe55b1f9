"""The memory of a compiled program: each run reads what it has written itself, and nothing else.

All tests of the compiler run on memory that is spoilt before. Here are the ways to be wrong.
"""

from __future__ import annotations

import gc
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
import autograd.scipy.special as special
from autograd import jit
from autograd.jit.lowering.code import Code
from tests.autograd.jit.test_source import runnable

pytestmark = pytest.mark.filterwarnings("ignore::autograd.JitNotice")

X = np.array([[0.5, 1.0, 2.0], [0.3, 0.7, 1.1]])
DATA = (X, 0.7 * X, X + 0.4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.int64, np.bool_])
def test_memory_that_is_not_written_shows(dtype: Any) -> None:
    code = Code()
    code.setup = [f"t1 = np.empty((2, 3), np.{np.dtype(dtype).name})"]
    code.results = ["t1.copy()"]
    run = code.compiled("nothing")()
    for is_spoilt in (lambda x: (x != 0).all(), lambda x: (x != x).all() or x.dtype.kind in "ib"):
        (found,) = run()
        assert is_spoilt(found)


def same_on_all_data(f: Callable[..., Any]) -> None:
    """Compiled, differentiated and as source, f gives on other data what it gives uncompiled."""
    expected = ad.value_and_grad(lambda x: ad.sum(ad.sin(f(x))))
    compiled, run = jit(expected), runnable(jit(expected).source(X))
    for x in DATA:
        (value, slope), *others = expected(x), compiled(x), run(x)
        for other_value, other_slope in others:
            np.testing.assert_allclose(other_value, value, rtol=1e-12)
            np.testing.assert_allclose(other_slope, slope, rtol=1e-12)


# --------------------------------------------------------------------------------------------------
# Parts of an array, computed where they belong or made elsewhere


def double(x: Any) -> Any:
    return 2.0 * x


PARTS: dict[str, Callable[..., Any]] = {
    "erf": ad.erf,
    "a ufunc": ad.exp,
    "by entry, of the user's own": ad.custom_op(double, derivative=lambda out, x: 2.0),
    "of the user's own": ad.custom_op(double, vjp=lambda g, out, x: 2.0 * g),
    "cast": lambda x: ad.cast(ad.cast(ad.cos(x), np.float32), np.float64),
    "where": lambda x: ad.where(x > 0.6, ad.cos(x), 3.0),
    "in order": lambda x: ad.sort(ad.cos(x)),
    "scattered": lambda x: ad.scatter(ad.cos(x)[0], [2, 0, 1], (6,)),
    "added up by row": lambda x: ad.sum(ad.cos(x), axis=1),
    "running sums": lambda x: ad.cumsum(ad.cos(x), axis=1),
    "product of matrices": lambda x: ad.cos(x) @ x.T,
    "transposed": lambda x: ad.cos(x).T,
    "broadcast": lambda x: ad.broadcast_to(ad.cos(x[0]), (2, 3)),
    "sum of a number": lambda x: ad.sum(x[0, 0] * 2.0),
    "largest of a number": lambda x: ad.max(x[0, 0] * 2.0),
    "joined already": lambda x: ad.stack([ad.erf(x), ad.cos(x)]),
}
JOINS: dict[str, Callable[..., Any]] = {
    "in a row": lambda part, x: ad.concatenate([ad.ravel(part), ad.ravel(x)]),
    "behind a part in its place": lambda part, x: ad.concatenate(
        [ad.ravel(ad.sin(x)), ad.ravel(part)]
    ),
    "twice": lambda part, x: ad.concatenate([ad.ravel(part), ad.sin(x[0]), ad.ravel(part)]),
    "in a stack": lambda part, x: ad.stack([part, part * 0.5]),
    "along the last axis": lambda part, x: ad.stack([part, part * 0.5], -1),
    "in two rows": lambda part, x: (
        ad.concatenate([ad.ravel(part), ad.ravel(ad.tanh(x))])
        * ad.concatenate([ad.ravel(ad.tanh(x)), ad.ravel(part)])[::-1]
    ),
}


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("part", PARTS)
def test_part_is_where_it_belongs_at_each_run(part: str, join: str) -> None:
    same_on_all_data(lambda x: JOINS[join](PARTS[part](x), x))


@pytest.mark.parametrize("name", ["gamma", "erfc", "j0", "expit", "ndtr"])
def test_part_by_a_function_of_scipy_is_where_it_belongs_at_each_run(name: str) -> None:
    function = getattr(special, name)
    f = ad.value_and_grad(lambda x: ad.sum(ad.sin(ad.stack([function(x), x]))))
    compiled = jit(f)
    for x in DATA:
        for found, right in zip(compiled(x), f(x), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12)


def test_a_product_is_transposed_by_its_factors_and_written_where_it_belongs() -> None:
    def f(w: Any, x: Any) -> Any:
        slope = ad.grad(lambda w: ad.tanh(x @ w.T).sum())(w)
        return ad.concatenate([ad.ravel(slope), ad.ravel(slope * slope)]).sum()

    w, x = np.ones((3, 4)), np.ones((5, 4))
    assert "copyto" not in ad.jit(f).source(w, x)


def test_array_of_numbers_is_written_at_each_run() -> None:
    f = ad.value_and_grad(lambda x: ad.sum(ad.array([ad.sum(x), ad.max(x), x, ad.erf(x)]) ** 2))
    compiled = jit(f)
    for x in (0.5, 0.7, -1.3):
        np.testing.assert_allclose(compiled(x), f(x), rtol=1e-12)


# --------------------------------------------------------------------------------------------------
# Results in the memory of an argument

ALIASES: dict[str, Callable[..., Any]] = {
    "itself": lambda x: x,
    "backwards": lambda x: x[::-1],
    "transposed": np.transpose,
    "as an array": np.asarray,
    "the real part": np.real,
}


@pytest.mark.parametrize("name", ALIASES)
def test_argument_that_an_operation_gives_back_is_not_overwritten(name: str) -> None:
    kernel = ALIASES[name]
    op = ad.custom_op(kernel, vjp=lambda g, out, x: ad.cos(g))

    def f(x: Any) -> Any:
        given_back = op(ad.sin(x))
        shift = ad.cos(x[:, :2]) * ad.exp(x[:, 1:]) + 1.0
        return given_back[:2, :2] * shift, given_back

    compiled = jit(f)
    before: list[Any] = []
    for x in DATA:
        for found, right in zip(compiled(x), f(x), strict=True):
            np.testing.assert_array_equal(found, right)
            before.append((found, np.copy(right)))
    for found, right in before:  # results are not in memory that later runs write to
        np.testing.assert_array_equal(found, right)


# --------------------------------------------------------------------------------------------------
# Arrays that are written into

Y = np.array([0.5, 1.5, -1.0])


def test_update_may_keep_a_part_of_what_was_there() -> None:
    held, expected = np.arange(1.0, 4.0), np.arange(1.0, 4.0)
    compiled = jit(lambda a, x: (x.sum(), [ad.where(x > 1.0, a, x)]), into=[held])
    for scale in (1.0, -2.0, 3.0):
        compiled(held, scale * Y)
        expected = np.where(scale * Y > 1.0, expected, scale * Y)
        np.testing.assert_array_equal(held, expected)


@pytest.mark.parametrize("part", [ad.sin, ad.erf])
def test_array_that_is_not_in_order_in_memory_gets_all_parts_of_its_update(part: Any) -> None:
    held = np.zeros((2, 6))[:, ::2]
    compiled = jit(lambda x: (x.sum(), [ad.stack([part(x), x])]), into=[held])
    for scale in (1.0, 2.0, 3.0):
        compiled(scale * Y)
        np.testing.assert_allclose(held, [part(scale * Y), scale * Y], rtol=1e-14)


def test_update_is_broadcast_and_converted_to_the_array() -> None:
    held = np.zeros((2, 3), np.float32)
    compiled = jit(lambda x: (x.sum(), [ad.concatenate([ad.sin(x[:1]), x[1:]])]), into=[held])
    for scale in (1.0, 2.0, 3.0):
        compiled(scale * Y)
        np.testing.assert_allclose(held, [[np.sin(scale * 0.5), *(scale * Y[1:])]] * 2, rtol=1e-6)


# --------------------------------------------------------------------------------------------------
# What is dropped


def test_the_source_of_a_function_is_kept_as_long_as_the_function() -> None:
    def sources() -> set[str]:
        return {file for file in linecache.cache if file.startswith("<compiled ephemeral")}

    def ephemeral(x: Any) -> Any:
        return 1.0 / x if x.size else ad.sum(x)

    compiled = jit(ephemeral, native=False)
    compiled(X)
    (file,) = sources()
    assert any("/" in line or "divide" in line for line in linecache.getlines(file))
    del compiled
    gc.collect()
    assert not sources()
