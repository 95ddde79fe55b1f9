"""Runs where wengert is installed with NumPy alone: the tour, a network, missing extras.

`numpy_alone.py docs/tour.md`. The tests compare the results, where all extras are installed.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

import autograd as ag

SENTENCE = re.compile(r'[^\n]+: pip install "wengert\[[a-z]+\]"')


def asks_for_an_extra(program: Callable[[], object]) -> bool:
    """Whether `program` fails for the lack of an extra, which it must say in one sentence."""
    try:
        program()
    except (ImportError, ag.DrawingError) as error:
        said = str(error)
    else:
        return False
    assert SENTENCE.match(said), f"not one clear sentence: {said}"
    return True


def installed() -> None:
    """Pure Python, and nothing but the two packages."""
    wengert = distribution("wengert")
    assert "Tag: py3-none-any" in (wengert.read_text("WHEEL") or "")
    folders = {file.parts[0] for file in wengert.files or ()}
    assert folders == {"autograd", "nn", f"wengert-{wengert.version}.dist-info"}, folders
    assert wengert.version == ag.__version__
    assert Path(ag.__file__).parent == wengert.locate_file("autograd")


def tour(page: str) -> tuple[int, int]:
    """Run the code of the tour; how many statements there are, and how many want an extra."""
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    names: dict[str, object] = {"__name__": "tour"}
    statements = ast.parse(code).body
    missing = 0
    lacking: set[str] = set()  # names that could not be imported
    for statement in statements:
        compiled = compile(ast.Module([statement], []), "tour.md", "exec")
        if lacking & {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}:
            missing += 1
        elif asks_for_an_extra(lambda compiled=compiled: exec(compiled, names)):
            missing += 1
            if isinstance(statement, ast.ImportFrom):
                lacking |= {alias.name for alias in statement.names} - names.keys()
    return len(statements), missing


def network() -> None:
    """A network is trained, with nothing but NumPy to do it."""
    import nn

    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = nn.MLP([2, 16, 2], activation="tanh", rng=0)
    nn.fit(
        model, (x, y), loss="cross-entropy", optimizer="adam", lr=0.05, epochs=30, progress=False
    )
    assert nn.metrics.accuracy(nn.predict(model, x), y) > 0.9


def extras() -> list[str]:
    """What needs an extra; each says so."""
    import nn

    model = nn.MLP([2, 2])
    programs: dict[str, Callable[[], object]] = {
        "explain": lambda: ag.explain(lambda x: x * x, 2.0).derivatives,
        "autograd.scipy": lambda: importlib.import_module("autograd.scipy.special"),
        "datasets": nn.datasets.digits,
        "save": lambda: nn.save(model, "model.safetensors"),
        "export_onnx": lambda: nn.export_onnx(model, "model.onnx"),
        "save_torch_state": lambda: nn.save_torch_state(model, "model.pt"),
        "nn.sklearn": lambda: importlib.import_module("nn.sklearn"),
        "sweep": lambda: nn.sweep(lambda lr, seed: {"loss": lr}, {"lr": [1.0]}, seeds=1),
    }
    silent = [name for name, program in programs.items() if not asks_for_an_extra(program)]
    assert not silent, f"did without their extra: {silent}"
    return list(programs)


if __name__ == "__main__":
    installed()
    run, missing = tour(Path(sys.argv[1]).read_text(encoding="utf-8"))
    assert run - missing > 50, f"{missing} of {run} statements want an extra"
    network()
    print(
        f"Python {sys.version.split()[0]}, NumPy {np.__version__}: {run} statements of the tour, "
        f"{missing} of them with an extra; named by {', '.join(extras())}"
    )
