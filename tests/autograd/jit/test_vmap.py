"""A function of a batch gives what a loop over its examples gives: values, derivatives, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import grad, vmap
from tests.autograd.cases import CASES, Case

SIZE = 3
X = np.random.default_rng(0).normal(size=(4, 3))
W = np.random.default_rng(1).normal(size=(3, 5))


def moved(case: Case) -> list[tuple[Any, ...]]:
    """Examples near the case's arguments, within its radius."""
    rng = np.random.default_rng(1)
    return [
        tuple([x + case.radius * (rng.random(np.shape(x)) - 0.5) for x in case.args])
        for _ in range(SIZE)
    ]


def stacked(examples: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(map(np.stack, zip(*examples, strict=True)))


def same(found: Any, loop: list[Any], rtol: float = 1e-12) -> None:
    """One result for the batch, and a list of results for the examples."""
    if isinstance(loop[0], list | tuple):
        assert type(found) is type(loop[0])
        for part, parts in zip(found, zip(*loop, strict=True), strict=True):
            same(part, list(parts), rtol)
        return
    expected = np.stack([getattr(part, "primal", part) for part in loop])
    assert np.shape(found) == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


def total(case: Case) -> Any:
    """The case as a function that gives one number: its outputs with weights that differ."""

    def f(*args: Any) -> Any:
        out = case.f(*args)
        parts = out if isinstance(out, list | tuple) else [out]
        return sum(ad.sum(ad.sin(part * 1.3 + 0.2)) for part in parts)

    return f


# Every operation


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_are_those_of_a_loop(case: Case) -> None:
    examples = moved(case)
    same(vmap(case.f)(*stacked(examples)), [case.f(*example) for example in examples])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_are_those_of_a_loop(case: Case) -> None:
    if "of-zero" in case.detail:
        return  # a determinant: regular and singular matrices go different ways
    examples = moved(case)
    gradient = grad(total(case), range(len(case.args)))
    loop = [gradient(*example) for example in examples]
    batch = stacked(examples)
    same(vmap(gradient)(*batch), loop, 1e-11)
    through = grad(lambda *xs: ad.sum(vmap(total(case))(*xs)), range(len(case.args)))
    same(through(*batch), loop, 1e-11)
