"""Compiled Jacobians and Hessians, which take one pass, are those that take a pass for each row."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd as ad
from autograd import hessian, jacobian, jit, vmap
from autograd.trees import map_tree
from tests.autograd.cases import CASES, Case

ARRAYS = {case.name + case.detail: case for case in CASES if np.size(case.args[0]) > 1}
X = np.random.default_rng(0).normal(size=(40,))


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("case", ARRAYS.values(), ids=str)
def test_every_operation(case: Case) -> None:
    for mode in ("forward", "reverse"):
        f = jacobian(case.f, argnums=range(len(case.args)), mode=mode)
        batch = [np.asarray(x)[None] for x in case.args]
        one = vmap(f)(*batch)  # takes one pass, too, and does not compile
        same(map_tree(lambda block: block[0], one), f(*case.args))


# Unit vectors that do not meet go through together: Jacobians with few entries in a row.


def rosenbrock(x: Any) -> Any:
    return ad.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


SPARSE = {
    "entry by entry": lambda x: ad.sin(x) * x,
    "neighbours": lambda x: x[1:] * x[:-1] + ad.exp(x[:-1]),
    "reversed": lambda x: x[::-1] ** 2 + x,
    "rolled": lambda x: ad.roll(x, 3) * x,
    "blocks": lambda x: ad.cumsum(x.reshape(20, 2), 1) @ np.array([[1.0, 2.0], [0.5, -1.0]]),
    "rows summed": lambda x: ad.sum(x.reshape(10, 4) ** 3, axis=1),
    "repeated entries": lambda x: x[[0, 0, 5, 5, 5, 39] * 7] ** 2,
    "added up at places": lambda x: ad.scatter(x**2, np.arange(40) % 13, (13,)),
    "joined": lambda x: ad.concatenate([x[:20] ** 2, np.ones(3), x[5:] * x[:-5]]),
    "masked": lambda x: ad.where(x > 0, x**2, 3.0 * x[::-1]),
    "two results": lambda x: (x[:10] ** 2, {"rest": ad.relu(x[10:])}),
    "nothing": lambda x: ad.stop_gradient(x) * 2.0,
    "gradient of a sum over neighbours": ad.grad(rosenbrock),
}
DENSE = {
    "softmax": ad.softmax,
    "running sum": ad.cumsum,
    "sorted": ad.sort,
    "everything meets": lambda x: ad.sum(x) * x,
    "matrix": lambda x: ad.tanh(np.linspace(-1, 1, 800).reshape(20, 40) @ x),
    "computed places": lambda x: ad.take(x, ad.argsort(x)) ** 2,
    "maximum": lambda x: ad.max(x.reshape(2, 20), axis=0),
}


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
@pytest.mark.parametrize("name", [*SPARSE, *DENSE])
def test_jacobians_on_new_numbers(name: str, mode: str) -> None:
    f = (SPARSE | DENSE)[name]
    compiled = jit(jacobian(f, mode=mode))
    for x in (X, X[::-1].copy(), 2 * X):
        found, expected = compiled(x), jacobian(f, mode=mode)(x)
        if name == "two results":
            same(found[0], expected[0])
            found, expected = found[1]["rest"], expected[1]["rest"]
        same(found, expected)
    assert compiled.stats().recorded == 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["sin", "square", "shift", "flip", "pairs", "sums", "times", "scale"]),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["forward", "reverse"]),
)
def test_jacobians_of_random_chains(names: list[str], mode: str) -> None:
    steps: dict[str, Any] = {
        "sin": ad.sin,
        "square": lambda x: x * x,
        "shift": lambda x: ad.roll(x, 2),
        "flip": lambda x: x[::-1],
        "pairs": lambda x: x * ad.roll(x, 1),
        "sums": lambda x: ad.repeat(ad.sum(x.reshape(8, 3), axis=1), 3),
        "times": lambda x: (x.reshape(12, 2) @ np.array([[0.5, 1.0], [-1.0, 0.0]])).ravel(),
        "scale": lambda x: ad.where(np.arange(24) % 3 == 0, 0.0, x) * 0.9,
    }

    def f(x: Any) -> Any:
        for name in names:
            x = steps[name](x)
        return x

    same(jit(jacobian(f, mode=mode))(X[:24]), jacobian(f, mode=mode)(X[:24]))


def test_hessians() -> None:
    compiled = jit(hessian(rosenbrock))
    for x in (X, -X):
        same(compiled(x), hessian(rosenbrock)(x))
    coupled = lambda x: rosenbrock(x) + ad.sum(x) ** 2 * x[3]  # noqa: E731
    same(jit(hessian(coupled))(X), hessian(coupled)(X))
    nested = lambda p: ad.sum(p["a"] ** 2 * p["b"]) + p["c"] ** 3 * ad.sum(p["b"])  # noqa: E731
    p = {"a": X[:5], "b": X[5:10], "c": 2.0}
    found, expected = jit(hessian(nested))(p), hessian(nested)(p)
    for one in p:
        for other in p:
            same(found[one][other], expected[one][other])


def test_a_jacobian_within_a_derivative_and_the_other_way_round() -> None:
    f = lambda x: ad.sin(x[1:] * x[:-1])  # noqa: E731
    total = lambda x: ad.sum(jacobian(f)(x) ** 2 * np.arange(40.0))  # noqa: E731
    same(jit(ad.grad(total))(X), ad.grad(total)(X))
    same(ad.grad(jit(total))(X), ad.grad(total)(X))
    third = jacobian(hessian(lambda x: ad.sum(x**4 * x[0])))
    same(jit(third)(X[:6]), third(X[:6]))


def test_a_slope_of_infinity_does_not_leak_into_other_entries() -> None:
    f = lambda x: ad.sqrt(x) * ad.roll(x, 1)  # noqa: E731
    x = np.abs(X)
    x[7] = 0.0
    np.testing.assert_array_equal(jit(jacobian(f))(x), jacobian(f)(x))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_one_pass_serves_all_rows(mode: str) -> None:
    passes = []

    def rule(g: Any, out: Any, x: Any) -> Any:
        passes.append(np.shape(g))
        return g * 2.0 * x

    op = ad.custom_op(np.square, vjp=rule)
    found = vmap(jacobian(lambda x: op(x) + 1.0, mode=mode))(np.stack([X, 2 * X]))
    same(found, np.stack([np.diag(2 * X), np.diag(4 * X)]))
    assert passes == [(40,)]


def test_entries_of_one_number_and_of_none() -> None:
    same(jit(jacobian(lambda x: x**3))(2.0), 12.0)
    same(jit(jacobian(lambda x: x * X))(2.0), X)
    same(jit(jacobian(lambda x: ad.sum(x)))(X), np.ones(40))
    assert jit(jacobian(lambda x: x[:0]))(X).shape == (0, 40)
    assert jit(jacobian(lambda x: ad.sum(x) * X))(np.zeros(0)).shape == (40, 0)
    assert jit(jacobian(lambda x: (x * x)[:1]))(X).shape == (1, 40)


def test_types_stay() -> None:
    found = jit(jacobian(lambda x: ad.sin(x)))(X.astype(np.float32))
    assert found.dtype == jacobian(lambda x: ad.sin(x))(X.astype(np.float32)).dtype == np.float32
