"""The drawing that opens by clicks: its groups, what stands in them, and its page."""

from __future__ import annotations

import random
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import nn.scalar
from autograd import Drawing, LineLog, Node, Tensor, Value, draw, step, tanh
from autograd.pictures.drawing import render as render_module
from tests.autograd.pictures.drawings import needs_a_program
from tests.autograd.pictures.pages import graph_in, scripts_in


class Block(nn.Module):
    """A residual block, as transformers have them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.norm = nn.LayerNorm(4)
        self.mlp = nn.MLP([4, 8, 4], rng=rng)

    def forward(self, x: Any) -> Any:
        return x + self.mlp(self.norm(x))


class Blocks(nn.Module):
    """Three equal blocks between two layers."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.first = nn.Linear(3, 4, rng=rng)
        self.blocks = [Block(rng) for _ in range(3)]
        self.last = nn.Linear(4, 2, rng=rng)

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return self.last(x)


def loss_of_blocks() -> tuple[Blocks, Tensor]:
    model = Blocks()
    loss = nn.cross_entropy(model(np.ones((2, 3), np.float32)), np.array([0, 1]))
    loss.backward()
    return model, loss


class Page:
    """What a page shows, after some groups have been opened or closed, as its script does it."""

    def __init__(self, drawing: Drawing, folder: Path) -> None:
        drawing.save(folder / "graph.html")
        self.html = (folder / "graph.html").read_text("utf-8")
        self.data = graph_in(self.html)
        self.groups = {group["name"]: group for group in self.data["groups"]}
        self.open = {name for name, group in self.groups.items() if group["open"]}

    def group(self, title: str) -> dict[str, Any]:
        (found,) = [group for group in self.data["groups"] if group["title"] == title]
        return dict(found)

    def toggle(self, title: str) -> None:
        self.open ^= {self.group(title)["name"]}

    def stand_in(self, thing: dict[str, Any]) -> str:
        shown, around = thing["name"], thing.get("group")
        while around:
            shown = shown if around in self.open else around
            around = self.groups[around].get("group")
        return str(shown)

    def titles(self) -> list[str]:
        """Of the boxes that are seen, those of closed groups too."""
        things = [*self.data["boxes"], *self.data["groups"]]
        seen = [
            thing
            for thing in things
            if self.stand_in(thing) == thing["name"] and thing["name"] not in self.open
        ]
        return [thing["title"] for thing in seen if thing["title"]]


def test_three_equal_blocks_are_one_box_and_open_one_by_one(tmp_path: Path) -> None:
    _model, loss = loss_of_blocks()
    page = Page(draw(loss), tmp_path)
    assert {"first", "blocks.0 … 2 × 3", "last", "loss"} <= {*page.titles()}
    page.toggle("blocks.0 … 2 × 3")
    assert {"blocks.0", "blocks.1", "blocks.2"} <= {*page.titles()}
    page.toggle("blocks.1")
    assert {"blocks.0", "blocks.2", "norm", "mlp", "+"} <= {*page.titles()}
    assert page.titles().count("norm") == 1, "the others stay whole"
    page.toggle("blocks.0 … 2 × 3")
    assert "norm" not in page.titles()


def test_a_closed_block_in_a_picture_leaves_the_others_together() -> None:
    _model, loss = loss_of_blocks()
    assert "blocks.1 … 2 × 2" in draw(loss, expand="blocks.0").source


def test_a_group_says_what_it_holds_and_what_it_gives(tmp_path: Path) -> None:
    model, loss = loss_of_blocks()
    rows = dict(Page(draw(loss), tmp_path).group("blocks.0 … 2 × 3")["rows"])
    assert rows["module"] == "Block"
    assert rows["shape"] == "2×4"
    n_parameters = sum(p.size for block in model.blocks for p in block.parameters())
    assert rows["parameters"] == f"{n_parameters:,}"


def test_a_parameter_stands_in_the_innermost_group_that_uses_it_alone(tmp_path: Path) -> None:
    _model, loss = loss_of_blocks()
    page = Page(draw(loss, fold=False), tmp_path)
    weights = [box for box in page.data["boxes"] if box["title"] == "weight"]
    homes = [page.groups[box["group"]]["title"] for box in weights]
    assert homes == ["first", *["norm", "0", "2"] * 3, "last"]
    tied = nn.Linear(2, 2, rng=0)
    both = Page(draw(tied(tied(Tensor(np.ones((1, 2)), "x"))), fold=False), tmp_path)
    (x,) = [box for box in both.data["boxes"] if box["title"] == "x"]
    assert "group" not in x


