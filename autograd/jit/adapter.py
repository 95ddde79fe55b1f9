"""From the arguments of a call to a program's inputs, and from its outputs to a result.

Taking nested arguments apart and comparing their shapes step by step takes longer than a small
program runs; so it is written out, for the one form of call that a program was recorded for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd.graph import Node

_MANY = 4


class Unwritten(Exception):
    """A call or result has a part that is not written out."""


class Unpacker:
    """Lines that take arguments apart, and end in `refuse` where they are not of the same form.

    They raise LookupError or ValueError where there are others in number. `leaves` are the names
    that they give the numbers and arrays, and `space` is what they refer to.
    """

    def __init__(self, refuse: str) -> None:
        self._refuse = refuse
        self._lines: list[str] = []
        self._required: list[str] = []
        self._others = count()
        self.leaves: list[str] = []
        self.space: dict[str, Any] = {"ndarray": np.ndarray}

    def lines(self) -> list[str]:
        """The lines."""
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
    return len(things) > _MANY and all(type(part) is float for part in things)


def _leaves(thing: Any) -> int:
    """How many names the numbers and arrays in it get."""
    kind = type(thing)
    if kind in (list, tuple):
        return 1 if _is_many(thing) else sum(map(_leaves, thing))
    return sum(map(_leaves, thing.values())) if kind is dict else kind in (float, np.ndarray)


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
    exec(f"def pack(values):\n    return {text}\n", space)
    pack: Callable[[Sequence[Any]], Any] = space["pack"]
    return pack


def written_result(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    outputs: Sequence[str] | None = None,
) -> tuple[str, dict[str, Any]]:
    """An expression for a result like this one, and what it refers to.

    outputs: an expression for each output; if not given, they are the items of `values`.
    Raises Unwritten for containers of the user's own kinds.
    """
    leaves, fixed, numbers = iter(varies), iter(constants), count()
    space: dict[str, Any] = {}

    def write(thing: Any) -> str:
        kind = type(thing)
        if kind is dict and all(isinstance(key, str) for key in thing):
            return "{" + ", ".join([f"{k!r}: {write(part)}" for k, part in thing.items()]) + "}"
        if kind is tuple:
            return f"({''.join(f'{part}, ' for part in items(thing))})"
        if kind is list:
            return f"[{', '.join(items(thing))}]"
        if isinstance(thing, list | tuple | dict):
            raise Unwritten
        if next(leaves):
            number = next(numbers)
            return f"values[{number}]" if outputs is None else outputs[number]
        name = f"c{len(space)}"
        space[name] = next(fixed)
        return f"{name}.copy()" if isinstance(space[name], np.ndarray) else name

    def items(things: Sequence[Any]) -> list[str]:
        written = [write(thing) for thing in things]
        if len(written) > _MANY and all(text.startswith("values[") for text in written):
            first = int(written[0][len("values[") : -1])
            return [f"*values[{first}:{first + len(written)}]"]
        return written

    return write(result), space
