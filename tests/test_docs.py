"""The pages that are made from the code say what the code says, and leave nothing out."""

from __future__ import annotations

import importlib
import inspect
import math
import os
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, derivative
from autograd.engine.backward import pull_back
from autograd.ops import TABLE
from autograd.ops.op_types import Elementwise

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"


# --- the reference

PACKAGES = (
    *(
        "autograd",
        "autograd.fft",
        "autograd.linalg",
        "autograd.extend",
        "autograd.tracer",
        "autograd.builtins",
    ),
    *("autograd.differential_operators", "autograd.misc.flatten", "autograd.misc.optimizers"),
    *("autograd.misc.fixed_points", "autograd.test_util", "autograd.wrap_util"),
    *("nn", "nn.backprop", "nn.datasets", "nn.exchange", "nn.init", "nn.losses", "nn.metrics"),
    *("nn.optim", "nn.parallel", "nn.plot", "nn.scalar", "nn.schedules", "nn.sklearn", "nn.sweeps"),
)


def module(path: str) -> Any:
    """A module by the name under which it is public, as `autograd.linalg` is."""
    parent, _, name = path.rpartition(".")
    found = getattr(module(parent), name, None) if parent else None
    return found if inspect.ismodule(found) else importlib.import_module(path)


def public_names(path: str) -> list[str]:
    """What a module lists; what it defines, where it lists nothing."""
    here = module(path)
    own = [
        name
        for name, thing in vars(here).items()
        if callable(thing) and getattr(thing, "__module__", "") == here.__name__
    ]
    names = getattr(here, "__all__", own)
    return [name for name in names if not name.startswith("_")]


@cache
def documented() -> dict[int, str]:
    """The things that the pages of the reference name, by their identity."""
    pages = "\n".join(page.read_text("utf-8") for page in sorted((DOCS / "api").glob("*.md")))
    blocks = re.findall(r"^```\{reference\} (\S+)\n(.*?)^```$", pages, re.MULTILINE | re.DOTALL)
    return {
        id(getattr(module(path), name)): f"{path}.{name}"
        for path, names in blocks
        for name in names.split()
    }


@pytest.mark.parametrize("path", PACKAGES)
def test_every_public_name_is_on_a_page_of_the_reference(path: str) -> None:
    things = {name: getattr(module(path), name) for name in public_names(path)}
    missing = [
        name
        for name, thing in things.items()
        if id(thing) not in documented() and not inspect.ismodule(thing)
    ]
    assert missing == []


def test_modules_that_are_public_names_are_in_the_reference_too() -> None:
    modules = {
        f"{package.__name__}.{name}"
        for package in (autograd, nn)
        for name in package.__all__
        if inspect.ismodule(getattr(package, name))
    }
    assert modules <= set(PACKAGES)


def test_what_is_in_no_page_is_noticed() -> None:
    assert id(test_what_is_in_no_page_is_noticed) not in documented()
    assert "autograd.grad" in documented().values()


# --- the guide to the engine

GUIDE = (DOCS / "engine.md").read_text("utf-8")
ENGINE = PROJECT / "autograd" / "engine"


def test_the_guide_shows_the_loop_of_the_engine() -> None:
    (shown,) = re.findall(r"^```py\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert indent(shown, "    ") in inspect.getsource(pull_back)


def test_the_guide_lists_the_files_of_the_engine_in_an_order_in_which_they_can_be_read() -> None:
    listed = re.findall(r"^\| `(\w+)\.py` \| \d+ \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in ENGINE.glob("[a-z]*.py"))
    for position, name in enumerate(listed):
        text = (ENGINE / f"{name}.py").read_text("utf-8")
        used = re.findall(r"^from autograd\.engine\.(\w+) import", text, re.MULTILINE)
        assert set(used) <= set(listed[:position]), name


def test_files_that_the_guide_names_exist() -> None:
    rows = re.findall(r"^\|.*\|$", GUIDE, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row)]
    places = (ENGINE, ENGINE.parent)
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


# --- pages and pictures that programs write


def test_the_page_of_derivatives_is_what_the_engine_says() -> None:
    pytest.importorskip("sympy", reason="the explain extra brings SymPy")
    page = subprocess.run(
        [sys.executable, DOCS / "derivatives.py"],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    assert page == (DOCS / "derivatives.md").read_text("utf-8")


NEAR = 1e-7
POINTS = (-1.0, 0.0, 0.5, 1.0, 2.0)


def is_rough(op: Elementwise, argnum: int, at: float, others: float) -> bool:
    """Whether a number had to be chosen there: a value or a slope jumps, or is infinite."""

    def f(x: Any) -> Any:
        return op(*[x if i == argnum else others for i in range(op.arity)])

    before, value, after = (float(f(Value(x)).data) for x in (at - NEAR, at, at + NEAR))
    left, there, right = (derivative(f)(x) for x in (at - NEAR, at, at + NEAR))
    if not math.isfinite(value) or math.isnan(before + after):
        return math.isinf(there)
    jumps = abs(before - after) > 0.01 or abs(left - right) > 0.01
    return jumps or not math.isfinite(there)


COMPOSED = {"div", "reciprocal", "log2", "log10"}
"""Poles of the kind of 1/x and of log(x), which stand for them."""


@pytest.mark.parametrize("name", [name for name in autograd.ops.__all__ if name in TABLE])
def test_an_operation_with_a_kink_is_in_the_table_of_kinks(name: str) -> None:
    op = TABLE[name]
    if not isinstance(op, Elementwise) or name == "where" or name in COMPOSED:
        return
    rough = any(
        is_rough(op, argnum, at, others)
        for argnum in range(op.arity)
        for at in POINTS
        for others in (0.0, 1.0, 2.0)
    )
    kinks = (DOCS / "derivatives.md").read_text("utf-8").partition("## Kinks")[2]
    assert not rough or f"`{name}(" in kinks or (name == "pow" and "x**" in kinks)


def test_the_pictures_of_the_engine_show_what_it_draws_now() -> None:
    pictures = runpy.run_path(str(DOCS / "images" / "engine.py"))["PICTURES"]
    for name, picture in pictures.items():
        assert picture().source == (DOCS / "images" / f"{name}.dot").read_text("utf-8"), name


def test_the_curves_of_the_reference_are_those_of_the_engine() -> None:
    plots = runpy.run_path(str(DOCS / "extensions" / "plots.py"))
    x, y, slope = plots["curves"](np.arctan)
    np.testing.assert_allclose(y, np.arctan(x))
    np.testing.assert_allclose(slope, 1 / (1 + x**2))
    x, _, _ = plots["curves"](np.arccosh)
    assert x[0] == pytest.approx(1, abs=0.01)
    steps = [*plots["points"](np.floor(x * 2), x, 0.0, 10.0)]
    assert len(steps) == 6, "a line for each step, and none between"


def test_every_operation_of_one_or_two_numbers_has_a_curve() -> None:
    plots = runpy.run_path(str(DOCS / "extensions" / "plots.py"))
    for name in vars(autograd):
        function = getattr(autograd, name)
        if isinstance(function, plots["Elementwise"]) and name not in plots["LEFT_OUT"]:
            assert "polyline" in plots["plot"](name, function), name
