"""The drawing of a walk as SVG, in its last frame, with an id for each text that a frame adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from unicodedata import east_asian_width

from autograd.engine.graph import Node
from autograd.pictures.drawing.content import clip
from autograd.pictures.notation import constant, formula
from autograd.pictures.stepping.frames import Frame, Places
from autograd.pictures.stepping.layout import ArrowSize, BoxSize, Placed, place
from autograd.pictures.walk import Walk

WIDTH = 840.0
"""Pixels: what is left of 900 for the drawing."""

_LINE, _SMALL_LINE, _MARGIN, _KEY = 18.0, 14.0, 9.0, 46.0
_ADVANCE, _SMALL_ADVANCE = 7.5, 6.9
"""Pixels for a character of the monospaced fonts, of 12 and 11 pixels, in boxes and at arrows."""


class Picture:
    """The boxes and arrows of a walk with room for each text of each frame."""

    def __init__(
        self, walk: Walk, names: dict[Node, str], places: Places, shown: Sequence[Frame]
    ) -> None:
        self.walk = walk
        self.names = names
        self.places = places
        self.last: dict[str, str] = {}
        """What stands at each place in the end."""
        self.ever: defaultdict[str, list[str]] = defaultdict(list)
        """All that ever stands there."""
        for frame in shown:
            self.last |= frame.texts
            for place_, text in frame.texts.items():
                self.ever[place_].append(text)

    def svg(self, timeout: float) -> str:
        """The picture. Raises DrawingError where it cannot be laid out."""
        boxes = [self._box(node) for node in self.walk.nodes]
        arrows = [self._arrow(node, argnum) for node, argnum in self.places.arrows]
        placed = place(boxes, arrows, WIDTH, timeout)
        width, height = placed.width + 8, placed.height + 8
        return "\n".join(
            [
                f'<svg class="{"across" if placed.across else "down"}" role="img" '
                f'aria-label="The graph of {escape(self.names[self.walk.output])}" '
                f'viewBox="-4 -4 {width:.0f} {height:.0f}" '
                f'style="max-width: {width:.0f}px; min-width: {0.85 * width:.0f}px">',
                *(self._drawn_arrow(arrow, placed) for arrow in arrows),
                *(
                    self._drawn_box(node, box, placed)
                    for node, box in zip(self.walk.nodes, boxes, strict=True)
                ),
                "</svg>",
            ]
        )

    def _rows(self, node: Node) -> list[str]:
        return ["value", "grad", "sum"] if node in self.places.reused else ["value", "grad"]

    def _title(self, node: Node) -> str:
        if node.op is None:
            return self.names[node]
        said = formula(
            node, lambda arg: self.names[arg] if isinstance(arg, Node) else constant(arg)
        )
        return clip(f"{self.names[node]} = {said}", 34)

    def _box(self, node: Node) -> BoxSize:
        name, rows = self.places.boxes[node], self._rows(node)
        texts = [text for row in rows for text in self.ever[f"{name}.{row}"]]
        entry = max((_room(text, _ADVANCE) for text in texts), default=0.0)
        width = max(_room(self._title(node), _ADVANCE), _KEY + entry)
        return BoxSize(
            name,
            width + 2 * _MARGIN,
            (1 + len(rows)) * _LINE + _MARGIN,
            ordered=node.op is not None and node.op.symbol not in ("+", "*"),
        )

    def _arrow(self, node: Node, argnum: int) -> ArrowSize:
        name = self.places.arrows[node, argnum]
        lines = self._lines(name)
        width = max(_room(text, _SMALL_ADVANCE) for line in lines for text in self.ever[line])
        return ArrowSize(
            name,
            self.places.boxes[node.args[argnum]],
            self.places.boxes[node],
            width + 8,
            len(lines) * _SMALL_LINE + 4,
        )

    def _lines(self, arrow: str) -> list[str]:
        """The places of the lines beside an arrow."""
        found: list[str] = []
        while f"{arrow}.{len(found)}" in self.ever:
            found.append(f"{arrow}.{len(found)}")
        return found

    def _drawn_box(self, node: Node, box: BoxSize, placed: Placed) -> str:
        x, y = placed.boxes[box.name]
        left, top = x - box.width / 2, y - box.height / 2
        role = "leaf" if node.op is None else "interior"
        if node is self.walk.output:
            role = "output"
        parts = [
            f'<g class="box {role}" data-place="{box.name}">',
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{0 if role == "leaf" else 7}"/>',
            _text(left + _MARGIN, top + _LINE - 2, self._title(node), "title"),
        ]
        for number, row in enumerate(self._rows(node), 2):
            line = top + number * _LINE - 2
            parts.append(_text(left + _MARGIN, line, row, "key"))
            place_ = f"{box.name}.{row}"
            parts.append(_text(left + _MARGIN + _KEY, line, self.last.get(place_, ""), row, place_))
        return "".join([*parts, "</g>"])

    def _drawn_arrow(self, arrow: ArrowSize, placed: Placed) -> str:
        start, *rest = (f"{x:.1f},{y:.1f}" for x, y in placed.curves[arrow.name])
        x, y = placed.texts[arrow.name]
        left = x if placed.across else x - arrow.width / 2 + 4
        top = y - arrow.height / 2 - 1
        return "".join(
            [
                f'<g class="arrow" data-place="{arrow.name}">',
                f'<path class="line" d="M{start} C{" ".join(rest)}"/>',
                f'<path class="head" d="{_head(placed.curves[arrow.name])}"/>',
                *(
                    _text(left, top + number * _SMALL_LINE, self.last[line], "share", line)
                    for number, line in enumerate(self._lines(arrow.name), 1)
                ),
                "</g>",
            ]
        )


def _text(x: float, y: float, text: str, kind: str, place: str = "") -> str:
    named = f' data-place="{place}"' if place else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{named}>{escape(text)}</text>'


def _head(curve: Sequence[tuple[float, float]]) -> str:
    """The tip of an arrow, in the direction in which its curve ends."""
    (x0, y0), (x, y) = curve[-2:]
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 1e-9)
    dx, dy = (x - x0) / length, (y - y0) / length
    corners = [(7 * dx, 7 * dy), (-3.2 * dy, 3.2 * dx), (3.2 * dy, -3.2 * dx)]
    return f"M{' L'.join(f'{x + right:.1f},{y + down:.1f}' for right, down in corners)}Z"


def _room(text: str, advance: float) -> float:
    return advance * sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
