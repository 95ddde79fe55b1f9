"""`x.at[i]`, `x[i]` and `take` where numbers in the key are arguments of `jit` or batched."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
from autograd import Node, Tensor, grad, hessian, jit, jvp, vmap

X = np.array([0.5, -1.2, 2.3, 0.1])
M = np.arange(12.0).reshape(3, 4) / 7
T = np.arange(24.0).reshape(2, 3, 4) / 9
ONCE, TWICE = np.array([2, 0, 1]), np.array([1, 1, 2])


def at(x: Any) -> Any:
    return x.at if hasattr(x, "at") else Tensor(x).at


Run = tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]
CASES: dict[str, Run] = {
    "set": (lambda x, v, i: at(x)[i].set(v), (X, np.array([1.0, 2.0, 3.0])), (TWICE,)),
    "set one number": (lambda x, v, i: at(x)[i].set(v), (X, np.array(7.0)), (ONCE,)),
    "add": (lambda x, v, i: at(x)[i].add(v), (X, np.array([1.0, 2.0, 3.0])), (TWICE,)),
    "set in a row": (lambda x, v, i: at(x)[1, i].set(v), (M, np.array([1.0, 2.0, 3.0])), (TWICE,)),
    "set columns": (lambda x, v, i: at(x)[1:, i].set(v), (M, M[:2, :3]), (ONCE,)),
    "set pairs": (lambda x, v, i, j: at(x)[i, j].set(v), (M, M[0, :3]), (TWICE, ONCE)),
    "set apart": (lambda x, v, i, j: at(x)[i, :, j].set(v), (T, M.T[:3, :3]), (TWICE % 2, ONCE)),
    "add apart": (lambda x, v, i, j: at(x)[i, :, j].add(v), (T, M.T[:3, :3]), (TWICE % 2, ONCE)),
    "set a matrix": (lambda x, v, i: at(x)[..., i].set(v), (T, T[..., :3]), (ONCE,)),
    "set by a mask": (lambda x, v, c: at(x)[c].set(v), (X, np.array(9.0)), (X > 0,)),
    "add by a mask": (lambda x, v, c: at(x)[c].add(v), (M, X), (M[:, 0] > 0.5,)),
    "index": (lambda x, i: x[i], (M,), (TWICE,)),
    "index columns": (lambda x, i: x[:, i], (M,), (TWICE,)),
    "index a view": (lambda x, i: x.T[1:][i], (M,), (ONCE,)),
    "take": (lambda x, i: anp.take(x, i, axis=1), (M,), (TWICE,)),
    "take around": (lambda x, i: anp.take(x, i, mode="wrap"), (X,), (TWICE + 3,)),
    "take within": (lambda x, i: anp.take(x, i, mode="clip"), (X,), (TWICE - 3,)),
    "take along": (lambda x, i: anp.take_along_axis(x, i, 1), (M,), (np.array([[1], [0], [2]]),)),
    "roll": (lambda x, n: anp.roll(x, n[0], 1), (M,), (ONCE,)),
    "roll a row": (lambda x, n: anp.roll(x, n[1]), (M,), (TWICE,)),
}


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Node) else np.asarray(x)


def others(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Other keys of the same shapes."""
    return tuple(key[::-1].copy() for key in keys)


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives_of_orders_1_and_2_follow_the_key(name: str) -> None:
    f, data, keys = CASES[name]
    numbers = tuple(range(len(data)))
    weights = np.cos(np.arange(plain(f(*data, *keys)).size)).reshape(plain(f(*data, *keys)).shape)

    def loss(*args: Any) -> Any:
        return (weights * anp.sin(f(*args))).sum()

    direction = tuple(map(np.ones_like, data))
    compiled, gradient = jit(f), jit(grad(loss, numbers))
    curvature = jit(hessian(loss))
    for key in (keys, others(keys)):
        np.testing.assert_array_equal(compiled(*data, *key), plain(f(*data, *key)))
        for found, expected in zip(
            gradient(*data, *key), grad(loss, numbers)(*data, *key), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-12)
        expected = hessian(loss)(*data, *key)
        np.testing.assert_allclose(curvature(*data, *key), expected, rtol=1e-9, atol=1e-12)
        expected = jvp(lambda *xs, key=key: loss(*xs, *key), data, direction)[1]
        found = jit(lambda xs, key: jvp(lambda *xs: loss(*xs, *key), xs, direction)[1])(data, key)
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_each_example_has_keys_of_its_own(name: str) -> None:
    f, data, keys = CASES[name]
    rows = [(*data, *keys), (*[2 * x for x in data], *others(keys))]

    def loss(*args: Any) -> Any:
        return (anp.sin(f(*args)) ** 2).sum()

    for axes in product((0, None), repeat=len(rows[0])):
        if not any(axis == 0 for axis in axes) or (rows[0][-1].dtype == bool and axes[-1] is None):
            continue
        pairs = list(zip(*rows, axes, strict=True))
        args = [x if axis is None else np.stack([x, y]) for x, y, axis in pairs]
        last = [x if axis is None else y for x, y, axis in pairs]
        for g in (f, grad(loss)):
            np.testing.assert_allclose(vmap(g, axes)(*args)[1], plain(g(*last)), rtol=1e-12)
            found = jit(vmap(g, axes))(*args)[1]
            np.testing.assert_allclose(found, plain(g(*last)), rtol=1e-12)


@pytest.mark.parametrize("name", ["set", "set columns", "add", "index columns", "roll"])
def test_derivatives_beside_a_key_are_infinite_after_a_division_by_zero(name: str) -> None:
    f, data, keys = CASES[name]

    def loss(a: float, *args: Any) -> Any:
        return (1.0 / a) * anp.exp(f(*args)).sum()

    gradient = grad(loss, range(1 + len(data)))
    compiled = jit(gradient)
    for a in (2.0, 0.0):  # where Python's float raises, and the operations run one by one
        found, expected = compiled(a, *data, *keys), gradient(a, *data, *keys)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


def test_what_a_mask_sets_is_the_same_for_all_its_entries() -> None:
    with pytest.raises(TypeError, match=r"where\(mask, v, x\)"):
        jit(lambda x, c, v: x.at[c].set(v))(X, X > 0, np.ones(3))


def test_an_argument_that_is_the_same_for_all_is_a_plain_array() -> None:
    kinds = []

    def f(w: Any, x: Any) -> Any:
        kinds.append(isinstance(w, np.ndarray))
        return x * np.unique(w).sum() + np.linalg.norm(w), w * 2.0, w

    found, twice, same = vmap(f, (None, 0), (0, None, None))(X, M)
    assert kinds == [True]
    np.testing.assert_allclose(found, M * X.sum() + np.linalg.norm(X))
    assert type(twice) is type(same) is np.ndarray
    np.testing.assert_array_equal(twice, 2 * X)
