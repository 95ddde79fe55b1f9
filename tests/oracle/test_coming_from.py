"""What "Coming from elsewhere" says of the others: their programs run, their numbers hold."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import grad
from tests.test_readme import code_blocks, run

pytestmark = pytest.mark.oracle

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coming_from.md"
ROWS = re.findall(
    r"^\| (.+?) \| ([\d, ]+) \| (\S+) \| (\S+) \| (\S+) \|$", PAGE.read_text("utf-8"), re.MULTILINE
)


@pytest.mark.parametrize(
    ("library", "module"), [("micrograd", "micrograd"), ("PyTorch", "torch"), ("JAX", "jax")]
)
def test_their_side_gives_the_results_it_shows(library: str, module: str) -> None:
    pytest.importorskip(module)
    text = PAGE.read_text("utf-8")
    start = text.index(f"\n## {library}\n")
    section = text[: text.index("\n## ", start + 1)]
    above = text[:start].count("\n")
    code = "\n" * above + "\n".join(code_blocks(section, "py").splitlines()[above:])
    assert run(code, PAGE.name) > 0


def torch_derivative(f: Callable[[Any, Any], Any], at: list[float]) -> float:
    torch = pytest.importorskip("torch")
    x = torch.tensor(at[0] if len(at) == 1 else at, requires_grad=True)
    f(torch, x).backward()
    return float(x.grad.flatten()[0])


def jax_derivative(f: Callable[[Any, Any], Any], at: list[float]) -> float:
    jax = pytest.importorskip("jax")
    x = jax.numpy.array(at[0] if len(at) == 1 else at)
    return float(jax.grad(lambda x: f(jax.numpy, x))(x).flatten()[0])


def our_derivative(f: Callable[[Any, Any], Any], at: list[float]) -> float:
    x: Any = at[0] if len(at) == 1 else np.array(at)
    return float(np.ravel(grad(lambda x: f(np, x))(x))[0])


def relu(xp: Any, x: Any) -> Any:
    home = {"numpy": "autograd", "torch": "torch", "jax.numpy": "jax.nn"}[xp.__name__]
    return importlib.import_module(home).relu(x)


def zero(xp: Any) -> Any:
    return xp.tensor(0.0) if xp.__name__ == "torch" else 0.0


KINKS: dict[str, Callable[[Any, Any], Any]] = {
    "`relu(x)`": relu,
    "`abs(x)`": lambda xp, x: xp.abs(x),
    "`maximum(x, 0)`": lambda xp, x: xp.maximum(x, zero(xp)),
    "`clip(x, 0, 1)`": lambda xp, x: xp.clip(x, 0.0, 1.0),
    "`max` of two equal entries": lambda xp, x: xp.max(x),
    "`norm`": lambda xp, x: xp.linalg.norm(x),
    "`std`": lambda xp, x: xp.std(x),
    "`where(x > 0, sqrt(x), 0)`": lambda xp, x: xp.where(x > 0, xp.sqrt(x), zero(xp)),
}


def test_every_row_of_the_table_of_kinks_is_tested() -> None:
    assert [row[0] for row in ROWS] == list(KINKS)


@pytest.mark.parametrize(("name", "at", "here", "torch", "jax"), ROWS)
def test_the_table_of_kinks(name: str, at: str, here: str, torch: str, jax: str) -> None:
    f, point = KINKS[name], [float(x) for x in at.split(",")]
    found = [derive(f, point) for derive in (our_derivative, torch_derivative, jax_derivative)]
    np.testing.assert_equal(found, [float(here), float(torch), float(jax)])
