"""Everything that depends on the internals of CPython: bytecode, frames and closure cells.

Tried on CPython 3.11, 3.12 and 3.13 with the global interpreter lock. On other versions, and on
free-threaded builds, every name counts as read: `jit` then checks everything that a function can
reach, which is slower and never stale.
"""

from __future__ import annotations

import dis
import functools
import math
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, GeneratorType
from typing import Any, TypeAlias

import numpy as np

from autograd.lines import LineLog

IS_TRIED: bool = (
    sys.implementation.name == "cpython"
    and (3, 11) <= sys.version_info[:2] <= (3, 13)
    and getattr(sys, "_is_gil_enabled", lambda: True)()
)

ANY = "*"
"""Stands for all names, where code computes the names that it reads or they are not known."""

_LIBRARIES = tuple(
    os.path.abspath(path) + os.sep
    for path in {
        sysconfig.get_paths()["stdlib"],
        sysconfig.get_paths()["purelib"],
        sysconfig.get_paths()["platlib"],
        os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
        os.path.dirname(np.__file__),
    }
)


@functools.cache
def in_library(file: str) -> bool:
    """Whether a file belongs to Python, NumPy, this package, or an installed package."""
    path = os.path.abspath(file)
    others = tuple(os.path.join(folder, "") for folder in LineLog.libraries)
    return (
        file.startswith("<frozen")
        or path.startswith((*_LIBRARIES, *others))
        or f"{os.sep}site-packages{os.sep}" in path
    )


def is_of_library(function: Any) -> bool:
    """Whether a function comes from such a file, or is not written in Python."""
    code = getattr(function, "__code__", None)
    if code is None:
        return isinstance(function, np.ufunc | BuiltinFunctionType)
    return in_library(code.co_filename)


# --------------------------------------------------------------------------------------------------
# The names that code reads

_READERS = frozenset(["getattr", "attrgetter", "vars", "__dict__", "globals", "eval", "exec"])


@functools.cache
def globals_of(code: CodeType) -> frozenset[str]:
    """The global variables and modules that code reads by name, without attributes."""
    if not IS_TRIED:
        return names_of(code)
    names, extended = set(), 0
    for op, arg in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        arg |= extended << 8
        extended = 0
        match dis.opname[op]:
            case "EXTENDED_ARG":
                extended = arg
            case "LOAD_GLOBAL":
                names.add(code.co_names[arg >> 1])  # the lowest bit tells whether it is called
            case "LOAD_NAME" | "IMPORT_NAME":
                names.add(code.co_names[arg])
    return frozenset(names).union(*map(globals_of, _inner(code)))


@functools.cache
def names_of(code: CodeType) -> frozenset[str]:
    """All names that code reads, in inner functions too; `getattr(x, "a")` reads a."""
    texts = [constant for constant in code.co_consts if isinstance(constant, str)]
    names = frozenset([*code.co_names, *code.co_freevars, *filter(str.isidentifier, texts)])
    names = names.union(*map(names_of, _inner(code)))
    return names if in_library(code.co_filename) or names.isdisjoint(_READERS) else names | {ANY}


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


class ExecutedCode:
    """Inside `with ExecutedCode() as code:` collect the names that the running code reads.

    calls: the number of calls after which it gives up, and `complete` is False. From Python 3.12 on
        the number does not matter.
    """

    def __init__(self, calls: float = math.inf) -> None:
        self._left = calls
        self._codes: set[CodeType] = set()

    @property
    def complete(self) -> bool:
        """Whether all code that ran has been seen."""
        return self._left > 0

    @property
    def names(self) -> frozenset[str]:
        """The names that the code reads."""
        return frozenset().union(*map(names_of, self._codes)) if IS_TRIED else frozenset([ANY])

    def read_outside_of_library(self, name: str) -> bool:
        """Whether code that is in no library reads a global variable."""
        return any(
            name in globals_of(code) and not in_library(code.co_filename) for code in self._codes
        )

    def __enter__(self) -> ExecutedCode:
        if not IS_TRIED:
            return self
        if sys.version_info >= (3, 12):
            self._monitor()
            return self
        before = self._before = sys.gettrace()

        def called(frame: FrameType, event: Any, arg: Any) -> Any:
            self._codes.add(frame.f_code)
            self._left -= 1
            if not self.complete:
                sys.settrace(before)
            if before is None:
                return None
            theirs = before(frame, event, arg)
            # Coverage sets itself again at each call.
            if self.complete and sys.gettrace() != called:
                sys.settrace(called)
            return theirs

        sys.settrace(called)
        return self

    if sys.version_info >= (3, 12):

        def _monitor(self) -> None:
            free = [n for n in range(6) if sys.monitoring.get_tool(n) is None]
            self._tool = free[0] if free else None
            if self._tool is None:
                self._left = 0
                return
            sys.monitoring.use_tool_id(self._tool, "autograd.jit")
            event = sys.monitoring.events.PY_START

            def started(code: CodeType, offset: int) -> Any:
                self._codes.add(code)
                return sys.monitoring.DISABLE

            sys.monitoring.register_callback(self._tool, event, started)
            sys.monitoring.set_events(self._tool, event)
            sys.monitoring.restart_events()

    def __exit__(self, *error: object) -> None:
        if not IS_TRIED:
            return
        if sys.version_info >= (3, 12):
            if self._tool is not None:
                sys.monitoring.set_events(self._tool, 0)
                sys.monitoring.free_tool_id(self._tool)
        else:
            sys.settrace(self._before)


