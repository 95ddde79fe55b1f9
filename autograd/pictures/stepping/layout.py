"""The positions of boxes and arrows, in points from the top left, as Graphviz lays them out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from autograd.pictures.drawing.render import render

Point: TypeAlias = tuple[float, float]
_INCH = 72.0


@dataclass(frozen=True)
class BoxSize:
    """A box to be placed, with its size. `ordered`: its arguments stand in their order."""

    name: str
    width: float
    height: float
    ordered: bool


@dataclass(frozen=True)
class ArrowSize:
    """An arrow to be placed, with the size of the text beside it."""

    name: str
    tail: str
    head: str
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """The size of the picture, the middle of each box and text, and the curve of each arrow.

    across: from left to right, not from top to bottom.

    A curve is a list of Bézier points: a start, then three for each piece.
    """

    across: bool
    width: float
    height: float
    boxes: dict[str, Point]
    texts: dict[str, Point]
    curves: dict[str, list[Point]]


def place(
    boxes: Sequence[BoxSize], arrows: Sequence[ArrowSize], width: float, timeout: float
) -> Placed:
    """The layout from left to right, or where that is wider than `width`, the narrower of it and
    that from top to bottom.

    Raises DrawingError where no program is installed, or it takes longer than `timeout` seconds.
    """
    across = _laid_out(boxes, arrows, "LR", timeout)
    if across.width <= width:
        return across
    down = _laid_out(boxes, arrows, "TB", timeout)
    return min(across, down, key=lambda placed: placed.width)


def _laid_out(
    boxes: Sequence[BoxSize], arrows: Sequence[ArrowSize], rankdir: str, timeout: float
) -> Placed:
    plain = render(_dot(boxes, arrows, rankdir), "plain", timeout).decode()
    return _read(plain, arrows, across=rankdir == "LR")


def _dot(boxes: Sequence[BoxSize], arrows: Sequence[ArrowSize], rankdir: str) -> str:
    return "\n".join(
        [
            f"digraph {{ rankdir={rankdir}; nodesep=0.3; ranksep=0.3; splines=true",
            'node [shape=box, fixedsize=true, label=""]; edge [arrowsize=0.7]',
            *(
                f"{box.name} [width={box.width / _INCH:.3f}, height={box.height / _INCH:.3f}"
                f"{', ordering=in' if box.ordered else ''}]"
                for box in boxes
            ),
            *(f"{arrow.tail} -> {arrow.head} [label={_room(arrow)}]" for arrow in arrows),
            "}",
        ]
    )


def _room(arrow: ArrowSize) -> str:
    """An empty label of the right size."""
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD FIXEDSIZE="TRUE"'
        f' WIDTH="{arrow.width:.0f}" HEIGHT="{arrow.height:.0f}"></TD></TR></TABLE>>'
    )


def _read(plain: str, arrows: Sequence[ArrowSize], across: bool) -> Placed:
    """The positions in Graphviz's `plain` format: inches, counted from the bottom left."""
    waiting: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for arrow in reversed(arrows):
        waiting[arrow.tail, arrow.head].append(arrow.name)
    size = height = 0.0
    boxes: dict[str, Point] = {}
    texts: dict[str, Point] = {}
    curves: dict[str, list[Point]] = {}

    def points(words: Sequence[str]) -> Iterator[Point]:
        for x, y in zip(words[::2], words[1::2], strict=True):
            yield _INCH * float(x), height - _INCH * float(y)

    for line in plain.splitlines():
        words = line.split()
        if words[0] == "graph":
            size, height = _INCH * float(words[2]), _INCH * float(words[3])
        elif words[0] == "node":
            (boxes[words[1]],) = points(words[2:4])
        elif words[0] == "edge":
            name = waiting[words[1], words[2]].pop()
            end = 4 + 2 * int(words[3])
            curves[name] = list(points(words[4:end]))
            (texts[name],) = points(words[-4:-2])
    return Placed(across, size, height, boxes, texts, curves)
