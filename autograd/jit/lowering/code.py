"""Source text as it is put together, and made into a function.

How it is laid out to be read is in `page`.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any

_numbers = count()


class Code:
    """A function `run`, and what all its runs share.

    setup: lines that are run once, which make memory and views; body: lines of `run`; results: what
    it returns. `constants` are arrays, `functions` those that it calls, `shared` objects that a
    text cannot write down, by their names in the lines.
    """

    def __init__(self) -> None:
        self.numpy: set[str] = set()
        self.math: set[str] = set()
        self.functions: dict[str, Callable[..., Any]] = {}
        self.parameters: list[str] = []
        self.setup: list[str] = []
        self.body: list[str] = []
        self.results: list[str] = []
        self.constants: dict[str, Any] = {}
        self.shared: dict[str, Any] = {}

    def of_numpy(self, name: str) -> str:
        """Have a function of NumPy at hand by its own name."""
        self.numpy.add(name)
        return name

    def imports(self) -> list[str]:
        """The lines that import what the code needs."""
        lines = ["import numpy as np"]
        if any("Struct(" in line for line in self.setup):
            lines.insert(0, "from struct import Struct")
        if self.math:
            lines.insert(0, f"from math import {', '.join(sorted(self.math))}")
        if self.numpy:
            lines.append(f"from numpy import {', '.join(sorted(self.numpy))}")
        return lines

    def run(self) -> list[str]:
        """The lines of the function `run`, which gives a tuple."""
        results = "".join([f"{result}, " for result in self.results])
        return [
            f"def run({', '.join(self.parameters)}):",
            *[f"    {line}" for line in self.body],
            f"    return ({results.rstrip()})",
        ]

    def compiled(self, name: str) -> Callable[[], Callable[..., Any]]:
        """`make`: each call gives a `run` with memory of its own."""
        inside = [*self.setup, *self.run(), "return run"]
        lines = [*self.imports(), "def make():", *[f"    {line}" for line in inside], ""]
        text = "\n".join(lines)
        file = f"<compiled {name} {next(_numbers)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        space: dict[str, Any] = {**self.shared, **self.functions, **self.constants}
        exec(compile(text, file, "exec"), space)
        make: Callable[[], Callable[..., Any]] = space["make"]
        return make
