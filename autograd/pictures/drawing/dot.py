"""A scene as text in the DOT language, which Graphviz reads."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from html import escape
from math import ceil
from unicodedata import east_asian_width

from autograd.pictures.drawing.content import Arrow, Box, Role, Scene, clip

# Fills differ in lightness, so they survive grey print; borders and shapes repeat what hue says.
_STYLES: dict[Role, str] = {
    "leaf": 'shape=box, style=filled, fillcolor="#BFE3F5", color="#0B5A83", penwidth=1.4',
    "parameter": 'shape=box, style="filled,bold", fillcolor="#8FD0B4", color="#00563F", '
    "penwidth=2.4",
    "data": 'shape=note, style=filled, fillcolor="#F6EFA6", color="#6B6300"',
    "fold": 'shape=box3d, style=filled, fillcolor="#C9B9E6", color="#54407A", margin="0.14,0.11"',
    "interior": 'shape=box, style="rounded,filled", fillcolor="#FFFFFF", color="#666666"',
    "output": 'shape=box, style="rounded,filled", fillcolor="#F5B94A", color="#7A4B00", '
    "penwidth=1.4, peripheries=2",
    "constant": 'shape=plaintext, fontsize=10, fontcolor="#444444", margin="0.1,0.03"',
    "operation": 'shape=ellipse, style=filled, fillcolor="#ECECEC", color="#666666", '
    'margin="0.05,0.02"',
}

_DEFAULTS = """\
  graph [class=wengert, rankdir={rankdir}, bgcolor=white, nodesep=0.25, ranksep=0.4, pad=0.15]
  node [fontname=Helvetica, fontsize=12, margin="0.1,0.05", width=0.3, height=0.3]
  edge [fontname=Helvetica, fontsize=10, color="#555555", arrowsize=0.6]
