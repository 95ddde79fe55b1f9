"""What a drawing of a graph shows: boxes and arrows, with their texts, in a fixed order.

How they look and where they stand is not here but in `dot` and in the program that lays them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import numpy as np

from autograd.graph import Array, Node, ScalarNode, Settings
from autograd.ops.kinds import Elementwise, Linear, Multilinear

Role: TypeAlias = Literal["leaf", "interior", "output", "constant", "operation"]


@dataclass(frozen=True)
class Box:
    """A value, a constant or an operation: its name in the text, a title, and rows under it."""

    name: str
    role: Role
    title: str
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Arrow:
    """From an argument to its operation, with the local derivative, or on to the result."""

    tail: str
    head: str
    text: str = ""


@dataclass
class Scene:
    """Everything a drawing shows."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)

    def add(self, role: Role, title: str, rows: Iterable[tuple[str, str]] = ()) -> str:
        """Put in a box and give its name, n0, n1, … in the order of calling."""
        name = f"n{len(self.boxes)}"
        self.boxes.append(Box(name, role, title, tuple(rows)))
        return name


def history(outputs: Iterable[Node], limit: int) -> list[Node] | None:
    """All nodes that `outputs` were computed from and themselves, in the order of their creation.

    None where they are more than `limit`, however many more.
    """
    stack = list(dict.fromkeys(outputs))
    found = set(stack)
    while stack and len(found) <= limit:
        for parent in stack.pop().parents:
            if parent not in found:
                found.add(parent)
                stack.append(parent)
    return sorted(found, key=attrgetter("index")) if len(found) <= limit else None


def scene(
    nodes: list[Node], outputs: set[Node], *, values: bool, gradients: bool, locals: bool
) -> Scene:
    """The scene of `nodes`, which come in the order of their creation."""
    picture = Scene()
    names: dict[Node, str] = {}
    for node in nodes:
        if node.op is None:
            role: Role = "leaf"
        else:
            role = "output" if node in outputs else "interior"
        names[node] = picture.add(role, node.label.strip(), _rows(node, values, gradients))
    for node in nodes:
        if node.op is None:
            continue
        tails = [
            names[arg] if isinstance(arg, Node) else picture.add("constant", describe(arg))
            for arg in node.args
        ]
        operation = picture.add("operation", node.op.symbol, _setting_rows(node.settings))
        for argnum, (arg, tail) in enumerate(zip(node.args, tails, strict=True)):
            text = f"∂: {_local(node, argnum)}" if locals and isinstance(arg, Node) else ""
            picture.arrows.append(Arrow(tail, operation, text))
        picture.arrows.append(Arrow(operation, names[node]))
    return picture


def _rows(node: Node, values: bool, gradients: bool) -> Iterable[tuple[str, str]]:
    if node.shape:
        dtype = "" if node.dtype == np.float64 else f" {node.dtype}"
        yield "shape", times(node.shape) + dtype
    if values:
        yield "value", summary(node.primal)
    if gradients:
        yield "grad", "none" if node.grad is None else summary(node.grad)


# --------------------------------------------------------------------------------------------------
# The local derivative on an arrow


def _local(node: Node, argnum: int) -> str:
    """What ∂(operation)/∂(argument) is, from the table and from what the graph has saved.

    A number or a range where each entry of the result has one slope, or where there is only one
    result; else the shape of the Jacobian, "2×4 by 3×4". Other rules
    are not run: they may be the user's program, as in `checkpoint`.
    """
    op, arg = node.op, node.args[argnum]
    if isinstance(node, ScalarNode):  # it was computed when the node was recorded
        return number((node.da, node.db)[argnum] or 0.0)
    saved = node.saved
    with np.errstate(all="ignore"):
        if isinstance(op, Elementwise):
            # NumPy's numbers give inf where Python's would raise
            args = tuple(np.float64(x) if isinstance(x, int | float) else x for x in saved)
            local = op.local(argnum, node.primal, args)
            return summary(0.0 if local is None else local)
        if isinstance(op, Linear | Multilinear) and node.size == 1:
            one = np.ones(node.shape, node.dtype)
            return summary(op.vjp(argnum, one, node.primal, saved, node.settings))
    return " by ".join(times(shape) for shape in (node.shape, arg.shape) if shape) or "1 by 1"


# --------------------------------------------------------------------------------------------------
# Numbers, arrays and settings in a few characters


def number(x: float) -> str:
    """Four significant digits."""
    return f"{x + 0.0:.4g}"  # -0.0 + 0.0 is 0.0


def times(shape: tuple[int, ...]) -> str:
    """A shape as 3×4."""
    return "×".join(map(str, shape))


def summary(x: Any) -> str:
    """A number, or the range of an array's entries and how many are NaN."""
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        return clip(type(x).__name__)
    if array.ndim == 0:
        return number(float(array))
    valid = array[~np.isnan(array)]
    invalid = array.size - valid.size
    if not valid.size:
        return "nan" if invalid else "empty"
    ends = dict.fromkeys((number(float(valid.min())), number(float(valid.max()))))
    return " … ".join(ends) + (f", {invalid} nan" if invalid else "")


def describe(constant: Array) -> str:
    """A constant argument: a number itself, an array by shape and range."""
    shape = np.shape(constant)
    return f"{times(shape)}\n{summary(constant)}" if shape else summary(constant)


def _setting_rows(settings: Settings | Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, setting in settings.items():
        if setting is not None and setting is not False:
            yield name, clip(_setting(setting))


def _setting(x: Any) -> str:
    """An axis, a shape or an index as one would write it; anything else by its type."""
    if isinstance(x, tuple):
        inner = ", ".join(map(_setting, x))
        return f"({inner},)" if len(x) == 1 else f"({inner})"
    if isinstance(x, slice):
        ends = ":".join("" if end is None else str(end) for end in (x.start, x.stop, x.step))
        return ends if x.step is not None else ends[:-1]
    if x is Ellipsis:
        return "..."
    if isinstance(x, np.ndarray):
        return f"{times(x.shape)} array"
    if x is None or isinstance(x, bool | int | float | str | np.generic | np.dtype):
        return str(x)
    return type(x).__name__


def clip(text: str, width: int = 40) -> str:
    """At most `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"
