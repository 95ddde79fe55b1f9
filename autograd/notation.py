"""How nodes are written: their names, operations as formulas, and data in a few characters.

What is written about them, and where, is said in `stepping` and `explaining`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import numpy as np

from autograd.draw.content import clip, number, summary, times
from autograd.graph import Array, Node

_INFIX = {"+", "-", "*", "/", "//", "%", "**", "@", "·"}
_INFIX |= {"<", "≤", ">", "≥", "=", "≠", "and", "or", "xor"}
_FEW = 6


def names_of(nodes: Iterable[Node]) -> dict[Node, str]:
    """A name for each node: its label, else x1, x2, … for a leaf and v1, v2, … for a result.

    No two are the same: what has the label of another gets a number behind it.
    """
    labels = {node: _in_a_line(node.label) for node in nodes}
    taken = set(labels.values())
    names: dict[Node, str] = {}
    used: set[str] = set()
    numbered: dict[str, Iterator[str]] = {}
    for node, label in labels.items():
        name = label
        if not label or label in used:
            base, first = (f"{label}_", 2) if label else ("v" if node.op else "x", 1)
            candidates = numbered.setdefault(base, map(base.__add__, map(str, count(first))))
            name = next(candidate for candidate in candidates if candidate not in taken)
        used.add(name)
        names[node] = name
    return names


def _in_a_line(label: str) -> str:
    shown = "".join(
        c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in label
    )
    return clip(" ".join(shown.split()), 16)


def formula(node: Node, write: Callable[[Array], str]) -> str:
    """The operation that made a node, with its arguments as `write` writes them: `a × b`."""
    args = [write(arg) for arg in node.args]
    symbol, settings = node.op.symbol, dict(node.settings)
    if symbol in _INFIX and len(args) == 2:
        right = f"({args[1]})" if args[1].startswith("-") else args[1]
        return f"{args[0]} {'×' if symbol == '*' else symbol} {right}"
    if symbol == "-":
        return f"-{args[0]}"
    if symbol == "[ ]" and "key" in settings:
        return f"{args[0]}[{setting(settings['key']).removeprefix('(').removesuffix(')')}]"
    if symbol == "T" and settings.get("axes") is None:
        return f"{args[0]}.T"
    named = [
        f"{name}={setting(value)}"
        for name, value in settings.items()
        if value is not None and value is not False
    ]
    function = node.op.name if symbol.startswith("[") else symbol
    return f"{function}({', '.join([*args, *named])})"


def compact(x: Any, room: int = 30) -> str:
    """Data: a number to four digits, few numbers in full, else the shape and the range."""
    if np.ndim(x) == 0:
        return summary(x)
    if 0 < np.size(x) <= _FEW:
        full = _in_full(np.asarray(x).tolist())
        if len(full) <= room:
            return full
    return f"{times(np.shape(x))}: {summary(x)}"


def _in_full(entries: Any) -> str:
    if isinstance(entries, list):
        return f"[{', '.join(map(_in_full, entries))}]"
    return number(entries)


def constant(x: Any) -> str:
    """An argument that is no node, inside a formula: large arrays by their shape."""
    text = compact(x)
    return f"array({times(np.shape(x))})" if ":" in text else text


def setting(x: Any) -> str:
    """An axis, a shape or an index as one would write it; anything else by its type."""
    if isinstance(x, tuple):
        inner = ", ".join(map(setting, x))
        return f"({inner},)" if len(x) == 1 else f"({inner})"
    if isinstance(x, slice):
        ends = ":".join("" if end is None else str(end) for end in (x.start, x.stop, x.step))
        return ends if x.step is not None else ends[:-1]
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.ndarray):
        return f"array({times(x.shape)})"
    if x is None or isinstance(x, bool | int | float | str | np.generic | np.dtype):
        return str(x)
    return type(x).__name__
