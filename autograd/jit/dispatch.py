"""Dispatch: from a call to the program that fits it.

`CallKey` takes any call apart and tells which programs may fit. To do that at each call would take
longer than many a program runs, so `dispatcher` writes a function for calls of one form: it takes
them apart, checks the guard, runs the program and packs the result.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, compress, count
from typing import Any, Final, TypeAlias

import numpy as np

from autograd.engine.graph import Node
from autograd.jit.errors import GuardFailure
from autograd.jit.indices import LARGEST, NO_PICKS, OUTSIDE
from autograd.jit.lowering.code import MANY, Unwritten, kept_in, packed
from autograd.jit.program import Program
from autograd.jit.terms import is_leaf
from autograd.nodes import Tensor
from autograd.scalars import Value

MISMATCH: Final = object()
"""What a dispatcher returns for a call that it is not for."""
_OTHERWISE = "return MISMATCH"

Call: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Any]

# --------------------------------------------------------------------------------------------------
# Any call

MOST_SETTINGS = 8
"""With more integers that are settings all are."""
_SETTINGS = (int, str, bytes, bool, type(None), type, np.dtype)


class CallKey:
    """The arguments of a call taken apart: numbers and arrays as `leaves`, the rest as `key`.

    Calls with different keys cannot share a program: their structure, shapes, types or settings
    differ.
    """

    def __init__(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], static: frozenset[int | str]
    ) -> None:
        self.leaves: list[Any] = []
        """Without the integers, of which `take` tells which are data."""
        self.integers: list[tuple[int, int, Any]] = []
        """The integers: before which of the leaves, the number, and the container that it is in."""
        self.objects: list[tuple[str, Any]] = []
        """Arguments told apart by identity, not by value: functions, modules, ..."""
        parts = [
            _setting(number, arg) if number in static else self._add(f"argument {number}", arg)
            for number, arg in enumerate(args)
        ]
        named = [
            (name, _setting(name, arg) if name in static else self._add(name, arg))
            for name, arg in kwargs.items()
        ]
        self.form: Hashable = (*parts, *named)
        """What the keys of calls have in common that differ in integers alone."""

    def take(self, settings: frozenset[int]) -> tuple[Hashable, list[Any]]:
        """The key and the leaves, where the integers at these positions are settings."""
        values, leaves, done = [], [], 0
        for position, (before, value, _) in enumerate(self.integers):
            if position in settings:
                values.append(value)
            else:
                leaves += self.leaves[done:before]
                done = before
                leaves.append(float(value) if abs(value) <= LARGEST else OUTSIDE)
        return (self.form, settings, *values), [*leaves, *self.leaves[done:]]

    def settings_with(self, settings: frozenset[int], position: int | None) -> frozenset[int]:
        """These positions, and those of the integers in one container with another; or all, and
        `NO_PICKS`.
        """
        if position is None or len(settings) > MOST_SETTINGS:
            return frozenset([NO_PICKS, *range(len(self.integers))])
        container = self.integers[position][2]
        alike = [n for n, (_, _, other) in enumerate(self.integers) if other == container]
        return settings | {position, *alike}

    def _add(self, name: str, thing: Any, container: Any = None) -> Hashable:
        kind = thing.__class__
        if kind is int:
            self.integers.append((len(self.leaves), thing, container or name))
            return "int"
        if isinstance(thing, float):
            self.leaves.append(float(thing))
            return "float"
        if kind is np.ndarray:
            if thing.dtype.kind not in "fciub":
                raise TypeError(f"jit: {name} is an array of {thing.dtype}, not of numbers")
            self.leaves.append(thing)
            return thing.shape, thing.dtype
        if isinstance(thing, Node):
            self.leaves.append(thing)
            return "Value" if isinstance(thing, Value) else ("Tensor", thing.shape, thing.dtype)
        if isinstance(thing, list | tuple):
            parts = [self._add(f"{name}[{i}]", part, name) for i, part in enumerate(thing)]
            return kind, *parts
        if isinstance(thing, dict):
            return kind, *[(k, self._add(f"{name}[{k!r}]", x)) for k, x in thing.items()]
        if isinstance(thing, np.ma.MaskedArray | np.matrix):
            raise TypeError(
                f"jit: {name} is a {kind.__name__}, whose arithmetic is not that of an array: pass "
                "np.asarray(x), and a mask as an argument of its own"
            )
        if is_leaf(thing):
            array = np.asarray(thing)
            self.leaves.append(array)
            return array.shape, array.dtype
        if isinstance(thing, _SETTINGS):
            return kind, thing
        self.objects.append((name, thing))
        return kind, id(thing)


def _setting(name: Hashable, value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError as error:
        raise TypeError(
            f"jit: the static argument {name!r} is a {type(value).__name__}, which cannot be told "
            "apart by its value; give a number, a string or a tuple of them"
        ) from error
    return _types(value), value


def _types(value: Any) -> tuple[Any, ...]:
    """What tells equal values apart: 1 is equal to True, and 0.0 to -0.0."""
    if isinstance(value, tuple):
        return type(value), *map(_types, value)
    return (float, value.hex()) if isinstance(value, float) else (type(value),)


# --------------------------------------------------------------------------------------------------
# Calls of one form


def form_of(args: tuple[Any, ...], kwargs: Mapping[str, Any], of_kinds: bool) -> Hashable:
    """What can be told of a call at a glance; only calls of one form may have a dispatcher.

    of_kinds: integers may be data, and do not tell calls apart.
    """
    form = partial(_form, of_kinds=of_kinds)
    forms = tuple(map(form, args))
    return (*forms, *kwargs, *map(form, kwargs.values())) if kwargs else forms


def _form(thing: Any, of_kinds: bool) -> Hashable:
    kind = thing.__class__
    if of_kinds and kind is int:
        return kind
    if kind is np.ndarray:
        return thing.shape, thing.dtype
    if kind in (list, tuple, dict):
        return kind, len(thing)
    return (kind, thing) if kind in (int, str, bool) else kind


def dispatcher(
    program: Program,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    settings: frozenset[int],
) -> Call | None:
    """The function from arguments like these to the result; `settings` as for `CallKey.take`.

    It returns `MISMATCH` for other arguments, and where the program does not fit. None where the
    call has containers of the user's own types.
    """
    if program.takes_data_alone and (
        run := _in_machine_code(program, args, kwargs, static, settings)
    ):
        return run
    unpacking = _Unpacking(settings)
    try:
        unpacking.take("args", args, static)
        for name, arg in kwargs.items():
            unpacking.take(f"(kwargs[{name!r}],)", [arg], {0} if name in static else ())
    except Unwritten:
        return None
    leaves = unpacking.leaves
    if unpacking.has_nodes and program.writes:
        return None  # whether it may run depends on more than the form of the call
    if program.takes_data_alone and not unpacking.has_nodes:
        lines, space = program.guard.lines(_OTHERWISE)
        tail, more = _run_floats(program, leaves) or _run_arrays(program, leaves)
    else:
        lines, space = [], {}
        tail, more = _tried(f"return program({_tuple(leaves)})"), {"program": program}
    text = [
        "def dispatch(args, kwargs):",
        f"    if {f'len(kwargs) != {len(kwargs)}' if kwargs else 'kwargs'}:",
        f"        {_OTHERWISE}",
        "    try:",
        *[f"        {line}" for line in [*unpacking.all_lines(), *lines]],
        *[f"    {line}" for line in tail],
    ]
    space |= {**unpacking.space, **more}
    space |= {"MISMATCH": MISMATCH, "ran": program.ran, "GuardFailure": GuardFailure}
    exec(compile("\n".join(text), f"<dispatch {program.name}>", "exec"), space)
    function: Call = space["dispatch"]
    return function


def _in_machine_code(
    program: Program,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    settings: frozenset[int],
) -> Call | None:
    """The dispatcher where machine code does all of it, but for the guard."""
    recording, guard = program.recording, program.guard
    if program.direct is None or not program.takes_data_alone:
        return None
    varies = [term is not None for term in recording.outputs]
    result = recording.result, iter(varies), iter(recording.constants)
    call = args, kwargs, static, settings
    try:
        run, runs = program.direct(call, result, [*program.may_be_nan], MISMATCH)
    except Unwritten:
        return None
    program.direct_runs.append(runs)
    lines, space = guard.lines(_OTHERWISE)
    if not lines:
        function: Call = run
        return function
    outside = compress([f"s{number}" for number in range(len(guard.inputs))], guard.moving())
    text = [
        "def dispatch(args, kwargs):",
        *("    try:", *[f"        {line}" for line in lines]),
        *("    except (LookupError, ValueError):", f"        {_OTHERWISE}"),
        f"    return run({', '.join(['args', 'kwargs', *outside])})",
    ]
    space |= {"MISMATCH": MISMATCH, "run": run}
    exec(compile("\n".join(text), f"<dispatch {program.name}>", "exec"), space)
    guarded: Call = space["dispatch"]
    return guarded


def _run_arrays(program: Program, leaves: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Lines that run the code of the program, and what they refer to."""
    outside = [f"s{number}" for number in range(len(program.guard.inputs))]
    data = [*leaves, *compress(outside, program.guard.moving())]
    inputs = [*leaves, *outside]
    lines = [
        f"    data = {_tuple(data)}",
        f"    inputs = {_tuple(inputs) if inputs != data else 'data'}",
        *_tried("values = compute(data, inputs)"),
        *_counted(program),
        "return pack(values)",
    ]
    return lines, {"compute": program.compute, "pack": program.pack}


