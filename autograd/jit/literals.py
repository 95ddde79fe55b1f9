"""Functions and arrays as text: what goes along with the source of a program."""

from __future__ import annotations

import ast
import base64
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd.jit.errors import JitError

# --------------------------------------------------------------------------------------------------
# Functions


class Functions:
    """The text of functions, and of all that they call and read."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.constants: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._things: dict[str, Any] = {}

    def add(self, name: str, function: Callable[..., Any]) -> None:
        """Add a function under a name; raises JitError where its source is not enough."""
        if not isinstance(function, FunctionType):
            raise _refusal(name, f"is a {type(function).__name__} and not written in Python")
        if function.__closure__:
            variables = ", ".join(function.__code__.co_freevars)
            raise _refusal(name, f"reads variables of the function around it ({variables})")
        self._things[name] = function
        self.texts[name] = ""  # stands before those that it calls
        definition = _definition(name, function)
        self.texts[name] = ast.unparse(definition)
        for word in _globals_of(definition):
            if word in function.__globals__:
                self._add_global(name, word, function.__globals__[word])

    def _add_global(self, reader: str, name: str, thing: Any) -> None:
        if name in self._things:
            if self._things[name] is not thing:
                raise _refusal(reader, f"reads {name}, of which there is another")
            return
        self._things[name] = thing
        if isinstance(thing, ModuleType):
            if not _is_available(thing.__name__):
                raise _refusal(reader, f"needs the module {thing.__name__}")
            alias = "" if thing.__name__ == name else f" as {name}"
            self.imports.add(f"import {thing.__name__}{alias}")
        elif isinstance(thing, float | int | str | bool | tuple | None):
            self.constants[name] = repr(thing)
        elif isinstance(thing, np.ndarray):
            self.constants[name] = literal(thing)
        elif (module := _module_of(thing)) is not None:
            word = thing.__name__
            alias = "" if word == name else f" as {name}"
            self.imports.add(f"from {module} import {word}{alias}")
        elif isinstance(thing, FunctionType) and thing.__name__ == name:
            self.add(name, thing)
        else:
            raise _refusal(reader, f"reads {name}, a {type(thing).__name__}")


def _definition(name: str, function: FunctionType) -> ast.FunctionDef:
    """A function as a definition under another name, without annotations."""
    code = function.__code__
    try:
        if code.co_name == "<lambda>":
            text = "".join(linecache.getlines(code.co_filename))
            source = _lambda(code, ast.parse(text))
            header = ast.parse(f"def {name}(): pass").body[0]
            assert isinstance(header, ast.FunctionDef)
            header.args, header.body = source.args, [ast.Return(source.body)]
            return header
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError, LookupError) as error:
        raise _refusal(name, "has no source to be found") from error
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list:
        raise _refusal(name, "has a decorator")
    definition.name, definition.returns = name, None
    for part in ast.walk(definition.args):
        if isinstance(part, ast.arg):
            part.annotation = None
    return definition


def _globals_of(definition: ast.FunctionDef) -> list[str]:
    """The names that a function reads, in their order, without its own variables."""
    names = [part for part in ast.walk(definition) if isinstance(part, ast.Name)]
    own = {part.arg for part in ast.walk(definition) if isinstance(part, ast.arg)}
    own |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return [name.id for name in names if name.id not in own]


def _lambda(code: CodeType, tree: ast.Module) -> ast.Lambda:
    """The lambda that the code was made from: its instructions come from within it."""
    places = [(first, column) for first, _, column, _ in code.co_positions() if column]
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            body = node.body
            start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
            if places and all(start <= place < end for place in places):
                return node
    raise LookupError


def _refusal(name: str, why: str) -> JitError:
    return JitError(
        f"source: the operation {name!r} cannot be written down, since the function that computes "
        f"it {why}. The compiled program itself runs all the same; for its source, let a plain "
        "function of a module compute the operation, from NumPy and what it is given"
    )


def _is_available(module: str) -> bool:
    package = module.partition(".")[0]
    return package == "numpy" or package in sys.stdlib_module_names


def _module_of(thing: Any) -> str | None:
    """The module of NumPy or Python's own library that a function or class is imported from."""
    name = getattr(thing, "__name__", "")
    if getattr(np, name, None) is thing:
        return "numpy"
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    if module and _is_available(module.__name__) and getattr(module, name, None) is thing:
        return module.__name__
    return None


# --------------------------------------------------------------------------------------------------
# Arrays

SMALL = 64
"""This many numbers are written out, and integers always: on one line four times as many."""


def literal(x: Any) -> str:
    """An expression for an array: as NumPy makes it, else its entries, else their bytes."""
    array = np.asarray(x)
    dtype = f"np.{array.dtype.name}"
    if array.size != 1:
        for text in _ways_to_make(array, dtype):
            if eval(text).tobytes() == array.tobytes():
                return text
    if array.dtype.kind in "iub" and array.size > 4 * SMALL:  # shorter than their bytes
        rows = "\n".join(textwrap.wrap(_entries(array), 96))
        return f"np.array(\n{rows}\n, {dtype})"
    if array.dtype.kind in "iub" or array.size <= SMALL:
        return f"np.array({_entries(array)}, {dtype})"
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    rows = "\n".join(textwrap.wrap(data, 96))
    return f'np.frombuffer(b64decode("""\n{rows}\n"""), {dtype}).reshape({array.shape})'


def _ways_to_make(array: Any, dtype: str) -> list[str]:
    shape = array.shape if array.ndim > 1 else array.size
    first = _entries(array.flat[0]) if array.size else "0"
    texts = [f"np.zeros({shape}, {dtype})", f"np.ones({shape}, {dtype})"]
    texts.append(f"np.full({shape}, {first}, {dtype})")
    if array.ndim == 2:
        texts.append(f"np.eye({array.shape[0]}, {array.shape[1]}, dtype={dtype})")
    if array.ndim == 1 and array.dtype.kind == "i" and array.size > 2:
        step = int(array[1]) - int(array[0]) or 1
        stop = int(array[-1]) + step
        texts.append(f"np.arange({first}, {stop}, {step}, {dtype})")
    return texts


def _entries(array: Any) -> str:
    if array.ndim:
        return f"[{', '.join(map(_entries, array))}]"
    if np.iscomplexobj(array):
        return f"complex({_entries(array.real)}, {_entries(array.imag)})"
    text = str(array)  # as many digits as tell it from its neighbours
    return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}.get(text, text)