"""

_HASTE = "  graph [nslimit=0.5, nslimit1=0.5]\n"
"""Fewer rounds of improving the layout: of 2,000 nodes it takes a sixth of the time."""

_SYMMETRIC = ("+", "*")
_SIGNS = {"*": "×", "-": "−"}

_FORBIDDEN = re.compile("[^\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_KEY_FONT = '<FONT POINT-SIZE="10" COLOR="#333333">'
_PAGE = 900
"""About the pixels of a page; where it has less, the picture is shown smaller."""

_LEFT = 44
"""Points for the column that says "shape", "value" and "grad"."""


def to_dot(scene: Scene, rankdir: str, shapes: bool = False, haste: bool = False) -> str:
    """The DOT text, one statement a line: the boxes by their roles, then the arrows.

    shapes: whether arrows say the shape of what flows along them.
    """
    lines = ["digraph {\n", _DEFAULTS.format(rankdir=rankdir), _HASTE if haste else ""]
    for role, style in _STYLES.items():
        boxes = [f"    {_box(box)}\n" for box in scene.boxes if box.role == role]
        if boxes:
            lines += [f"  {{ node [class={role}, {style}]\n", *boxes, "  }\n"]
    lines += [f"  {_arrow(arrow, shapes)}\n" for arrow in scene.arrows]
    return "".join([*lines, "}\n"])


def direction(scene: Scene) -> str:
    """From left to right where that is not too wide for a page, else what is less wide."""
    ranks = _ranks(scene)
    widths: defaultdict[int, list[float]] = defaultdict(list)
    for box in scene.boxes:
        widths[ranks[box.name]].append(_width(box))
    texts: Counter[int] = Counter()
    for arrow in scene.arrows:
        rank = ranks[arrow.tail]
        texts[rank] = max(texts[rank], _room(arrow.text, 5.5))
    in_a_row = sum(max(boxes) + 30 + texts[rank] for rank, boxes in widths.items())
    in_a_column = max(sum(boxes) + 18 * len(boxes) for boxes in widths.values())
    return "LR" if in_a_row <= max(_PAGE, in_a_column) else "TB"


def _ranks(scene: Scene) -> dict[str, int]:
    """Where boxes stand along the direction: after what leads to them, but close to what follows.

    Where arrows go in a circle, those count that do not go back to a box already placed.
    """
    followers: defaultdict[str, list[str]] = defaultdict(list)
    waits: Counter[str] = Counter()
    for arrow in scene.arrows:
        followers[arrow.tail].append(arrow.head)
        waits[arrow.head] += 1
    rank = {box.name: 0 for box in scene.boxes}
    sources = [name for name in rank if not waits[name]]
    placed: dict[str, None] = {}
    for first in (*sources, *rank):
        ready = [first]
        for name in ready:  # it grows meanwhile
            if name in placed:
                continue
            placed[name] = None
            for head in followers[name]:
                waits[head] -= 1
                if head not in placed:
                    rank[head] = max(rank[head], rank[name] + 1)
                    if not waits[head]:
                        ready.append(head)
    after = {name: min(map(rank.__getitem__, followers[name]), default=1) for name in sources}
    return rank | {name: place - 1 for name, place in after.items()}


def _width(box: Box) -> float:
    """About how many points wide a box is."""
    if box.role in ("operation", "constant"):
        return 14 + max((_room(line, 6.5) for line in box.title.splitlines()), default=0)
    title = max((_room(line, 9.0) for line in box.title.splitlines()), default=0)
    lines = (line for _, entry in box.rows for line in entry.splitlines())
    return 16 + max([title, *(_LEFT + _room(line, 7.8) for line in lines)])


def _box(box: Box) -> str:
    extra = ""
    if box.role == "operation":
        settings = [f"{name}={setting}" for name, setting in box.rows]
        label = _quoted("\n".join([_SIGNS.get(box.title, box.title), *settings]))
        if box.title not in _SYMMETRIC:
            extra = ", ordering=in"  # the first argument stands above the second
    elif box.role == "constant":
        label = _quoted(box.title)
    else:
        label = _table(box)
    return f"{box.name} [label={label}{extra}]"


def _arrow(arrow: Arrow, shapes: bool) -> str:
    text = "\n".join(filter(None, [arrow.shape if shapes else "", arrow.text]))
    said = [f"label={_quoted(text, pad='  ')}"] if text else []
    said += ["dir=back"] if arrow.backward else []
    attributes = f" [{', '.join(said)}]" if said else ""
    return f"{arrow.tail} -> {arrow.head}{attributes}"


def _table(box: Box) -> str:
    """The title over two columns: what each row is called, and what it says."""
    title = _lines(box.title)
    if not title and not box.rows:
        return '""'
    # Room that only the title needs goes to the right column, or it would part the two.
    room = max((_room(line, 9.0) for line in title), default=1)
    lines = [line for _, entry in box.rows for line in entry.splitlines()]
    right = max([room - _LEFT, 1, *(_room(line, 7.8) for line in lines)])
    head = ""
    if title:
        # Also here Graphviz takes a backslash for the beginning of something.
        markup = "".join(escape(line).replace("\\", r"\\") + '<BR ALIGN="LEFT"/>' for line in title)
        head = f'<TR><TD COLSPAN="2" ALIGN="LEFT" WIDTH="{room}"><B>{markup}</B></TD></TR>'
    rows = "".join(
        f'<TR><TD ALIGN="LEFT" WIDTH="{_LEFT}">{_KEY_FONT}{key}</FONT></TD>'
        f'<TD ALIGN="LEFT" WIDTH="{right}">{_several_lines(entry)}</TD></TR>'
        for key, entry in box.rows
    )
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
    return f"<{table}{head}{rows}</TABLE>>"


def _several_lines(entry: str) -> str:
    lines = entry.splitlines()
    return "".join(f'{line}<BR ALIGN="LEFT"/>' for line in lines) if len(lines) > 1 else entry


def _quoted(raw: str, pad: str = "") -> str:
    """A text between quotes, with what Graphviz would take for escapes or entities escaped."""
    lines = (
        pad + escape(line, quote=False).replace("\\", r"\\").replace('"', r"\"") + pad
        for line in _lines(raw)
    )
    return '"' + r"\n".join(lines) + '"'


def _lines(raw: str) -> list[str]:
    """A user's text line by line, none too long, without the characters that XML forbids."""
    return [clip(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", line)) for line in raw.splitlines()]


def _room(line: str, width: float) -> int:
    """Points to keep free for a line, given the average width of a character.

    Whoever looks at the picture may have a wider font than the program that lays it out.
    """
    return ceil(sum(14 if east_asian_width(c) in "WF" else width for c in line))