def _tried(line: str) -> list[str]:
    """The end of the lines that take arguments apart, and a line that may raise GuardFailure."""
    return [
        *("except (LookupError, ValueError, OverflowError):", f"    {_OTHERWISE}"),
        *("try:", f"    {line}", "except GuardFailure:", f"    {_OTHERWISE}"),
    ]


def _tuple(names: Sequence[str]) -> str:
    if len(names) == 1 and names[0].startswith("*"):
        return f"tuple({names[0][1:]})"
    return f"({''.join(f'{name}, ' for name in names)})"


def _run_floats(program: Program, leaves: list[str]) -> tuple[list[str], dict[str, Any]] | None:
    """Lines that are the program, and what they refer to; None where it is not one of floats."""
    code, recording = program.plain_code, program.recording
    if code is None or not all(name.isidentifier() for name in leaves):
        return None
    varies = [term is not None for term in recording.outputs]
    space: dict[str, Any] = {name: getattr(math, name) for name in code.math} | code.kernels
    keep = kept_in(space)
    try:
        result = packed(recording.result, varies, recording.constants, code.results, keep)
    except Unwritten:
        return None
    names = zip(code.parameters, leaves, strict=True)
    lines = [f"{name} = {leaf}" for name, leaf in names if name != leaf]
    lines += [re.sub(r"^( +)return .+$", rf"\1{_OTHERWISE}", line) for line in code.body]
    if program.may_be_nan:  # the run is then repeated; so is one whose results are ∞ and -∞
        doubtful = [code.results[place] for place in program.may_be_nan]
        total = doubtful[0] if len(doubtful) == 1 else f"sum(({', '.join(doubtful)}))"
        lines += [f"total = {total}", "if total != total:", f"    {_OTHERWISE}"]
    lines = [
        *[f"    {line}" for line in lines],
        f"    result = {result}",
        "except (ArithmeticError, ValueError, LookupError, GuardFailure):",
        f"    {_OTHERWISE}",
        *_counted(program),
        "return result",
    ]
    return lines, space


