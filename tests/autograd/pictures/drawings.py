"""What the tests of drawings share: an expression, its picture, and the texts of an SVG file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd import Value, draw, tanh
from autograd.pictures.drawing.render import programs
from tests.autograd.pictures.dotfile import Picture, read

Vector: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

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


def linear(colour: str) -> Vector:
    """The linear red, green and blue of "#rrggbb"."""
    given = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", as WCAG defines it."""
    return float(np.dot([0.2126, 0.7152, 0.0722], linear(colour)))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]

SIGHT = {  # what is seen of linear red, green and blue (Machado et al. 2009, severity 1)
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
    "no green": [[0.3673, 0.8606, -0.228], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "no blue": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(colour: str, sight: str = "usual") -> Vector:
    """A colour as it looks, in CIELAB, where a distance of 2 or 3 can just be seen."""
    seen = np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    x, y, z = np.cbrt(np.array(TO_XYZ) @ seen / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
