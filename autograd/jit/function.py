"""`jit`: record a function at its first call, and run compiled programs from then on."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, Protocol, Self, TypeVar, overload

from autograd.engine.graph import Node
from autograd.engine.operations import NOT_RECORDING, RECORDING, interpreter
from autograd.frames import stacklevel_of_caller
from autograd.garbage import no_collection
from autograd.jit.dispatch import MISMATCH, Call, CallKey, dispatcher, form_of
from autograd.jit.errors import GuardFailure, JitError, JitNotice, Unrepeatable
from autograd.jit.export import export
from autograd.jit.indices import NeedsNumber
from autograd.jit.native import makes_machine_code
from autograd.jit.program import Program
from autograd.jit.recording import Recording, record
from autograd.jit.source import source
from autograd.jit.trace import Provenance
from autograd.jit.uncompiled import run_uncompiled
from autograd.wrap_util import require_function

Function = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R", covariant=True)


@dataclass(frozen=True)
class Stats:
    """Counts of a compiled function: how often it was recorded, and how often it ran."""

    recorded: int
    runs: int
    eager: int
    """Calls that ran without the compiler, after the limit was reached."""
    reasons: list[str]
    """Why it was recorded, each time."""
    native: int = 0
    """The number of its programs that are machine code."""
    compiling: float = 0.0
    """The seconds that it took to make machine code of them."""


LIMIT = 16
"""The number of programs kept for calls that differ in their numbers only."""
LIMIT_OF_FORMS = 256
"""The number of kinds of calls, with other shapes or settings, that are recorded."""


class Jitted:
    """The state of a compiled function: its programs, and the dispatchers of calls seen so far."""

    def __init__(
        self,
        f: Function,
        static: frozenset[int | str],
        into: Sequence[Any] = (),
        watch: Sequence[Any] | None = None,
        notices: bool = True,
        native: bool | None = None,
    ) -> None:
        own = inspect.unwrap(f)  # where f is a derivative
        self.name: str = getattr(own, "__name__", type(own).__name__)
        self.function = f
        self._roots = [f] if watch is None else list(watch)
        self._into = into
        self._static = static
        self._programs: dict[Hashable, list[Program]] = {}
        self._settings: dict[Hashable, frozenset[int]] = {}
        """For each kind of call the positions of integers that are settings; others are data."""
        self._takes_integers: bool = False
        """Whether integers are data of any program."""
        self._kept: list[Any] = []  # objects whose identity is part of keys
        self._notices = notices
        self._native = makes_machine_code(native)
        self._noticed: set[str] = set()
        self._reasons: list[str] = []
        self._eager = 0
        self._dispatchers: dict[Hashable, list[tuple[Call, Program, int]]] = {}
        """For each form of call its dispatchers, the latest first, and for which version of which
        program each was written."""
        self.run: Call = lambda args, kwargs: MISMATCH
        """The dispatcher for calls like the latest."""

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result, by a program that fits, which is recorded if there is none."""
        if interpreter() not in (RECORDING, NOT_RECORDING):
            return self._uncompiled(args, kwargs)
        form = form_of(args, kwargs, self._takes_integers)
        for run, program, version in self._dispatchers.get(form, ()):
            if run is not self.run and program.version == version:
                result = run(args, kwargs)
                if result is not MISMATCH:
                    self.run = run
                    return result
        call = CallKey(args, kwargs, self._static)
        if self._into and interpreter().records and any(isinstance(x, Node) for x in call.leaves):
            return self._uncompiled(args, kwargs)  # a program could not be differentiated later
        settings = self._settings.setdefault(call.form, frozenset())
        key, leaves = call.take(settings)
        programs = self._programs.get(key, [])
        reason = "a call of this structure, with these shapes and types, is new"
        for position, program in enumerate(programs):
            try:
                result = program(leaves)
            except GuardFailure as failure:
                reason = str(failure)
            else:
                if position:  # the next call will most likely take the same path
                    programs.insert(0, programs.pop(position))
                self._remember(args, kwargs, program, settings)
                return result
        if len(programs) >= LIMIT or len(self._programs) > LIMIT_OF_FORMS:
            return self._give_up(len(programs), reason, args, kwargs)
        try:
            with no_collection():
                recording, settings = self._record(call, args, kwargs, exactly=bool(programs))
                if any(program.is_confirmed_by(recording) for program in programs):
                    return self.call(args, kwargs)
                if programs:
                    self._notice(f"{reason}, so it is recorded again")
                program = Program(
                    self.name, recording, self._closed, self._into, native=self._native
                )
                program.forget()
        except Unrepeatable as why:
            self._notice(f"{why}; such calls run uncompiled")
            self._eager += 1
            return self._uncompiled(args, kwargs)
        self._kept.append(call.objects)
        self._reasons.append(reason)
        self._takes_integers |= not settings.issuperset(range(len(call.integers)))
        key, leaves = call.take(settings)
        self._programs.setdefault(key, []).insert(0, program)
        try:
            return program(leaves)
        finally:
            program.settle()
            self._remember(args, kwargs, program, settings)

    def _record(
        self,
        call: CallKey,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        provenance: Provenance | None = None,
        exactly: bool = False,
    ) -> tuple[Recording, frozenset[int]]:
        """The recording, and which integers among the arguments are settings."""
        roots = self._roots_of(call)
        while True:
            settings = self._settings.setdefault(call.form, frozenset())
            try:
                recording = record(
                    self.function,
                    args,
                    kwargs,
                    self._static,
                    roots,
                    provenance,
                    exactly,
                    settings=settings,
                )
            except NeedsNumber as needed:
                self._settings[call.form] = call.settings_with(settings, needed.position)
            else:
                return recording, settings

    def _give_up(
        self, programs: int, reason: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """The result without a program, since there are too many."""
        if self._into:
            raise JitError(
                f"{self.name} writes into arrays, and none of the {programs} ways it "
                f"was recorded in fits this call: {reason}"
            )
        self._notice(
            f"it has been recorded in {LIMIT if programs else LIMIT_OF_FORMS} ways, and calls "
            f"that fit none of them run uncompiled from here on (the last reason: {reason}). What "
            "changes at each call should be an argument, and a number, not an integer"
        )
        self._eager += 1
        return self._uncompiled(args, kwargs)

    def _uncompiled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return run_uncompiled(self.name, self.function, args, kwargs, self._into)

    def _remember(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        program: Program,
        settings: frozenset[int],
    ) -> None:
        """Expect that later calls are like this one, and fit this program."""
        run = dispatcher(program, args, kwargs, self._static, settings)
        if run is not None:
            form = form_of(args, kwargs, self._takes_integers)
            others = [entry for entry in self._dispatchers.get(form, ()) if entry[1] is not program]
            self._dispatchers[form] = [(run, program, program.version), *others][:LIMIT_OF_FORMS]
            self.run = run

    @property
    def recorded(self) -> int:
        """How often the function was recorded."""
        return len(self._reasons)

    def stats(self) -> Stats:
        """Counts of recordings and runs, and the reasons for the recordings."""
        runs = sum(program.runs for programs in self._programs.values() for program in programs)
        native = [p.compiling for each in self._programs.values() for p in each if p.compiling]
        reasons = list(self._reasons)
        return Stats(self.recorded, runs, self._eager, reasons, len(native), sum(native))

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The program for calls like f(*args, **kwargs), as a module to be read.

        It needs NumPy alone. Its function `run` takes the numbers and arrays among the arguments
        one by one, then the data that the function reads from outside, and returns the same result.
        Comments name the line of the user's program that each step comes from. With `into` the
        updates are returned; other side effects are left out.

        Where a float divides by zero or overflows `run` raises, and 0 · ∞ of a derivative is NaN;
        the compiled program computes such calls another way. The function is recorded once more.
        Raises JitError where an operation of the user's own is not computed by a plain function.

        >>> from autograd import jit
        >>> module = {}
        >>> exec(jit(lambda x: x * x + 1.0).source(3.0), module)
        >>> module["run"](3.0)
        10.0
        """
        call, provenance = CallKey(args, kwargs, self._static), Provenance()
        recording, settings = self._record(call, args, kwargs, provenance)
        program = Program(self.name, recording, self._closed, native=self._native)
        return source(self.function, program, provenance, args, kwargs, self._static, settings)

    def export(self, path: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
        """Write the program for calls like f(*args, **kwargs) as plain C to a file, with a header.

        path: of the file, as in "model.c"; the header is beside it, and the function has its name.

        The function takes the numbers and arrays among the arguments, then pointers to the results.
        It returns 0, or the number of a branch that goes another way, which the header lists. Data
        that `f` reads from outside is written into the file as it is now. It needs the C library
        alone. The function is recorded once more.

        Raises JitError, naming it, where an operation has no text in C, such as `solve`, and where
        `f` draws random numbers or does more than compute its result.
        """
        call = CallKey(args, kwargs, self._static)
        recording = record(self.function, args, kwargs, self._static, self._roots_of(call))
        program = Program(self.name, recording, self._closed, native=False)
        export(Path(path), self.function, program, args, kwargs, self._static)

    def _closed(self, f: Function) -> Function:
        """A compiled function that reads nothing but its arguments."""
        return _called(Jitted(f, frozenset(), watch=(), native=self._native))

    def _roots_of(self, call: CallKey) -> list[tuple[str, Any]]:
        """The functions and objects, by name, that the function may read from outside through."""
        roots = [(getattr(root, "__name__", type(root).__name__), root) for root in self._roots]
        return [*roots, *call.objects]

    def _notice(self, text: str) -> None:
        if self._notices and text not in self._noticed:
            self._noticed.add(text)
            message = f"jit: {self.name}: {text}"
            warnings.warn(message, JitNotice, stacklevel=stacklevel_of_caller())


def _called(jitted: Jitted) -> Function:
    """A plain function, which is faster to call than an object and can be a method."""

    @wraps(jitted.function)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        running = interpreter()
        if running is RECORDING or running is NOT_RECORDING:
            result = jitted.run(args, kwargs)
            if result is not MISMATCH:
                return result
        return jitted.call(args, kwargs)

    vars(compiled).update(
        jitted=jitted, stats=jitted.stats, source=jitted.source, export=jitted.export
    )
    return compiled


class Compiled(Protocol[P, R]):
    """What `jit` makes of a function: the function, and three more about it."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the function, by a compiled program."""
        ...

    def stats(self) -> Stats:
        """How often the function was recorded and why, and how often it ran."""
        ...

    def source(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The program for such a call, as a module to be read."""
        ...

    # The first argument is the path; Python's types cannot put it before those of the function.
    def export(self, path: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
        """Write the program for such a call to a file, as plain C."""
        ...

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> Callable[..., R]: ...


@overload
def jit(
    f: Callable[P, R],
    *,
    static_argnames: str | Iterable[str] = (),
    static_argnums: int | Iterable[int] = (),
    watch: Sequence[Any] | None = None,
    notices: bool = True,
    native: bool | None = None,
) -> Compiled[P, R]: ...
@overload
def jit(
    *,
    static_argnames: str | Iterable[str] = (),
    static_argnums: int | Iterable[int] = (),
    watch: Sequence[Any] | None = None,
    notices: bool = True,
    native: bool | None = None,
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
@overload
def jit(
    f: Function | None = None,
    *,
    into: Sequence[Any],
    static_argnames: str | Iterable[str] = (),
    static_argnums: int | Iterable[int] = (),
    watch: Sequence[Any] | None = None,
    notices: bool = True,
    native: bool | None = None,
) -> Any: ...
def jit(
    f: Function | None = None,
    *,
    static_argnames: str | Iterable[str] = (),
    static_argnums: int | Iterable[int] = (),
    into: Sequence[Any] = (),
    watch: Sequence[Any] | None = None,
    notices: bool = True,
    native: bool | None = None,
) -> Any:
    """Compile `f`: record it at its first call, then run straight-line code in reused memory.

    f: a function of numbers, arrays, nodes, modules and nested lists, tuples and dicts of them,
        that returns such a value. It may be a derivative, `jit(grad(f))`, or be differentiated.
    static_argnames, static_argnums: arguments that are settings, not data: each of their values
        gets a program of its own. Booleans, strings and None always are settings, and integers
        unless the function uses them as indices alone. All settings must be hashable.
    into: arrays that each call writes new contents into. `f` returns (result, updates), with an
        update for each array in order, and the call returns the result alone. Everything is
        computed from the old contents. An argument may be one of the arrays, if it is at each call.
        Raises JitError for another number of updates, inside another program, and where NumPy alone
        computes a constant from such an array: read it by `captured(x)`.
    watch: functions and objects to search for outside data that `f` reads, besides parameters; by
        default `f` and all that it can reach.
    notices: whether to warn (`JitNotice`) when a call is recorded again, with the reason.
    native: whether programs are machine code, by LLVM, and not NumPy's functions and Python. It
        takes some ten milliseconds to make. Raises ImportError where the extra `native` is missing.
        By default the environment variable WENGERT_NATIVE says so, 1 or 0; without it programs of
        numbers become machine code, where the extra is installed, once they have run for as long as
        that takes.

    A program serves all calls of one structure, with the same shapes and types, that take the same
    branches. Where a comparison, `bool()` or `int()` of a computed number comes out differently, or
    something that `f` reads from outside was replaced, that path is recorded too, up to 16 of them;
    other calls then run uncompiled. Outside arrays and parameters are read at each run, `sample`
    draws and `assign` assigns anew. `f.stats()` tells how often it was recorded, and why.

    Results agree with those of `f` to within a few roundings of its sums, which may be added in
    another order. Raises JitError, naming the line, where `f` takes a number out of the program
    (`float(x)`, `x.item()`, `print(x)`), changes something outside of it, or draws random numbers
    by itself. Not noticed is a number that plain Python reads from an outside array (`float(a[0])`)
    which the program also uses as a whole: pass such an array as an argument.

    >>> import numpy as np
    >>> from autograd import grad, jit
    >>> @jit
    ... def slope(x):
    ...     return grad(lambda t: (t * t).sum() if t[0] > 0 else -t.sum())(x)
    >>> slope(np.array([1.0, 2.0])), slope(np.array([3.0, 4.0]))
    (array([2., 4.]), array([6., 8.]))
    >>> slope.stats().recorded
    1
    """
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)

    def make(f: Function) -> Function:
        require_function("jit", f)
        static: set[int | str] = {*names, *numbers}
        if any(number < 0 for number in numbers):
            raise ValueError(f"jit: static_argnums counts from 0 on, and {min(numbers)} is below")
        if static:
            parameters = list(inspect.signature(f).parameters)
            static |= {parameters[number] for number in numbers if number < len(parameters)}
            unknown = [name for name in names if name not in parameters]
            if unknown:
                raise ValueError(f"jit: static_argnames names {unknown[0]!r}, no argument of {f}")
            static |= {parameters.index(name) for name in names}
        return _called(Jitted(f, frozenset(static), into, watch, notices, native))

    return make if f is None else make(f)
