"""The source of compiled programs: it runs on its own, names lines, and can be read."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import jit
from autograd.trees import flatten
from tests.autograd.cases import CASES, Case

AT_HAND = {"numpy", "math", "base64"}


def runnable(text: str) -> Callable[..., Any]:
    """The function `run` of a source, in a namespace of its own, with NumPy alone to import."""

    def importing(name: str, *rest: Any) -> Any:
        assert name.partition(".")[0] in AT_HAND, f"the source imports {name}"
        return builtins.__import__(name, *rest)

    own = {name: getattr(builtins, name) for name in dir(builtins)} | {"__import__": importing}
    space: dict[str, Any] = {"__builtins__": own, "__name__": "written"}
    exec(text, space)
    run: Callable[..., Any] = space["run"]
    return run


def from_outside(f: Callable[..., Any], name: str) -> Any:
    """What a function reads under a name besides its arguments."""
    f = inspect.unwrap(f)
    read = inspect.getclosurevars(f)
    if "case" in read.nonlocals:
        return from_outside(read.nonlocals["case"].f, name)
    defaults = {key: p.default for key, p in inspect.signature(f).parameters.items()}
    return {**read.globals, **read.nonlocals, **defaults}[name]


def agree(f: Callable[..., Any], *args: Any) -> str:
    """Check that the source of f gives what f gives, and return it."""
    text: str = jit(f).source(*args)
    with np.errstate(all="ignore"):
        run = runnable(text)
        given = flatten(args)[0]
        names = list(inspect.signature(run).parameters)[len(given) :]
        found = run(*given, *[from_outside(f, name) for name in names])
    wanted = f(*args)
    ours, theirs = flatten(found)[0], flatten(wanted)[0]
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert np.shape(x) == np.shape(y)
        assert getattr(x, "dtype", float) == getattr(y, "dtype", float)
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)
    assert max(map(len, text.splitlines())) <= 120
    return text


def total(case: Case) -> Callable[..., Any]:
    """The case as a function that gives one number."""

    def f(*args: Any) -> Any:
        out = case.f(*args)
        parts = out if isinstance(out, list | tuple) else [out]
        return sum(ad.sum(ad.sin(part * 1.3 + 0.2)) for part in parts)

    return f


@pytest.mark.parametrize("case", CASES, ids=str)
def test_source_gives_value_and_gradient(case: Case) -> None:
    agree(ad.value_and_grad(total(case), range(len(case.args))), *case.args)
