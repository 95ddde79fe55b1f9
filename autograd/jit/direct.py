"""One function for calls of one form: it takes them apart, and looks at what is outside.

Step by step that would take longer than many a program runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from itertools import compress, count
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import Node
from autograd.jit.adapter import MANY, Unwritten, kept_in, written_result
from autograd.jit.outside import Misfit
from autograd.jit.program import Program

DIRECT = "<direct"
"""How the file names of such functions begin."""
_OTHERWISE = "return otherwise(args, kwargs)"
Call: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def direct(
    program: Program,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    otherwise: Call,
) -> Call | None:
    """The function from arguments like these to the result.

    It calls `otherwise` with the arguments where they are not alike, or the program does not fit.
    None where the call itself has nodes, or containers of the user's own kinds.
    """
    taken = Unpacker(_OTHERWISE)
    try:
        taken.take("args", args, static)
        for name, arg in kwargs.items():
            taken.take(f"(kwargs[{name!r}],)", [arg], {0} if name in static else ())
    except Unwritten:
        return None
    looked_at: list[str] = []
    found: dict[str, Any] = {}
    if not program.plain or program.made.draws:
        lines, space = _whole(program, taken)
    else:
        looked_at, found = program.around.written(_OTHERWISE)
        lines, space = _floats(program, taken) or _arrays(program, taken)
    lines = [
        "def direct(args, kwargs):",
        f"    if {f'len(kwargs) != {len(kwargs)}' if kwargs else 'kwargs'}:",
        f"        {_OTHERWISE}",
        "    try:",
        *[f"        {line}" for line in [*taken.lines(), *looked_at]],
        *[f"    {line}" for line in lines],
    ]
    space |= {"otherwise": otherwise, "ran": program.ran, "Misfit": Misfit}
    space |= {**taken.space, **found}
    exec(compile("\n".join(lines), f"{DIRECT} {program.name}>", "exec"), space)
    function: Call = space["direct"]
    return function


def _whole(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]]:
    """Lines that call a program whose result may be nodes, or which draws random numbers."""
    lines = [f"    given = {_tuple(taken.leaves)}", *_tried("return fast(given)")]
    return lines, {"fast": program.fast}


def _arrays(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]]:
    """Lines that run the code of the program, and what they refer to."""
    outside = [f"s{number}" for number in range(len(program.made.outside))]
    given = [*taken.leaves, *compress(outside, program.around.moving())]
    inputs = [*taken.leaves, *outside]
    lines = [
        f"    given = {_tuple(given)}",
        f"    inputs = {_tuple(inputs) if inputs != given else 'given'}",
        *_tried("values = compute(given, inputs)"),
        "ran()",
        "return pack(values)",
    ]
    return lines, {"compute": program.compute, "pack": program.pack}


def _tried(line: str) -> list[str]:
    """The end of the lines that take arguments apart, and one that the program may not fit."""
    return [
        *("except (LookupError, ValueError):", f"    {_OTHERWISE}"),
        *("try:", f"    {line}", "except Misfit:", f"    {_OTHERWISE}"),
    ]


def _tuple(names: Sequence[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"


def _floats(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]] | None:
    """Lines that are the program, and what they refer to; None where it is not one of floats."""
    code, made = program.plain_code(), program.made
    if code is None or any(name.startswith("*") for name in taken.leaves):
        return None
    varies = [term is not None for term in made.outputs]
    space: dict[str, Any] = {name: getattr(math, name) for name in code.math}
    try:
        result = written_result(made.result, varies, made.constants, code.results, kept_in(space))
    except Unwritten:
        return None
    names = zip(code.parameters, taken.leaves, strict=True)
    lines = [f"{name} = {leaf}" for name, leaf in names if name != leaf]
    lines += [f"    {_OTHERWISE}" if line.startswith("    return ") else line for line in code.body]
    if program.exposed:  # NaN, also that of ∞ - ∞, is looked into elsewhere
        total = " + ".join([code.results[place] for place in program.exposed])
        lines += [f"total = {total}", "if total != total:", f"    {_OTHERWISE}"]
    lines = [
        *[f"    {line}" for line in lines],
        f"    result = {result}",
        "except (ArithmeticError, ValueError, LookupError):",
        f"    {_OTHERWISE}",
        "ran()",
        "return result",
    ]
    return lines, space


# --------------------------------------------------------------------------------------------------
# Arguments


class Unpacker:
    """Lines that take arguments apart, and end in `refuse` where they are not of the same form.

    They raise LookupError or ValueError for another number of them. `leaves` are the names that
    they give the numbers and arrays, and `space` is what they refer to.
    """

    def __init__(self, refuse: str) -> None:
        self._refuse = refuse
        self._lines: list[str] = []
        self._required: list[str] = []
        self._others = count()
        self.leaves: list[str] = []
        self.space: dict[str, Any] = {"ndarray": np.ndarray}

    def lines(self) -> list[str]:
        if self._required:
            self._lines += [f"if not ({' and '.join(self._required)}):", f"    {self._refuse}"]
            self._required = []
        return self._lines

    def _name(self, thing: Any) -> str:
        name = f"o{len(self.space)}"
        self.space[name] = thing
        return name

    def take(
        self, source: str, things: Collection[Any], static: Collection[int | str] = ()
    ) -> None:
        """Take what a sequence consists of, like `things`; `static` ones are settings."""
        parts = []
        leaves = len(self.leaves)  # numbered in their order, those within other parts too
        for number, thing in enumerate(things):
            fixed = number in static
            leaf = type(thing) in (float, np.ndarray) and not fixed
            parts.append((f"x{leaves}" if leaf else f"a{next(self._others)}", thing, fixed))
            leaves += 0 if fixed else _leaves(thing)
        self.lines().append(f"{''.join(name + ', ' for name, *_ in parts) or '()'} = {source}")
        for part in parts:
            self._part(*part)

    def _part(self, name: str, thing: Any, static: bool) -> None:
        kind = type(thing)
        require = self._required.append
        if kind in (int, str, bool, bytes, type(None)):
            require(f"{name}.__class__ is {self._name(kind)} and {name} == {self._name(thing)}")
        elif static:  # equal is not enough: 0.0 is equal to -0.0, and (1,) to (True,)
            require(f"{name} is {self._name(thing)}")
        elif kind is float:
            require(f"{name}.__class__ is float")
            self.leaves.append(name)
        elif kind is np.ndarray:
            self.leaves.append(name)
            shape, dtype = self._name(thing.shape), self._name(thing.dtype)
            require(f"{name}.__class__ is ndarray")
            require(f"{name}.shape == {shape} and {name}.dtype is {dtype}")
        elif kind in (list, tuple):
            require(f"{name}.__class__ is {kind.__name__}")
            if _is_many(thing):
                count = len(thing)
                require(f"len({name}) == [*map(type, {name})].count(float) == {count}")
                self.leaves.append(f"*{name}")
            else:
                self.take(name, thing)
        elif kind is dict and all(isinstance(key, str) for key in thing):
            require(f"{name}.__class__ is dict and [*{name}] == {self._name([*thing])}")
            self.take(f"{name}.values()", thing.values())
        elif isinstance(thing, Node | np.ndarray | np.generic | float | list | tuple | dict):
            raise Unwritten
        else:
            require(f"{name} is {self._name(thing)}")


def _is_many(things: Sequence[Any]) -> bool:
    """Whether these are so many floats that they are taken all together."""
    return len(things) > MANY and all(type(part) is float for part in things)


def _leaves(thing: Any) -> int:
    """How many names the numbers and arrays in it get."""
    kind = type(thing)
    if kind in (list, tuple):
        return 1 if _is_many(thing) else sum(map(_leaves, thing))
    return sum(map(_leaves, thing.values())) if kind is dict else kind in (float, np.ndarray)
