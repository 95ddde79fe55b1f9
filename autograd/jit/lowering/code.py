"""Source text as it is put together, and made into a function."""

from __future__ import annotations

import base64
import inspect
import linecache
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

_numbers = count()


class Code:
    """A function `run` inside a function `make` that builds what all runs share.

    setup: lines of `make`; body: lines of `run`. `shared` are objects that the text cannot write
    down, by their names there.
    """

    def __init__(self) -> None:
        self.numpy: set[str] = set()
        self.math: set[str] = set()
        self.helpers: dict[str, Callable[..., Any]] = {}
        self.parameters: list[str] = []
        self.setup: list[str] = []
        self.body: list[str] = []
        self.results = "()"
        self.constants: dict[str, Any] = {}
        self.shared: dict[str, Any] = {}

    def of_numpy(self, name: str) -> str:
        """Have a function of NumPy at hand by its own name."""
        self.numpy.add(name)
        return name

    def text(self) -> str:
        """The whole source, which needs NumPy alone."""
        given = [
            f"{name} = np.empty({array.shape}, np.{array.dtype.name})"
            if name.startswith("out")
            else f"{name} = {literal(array)}"
            for name, array in self.constants.items()
        ]
        return "\n".join([*self._imports(), *given, *self._functions(), "", "", "run = make()", ""])

    def _imports(self) -> list[str]:
        lines = ["# The last argument of a call is the array that takes its result."] if self.numpy else []
        if self.math:
            lines.append(f"from math import {', '.join(sorted(self.math))}")
        if self.setup or self.numpy or self.constants or self.helpers or "np." in "".join(self.body):
            lines.append("import numpy as np")
        if self.numpy:
            lines.append(f"from numpy import {', '.join(sorted(self.numpy))}")
        return lines

    def _functions(self) -> list[str]:
        lines = []
        for helper in self.helpers.values():
            lines += ["", "", inspect.getsource(helper).rstrip()]
        lines += ["", "", "def make():"]
        lines += [f"    {line}" for line in self.setup]
        if self.setup:
            lines.append("")
        lines.append(f"    def run({', '.join(self.parameters)}):")
        lines += [f"        {line}" for line in self.body]
        lines.append(f"        return {self.results}")
        return [*lines, "", "    return run"]

    def compiled(self, name: str) -> Callable[[], Callable[..., Any]]:
        """`make`: each call gives a `run` with buffers of its own."""
        text = "\n".join([*self._imports(), *self._functions(), ""])
        file = f"<compiled {name} {next(_numbers)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        space: dict[str, Any] = {**self.shared, **self.constants}
        exec(compile(text, file, "exec"), space)
        make: Callable[[], Callable[..., Any]] = space["make"]
        return make


def literal(value: Any) -> str:
    """An expression for a constant array."""
    array = np.asarray(value)
    kind = "bool" if array.dtype == bool else array.dtype.name
    if array.ndim == 0:
        return f"np.array({_number(array[()])}, np.{kind})"
    if array.size <= 16:
        return f"np.array({_nested(array.tolist())}, np.{kind}).reshape({array.shape})"
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return (
        f"np.frombuffer(__import__('base64').b64decode('{data}'), np.{kind})"
        f".reshape({array.shape})"
    )


def _number(value: Any) -> str:
    text = repr(value.item() if hasattr(value, "item") else value)
    return f"float('{text}')" if text in ("nan", "inf", "-inf") else text


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return _number(value)
