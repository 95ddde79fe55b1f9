"""`jit`: a function that records itself at its first call, and then runs compiled programs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any

from autograd.graph import Observer, recording, tracing
from autograd.jit.adapter import Unpack, unpacker
from autograd.jit.program import Misfit, Program
from autograd.jit.recording import record
from autograd.jit.signature import Signature

Function = Callable[..., Any]


@dataclass(frozen=True)
class Stats:
    """How a compiled function has fared: how often it was recorded, and ran compiled."""

    recorded: int
    runs: int
    eager: int
    """Calls that ran without the compiler, after the limit was reached."""
    reasons: list[str]
    """Why it was recorded, each time."""

LIMIT = 16
"""So many programs are kept for calls that only their numbers tell apart."""


class JitNotice(UserWarning):
    """A compiled function was recorded again, or is not compiled any more."""


class Jitted:
    """What `jit` gives."""

    def __init__(
        self,
        f: Function,
        static: frozenset[int | str],
        into: Sequence[Any] = (),
        watch: Sequence[Any] | None = None,
    ) -> None:
        update_wrapper(self, f)
        self._f = f
        self._roots = [f] if watch is None else list(watch)
        self._into = into
        self._static = static
        self._programs: dict[Hashable, list[Program]] = {}
        self._kept: list[Any] = []
        self._noticed: set[str] = set()
        self._reasons: list[str] = []
        self._eager = 0
        self._latest: tuple[Unpack, Program] | None = None

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """A method: the object it is looked up on becomes the first argument."""
        return self if owner is None else partial(self, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing.get() is not None or isinstance(recording.get(), Observer):
            return self._f(*args, **kwargs)
        if self._latest is not None:
            unpack, program = self._latest
            data = unpack(args, kwargs)
            if data is not None:
                try:
                    return program.fast(data)
                except Misfit:
                    pass
        call = Signature(args, kwargs, self._static)
        programs = self._programs.setdefault(call.key, [])
        reason = "a call of this structure, with these shapes and types, is new"
        for position, program in enumerate(programs):
            try:
                result = program(call.leaves)
            except Misfit as misfit:
                reason = str(misfit)
            else:
                if position:  # the next call will most likely go the same way
                    programs.insert(0, programs.pop(position))
                self._remember(args, kwargs, program)
                return result
        if programs:
            self._notice(f"{reason}: recorded again" )
        if len(programs) >= LIMIT:
            self._notice(
                f"has been recorded in {LIMIT} ways, and runs uncompiled from here on where none of them fits; "
                f"last, {reason}"
            )
            self._eager += 1
            return self._f(*args, **kwargs)
        self._reasons.append(reason)
        roots = [(getattr(root, "__name__", type(root).__name__), root) for root in self._roots]
        made = record(self._f, args, kwargs, self._static, [*roots, *call.objects])
        self._kept.append(call.objects)
        program = Program(getattr(self, "__name__", "f"), made, _closed, self._into)
        programs.insert(0, program)
        self._remember(args, kwargs, program)
        return program(call.leaves)

    def _remember(self, args: tuple[Any, ...], kwargs: dict[str, Any], program: Program) -> None:
        unpack = unpacker(args, kwargs, self._static)
        self._latest = None if unpack is None else (unpack, program)

    def stats(self) -> Stats:
        """How often the function was recorded and why, and how often it ran."""
        runs = sum(program.runs for programs in self._programs.values() for program in programs)
        return Stats(len(self._reasons), runs, self._eager, list(self._reasons))

    def _notice(self, text: str) -> None:
        if text not in self._noticed:
            self._noticed.add(text)
            warnings.warn(f"jit: {self.__name__}: {text}", JitNotice, stacklevel=3)


def _closed(f: Function) -> Jitted:
    """A compiled function that reads nothing but its arguments."""
    return Jitted(f, frozenset(), watch=())


def jit(
    f: Function | None = None,
    *,
    static_argnames: str | Iterable[str] = (),
    static_argnums: int | Iterable[int] = (),
    into: Sequence[Any] = (),
    watch: Sequence[Any] | None = None,
) -> Any:
    """`f`, recorded once and then run as straight-line code over buffers made once.

    into: arrays that `f`, which then returns (result, updates), has new contents for: at each call
        the updates are written into them, in their order, and the result alone is returned. An
        argument may be one of them, and then has to be at each call.
    watch: functions and objects in which data that `f` reads from outside, besides parameters, is
        looked for; if not given in `f` and all that it can reach.
    """
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)

    def make(f: Function) -> Jitted:
        parameters = list(inspect.signature(f).parameters) if names else []
        also = [parameters.index(name) for name in names if name in parameters]
        return Jitted(f, frozenset([*names, *numbers, *also]), into=into, watch=watch)

    return make if f is None else make(f)
