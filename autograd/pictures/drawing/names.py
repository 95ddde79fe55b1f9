"""What the user calls a node: its label, its path in a module, or a variable that holds it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.lines import LineLog

_DEEPEST = 3
_MOST = 200_000
"""Items of lists looked at, and how deep lists may be nested."""


def names_of(
    nodes: Iterable[Node],
    paths: Mapping[Node, str],
    frame: FrameType | None,
    others: Iterable[Any] = (),
) -> dict[int, str]:
    """Names by `id`: of those nodes, and of those arrays and other things, that have one.

    A label goes first, then the path of a parameter, then a variable of the frame that holds the
    very node, `z` or `ws[3]`, then the variable that it was first given to where a `LineLog` saw
    that. A path goes before a label that only repeats its end: not "weight" but "0.weight".
    """
    names = {} if frame is None else variables(frame, {id(thing) for thing in others})
    logs = list(reversed(LineLog.recent))
    for node in nodes:
        label = node.label.strip() if node.label else ""
        path = paths.get(node)
        if path and (not label or path.endswith(f".{label}")):
            names[id(node)] = path
        elif label:
            names[id(node)] = label
        elif id(node) not in names:
            for log in logs:
                if name := log.name_of(node):
                    names[id(node)] = name
                    break
    return names


def without_numbers(name: str) -> str:
    """The same for names that differ in numbers only."""
    return re.sub(r"\d+", "*", name)


def variables(frame: FrameType, others: Container[int] = ()) -> dict[int, str]:
    """The frame's variables by the `id` of the node or array that they hold, whole or in a list.

    others: ids of other things whose names are wanted.

    Local names go before global ones, whole variables before places in lists. Names that begin
    with an underscore, and In and Out, are notebooks' own and passed over.
    """
    found: dict[int, str] = {}
    given = {**frame.f_globals, **frame.f_locals}
    own = dict.fromkeys((*frame.f_locals, *frame.f_globals))
    bound = [(name, given[name]) for name in own if name.isidentifier() and _is_users(name)]
    for name, value in bound:
        if isinstance(value, Node | np.ndarray) or id(value) in others:
            found.setdefault(id(value), name)
    left = _MOST
    for name, value in bound:
        if isinstance(value, list | tuple | dict):
            for place, item in _places(name, value, _DEEPEST):
                found.setdefault(id(item), place)
                left -= 1
                if not left:
                    return found
    return found


def _is_users(name: str) -> bool:
    return not name.startswith("_") and name not in ("In", "Out")


def _places(name: str, held: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Each item of nested lists, tuples and dicts, and how it is written."""
    items = held.items() if isinstance(held, dict) else enumerate(held)
    for key, item in items:
        if isinstance(item, Node | np.ndarray):
            yield f"{name}[{key!r}]", item
        elif depth > 1 and isinstance(item, list | tuple | dict):
            yield from _places(f"{name}[{key!r}]", item, depth - 1)
        elif not isinstance(held, dict):
            return  # a list of other things
