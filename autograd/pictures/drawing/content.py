"""The contents of a drawing: boxes, arrows, and data and settings in a few characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from autograd.engine.graph import Node, Settings

Role: TypeAlias = Literal[
    "leaf", "parameter", "data", "constant", "operation", "interior", "fold", "output"
]

Rows: TypeAlias = tuple[tuple[str, str], ...]
"""What a box says: what each row is called, and its text."""


@dataclass(frozen=True)
class Box:
    """A value, a constant, an operation or a fold of many: a title, and rows under it.

    name: what it is called in the DOT text.
    more: rows for whoever asks.
    group: where it stands.
    """

    name: str
    role: Role
    title: str
    rows: Rows = ()
    more: Rows = ()
    group: Group | None = None


@dataclass(frozen=True)
class Arrow:
    """From an argument to its operation, with the local derivative, or on to the result.

    shape: of what flows along it; "" for a number.
    backward: whether it points to its tail, as a cotangent flows.
    """

    tail: str
    head: str
    text: str = ""
    shape: str = ""
    backward: bool = False


@dataclass(eq=False)
class Fold:
    """Nodes that are drawn as one box.

    title: its name, by which a module or line can be expanded; for repeats that of the operation.
    text: the class of a module, or what stands in a line.
    times: how many of the same kind it stands for.
    """

    kind: Literal["module", "line", "repeat", "leaf", "parameter"]
    title: str
    nodes: list[Node]
    text: str = ""
    times: int = 1


@dataclass(eq=False)
class Group:
    """Nodes that are drawn as one box, or each for itself in a frame.

    fold: what the box shows.
    path: the name of the module, with which names in it begin; "" for what is no module.
    outer: the group around it.
    """

    fold: Fold
    path: str
    outer: Group | None
    open: bool = False

    def around(self) -> Iterator[Group]:
        """Itself and the groups around it, inner ones first."""
        group: Group | None = self
        while group is not None:
            yield group
            group = group.outer


@dataclass
class Scene:
    """Everything a drawing shows.

    groups: outer ones first, with what each shows where it is closed.
    """

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    groups: dict[Group, Box] = field(default_factory=dict)

    def add(
        self,
        role: Role,
        title: str,
        rows: Iterable[tuple[str, str]] = (),
        *,
        more: Iterable[tuple[str, str]] = (),
        group: Group | None = None,
    ) -> str:
        """Put in a box and give its name, n0, n1, … in the order of calling."""
        name = f"n{len(self.boxes)}"
        self.boxes.append(Box(name, role, title, tuple(rows), tuple(more), group))
        return name


# --------------------------------------------------------------------------------------------------
# Numbers, arrays and settings in a few characters


def number(x: float) -> str:
    """Four significant digits."""
    return f"{x + 0.0:.4g}"  # -0.0 + 0.0 is 0.0


def times(shape: tuple[int, ...]) -> str:
    """A shape as 3×4."""
    return "×".join(map(str, shape))


def jacobian(result: Any, arg: Any) -> str:
    """The shape of ∂result/∂arg as 2×4 by 3×4, or 1 by 3×4 where the result is one number."""
    return " by ".join(times(side.shape) or "1" for side in (result, arg))


def summary(x: Any) -> str:
    """A number, or the range of an array's entries and how many are NaN."""
    array = np.asarray(x)
    if array.dtype.kind == "c":
        if array.ndim == 0:
            return f"{array:.4g}"
        return f"|z|: {summary(np.abs(array))}"
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


def in_full(x: Any) -> str:
    """A vector or a matrix of up to 3 × 3 entries itself, a row a line; anything else as
    `summary` has it.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "fiub" or not 1 <= array.ndim <= 2 or not array.size:
        return summary(x)
    if max(array.shape) > 3:
        return summary(x)
    if array.ndim == 1:
        return f"[{', '.join(map(number, array.tolist()))}]"
    rows = [[number(entry) for entry in row] for row in array.tolist()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"[{', '.join(entry.rjust(w) for entry, w in zip(row, widths, strict=True))}]"
        for row in rows
    )


def setting_rows(settings: Settings | Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The settings that are on, each by its name."""
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
