"""`autograd.numpy` and `autograd.scipy` in `jit` and `vmap`: no function needs plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy
import pytest

import autograd as ad
from autograd import grad, jit, vmap
from autograd.trees import flatten, map_tree
from tests.autograd.numpy.test_numpy import EACH, numbers

pytestmark = [
    pytest.mark.filterwarnings("ignore::autograd.JitNotice"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning"),
]


def same(found: Any, expected: Any) -> None:
    for ours, theirs in zip(numbers(found), numbers(expected), strict=True):
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10, strict=True)


def moved(x: Any) -> Any:
    return x * 1.013 if numpy.asarray(x).dtype.kind == "f" else x


def compiled_and_batched(
    ours: Callable[..., Any], theirs: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    """Compare the values at two points, and the gradient of their sines."""
    rows = [inputs, tuple(map(moved, inputs))]
    expected = [theirs(*row) for row in rows]
    compiled = jit(ours)
    for row, value in zip(rows, expected, strict=True):
        same(compiled(*row), value)

    def loss(*args: Any) -> Any:
        return sum(ad.sum(ad.sin(part)) for part in flatten(ours(*args))[0])

    gradient = grad(loss, tuple(range(len(inputs))))
    same(jit(gradient)(*inputs), gradient(*inputs))
    for axes in product((0, None), repeat=len(inputs)):
        if any(axis == 0 for axis in axes):
            pairs = list(zip(*rows, axes, strict=True))
            args = [x if axis is None else numpy.stack([x, y]) for x, y, axis in pairs]
            second = [x if axis is None else y for x, y, axis in pairs]
            for f, value in ((ours, theirs(*second)), (gradient, gradient(*second))):
                batched = vmap(f, axes)(*args)
                same(map_tree(lambda part: numpy.asarray(part)[1], batched), value)


@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_every_function_of_numpy(function: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    from autograd import numpy as np

    compiled_and_batched(lambda *xs: function(np, *xs), lambda *xs: function(numpy, *xs), inputs)
