"""How nodes are written: their names, operations as formulas, and data in a few characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.pictures.drawing.content import clip, number, setting_rows, summary, times

_INFIX = {"+", "-", "*", "/", "//", "%", "**", "@", "·"}
_INFIX |= {"<", "≤", ">", "≥", "=", "≠", "and", "or", "xor"}
_FEW = 6


def names_of(nodes: Iterable[Node], known: Mapping[int, str]) -> dict[Node, str]:
    """A name for each node: what is `known` by its `id`, else x1, x2, … for a leaf and v1, v2, …
    for a result.

    No two are the same: what is called as another gets a number behind it.
    """
    labels = {node: _in_a_line(known.get(id(node), "")) for node in nodes}
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
    return clip(" ".join(shown.split()), 100)


def formula(node: Node, write: Callable[[Array], str]) -> str:
    """The operation that made a node, with its arguments as `write` writes them: `a × b`."""
    args = [write(arg) for arg in node.args]
    symbol, settings = node.op.symbol, dict(setting_rows(node.settings))
    if symbol in _INFIX and len(args) == 2:
        right = f"({args[1]})" if args[1].startswith("-") else args[1]
        return f"{args[0]} {'×' if symbol == '*' else symbol} {right}"
    if symbol == "-":
        return f"-{args[0]}"
    if symbol == "[ ]" and "key" in settings:
        return f"{args[0]}[{settings['key'].removeprefix('(').removesuffix(')')}]"
    if symbol == "T" and "axes" not in settings:
        return f"{args[0]}.T"
    named = [f"{name}={setting}" for name, setting in settings.items()]
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
