"""The pictures that `draw` makes, opened in a browser: looked at, clicked, moved, pointed at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Drawing, Tensor, Value, draw, relu, tanh

pytestmark = pytest.mark.browser


def expression() -> Drawing:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    c.backward()
    return draw(c)


def arrays() -> Drawing:
    x, w = Tensor([[1.0, 2.0], [3.0, 4.0]], "x"), Tensor([[0.5, -1.0], [2.0, 0.1]], "w")
    loss = (relu(x @ w) ** 2).mean()
    loss.backward()
    return draw(loss)


class Block(nn.Module):
    def __init__(self, rng: np.random.Generator) -> None:
        self.norm = nn.LayerNorm(4)
        self.mlp = nn.MLP([4, 8, 4], rng=rng)

    def forward(self, x: Any) -> Any:
        return x + self.mlp(self.norm(x))


def blocks() -> Drawing:
    """Three equal blocks between two layers."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), *(Block(rng) for _ in range(3)))
    loss = nn.cross_entropy(model(np.ones((2, 3), np.float32)), np.array([0, 1]))
    loss.backward()
    return draw(loss)


def opened(page: Any, drawing: Drawing, folder: Path) -> Any:
    drawing.save(folder / "graph.html")
    page.goto((folder / "graph.html").as_uri())
    page.wait_for_selector(".legend")
    return page.locator(".wengert-page")


BUTTONS = """() => [...document.querySelectorAll('.pane [role=button]')]
  .map(button => button.getAttribute("aria-label")).sort()"""


def buttons(page: Any) -> list[str]:
    found: list[str] = page.evaluate(BUTTONS)
    return found


# --------------------------------------------------------------------------------------------------
# Opening and closing


def test_three_blocks_are_one_and_open_one_by_one_in_frames(page: Any, tmp_path: Path) -> None:
    opened(page, blocks(), tmp_path)
    assert buttons(page) == ["Close model", "Open 0", "Open 1 … 3 × 3"]
    page.get_by_role("button", name="Open 1 … 3 × 3").click()
    assert buttons(page)[1:] == ["Close model", "Open 0", "Open 1", "Open 2", "Open 3"]
    page.get_by_role("button", name="Open 2", exact=True).click()
    found = buttons(page)
    assert {"Close 2", "Open 1", "Open 3", "Open norm", "Open mlp"} <= {*found}
    assert found.count("Open norm") == 1, "the others stay whole"
    assert page.evaluate(FRAMES_HOLD) == []
    page.get_by_role("button", name="Close 1 … 3 × 3").press("Enter")
    assert buttons(page) == ["Close model", "Open 0", "Open 1 … 3 × 3"]


FRAMES_HOLD = """() => {
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1
    && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const frames = [...document.querySelectorAll(".frame > rect")]
    .map(frame => frame.getBoundingClientRect());
  return [...document.querySelectorAll(".box")].filter(box => {
    const area = box.querySelector("rect").getBoundingClientRect();
    const apart = frame => area.right < frame.left || area.left > frame.right
      || area.bottom < frame.top || area.top > frame.bottom;
    return !frames.every(frame => inside(area, frame) || apart(frame));
  }).map(box => box.textContent);
}"""
"""The boxes that stand neither inside a frame nor outside of it."""


def test_all_can_be_opened_and_closed_at_once(page: Any, tmp_path: Path) -> None:
    opened(page, blocks(), tmp_path)
    page.get_by_role("button", name="Open all").click()
    assert not any(name.startswith("Open") for name in buttons(page))
    page.get_by_role("button", name="Close all").click()
    assert buttons(page) == ["Open model"]


