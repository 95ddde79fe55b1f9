"""The source of a program, the function that it is compiled to, and how its results are packed."""

from __future__ import annotations

import linecache
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import accumulate, count
from math import isfinite, isnan
from types import CodeType
from typing import Any
from weakref import finalize

import numpy as np

_numbers = count()
_MANY = 8
_AT_HAND = {
    "np.": "import numpy as np",
    "Struct(": "from struct import Struct",
    "b64decode(": "from base64 import b64decode",
}
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


def depths(text: str) -> list[int]:
    """The number of open brackets after each character; a string counts as one pair of brackets."""
    plain = _STRING.sub(lambda string: f"({'_' * (len(string[0]) - 2)})", text)
    return [*accumulate([(c in "([{") - (c in ")]}") for c in plain])]


def sizes(shape: Sequence[int]) -> str:
    """A shape as `reshape` takes it."""
    return ", ".join(map(str, shape)) or "()"


class Code:
    """A function `run`, and what all its runs share.

    setup: lines that are run once, which make memory and views; body: lines of `run`; results: what
    it returns. `kernels` are functions in machine code, `constants` arrays, `functions` those that
    it calls, `shared` objects that a text cannot write down, by their names in the lines. `direct`
    makes functions that do all that a call does, as `native.direct` says.
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
        self.kernels: dict[str, Any] = {}
        self.direct: Callable[..., tuple[Any, Any]] | None = None

    def of_body(self) -> Code:
        """The code of the body of a loop, which shares all but its lines."""
        code = copy(self)
        code.body, code.results = [], []
        return code

    def of_numpy(self, name: str) -> str:
        """Have a function of NumPy at hand by its own name."""
        self.numpy.add(name)
        return name

    def number(self, value: float | bool) -> str:
        """A number of Python's, so that it can stand in any expression."""
        if not isfinite(value):
            self.math.add("nan" if isnan(value) else "inf")
        return f"({value!r})" if value < 0 else repr(value)

    def imports(self, text: str) -> list[str]:
        """The lines that import what a text with the code needs."""
        lines = [line for sign, line in _AT_HAND.items() if sign in text]
        for module, names in (("math", self.math), ("numpy", self.numpy)):
            if names:
                lines.append(f"from {module} import {', '.join(sorted(names))}")
        return lines

    def run(self) -> list[str]:
        """The lines of the function `run`, which gives a tuple."""
        results = [*together(self.results)]
        last = f"return ({''.join([f'{result}, ' for result in results]).rstrip()})"
        if len(results) == 1 and results[0].startswith("*"):
            last = f"return tuple({results[0][1:]})"  # the same one if it is all of a tuple
        start = self._first_of_list(last)
        many, body = ", ".join(self.parameters[start:]), self.body
        if many:
            body = [line.replace(f"({many},)", "x").replace(many, "*x") for line in body]
        parameters = [*self.parameters[:start], *["*x"][: len(many)]]
        return [f"def run({', '.join(parameters)}):", *[f"    {line}" for line in [*body, last]]]

    def _first_of_list(self, last: str) -> int:
        """The first of the parameters that are wanted only all together, which are many."""
        words = Counter(re.findall(r"\w+", "\n".join([*self.body, last])))
        start = len(self.parameters)
        while start and words[self.parameters[start - 1]] == 1:
            start -= 1
        many = ", ".join(self.parameters[start:])
        together = len(self.parameters) - start > _MANY and any(many in line for line in self.body)
        return start if together else len(self.parameters)

    def compiled(self, name: str) -> Callable[[], Callable[..., Any]]:
        """`make`: each call gives a `run` with memory of its own."""
        inside = [*self.setup, *self.run(), "return run"]
        text = "\n".join(["def make():", *[f"    {line}" for line in inside], ""])
        text = "\n".join([*self.imports(text), text])
        file = f"<compiled {name} {next(_numbers)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        space: dict[str, Any] = {
            **self.shared,
            **self.kernels,
            **self.functions,
            **self.constants,
        }
        exec(compile(text, file, "exec"), space)
        make: Callable[[], Callable[..., Any]] = space["make"]
        for code in make.__code__.co_consts:
            if isinstance(code, CodeType):  # of `run`, in whose tracebacks the lines are shown
                finalize(code, linecache.cache.pop, file, None).atexit = False
        return make


