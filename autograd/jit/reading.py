"""Which names code reads: by its instructions, and which code has run.

What is found under these names, and whether it is still the same, is in `watch`.
"""

from __future__ import annotations

import dis
import functools
import math
import os
import sys
import sysconfig
from types import BuiltinFunctionType, CodeType, FrameType
from typing import Any

import numpy as np

from autograd.lines import LineLog

_LIBRARIES = tuple(
    os.path.abspath(path) + os.sep
    for path in {
        sysconfig.get_paths()["stdlib"],
        sysconfig.get_paths()["purelib"],
        sysconfig.get_paths()["platlib"],
        os.path.dirname(os.path.dirname(__file__)),
        os.path.dirname(np.__file__),
    }
)


@functools.cache
def in_library(file: str) -> bool:
    """Whether a file is one of Python's, NumPy's, this package's, or an installed one."""
    path = os.path.abspath(file)
    others = tuple(os.path.join(folder, "") for folder in LineLog.libraries)
    return (
        file.startswith("<frozen")
        or path.startswith((*_LIBRARIES, *others))
        or f"{os.sep}site-packages{os.sep}" in path
    )


def is_of_library(function: Any) -> bool:
    """Whether a function is in one of these files, or is not written in Python."""
    code = getattr(function, "__code__", None)
    if code is None:
        return isinstance(function, np.ufunc | BuiltinFunctionType)
    return in_library(code.co_filename)


ANY = "*"
"""Stands among names for all of them: where code makes up the names that it reads."""
_READERS = frozenset(["getattr", "attrgetter", "vars", "__dict__", "globals", "eval", "exec"])


_LOAD_GLOBAL, _EXTENDED = dis.opmap["LOAD_GLOBAL"], dis.opmap["EXTENDED_ARG"]
_NAMING = frozenset([dis.opmap["LOAD_NAME"], dis.opmap["IMPORT_NAME"]])


@functools.cache
def globals_of(code: CodeType) -> frozenset[str]:
    """The global variables and modules that code reads by name, not the attributes."""
    names, longer = set(), 0
    for op, arg in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        arg |= longer << 8
        longer = arg if op == _EXTENDED else 0
        if op == _LOAD_GLOBAL:
            names.add(code.co_names[arg >> 1])  # the last bit says whether it is called
        elif op in _NAMING:
            names.add(code.co_names[arg])
    inner = [globals_of(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(names).union(*inner)


@functools.cache
def names_of(code: CodeType) -> frozenset[str]:
    """The names that code reads, that of the functions inside it too; `getattr(x, "a")` reads a."""
    inner = [names_of(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    texts = [constant for constant in code.co_consts if isinstance(constant, str)]
    names = frozenset([*code.co_names, *filter(str.isidentifier, texts)]).union(*inner)
    return names if in_library(code.co_filename) or names.isdisjoint(_READERS) else names | {ANY}


class Called:
    """Inside `with Called() as called:` collect the names that the running code reads.

    calls: after so many it gives up, and `complete` is False; from Python 3.12 on it need not.
    """

    def __init__(self, calls: float = math.inf) -> None:
        self._left = calls

    @property
    def complete(self) -> bool:
        """Whether all code that ran has been seen."""
        return self._left > 0

    def __enter__(self) -> Called:
        self._codes: set[CodeType] = set()
        add = self._codes.add
        if sys.version_info >= (3, 12):
            self._tool = next(n for n in range(6) if sys.monitoring.get_tool(n) is None)
            sys.monitoring.use_tool_id(self._tool, "autograd.jit")
            event = sys.monitoring.events.PY_START

            def begun(code: CodeType, offset: int) -> Any:
                add(code)
                return sys.monitoring.DISABLE

            sys.monitoring.register_callback(self._tool, event, begun)
            sys.monitoring.set_events(self._tool, event)
            sys.monitoring.restart_events()
            return self
        before = self._before = sys.gettrace()

        def called(frame: FrameType, event: Any, arg: Any) -> Any:
            add(frame.f_code)
            self._left -= 1
            if not self.complete:
                sys.settrace(before)
            if before is None:
                return None
            theirs = before(frame, event, arg)
            if (
                self.complete and sys.gettrace() != called
            ):  # coverage puts itself first at each call
                sys.settrace(called)
            return theirs

        sys.settrace(called)
        return self

    def __exit__(self, *error: object) -> None:
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(self._tool, 0)
            sys.monitoring.free_tool_id(self._tool)
        else:
            sys.settrace(self._before)

    @property
    def names(self) -> frozenset[str]:
        """The names read by the code that ran."""
        return frozenset().union(*[names_of(code) | {*code.co_freevars} for code in self._codes])