def test_a_drag_moves_a_graph_that_is_larger_than_its_pane_and_is_no_click(
    page: Any, tmp_path: Path
) -> None:
    opened(page, blocks(), tmp_path)
    box = page.get_by_role("button", name="Open 0")
    fitted = box.bounding_box()
    page.get_by_role("button", name="Zoom in").click(click_count=5)
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    assert before["width"] > 2 * fitted["width"]
    page.mouse.move(before["x"] + 100, before["y"] + 60)
    page.mouse.down()
    page.mouse.move(before["x"] + 70, before["y"] + 40, steps=4)
    page.mouse.up()
    after = box.bounding_box()
    moved = after["x"] - before["x"], after["y"] - before["y"]
    assert moved == pytest.approx((-30, -20), abs=2)
    assert "Open 0" in buttons(page)
    page.get_by_role("button", name="Fit").click()
    assert box.bounding_box()["width"] == pytest.approx(fitted["width"], abs=1)


def test_the_wheel_with_ctrl_zooms_where_the_pointer_is(page: Any, tmp_path: Path) -> None:
    opened(page, blocks(), tmp_path)
    box = page.get_by_role("button", name="Open 0")
    page.get_by_role("button", name="Zoom in").click(click_count=4)
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    page.mouse.move(before["x"] + before["width"], before["y"] + before["height"])
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    after = box.bounding_box()
    assert after["width"] > 1.2 * before["width"]
    ends = [place["x"] + place["width"] for place in (before, after)]
    assert ends[1] == pytest.approx(ends[0], abs=2)


def test_the_pointer_is_told_more(page: Any, tmp_path: Path) -> None:
    opened(page, blocks(), tmp_path)
    page.get_by_role("button", name="Open 1 … 3 × 3").hover()
    told = page.locator(".tip").inner_text().splitlines()
    assert told[:3] == ["1 … 3 × 3", "module: Block", "ops: 51"]
    assert {row.split(":")[0] for row in told} >= {"shape", "value", "‖grad‖", "parameters"}


def test_shapes_stand_on_arrows_where_they_are_wanted(page: Any, tmp_path: Path) -> None:
    opened(page, arrays(), tmp_path)
    texts = "() => [...document.querySelectorAll('.arrow text')].map(text => text.textContent)"
    assert "2×2" not in page.evaluate(texts)
    page.get_by_label("shapes").check()
    assert page.evaluate(texts).count("2×2") >= 5


# --------------------------------------------------------------------------------------------------
# The looks


OVERLAPS = """() => {
  const texts = [...document.querySelectorAll("svg text")].filter(text => text.textContent.trim());
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
  return [...document.querySelectorAll("svg text")]
    .map(text => light(getComputedStyle(text).fill));
}"""

CUT_OFF = """() => {
  const pane = document.querySelector(".pane").getBoundingClientRect();
  return [...document.querySelectorAll(".box")]
    .map(box => [box.textContent, box.getBoundingClientRect()])
    .filter(([, box]) => box.left < pane.left || box.right > pane.right || box.top < pane.top
      || box.bottom > pane.bottom)
    .map(([text]) => text);
}"""


WIDTHS = 390, 1280, 1400


