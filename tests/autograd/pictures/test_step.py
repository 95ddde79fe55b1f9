"""`step`: what each frame says and shows, and the page it is saved as. A browser looks at it in
`tests/browser`.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from autograd import (
    GraphChangedError,
    Node,
    Stepper,
    Tensor,
    Value,
    cos,
    relu,
    sin,
    step,
    tanh,
)
from autograd.pictures.drawing import render as render_module
from autograd.pictures.drawing.dot import to_dot
from autograd.pictures.drawing.render import programs as layout_programs
from tests.autograd.pictures.dotfile import read
from tests.autograd.pictures.pages import graph_in
from tests.autograd.programs import AUTOGRAD, Program, programs

needs_a_program = pytest.mark.skipif(
    next(layout_programs(), None) is None, reason="neither dot nor graphviz-pure is installed"
)


def expression() -> Value:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    return c


def network() -> Tensor:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], "x")
    w, b = Tensor([[0.5, -1.0], [2.0, 0.1]], "w"), Tensor([0.1, 0.2], "b")
    loss = (relu(x @ w + b) ** 2).mean()
    loss.label = "loss"
    return loss


def sentences(node: Node, **options: Any) -> list[str]:
    _output = node  # a name with an underscore is not shown
    del node
    return [frame.say for frame in step(_output, **options).frames]


class Reader(HTMLParser):
    """The tags of a page that must be closed, and what stands in its scripts and its SVG."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(walked: Stepper, folder: Path) -> str:
    walked.save(folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def shown(data: Any) -> dict[str, str]:
    """The text at each place of the graph."""
    entries = [entry for box in data["boxes"] for _, *entry in box["rows"]]
    entries += [line for arrow in data["arrows"] for line in arrow["lines"]]
    return {place: text for text, place, _ in entries}


# --------------------------------------------------------------------------------------------------
# What is said


def test_the_forward_pass_comes_first_then_the_backward_pass_use_by_use() -> None:
    assert sentences(expression()) == [
        "Given: a = 2, b = -3.",
        "Forward: v1 = a × b = 2 × (-3) = -6.",
        "Forward: v2 = a ** 2 = 2 ** 2 = 4.",
        "Forward: v3 = v1 + v2 = -6 + 4 = -2.",
        "Forward: c = tanh(v3) = tanh(-2) = -0.964.",
        "The backward pass begins: the derivative of c by itself is 1.",
        "Backward from c to v3: local derivative 0.07065 times cotangent 1 is 0.07065; "
        "v3 receives 0.07065.",
        "Backward from v3 to v1: local derivative 1 times cotangent 0.07065 is 0.07065; "
        "v1 receives 0.07065.",
        "Backward from v3 to v2: local derivative 1 times cotangent 0.07065 is 0.07065; "
        "v2 receives 0.07065.",
        "Backward from v2 to a: local derivative 4 times cotangent 0.07065 is 0.2826; "
        "a receives 0.2826.",
        "Backward from v1 to a: local derivative -3 times cotangent 0.07065 is -0.212; "
        "the sum for a grows: 0.2826 − 0.212 = 0.07065.",
        "Backward from v1 to b: local derivative 2 times cotangent 0.07065 is 0.1413; "
        "b receives 0.1413.",
        "Done: ∂c/∂a = 0.07065, ∂c/∂b = 0.1413.",
    ]


def test_a_node_with_several_uses_shows_its_sum_growing() -> None:
    x = Value(3.0, "x")
    frames = [frame for frame in step(x * x + x).frames if frame.target == "n0"]
    assert [frame.texts["n0.grad"] for frame in frames] == ["1", "4", "7"]
    assert [frame.texts.get("n0.sum") for frame in frames] == [None, "1 + 3", "4 + 3"]
    assert len({frame.lit for frame in frames}) == 3  # each along an arrow of its own


def test_small_arrays_are_shown_in_full_and_large_ones_by_shape() -> None:
    said = sentences(network())
    assert "Forward: v1 = x @ w = [[4.5, -0.8], [9.5, -2.6]]." in said
    assert any("summed over the axes of the broadcast, is [7.1, 0]" in line for line in said)
    assert any("the transpose of the Jacobian, 2×2 by 2×2, times the cotangent" in s for s in said)
    large = Tensor(np.linspace(-1, 2, 1000).reshape(20, 50), "x")
    assert sentences(large.sum())[0] == "Given: x = 20×50: -1 … 2."


def test_an_output_of_several_numbers_needs_a_cotangent_and_says_it() -> None:
    x = Tensor([1.0, 2.0], "x")
    with pytest.raises(ValueError, match="needs a direction"):
        step(x * x)
    said = sentences(x * x, seed=[1.0, 10.0])
    assert said[2] == "The backward pass begins: v1 is given the cotangent [1, 10]."
    assert said[-1] == "Done: ∂v1/∂x = [2, 40]."


def test_what_nothing_flows_to_gets_zero_in_the_end() -> None:
    x = Value(2.5, "x")
    walked = step(np.floor(x * 2) * 3)
    assert walked.frames[-1].say == "Done: ∂v3/∂x = 0."
    assert walked.frames[-1].texts == {"n0.grad": "0", "n1.grad": "0"}
    assert not any("Backward from v1" in frame.say for frame in walked.frames)


def test_a_leaf_alone_can_be_stepped() -> None:
    assert sentences(Value(2.0, "a")) == [
        "Given: a = 2.",
        "The backward pass begins: the derivative of a by itself is 1.",
        "Done: ∂a/∂a = 1.",
    ]


def test_what_has_no_label_is_called_by_the_variable_that_holds_it() -> None:
    x, weights = Value(3.0), [Value(2.0), Value(1.0)]
    hidden = weights[0] * x
    y = hidden + weights[1]
    assert [frame.say for frame in step(y).frames][:3] == [
        "Given: x = 3, weights[0] = 2, weights[1] = 1.",
        "Forward: hidden = weights[0] × x = 2 × 3 = 6.",
        "Forward: y = hidden + weights[1] = 6 + 1 = 7.",
    ]


def test_many_inputs_are_not_all_listed() -> None:
    total = sum((Value(float(i)) for i in range(20)), Value(0.0))
    assert sentences(total)[0].endswith("x8 = 6, and 13 more.")


@given(programs())
@settings(max_examples=40)
def test_every_box_and_arrow_is_filled_once_the_walk_is_done(program: Program) -> None:
    inputs = [Value(x) if isinstance(x, float) else Tensor(x) for x in program.inputs]
    output = program.run(AUTOGRAD, inputs, program.constants)
    if not isinstance(output, Node):
        return
    walked = step(output)
    texts: dict[str, str] = {}
    for frame in walked.frames:
        texts |= frame.texts
        assert frame.say
        assert "\n" not in frame.say
    boxes = {place for frame in walked.frames for place in frame.lit if place[0] == "n"}
    for box in boxes:
        assert texts[f"{box}.value"]
        assert texts[f"{box}.grad"]
    for frame in walked.frames:
        assert all(f"{place}.0" in texts for place in frame.lit if place[0] == "e")


# --------------------------------------------------------------------------------------------------
# What is shown


def test_the_page_begins_with_all_texts_of_the_last_frame(tmp_path: Path) -> None:
    texts = shown(graph_in(page_of(step(expression()), tmp_path)))
    assert [texts[f"n{i}.value"] for i in range(6)] == ["2", "-3", "-6", "4", "-2", "-0.964"]
    assert texts["n0.grad"] == "0.07065"
    assert texts["n0.sum"] == "0.2826 − 0.212"
    assert sorted(texts[f"e{i}.0"] for i in range(6)) == sorted(
        [
            "-3 × 0.07065 = -0.212",
            "2 × 0.07065 = 0.1413",
            "4 × 0.07065 = 0.2826",
            "1 × 0.07065 = 0.07065",
            "1 × 0.07065 = 0.07065",
            "0.07065 × 1 = 0.07065",
        ]
    )


@needs_a_program
def test_a_notebook_that_is_not_trusted_has_a_picture_to_show() -> None:
    walked = step(expression())
    bundle, _ = walked._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == str(walked)


def test_the_picture_of_a_walk_points_backward_and_has_every_number() -> None:
    scene = step(expression())._content.scene()
    picture = read(to_dot(scene, "TB"))
    assert picture.titled("a").rows == {
        "value": "2", "grad": "0.07065", "sum": "0.2826 − 0.212"
    }  # fmt: skip
    assert picture.arrows[0][2].strip() == "-3 × 0.07065 = -0.212"
    assert to_dot(scene, "TB").count("dir=back") == len(picture.arrows) == 6


def test_names_are_whole() -> None:
    name = "encoder.blocks.11.attention.query.weight"
    w = Value(2.0, name)
    walked = step(w * w)
    assert walked.frames[0].say == f"Given: {name} = 2."
    assert walked._content.page_data()["boxes"][0]["title"].replace("\n", "") == name


def test_the_frames_in_the_page_are_those_of_the_walk(tmp_path: Path) -> None:
    walked = step(network())
    data = graph_in(page_of(walked, tmp_path))
    assert data["frames"] == [
        {
            "phase": frame.phase,
            "say": frame.say,
            "lit": list(frame.lit),
            "target": frame.target,
            "texts": frame.texts,
        }
        for frame in walked.frames
    ]
    places = {*shown(data), *(thing["name"] for thing in [*data["boxes"], *data["arrows"]])}
    for frame in walked.frames:
        assert places >= {*frame.lit, *frame.texts, *([frame.target] if frame.target else [])}


def test_a_saved_page_is_whole_and_refers_to_nothing_outside(tmp_path: Path) -> None:
    page = page_of(step(network()), tmp_path)
    assert page.startswith("<!DOCTYPE html>")
    reader = Reader(page)
    for _, attributes in reader.attributes:
        assert not attributes.keys() & {"src", "href", "srcset", "data"}
    assert not re.search(r"https?://|@import|url\(|fetch|XMLHttp", page)
    assert list(tmp_path.iterdir()) == [tmp_path / "page.html"]


def test_labels_cannot_end_the_script_or_become_markup(tmp_path: Path) -> None:
    a = Value(2.0, '</script>"&<b>')
    page = page_of(step(a * a), tmp_path)
    Reader(page)
    assert "<b>" not in page
    assert page.count("</script>") == 2
    assert graph_in(page)["frames"][0]["say"] == 'Given: </script>"&<b> = 2.'
    assert graph_in(page)["boxes"][0]["title"] == '</script>"&<b>'


# --------------------------------------------------------------------------------------------------
# Refusals


@pytest.mark.parametrize("name", ["walk.svg", "walk", "html"])
def test_a_walk_is_saved_as_html_only(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.html"):
        step(Value(1.0)).save(tmp_path / name)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no directory '.*missing'"):
        step(Value(1.0)).save(tmp_path / "missing" / "walk.html")


def test_only_nodes_can_be_stepped() -> None:
    with pytest.raises(TypeError, match="float is not part of a graph"):
        step(3.0)  # type: ignore[arg-type]


def test_a_large_graph_is_refused_with_what_to_do_instead() -> None:
    x = Value(0.5)
    for _ in range(400):
        x = sin(x) * cos(x)
    with pytest.raises(ValueError, match="step a smaller expression"):
        step(x)


def test_a_leaf_that_was_changed_since_is_noticed() -> None:
    x = Value(1.0)
    y = x * x
    x.data = 2.0
    with pytest.raises(GraphChangedError):
        step(y)


def test_without_a_program_the_walk_is_still_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_module, "programs", lambda: iter(()))
    bundle, _ = step(expression())._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert 'pip install "wengert[draw]"' in bundle["text/plain"]
    assert "13. Done: ∂c/∂a = 0.07065, ∂c/∂b = 0.1413." in bundle["text/plain"]


def test_a_stepper_says_in_a_line_what_it_is() -> None:
    assert repr(step(expression())) == "Stepper(c, 13 frames)"
