"""What the tests of drawings share: an expression, its picture, and the texts of an SVG file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd import Value, draw, tanh
from autograd.draw.render import programs
from tests.autograd.dotfile import Picture, read

SVG = "{http://www.w3.org/2000/svg}"

needs_a_program = pytest.mark.skipif(
    next(programs(), None) is None, reason="neither dot nor graphviz-pure is installed"
)


def expression() -> Value:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    c.backward()
    return c


def picture_of(_node: object, **options: object) -> Picture:
    """What `draw` shows. The underscore keeps this variable from naming the node."""
    return read(draw(_node, **options).source)


def texts_of(path: Path) -> list[str]:
    root = ElementTree.fromstring(path.read_bytes())
    found = (" ".join("".join(text.itertext()).split()) for text in root.iter(f"{SVG}text"))
    return [text for text in found if text]
