"""Packing: from the outputs of a program to a result that nests them as the function does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

MANY = 4
"""More floats in a row than this are taken apart and packed all together."""
_ROW = "_values"
"""All outputs of a program; a name in its source never begins like this."""


class Unwritten(Exception):
    """A call or result has a part for which no code is written."""


def packer(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    rebuild: Callable[[Iterator[Any]], Any],
) -> Callable[[Sequence[Any]], Any]:
    """A function from the outputs of a program to a result that nests them as this one does.

    varies: for each leaf of the result, whether it is an output or one of the `constants`.
    """
    space: dict[str, Any] = {}
    outputs = [f"{_ROW}[{number}]" for number in range(sum(varies))]
    try:
        text = packed(result, varies, constants, outputs, kept_in(space))
    except Unwritten:

        def rebuilt(values: Sequence[Any]) -> Any:
            outputs, same = iter(values), iter(constants)
            return rebuild(iter([next(outputs) if new else next(same) for new in varies]))

        return rebuilt
    exec(f"def pack({_ROW}):\n    return {text}\n", space)
    pack: Callable[[Sequence[Any]], Any] = space["pack"]
    return pack


def kept_in(space: dict[str, Any]) -> Callable[[Any], str]:
    """A function that puts a constant into `space`, and gives an expression for it."""

    def keep(constant: Any) -> str:
        name = f"c{len(space)}"
        space[name] = constant
        return f"{name}.copy()" if isinstance(constant, np.ndarray) else name

    return keep


def packed(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    outputs: Sequence[str],
    write_constant: Callable[[Any], str],
) -> str:
    """An expression that nests the outputs and constants as `result` does.

    Raises Unwritten for containers of the user's own types.
    """
    leaves, output, constant = iter(varies), iter(outputs), iter(constants)

    def write(thing: Any, inside: bool = True) -> str:
        kind = type(thing)
        if thing is None and inside:  # it belongs to the container
            return "None"
        if kind is dict and all(isinstance(key, str) for key in thing):
            return f"{{{', '.join([f'{key!r}: {write(part)}' for key, part in thing.items()])}}}"
        if kind in (list, tuple):
            parts = [write(part) for part in thing]
            if len(parts) > MANY:
                parts = [*together(parts)]
            row = ", ".join(parts)
            return f"[{row}]" if kind is list else f"({row}{',' * (len(parts) == 1)})"
        if isinstance(thing, list | tuple | dict):
            raise Unwritten
        return next(output) if next(leaves) else write_constant(next(constant))

    return write(result, inside=False)


def together(results: Sequence[str]) -> Iterator[str]:
    """Items of a list that follow one another, forwards or backwards, as a part of the list."""
    items = [_ITEM.fullmatch(result) for result in results]
    start = 0
    while start < len(results):
        step = _step(items, start)
        stop = start + 1
        while step and _step(items, stop - 1) == step:
            stop += 1
        first, last = items[start], items[stop - 1]
        if step and first and last:
            end = int(last[2]) + step
            bound = f"{end}" if end >= 0 else ""
            how = f"{first[2]}:{bound}" if step > 0 else f"{first[2]}:{bound}:-1"
            yield f"*{first[1]}[{how}]"
        else:
            yield results[start]
        start = stop


def _step(items: Sequence[re.Match[str] | None], place: int) -> int:
    """Whether the item at a place and that after it follow one another in a list: 1, -1 or 0."""
    one, other = items[place], items[place + 1] if place + 1 < len(items) else None
    if one is None or other is None or one[1] != other[1]:
        return 0
    step = int(other[2]) - int(one[2])
    return step if abs(step) == 1 else 0


_ITEM = re.compile(r"(\w+)\[(\d+)\]")
