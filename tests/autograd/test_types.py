"""What a type checker, and so an editor, says of the names that users write most."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="the lint extra brings mypy")

PROJECT = Path(__file__).parents[2]

PROGRAM = """
from typing import Any, Callable, assert_type

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Tensor, Value, gradients

def loss(w: NDArray[Any], scale: float = 1.0, *, power: int = 2) -> float: ...
def elementwise(x: NDArray[Any]) -> NDArray[Any]: ...

w: NDArray[Any] = np.ones(3)
x = Tensor(w)
v = Value(2.0)

# Derivatives take what the function takes.
reveal_type(autograd.grad(loss))  # def (w: NDArray, scale: float =, *, power: int =) -> Any
reveal_type(autograd.jacobian(loss))  # def (w: NDArray, scale: float =, *, power: int =) -> Any
reveal_type(autograd.hessian(loss))  # def (w: NDArray, scale: float =, *, power: int =) -> Any
reveal_type(autograd.vmap(loss))  # def (w: NDArray, scale: float =, *, power: int =) -> Any
reveal_type(autograd.checkpoint(loss))  # def (w: NDArray, scale: float =, *, power: int =) -> float
reveal_type(autograd.derivative(elementwise, 2))  # def (x: NDArray) -> NDArray
reveal_type(autograd.value_and_grad(loss)(w, scale=2.0))  # tuple[float, Any]
reveal_type(autograd.vjp(elementwise, w))  # tuple[NDArray, def (Any) -> tuple[Any, ...]]
reveal_type(autograd.jvp(elementwise, w, w))  # tuple[NDArray, NDArray]
autograd.grad(loss, argnum=0)(w, 2.0)
autograd.grad(loss)("w")  # error: arg-type
autograd.grad(loss)(w, scaling=2.0)  # error: call-arg
autograd.grad(w)  # error: arg-type
autograd.jacobian(loss, mode="backward")  # error: arg-type

# A compiled function too, and it has two methods more.
fast = autograd.jit(loss)
reveal_type(fast)  # Compiled[[w: NDArray, scale: float =, *, power: int =], float]
reveal_type(fast(w, 2.0))  # float
reveal_type(fast.stats().recorded)  # int
reveal_type(fast.source(w))  # str
reveal_type(autograd.jit(static_argnames="power")(loss)(w))  # float
fast()  # error: call-arg

class Model:
    @autograd.jit
    def predict(self, x: NDArray[Any]) -> float: ...

reveal_type(Model().predict(w))  # float

# Methods and operators give the kind of node that they give.
reveal_type(x.sum)  # def (axis: int | tuple[int, ...] | None =, keepdims: bool =) -> Tensor
reveal_type(x @ w)  # Tensor
reveal_type(2 * x + w)  # Tensor
reveal_type(x.T)  # Tensor
reveal_type(x[0].exp())  # Tensor
reveal_type(1 - v**2)  # Value
reveal_type(v.tanh())  # Value
reveal_type(v.sum())  # Tensor
reveal_type(v * x)  # Tensor
reveal_type(x * v)  # Tensor
reveal_type(autograd.tanh(x))  # Tensor
reveal_type(autograd.tanh(v))  # Value
reveal_type(autograd.sum(x))  # Tensor
reveal_type(autograd.reshape(x, (3, 1)))  # Tensor
reveal_type(autograd.softmax(x, axis=-1))  # Tensor
x + loss  # error: operator

# What a node holds.
reveal_type(x.data)  # NDArray
reveal_type(x.grad)  # NDArray | None
reveal_type(x.item())  # float
reveal_type(x.numpy())  # NDArray
reveal_type(v.data)  # float
reveal_type(v.grad)  # float
x.data = [1.0, 2.0, 3.0]

# Operations take anything that NumPy makes an array of, nodes and lists with nodes in them.
autograd.sum([x, 0.0, w])
autograd.sum(loss)  # error: call-overload
autograd.reshape(x, 3, "1")  # error: arg-type
reveal_type(gradients(x.sum(), [x]))  # Any
gradients(w, x)  # error: arg-type
# NumPy's functions give what they like, but never nothing at all.
reveal_type(np.sum(x))  # Any
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What mypy says of the program, by line; from its code on where it is an error."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code=empty-body"]
    command += ["--no-error-summary", "--hide-error-context"]
    command += [f"--cache-dir={folder}", "--config-file=", "program.py"]
    found = subprocess.run(
        command, cwd=folder, env={"MYPYPATH": str(PROJECT)}, capture_output=True, encoding="utf-8"
    )
    assert found.stderr == ""
    said = {}
    for line, text in re.findall(r"^program\.py:(\d+): (.*)$", found.stdout, re.MULTILINE):
        if shown := re.match(r'note: Revealed type is "(.*)"', text):
            said[int(line)] = _short(shown[1])
        elif error := re.match(r"error: .*\[(.*)\]$", text):
            said[int(line)] = f"error: {error[1]}"
    return said


def _short(shown: str) -> str:
    """A type as users write it."""
    shown = re.sub(r"numpy\.ndarray\[tuple\[Any, \.\.\.\], numpy\.dtype\[Any\]\]", "NDArray", shown)
    return re.sub(r"\b(autograd|typing|builtins)(\.\w+)*\.(?=\w)", "", shown)


EXPECTED = {
    number: comment
    for number, line in enumerate(PROGRAM.splitlines(), 1)
    if (comment := line.partition("  # ")[2])
}


@pytest.mark.parametrize("line", EXPECTED, ids=lambda line: PROGRAM.splitlines()[line - 1][:40])
def test_a_checker_says(line: int, checked: dict[int, str]) -> None:
    assert checked.get(line) == EXPECTED[line]


def test_a_checker_has_no_other_complaints(checked: dict[int, str]) -> None:
    assert checked.keys() - EXPECTED.keys() == set()