# --------------------------------------------------------------------------------------------------
# What functions and generators hold


def closure_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The variables of enclosing functions that have a value, with the cells that hold them."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cell.cell_contents  # noqa: B018
        except ValueError:  # no value has been assigned yet
            continue
        yield name, cell


def defaults_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The positional parameters that have defaults, and these."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    yield from zip(names, defaults, strict=True)


def position_of(generator: GeneratorType[Any, Any, Any]) -> Any:
    """Something that changes when a generator goes on."""
    return generator.gi_frame and generator.gi_frame.f_lasti


# --------------------------------------------------------------------------------------------------
# The instruction that runs


def subscripted(depth: int, known: Callable[[Any, Any], Any]) -> tuple[FrameType, Any] | None:
    """If the function so many calls above runs `x[i]`: its frame, and x. None also where x is more
    than variables, attributes and items, which are found without running code.

    known: what an item is whose index is no plain integer or string; None where that is unknown.
    """
    if not IS_TRIED:
        return None
    frame = sys._getframe(depth)
    names, numbers = _instructions(frame.f_code)
    end = numbers.get(frame.f_lasti)
    if end is None or names[end][0] != "BINARY_SUBSCR":
        return None
    start = _start(names, end - 1)
    x = _MISSING if start is None else _value(frame, names, start - 1, known)
    return None if x is _MISSING else (frame, x)


Instruction: TypeAlias = tuple[str, Any]
_MISSING = object()


@functools.cache
def _instructions(code: CodeType) -> tuple[list[Instruction], dict[int, int]]:
    """What each instruction does, and with what; and the numbers of those at places in the code."""
    found: list[Instruction] = []
    numbers: dict[int, int] = {}
    for part in dis.get_instructions(code):
        if part.opname in ("CACHE", "EXTENDED_ARG", "NOP"):
            continue
        numbers[part.offset] = len(found)
        if part.opname in _PAIRS:
            found += zip(_PAIRS[part.opname], part.argval, strict=True)
        else:
            value = part.argrepr if part.opname == "BINARY_OP" else part.argval
            found.append((part.opname, value))
    return found, numbers


_PAIRS = {
    "LOAD_FAST_LOAD_FAST": ("LOAD_FAST", "LOAD_FAST"),
    "STORE_FAST_LOAD_FAST": ("STORE_FAST", "LOAD_FAST"),
}
_VARIABLES = {"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_NAME", "LOAD_DEREF", "LOAD_GLOBAL"}


def _start(names: list[Instruction], end: int) -> int | None:
    """The number of the first instruction of the expression that ends with one."""
    kind = names[end][0]
    if kind in _VARIABLES or kind == "LOAD_CONST":
        return end
    if kind in ("LOAD_ATTR", "UNARY_NEGATIVE"):
        return _start(names, end - 1)
    if kind in ("BINARY_SUBSCR", "BINARY_OP"):
        second = _start(names, end - 1)
        return None if second is None else _start(names, second - 1)
    return None


def _value(
    frame: FrameType, names: list[Instruction], end: int, known: Callable[[Any, Any], Any]
) -> Any:
    """The value of the expression that ends with an instruction, or `_MISSING`."""
    kind, what = names[end]
    if kind == "LOAD_CONST":
        return what
    if kind in _VARIABLES:
        for space in (frame.f_locals, frame.f_globals):
            if what in space:
                return space[what]
    elif kind == "LOAD_ATTR":
        owner = _value(frame, names, end - 1, known)
        if not hasattr(type(owner), what):  # which might compute it
            return getattr(owner, "__dict__", {}).get(what, _MISSING)
    elif kind == "BINARY_SUBSCR" and (start := _start(names, end - 1)) is not None:
        x, i = _value(frame, names, start - 1, known), _value(frame, names, end - 1, known)
        if type(x) in (list, tuple, dict) and type(i) in (int, str):
            return x[i]
        if type(x) is list and (item := known(x, i)) is not None:
            return item
    return _MISSING


def replace_item(
    frame: FrameType, items: list[Any], place: int, item: Any, confirm: Callable[[], None]
) -> None:
    """Have the instruction that runs in a frame find another item at a place of a list, which is
    put back before the next instruction.

    confirm: called where it has been put back just then, and not later.
    """
    numbers, at = _instructions(frame.f_code)[1], frame.f_lasti
    next_one = min([offset for offset in numbers if offset > at], default=at)
    before, local, opcodes = sys.gettrace(), frame.f_trace, frame.f_trace_opcodes
    kept, items[place] = items[place], item

    def put_back(frame: FrameType, event: str, arg: Any) -> Any:
        items[place] = kept
        frame.f_trace, frame.f_trace_opcodes = local, opcodes
        sys.settrace(before)
        if at < frame.f_lasti <= next_one:
            confirm()
        return None if local is None or event == "opcode" else local(frame, event, arg)

    sys.settrace(before or (lambda *event: None))
    frame.f_trace, frame.f_trace_opcodes = put_back, True
