"""A scene as the data of a page, in which its groups are opened and closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.pictures.drawing.content import Box, Group, Scene

_SIGNS = {"*": "×", "-": "−"}


def page_data(picture: Scene, rankdir: str | None, shapes: bool, adapts: bool) -> Mapping[str, Any]:
    """The boxes, groups and arrows, as the page's script reads them.

    rankdir: None to choose it in the page, by the room that there is.
    shapes: whether arrows show them at first.
    adapts: whether what is open may be closed where there is no room for it.
    """
    names = {group: box.name for group, box in picture.groups.items()}
    return {
        "rankdir": rankdir,
        "shapes": shapes,
        "adapts": adapts,
        "boxes": [_box(box, names) for box in picture.boxes],
        "groups": [
            _box(box, names) | {"open": group.open} for group, box in picture.groups.items()
        ],
        "arrows": [
            {
                "name": f"e{number}",
                "tail": arrow.tail,
                "head": arrow.head,
                "lines": [[arrow.text]] if arrow.text else [],
                "shape": arrow.shape,
            }
            for number, arrow in enumerate(picture.arrows)
        ],
    }


def _box(box: Box, names: Mapping[Group, str]) -> dict[str, Any]:
    title, rows = box.title, [list(row) for row in box.rows]
    if box.role == "operation":
        settings = [f"{name}={setting}" for name, setting in box.rows]
        title, rows = "\n".join([_SIGNS.get(title, title), *settings]), []
    shown = {"name": box.name, "role": box.role, "title": _within(title, box.group), "rows": rows}
    if box.more:
        shown |= {"full": title.split("\n")[0], "more": [list(row) for row in box.more]}
    if box.group is not None:
        shown["group"] = names[box.group]
    return shown


def _within(title: str, group: Group | None) -> str:
    """A name without that of the module in whose frame it stands."""
    paths = [around.path for around in group.around() if around.path] if group else []
    return title.removeprefix(f"{paths[0]}.") if paths else title
