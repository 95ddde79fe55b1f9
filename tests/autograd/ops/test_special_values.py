"""Operations at infinities, NaN, zeros with a sign and tiny numbers: alike in every way of running,
and as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Value, grad, jit, vmap
from tests.autograd.cases import BINARY, UNARY, function

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SPECIAL = (0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 1e-300, 710.0)
NAMES = sorted((UNARY.keys() | BINARY.keys()) - {"chain_product"})  # which closes on purpose


def points(name: str) -> list[Any]:
    """All special numbers, or all pairs of them, as columns."""
    return list(np.array([*product(SPECIAL, repeat=1 + (name in BINARY))]).T)


def plain(x: Any) -> Any:
    return x.data if isinstance(x, ad.Node) else x


def derivative(f: Callable[..., Any], argnum: int, order: int) -> Callable[..., Any]:
    for _ in range(order):
        f = grad(lambda *xs, f=f: ad.sum(f(*xs)), argnum)
    return f


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_special_numbers_give_the_same_in_every_way_of_running(name: str, order: int) -> None:
    f, columns = function(name), points(name)
    for argnum in range(len(columns) if order else 1):
        g = derivative(f, argnum, order)
        expected = plain(g(*columns))
        compiled = jit(g)
        compiled(*[np.ones_like(column) for column in columns])
        found = {
            "compiled": compiled(*columns),
            "batched": vmap(g)(*columns),
            "numbers": [
                plain(g(*map(Value if order == 0 else float, at)))
                for at in zip(*columns, strict=True)
            ],
        }
        for way, numbers in found.items():
            np.testing.assert_allclose(numbers, expected, rtol=1e-14, err_msg=f"{way} {argnum}")


@pytest.mark.parametrize("name", sorted({*NAMES} & {*dir(np)} - {"identity"}))
def test_special_numbers_give_what_numpy_gives(name: str) -> None:
    theirs, columns = getattr(np, name), points(name)
    np.testing.assert_array_equal(plain(function(name)(*columns)), theirs(*columns))


def test_the_rectifier_of_nan_is_nan_as_the_maximum_is() -> None:
    x = np.array([np.nan, -1.0, 2.0])
    for run in (lambda f: f, jit, vmap):
        np.testing.assert_array_equal(run(ad.relu)(x), np.maximum(x, 0))
    assert np.isnan(ad.relu(np.nan))
