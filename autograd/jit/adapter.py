"""From the arguments of a call to a program's inputs, and from its outputs to a result.

Taking nested arguments apart and comparing their shapes step by step takes longer than a small
program runs; so it is written out, for the one form of call that a program was recorded for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd.graph import Node

Unpack = Callable[[tuple[Any, ...], dict[str, Any]], "tuple[Any, ...] | None"]


class Unwritten(Exception):
    """A call or result has a part that is not written out."""


def unpacker(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], static: frozenset[int | str]
) -> Unpack | None:
    """A function that gives the numbers and arrays of a call like this one, and None for others.

    None where the call itself has nodes, or containers of the user's own kinds.
    """
    writer = Unpacker()
    try:
        for number, arg in enumerate(args):
            writer.part(f"args[{number}]", arg, number in static)
        for name, arg in kwargs.items():
            writer.part(f"kwargs[{name!r}]", arg, name in static)
    except Unwritten:
        return None
    lines = [
        "def unpack(args, kwargs):",
        f"    if len(args) != {len(args)} or len(kwargs) != {len(kwargs)}:",
        "        return None",
        "    try:",
        *[f"        {line}" for line in writer.lines],
        f"        return ({''.join(name + ', ' for name in writer.leaves)})",
        "    except LookupError:",
        "        return None",
    ]
    exec("\n".join(lines), writer.space)
    unpack: Unpack = writer.space["unpack"]
    return unpack


class Unpacker:
    """Lines that take arguments apart, and end in `refuse` where they are not of the same form.

    `leaves` are the names that they give the numbers and arrays; `space` what they refer to.
    """

    def __init__(self, refuse: str = "return None") -> None:
        self._refuse = refuse
        self.lines: list[str] = []
        self.leaves: list[str] = []
        self.space: dict[str, Any] = {"ndarray": np.ndarray}

    def _require(self, condition: str) -> None:
        self.lines += [f"if not ({condition}):", f"    {self._refuse}"]

    def _name(self, thing: Any) -> str:
        name = f"o{len(self.space)}"
        self.space[name] = thing
        return name

    def numbers(self, names: Sequence[str], source: str) -> None:
        """Take a tuple of floats, which get these names."""
        self.lines.append(f"{', '.join(names)}, = {source}")
        self._require(" and ".join([f"{name}.__class__ is float" for name in names]))
        self.leaves += names

    def part(self, source: str, thing: Any, static: bool) -> None:
        """Take one part, which the source of it gives."""
        kind = type(thing)
        name = f"a{len(self.lines)}"
        self.lines.append(f"{name} = {source}")
        if kind in (int, str, bool, bytes, type(None)):
            self._require(
                f"{name}.__class__ is {self._name(kind)} and {name} == {self._name(thing)}"
            )
        elif static:  # equal is not enough: 0.0 is equal to -0.0, and (1,) to (True,)
            self._require(f"{name} is {self._name(thing)}")
        elif kind is float:
            self._require(f"{name}.__class__ is float")
            self.leaves.append(name)
        elif kind is np.ndarray:
            shape, dtype = self._name(thing.shape), self._name(thing.dtype)
            self._require(f"{name}.__class__ is ndarray and {name}.shape == {shape}")
            self._require(f"{name}.dtype is {dtype}")
            self.leaves.append(name)
        elif kind in (list, tuple):
            self._require(f"{name}.__class__ is {kind.__name__} and len({name}) == {len(thing)}")
            if len(thing) > 4 and all(type(part) is float for part in thing):
                self._require(f"set(map(type, {name})) == {self._name({float})}")
                self.leaves.append(f"*{name}")
                return
            for number, part in enumerate(thing):
                self.part(f"{name}[{number}]", part, False)
        elif kind is dict and all(isinstance(key, str) for key in thing):
            self._require(f"{name}.__class__ is dict and [*{name}] == {self._name([*thing])}")
            for key, part in thing.items():
                self.part(f"{name}[{key!r}]", part, False)
        elif isinstance(thing, Node | np.ndarray | np.generic | float | list | tuple | dict):
            raise Unwritten
        else:
            self._require(f"{name} is {self._name(thing)}")


def packer(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    rebuild: Callable[[Iterator[Any]], Any],
) -> Callable[[Sequence[Any]], Any]:
    """A function from the outputs of a program to a result that is nested like this one.

    varies: for each leaf of the result, whether it is an output or one of the `constants`.
    """
    try:
        text, space = written_result(result, varies, constants)
    except Unwritten:

        def slowly(values: Sequence[Any]) -> Any:
            given, same = iter(values), iter(constants)
            return rebuild(iter([next(given) if new else next(same) for new in varies]))

        return slowly
    names = "".join([f"v{number}, " for number in range(1, sum(varies) + 1)])
    unpacking = f"    ({names}) = values\n" if names else ""
    exec(f"def pack(values):\n{unpacking}    return {text}\n", space)
    pack: Callable[[Sequence[Any]], Any] = space["pack"]
    return pack


def written_result(
    result: Any, varies: Sequence[bool], constants: Sequence[Any]
) -> tuple[str, dict[str, Any]]:
    """An expression for a result like this one, of outputs v1, v2, ..., and what it refers to.

    Raises Unwritten for containers of the user's own kinds.
    """
    leaves, fixed, numbers = iter(varies), iter(constants), count(1)
    space: dict[str, Any] = {}

    def write(thing: Any) -> str:
        kind = type(thing)
        if kind is dict and all(isinstance(key, str) for key in thing):
            return "{" + ", ".join([f"{k!r}: {write(part)}" for k, part in thing.items()]) + "}"
        if kind is tuple:
            return "(" + "".join([f"{write(part)}, " for part in thing]) + ")"
        if kind is list:
            return "[" + ", ".join(map(write, thing)) + "]"
        if isinstance(thing, list | tuple | dict):
            raise Unwritten
        if next(leaves):
            return f"v{next(numbers)}"
        name = f"c{len(space)}"
        space[name] = next(fixed)
        return f"{name}.copy()" if isinstance(space[name], np.ndarray) else name

    return write(result), space
