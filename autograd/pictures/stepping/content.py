"""The graph of a walk, for a page and as a picture, with a place for each text of each frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any
from unicodedata import east_asian_width

from autograd.engine.graph import Node
from autograd.pictures.drawing.content import Arrow, Box, Role, Scene
from autograd.pictures.notation import constant, formula
from autograd.pictures.stepping.frames import Frame, Places
from autograd.pictures.walk import Walk

_LONGEST = 36
"""Characters in a line of a title."""


class WalkContent:
    """The boxes and arrows of a walk, as they are in its last frame.

    last: what stands at each place in the end.
    """

    def __init__(
        self, walk: Walk, names: Mapping[Node, str], places: Places, frames: Sequence[Frame]
    ) -> None:
        self.walk = walk
        self.names = names
        self.places = places
        self.frames = frames
        self.last: dict[str, str] = {}
        self._widest: defaultdict[str, str] = defaultdict(str)
        for frame in frames:
            self.last |= frame.texts
            for place, text in frame.texts.items():
                self._widest[place] = max(self._widest[place], text, key=_width)

    def page_data(self) -> dict[str, Any]:
        """The graph and the frames, as the page's script reads them.

        A text that changes comes with its place, and with the widest that ever stands there.
        """
        return {
            "rankdir": None,
            "shapes": False,
            "boxes": [
                {
                    "name": self.places.boxes[node],
                    "role": self._role(node),
                    "title": self._title(node),
                    "rows": [[row, *self._entry(place)] for row, place in self._rows(node)],
                }
                for node in self.walk.nodes
            ],
            "groups": [],
            "arrows": [
                {
                    "name": name,
                    "tail": self.places.boxes[node.args[argnum]],
                    "head": self.places.boxes[node],
                    "lines": [self._entry(place) for place in self._lines(name)],
                }
                for (node, argnum), name in self.places.arrows.items()
            ],
            "frames": [vars(frame) for frame in self.frames],
        }

    def scene(self) -> Scene:
        """The last frame, as a drawing shows it."""
        picture = Scene()
        for node in self.walk.nodes:
            rows = ((row, self.last.get(place, "")) for row, place in self._rows(node))
            filled = tuple(row for row in rows if all(row))
            name = self.places.boxes[node]
            picture.boxes.append(Box(name, self._role(node), self._title(node), filled))
        for (node, argnum), name in self.places.arrows.items():
            text = "\n".join(self.last[place] for place in self._lines(name))
            ends = self.places.boxes[node.args[argnum]], self.places.boxes[node]
            picture.arrows.append(Arrow(*ends, text, backward=True))
        return picture

    def _role(self, node: Node) -> Role:
        if node is self.walk.output:
            return "output"
        return "leaf" if node.op is None else "interior"

    def _title(self, node: Node) -> str:
        title = self.names[node]
        if node.op is not None:
            written = formula(
                node, lambda arg: self.names[arg] if isinstance(arg, Node) else constant(arg)
            )
            title = f"{title} = {written}"
        return "\n".join(wrap(title, _LONGEST))

    def _rows(self, node: Node) -> list[tuple[str, str]]:
        rows = ["value", "grad", *(["sum"] if node in self.places.reused else [])]
        return [(row, f"{self.places.boxes[node]}.{row}") for row in rows]

    def _lines(self, arrow: str) -> list[str]:
        """The places of the lines beside an arrow."""
        found: list[str] = []
        while (place := f"{arrow}.{len(found)}") in self.last:
            found.append(place)
        return found

    def _entry(self, place: str) -> list[str]:
        return [self.last.get(place, ""), place, self._widest[place]]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
