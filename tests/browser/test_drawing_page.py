"""The pictures that `draw` makes, opened in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograd import Value, draw, tanh

pytestmark = pytest.mark.browser


def test_a_drawing_opens_by_itself_with_its_numbers(page: Any, tmp_path: Path, scheme: str) -> None:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.backward()
    draw(c).save(tmp_path / "graph.svg")
    page.goto((tmp_path / "graph.svg").as_uri())
    texts = page.evaluate("[...document.querySelectorAll('text')].map(text => text.textContent)")
    texts = [text.strip() for text in texts]
    assert {"a", "b", "-0.964", "0.07065", "0.1413"} <= set(texts)
    assert page.evaluate("document.documentElement.getBoundingClientRect().width") <= 900 * 96 / 72


def test_a_drawing_in_a_notebook_fits_a_page_of_900_pixels(page: Any, tmp_path: Path) -> None:
    x = Value(0.5, "x")
    for _ in range(3):
        x = tanh(x * 2.0)
    svg = draw(x)._repr_svg_()
    assert svg is not None
    (tmp_path / "notebook.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><style>svg {{ max-width: 100%; height: auto }}</style>"
        f"{svg[svg.index('<svg') :]}",
        encoding="utf-8",
    )
    page.goto((tmp_path / "notebook.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 900