# --------------------------------------------------------------------------------------------------
# Packing: from the outputs of a program to a result that nests them as the function does

MANY = 4
"""More floats in a row than this are taken apart and packed all together."""
_ROW = "_values"
"""All outputs of a program; a name in its source never begins like this."""


class Unwritten(Exception):
    """A call or result has a part for which no code is written."""


def packer(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    rebuild: Callable[[Iterator[Any]], Any],
) -> Callable[[Sequence[Any]], Any]:
    """A function from the outputs of a program to a result that nests them as this one does.

    varies: for each leaf of the result, whether it is an output or one of the `constants`.
    """
    space: dict[str, Any] = {}
    outputs = [f"{_ROW}[{number}]" for number in range(sum(varies))]
    try:
        text = packed(result, varies, constants, outputs, kept_in(space))
    except Unwritten:

        def rebuilt(values: Sequence[Any]) -> Any:
            outputs, same = iter(values), iter(constants)
            return rebuild(iter([next(outputs) if new else next(same) for new in varies]))

        return rebuilt
    exec(f"def pack({_ROW}):\n    return {text}\n", space)
    pack: Callable[[Sequence[Any]], Any] = space["pack"]
    return pack


def kept_in(space: dict[str, Any]) -> Callable[[Any], str]:
    """A function that puts a constant into `space`, and gives an expression for it."""

    def keep(constant: Any) -> str:
        name = f"c{len(space)}"
        space[name] = constant
        return f"{name}.copy()" if isinstance(constant, np.ndarray) else name

    return keep


def packed(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    outputs: Sequence[str],
    write_constant: Callable[[Any], str],
) -> str:
    """An expression that nests the outputs and constants as `result` does.

    Raises Unwritten for containers of the user's own types.
    """
    leaves, output, constant = iter(varies), iter(outputs), iter(constants)

    def write(thing: Any, inside: bool = True) -> str:
        kind = type(thing)
        if thing is None and inside:  # it belongs to the container
            return "None"
        if kind is dict and all(isinstance(key, str) for key in thing):
            return f"{{{', '.join([f'{key!r}: {write(part)}' for key, part in thing.items()])}}}"
        if kind in (list, tuple):
            parts = [write(part) for part in thing]
            if len(parts) > MANY:
                parts = [*together(parts)]
            row = ", ".join(parts)
            return f"[{row}]" if kind is list else f"({row}{',' * (len(parts) == 1)})"
        if isinstance(thing, list | tuple | dict):
            raise Unwritten
        return next(output) if next(leaves) else write_constant(next(constant))

    return write(result, inside=False)


def together(results: Sequence[str]) -> Iterator[str]:
    """Items of a list that follow one another, forwards or backwards, as a part of the list."""
    items = [_ITEM.fullmatch(result) for result in results]
    start = 0
    while start < len(results):
        step = _step(items, start)
        stop = start + 1
        while step and _step(items, stop - 1) == step:
            stop += 1
        first, last = items[start], items[stop - 1]
        if step and first and last:
            end = int(last[2]) + step
            bound = f"{end}" if end >= 0 else ""
            how = f"{first[2]}:{bound}" if step > 0 else f"{first[2]}:{bound}:-1"
            yield f"*{first[1]}[{how}]"
        else:
            yield results[start]
        start = stop


def _step(items: Sequence[re.Match[str] | None], place: int) -> int:
    """Whether the item at a place and that after it follow one another in a list: 1, -1 or 0."""
    one, other = items[place], items[place + 1] if place + 1 < len(items) else None
    if one is None or other is None or one[1] != other[1]:
        return 0
    step = int(other[2]) - int(one[2])
    return step if abs(step) == 1 else 0


_ITEM = re.compile(r"(\w+)\[(\d+)\]")