def test_what_is_named_by_expand_is_open_and_small_graphs_are(tmp_path: Path) -> None:
    _model, loss = loss_of_blocks()
    page = Page(draw(loss, expand="blocks.1.mlp"), tmp_path)
    assert page.group("blocks.1")["open"]
    assert not page.group("blocks.0")["open"]
    small = nn.Linear(2, 2, rng=0)
    groups = Page(draw(small(np.ones((1, 2)))), tmp_path).data["groups"]
    assert [group["open"] for group in groups] == [True]


def test_every_node_is_in_a_box_and_every_arrow_leads_from_box_to_box(tmp_path: Path) -> None:
    random.seed(0)
    model = nn.scalar.MLP(20, [30, 4])
    out = sum(model([random.random() for _ in range(20)]), Value(0.0))
    page = Page(draw(out), tmp_path)
    names = [box["name"] for box in page.data["boxes"]]
    assert len(names) == len({*names}) < 1500
    for arrow in page.data["arrows"]:
        assert {arrow["tail"], arrow["head"]} <= {*names}
    assert {thing.get("group") for thing in page.data["boxes"]} <= {*page.groups, None}
    assert "neurons.0 … 29 × 30" in [group["title"] for group in page.data["groups"]]


def test_the_pointer_is_told_value_gradient_shape_and_line(tmp_path: Path) -> None:
    with LineLog():
        x = Tensor(np.arange(12.0).reshape(3, 4), "x")
        y = tanh(x)
        y.label = "y"
    total = y.sum()
    total.backward()
    (box,) = [box for box in Page(draw(total), tmp_path).data["boxes"] if box["title"] == "y"]
    more = dict(box["more"])
    assert more["operation"] == "tanh"
    assert more["shape"] == "3×4 float64"
    assert (more["value"], more["grad"]) == ("0 … 1", "1")
    assert more["line"].endswith("y = tanh(x)")


def test_closed_lines_and_repeats_open_too(tmp_path: Path) -> None:
    node: Node = Value(1.0, "x")
    for i in range(30):
        node = node * (i + 1)
    page = Page(draw(node, fold=True), tmp_path)
    assert [group["title"] for group in page.data["groups"]] == ["mul × 30"]
    page.toggle("mul × 30")
    assert page.titles().count("×") == 30


def test_the_page_is_small_and_refers_to_nothing_outside(tmp_path: Path) -> None:
    page = Page(draw(tanh(Value(1.0, "</script>"))), tmp_path)
    assert len(page.html) < 60_000
    assert page.html.count("</script>") == 2
    for text in page.html, scripts_in(page.html).replace("http://www.w3.org/", ""):
        assert not re.search(r"https?://(?!github.com)|@import|url\(|fetch\(|XMLHttp", text)


# --------------------------------------------------------------------------------------------------
# In Jupyter


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is shown, output by output."""
    display = pytest.importorskip("IPython.display")
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "publish_display_data", lambda data, *_: shown.append(data))
    return shown


@needs_a_program
@pytest.mark.parametrize("look", [draw, step], ids=["draw", "step"])
def test_a_cell_shows_a_picture_and_then_the_page_that_hides_it(
    look: Any, outputs: list[dict[str, Any]]
) -> None:
    look(tanh(Value(1.0)))._ipython_display_()
    picture, page = outputs
    assert b64decode(picture["image/png"]).startswith(b"\x89PNG")
    assert list(page) == ["text/html"]


def test_without_a_program_a_cell_shows_the_page_alone(
    outputs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_module, "programs", lambda: iter(()))
    draw(tanh(Value(1.0)))._ipython_display_()
    (page,) = outputs
    assert list(page) == ["text/html", "text/plain"]
    assert "pip install" in page["text/plain"]


def test_nothing_but_the_picture_is_seen_where_scripts_are_taken_out() -> None:
    html = draw(tanh(Value(1.0)))._repr_html_()
    left = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert re.fullmatch(r"\s*<div [^>]*>\s*</div>\s*", left)