def test_an_open_drawing_can_be_read_and_nothing_is_cut_off(
    page: Any, tmp_path: Path, scheme: str
) -> None:
    opened(page, expression(), tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    lightness = page.evaluate(LIGHTNESS)
    assert min(lightness) > 450 if scheme == "dark" else max(lightness) < 300


def test_a_picture_keeps_its_colours_where_styles_are_taken_out(page: Any, tmp_path: Path) -> None:
    """As on GitHub, which puts the SVG of a notebook into its page without them."""
    picture = expression().pipe("svg", encoding="utf-8")
    bare = re.sub(r"<style>.*?</style>| (class|style)=\"[^\"]*\"", "", picture)
    (tmp_path / "graph.html").write_text(f"<meta charset=utf-8>{bare}", encoding="utf-8")
    page.goto((tmp_path / "graph.html").as_uri())
    shapes = "[...document.querySelectorAll('svg :is(polygon, polyline, path, ellipse)')]"
    fills = page.evaluate(f"{shapes}.map(shape => getComputedStyle(shape).fill)")
    assert "rgb(0, 0, 0)" not in fills  # which is the colour of what has none
    assert page.evaluate(OVERLAPS) == []
    assert max(page.evaluate(LIGHTNESS)) < 300


def three_networks() -> Drawing:
    """Three networks in a row, which opened are taller and wider than a window."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(*(nn.MLP([4, width, 4], rng=rng) for width in (8, 16, 8)))
    loss = nn.cross_entropy(model(np.ones((2, 4), np.float32)), np.array([0, 1]))
    loss.backward()
    return draw(loss)


def chain() -> Drawing:
    y = Tensor([[1.0, 2.0], [3.0, 4.0]], "x")
    for _ in range(40):
        y = tanh(y)
    return draw(y.sum())


def many_terms() -> Drawing:
    return draw(sum((Value(float(i), f"x{i}") ** 2 for i in range(30)), Value(0.0)))


UNREACHABLE = """() => {
  const pane = document.querySelector(".pane"), area = pane.getBoundingClientRect();
  const left = area.left - pane.scrollLeft, top = area.top - pane.scrollTop;
  return [...document.querySelectorAll(".box, .frame")]
    .map(box => [box.textContent, box.getBoundingClientRect()])
    .filter(([, box]) => box.left < left || box.right > left + pane.scrollWidth
      || box.top < top || box.bottom > top + pane.scrollHeight)
    .map(([text]) => text);
}"""
"""The boxes to which one cannot scroll."""

TEXT_SIZE = """() => {
  const picture = document.querySelector(".pane > svg");
  return Math.round(12 * picture.clientWidth / picture.viewBox.baseVal.width);
}"""


def test_networks_in_a_row_are_opened_as_far_as_the_window_has_room(
    page: Any, tmp_path: Path
) -> None:
    opened(page, three_networks(), tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(TEXT_SIZE) >= 9
        assert buttons(page) == ["Close model", "Open 0", "Open 1", "Open 2"]
        size = "(root => [root.scrollWidth, root.scrollHeight])(document.documentElement)"
        assert page.evaluate(size) == [width, 800], "the legend is seen, too"


@pytest.mark.parametrize("make", [chain, many_terms], ids=lambda make: make.__name__)
def test_a_graph_too_large_for_its_window_is_scrolled_to_from_its_beginning(
    page: Any, tmp_path: Path, make: Any
) -> None:
    opened(page, make(), tmp_path)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate(UNREACHABLE) == []
        assert page.evaluate(TEXT_SIZE) >= 9
        assert page.locator(".box").first.text_content() not in page.evaluate(CUT_OFF)
        page.get_by_role("button", name="Fit").click()
        assert page.evaluate(CUT_OFF) == []


def test_what_has_been_opened_is_in_sight(page: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    opened(page, three_networks(), tmp_path)
    for name in "0", "2":
        page.get_by_role("button", name=f"Open {name}", exact=True).last.click()
        assert page.evaluate(UNREACHABLE) == []
        assert page.evaluate(TEXT_SIZE) >= 9
        title = page.get_by_role("button", name=f"Close {name}", exact=True).bounding_box()
        pane = page.locator(".pane").bounding_box()
        assert pane["x"] <= title["x"] <= pane["x"] + pane["width"] - title["width"]
        assert pane["y"] <= title["y"] <= pane["y"] + pane["height"] - title["height"]
        assert page.evaluate(FRAMES_HOLD) == []
        assert page.evaluate(OVERLAPS) == []


def test_a_picture_can_be_read_in_light_and_dark_within_900_pixels(
    page: Any, tmp_path: Path, scheme: str
) -> None:
    expression().save(tmp_path / "graph.svg")
    page.goto((tmp_path / "graph.svg").as_uri())
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("document.documentElement.getBoundingClientRect().width") <= 900
    lightness = page.evaluate(LIGHTNESS)
    assert min(lightness) > 450 if scheme == "dark" else max(lightness) < 300
    texts = page.evaluate("[...document.querySelectorAll('text')].map(text => text.textContent)")
    assert {"a", "b", "-0.964", "0.07065", "0.1413"} <= {text.strip() for text in texts}