def _counted(program: Program) -> list[str]:
    """Lines that count the run. The program itself computes that at which it is written anew."""
    if program.switches_at is None:
        return ["ran()"]
    return [f"if ran() >= {program.switches_at}:", f"    {_OTHERWISE}"]


class _Unpacking:
    """Lines that take arguments apart, and give up where they are not of the same form.

    They raise LookupError or ValueError for another number of arguments. `leaves` are the names of
    the numbers and arrays, and `space` holds the objects that the lines refer to.
    """

    def __init__(self, settings: frozenset[int]) -> None:
        self._settings = settings
        self._integers: Iterator[int] = count()
        self._lines: list[str] = []
        self._required: list[str] = []
        self._names: Iterator[int] = count()
        self.leaves: list[str] = []
        self._rows: dict[type, list[tuple[str, int]]] = {}
        self.has_nodes = False
        self.space: dict[str, Any] = {"ndarray": np.ndarray, "Value": Value, "Tensor": Tensor}

    def all_lines(self) -> list[str]:
        """The lines, where all is taken apart; the types in rows are looked at last, at once."""
        for kind, rows in self._rows.items():
            names = "".join([f"*{name}, " for name, _ in rows])
            count = f"[*map(type, ({names}))].count({kind.__name__})"
            self._required.append(f"{count} == {sum([length for _, length in rows])}")
        return self.lines()

    def lines(self) -> list[str]:
        if self._required:
            self._lines += [f"if not ({' and '.join(self._required)}):", f"    {_OTHERWISE}"]
            self._required = []
        return self._lines

    def _name(self, thing: Any) -> str:
        name = f"o{len(self.space)}"
        self.space[name] = thing
        return name

    def take(
        self, source: str, things: Collection[Any], static: Collection[int | str] = ()
    ) -> None:
        """Take the parts of a sequence like `things` apart; `static` ones are settings."""
        parts = [
            (f"a{next(self._names)}", thing, number in static)
            for number, thing in enumerate(things)
        ]
        self.lines().append(f"{''.join(name + ', ' for name, *_ in parts) or '()'} = {source}")
        for part in parts:
            self._part(*part)

    def _part(self, name: str, thing: Any, static: bool) -> None:
        kind = type(thing)
        require = self._required.append
        if kind is int and not static and next(self._integers) not in self._settings:
            require(f"{name}.__class__ is int")
            self._leaf(f"float({name})", kind)
        elif kind in (int, str, bool, bytes, type(None)):
            require(f"{name}.__class__ is {self._name(kind)} and {name} == {self._name(thing)}")
        elif static:  # equal is not enough: 0.0 is equal to -0.0, and (1,) to (True,)
            require(f"{name} is {self._name(thing)}")
        elif kind is float or kind is Value:
            require(f"{name}.__class__ is {kind.__name__}")
            self._leaf(name, kind)
        elif kind is np.ndarray or kind is Tensor:
            shape, dtype = self._name(thing.shape), self._name(thing.dtype)
            require(f"{name}.__class__ is {kind.__name__}")
            require(f"{name}.shape == {shape} and {name}.dtype is {dtype}")
            self._leaf(name, kind)
        elif kind in (list, tuple):
            require(f"{name}.__class__ is {kind.__name__}")
            if self._is_row(thing):
                row = type(thing[0])
                require(f"len({name}) == {len(thing)}")
                self._rows.setdefault(row, []).append((name, len(thing)))
                leaf = f"*map(float, {name})" if row is int else f"*{name}"
                self._leaf(leaf, row)
            else:
                self.take(name, thing)
        elif kind is dict and all(isinstance(key, str) for key in thing):
            require(f"{name}.__class__ is dict and [*{name}] == {self._name([*thing])}")
            self.take(f"{name}.values()", thing.values())
        elif is_leaf(thing) or isinstance(thing, list | tuple | dict):
            raise Unwritten
        else:
            require(f"{name} is {self._name(thing)}")

    def _is_row(self, things: Sequence[Any]) -> bool:
        """Whether these are so many numbers or Values that they are taken all together."""
        if not _is_row(things):
            return False
        if type(things[0]) is not int:
            return True
        row = [next(self._integers) for _ in things]
        if self._settings.isdisjoint(row):
            return True
        self._integers = chain(row, self._integers)
        return False

    def _leaf(self, name: str, kind: type) -> None:
        self.leaves.append(name)
        self.has_nodes |= kind is Value or kind is Tensor


def _is_row(things: Sequence[Any]) -> bool:
    kinds = set(map(type, things))
    return len(things) > MANY and kinds in ({float}, {int}, {Value})
