"""The pictures that `draw` makes, opened in a browser: text can be read, and nothing runs off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Drawing, Value, draw, tanh

pytestmark = pytest.mark.browser


def expression() -> Drawing:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.backward()
    return draw(c)


def network() -> Drawing:
    model = nn.MLP([784, 30, 10], activation="sigmoid", rng=0)
    x, y = np.linspace(0, 1, 5 * 784, dtype=np.float32).reshape(5, 784), np.arange(5)
    loss = nn.cross_entropy(model(x), y)
    loss.backward()
    return draw(loss, fold=True)


OVERLAPS = """() => {
  const texts = [...document.querySelectorAll("text")].filter(text => text.textContent.trim());
  const areas = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
  const found = [];
  areas.forEach(([text, a], i) => areas.slice(0, i).forEach(([other, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 &&
        b.top < a.bottom - 4) found.push([text, other]);
  }));
  return found;
}"""

LIGHTNESS = """() => {
  const light = color => color.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
  return [...document.querySelectorAll("text")].map(text => light(getComputedStyle(text).fill));
}"""


@pytest.mark.parametrize("make", [expression, network], ids=lambda make: make.__name__)
def test_a_drawing_can_be_read_in_light_and_dark_within_900_pixels(
    page: Any, tmp_path: Path, scheme: str, make: Any
) -> None:
    make().save(tmp_path / "graph.svg")
    page.goto((tmp_path / "graph.svg").as_uri())
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("document.documentElement.getBoundingClientRect().width") <= 900
    lightness = page.evaluate(LIGHTNESS)
    assert min(lightness) > 450 if scheme == "dark" else max(lightness) < 300


def test_a_drawing_shows_its_numbers(page: Any, tmp_path: Path) -> None:
    expression().save(tmp_path / "graph.svg")
    page.goto((tmp_path / "graph.svg").as_uri())
    texts = page.evaluate("[...document.querySelectorAll('text')].map(text => text.textContent)")
    assert {"a", "b", "-0.964", "0.07065", "0.1413"} <= {text.strip() for text in texts}
