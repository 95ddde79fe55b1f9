"""Drawings in a web page: no wider than the page, and dark where the page is.

The light colours are in `dot`, since every kind of picture has them.
"""

from __future__ import annotations

import re
from html import escape

_DARK = {  # role: fill, border
    "leaf": ("#14506E", "#8CCBEA"),
    "parameter": ("#0F5C46", "#8FD0B4"),
    "data": ("#5A5410", "#E9DF7A"),
    "operation": ("#3A3A3A", "#A8A8A8"),
    "interior": ("#1E1E1E", "#A8A8A8"),
    "fold": ("#46356A", "#C3B2E6"),
    "output": ("#7A4B00", "#F5B94A"),
}

_BACKGROUND, _TEXT, _LINE = "#121212", "#F2F2F2", "#B5B5B5"


def _style() -> str:
    rules = [
        f".wengert>polygon{{fill:{_BACKGROUND}}}",
        f".wengert text{{fill:{_TEXT}}}",
        f".wengert .edge path{{stroke:{_LINE}}}",
        f".wengert .edge polygon{{stroke:{_LINE};fill:{_LINE}}}",
    ]
    for role, (fill, border) in _DARK.items():
        rules.append(f".wengert .{role} :not(text){{stroke:{border}}}")
        rules.append(f".wengert .{role} :not(text,[fill=none]){{fill:{fill}}}")
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"


def themed(svg: bytes, description: str) -> bytes:
    """An SVG picture with a description, a width of the page's at most, and colours for the dark.

    Its points are pixels of the page, as they are in a PNG, so that it fits where that does. Where
    there is no root element as Graphviz writes it, it stays as it is.
    """
    begin = re.compile(rb"<svg\b([^>]*)>")
    svg = re.sub(rb'(<svg width="[\d.]+)pt" height="([\d.]+)pt"', rb'\1" height="\2"', svg, count=1)
    extra = f' role="img" aria-label="{escape(description)}" style="max-width:100%;height:auto"'
    return begin.sub(
        lambda match: b"<svg" + match[1] + extra.encode() + b">" + _style().encode(), svg, count=1
    )
