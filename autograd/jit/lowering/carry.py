"""What goes along with a program's source: constants, and functions with all they call and read."""

from __future__ import annotations

import ast
import base64
import dis
import inspect
import itertools
import linecache
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd.jit.lowering.code import sizes
from autograd.jit.trace import JitError

SMALL = 64
"""So many numbers are written out, and four times as many integers."""


class Carried:
    """The text of functions: `imports`, `constants` and `functions`, by their names there."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.constants: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self._things: dict[str, Any] = {}

    def add(self, name: str, function: Callable[..., Any]) -> None:
        """Take a function along, under a name; raises JitError where its source is not enough."""
        if not isinstance(function, FunctionType):
            raise _refusal(name, f"is a {type(function).__name__} and not written in Python")
        if function.__closure__:
            variables = ", ".join(function.__code__.co_freevars)
            raise _refusal(name, f"reads variables of the function around it ({variables})")
        self._things[name] = function
        self.functions[name] = ""  # before those that it calls
        self.functions[name] = text = _text(name, function)
        (header,) = ast.parse(text).body
        assert isinstance(header, ast.FunctionDef)
        defaults = [part.id for part in ast.walk(header.args) if isinstance(part, ast.Name)]
        for word in (*defaults, *_globals(function.__code__)):
            if word in function.__globals__:
                self._take(name, word, function.__globals__[word])

    def _take(self, reader: str, name: str, thing: Any) -> None:
        if name in self._things:
            if self._things[name] is not thing:
                raise _refusal(reader, f"reads {name}, of which there is another")
            return
        self._things[name] = thing
        if isinstance(thing, ModuleType):
            if not _is_at_hand(thing.__name__):
                raise _refusal(reader, f"needs the module {thing.__name__}")
            word = thing.__name__
            self.imports.add(f"import {word}" if word == name else f"import {word} as {name}")
        elif isinstance(thing, float | int | str | bool | tuple | None):
            self.constants[name] = repr(thing)
        elif isinstance(thing, np.ndarray):
            self.constants[name] = literal(thing)
        elif (found := _imported(thing)) is not None:
            self.imports.add(found if found.endswith(f" {name}") else f"{found} as {name}")
        elif isinstance(thing, FunctionType) and thing.__name__ == name:
            self.add(name, thing)
        else:
            raise _refusal(reader, f"reads {name}, a {type(thing).__name__}")


def _text(name: str, function: FunctionType) -> str:
    """The source of a function, under another name."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename)
    try:
        if code.co_name == "<lambda>":
            found = _lambda(code, ast.parse("".join(lines)))
            return f"def {name}({ast.unparse(found.args)}):\n    return {ast.unparse(found.body)}"
        text = textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, SyntaxError, LookupError) as error:
        raise _refusal(name, "has no source to be found") from error
    if not text.startswith("def "):
        raise _refusal(name, "has a decorator")
    return re.sub(r"^def \w+", f"def {name}", _plain(text))


def _lambda(code: CodeType, tree: ast.Module) -> ast.Lambda:
    """The one that the code was made from: its instructions come from within it."""
    places = [(first, column) for first, _, column, _ in code.co_positions() if column]
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            body = node.body
            start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
            if places and all(start <= place < end for place in places):
                return node
    raise LookupError


def _plain(text: str) -> str:
    """The source of a function without the annotations of its arguments and result."""
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    data = text.encode()
    starts = [0, *itertools.accumulate(map(len, data.splitlines(keepends=True)))]
    cuts = []
    for arg in ast.walk(function.args):
        if isinstance(arg, ast.arg) and (kind := arg.annotation) is not None:
            start = starts[arg.lineno - 1] + arg.col_offset + len(arg.arg.encode())
            end = starts[(kind.end_lineno or 0) - 1] + (kind.end_col_offset or 0)
            if data[end : end + 3] == b" = ":  # without an annotation there is no space
                data = data[:end] + b"  =" + data[end + 3 :]
                end += 2
            cuts.append((start, end))
    if (kind := function.returns) is not None:
        start = data.rindex(b"->", 0, starts[kind.lineno - 1] + kind.col_offset)
        start = len(data[:start].rstrip())
        cuts.append((start, starts[(kind.end_lineno or 0) - 1] + (kind.end_col_offset or 0)))
    for start, end in sorted(cuts, reverse=True):
        data = data[:start] + data[end:]
    return data.decode()


def _refusal(name: str, why: str) -> JitError:
    return JitError(
        f"source: the operation {name!r} cannot be written down, since the function that computes "
        f"it {why}. The compiled program itself runs all the same; for its source, let a plain "
        "function of a module compute the operation, from NumPy and what it is given"
    )


def _globals(code: CodeType) -> Iterator[str]:
    """The names outside a function that its code reads."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)


def _is_at_hand(module: str) -> bool:
    package = module.partition(".")[0]
    return package == "numpy" or package in sys.stdlib_module_names


def _imported(thing: Any) -> str | None:
    """The line that imports a function or class of NumPy or Python's own library."""
    name = getattr(thing, "__name__", "")
    if getattr(np, name, None) is thing:
        return f"from numpy import {name}"
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    if module is not None and _is_at_hand(module.__name__) and getattr(module, name, None) is thing:
        return f"from {module.__name__} import {name}"
    return None


# --------------------------------------------------------------------------------------------------
# Constant arrays


def literal(array: Any) -> str:
    """An expression for an array: as it was made, if that shows, else its entries."""
    array = np.asarray(array)
    dtype = f"np.{array.dtype.name}"
    if array.ndim == 0:
        return f"np.array({_number(array[()])}, {dtype})"
    made = _made(array, dtype)
    if made is not None:
        return made
    if array.size <= (4 * SMALL if array.dtype.kind in "iub" else SMALL):
        return f"np.array({_nested(array)}, {dtype})"
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    rows = "\n".join(textwrap.wrap(data, 96))
    flat = f'np.frombuffer(b64decode("""\n{rows}\n"""), {dtype})'
    return flat if array.ndim == 1 else f"{flat}.reshape({sizes(array.shape)})"


def _made(array: Any, dtype: str) -> str | None:
    """By the function of NumPy that makes arrays like it."""
    if array.size == 1:
        return None
    shape = array.shape if array.ndim > 1 else array.size
    ways = [f"np.zeros({shape}, {dtype})", f"np.ones({shape}, {dtype})"]
    if array.size:
        ways.append(f"np.full({shape}, {_number(array.flat[0])}, {dtype})")
    if array.ndim == 2:
        size = array.shape[0] if array.shape[0] == array.shape[1] else f"*{array.shape}"
        ways.append(f"np.eye({size}, dtype={dtype})")
    if array.ndim == 1 and array.dtype.kind == "i" and array.size > 2:
        first, step = array[0], array[1] - array[0]
        if step and (np.diff(array) == step).all():
            bounds = f"{first}, {array[-1] + (1 if step > 0 else -1)}"
            steps = "" if step == 1 else f", {step}"
            if first == 0 and step == 1:
                bounds = f"{array.size}"
            kind = "" if dtype == "np.int64" else f", dtype={dtype}"
            ways.append(f"np.arange({bounds}{steps}{kind})")
    return next((way for way in ways if eval(way).tobytes() == array.tobytes()), None)


def _number(value: Any) -> str:
    """A number of NumPy's, with as many digits as tell it from its neighbours."""
    text = str(value)
    return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}.get(text, text)


def _nested(array: Any) -> str:
    if array.ndim:
        return f"[{', '.join(map(_nested, array))}]"
    return _number(array)
