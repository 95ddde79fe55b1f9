"""Drawings in which nothing is folded: what they show, how it is escaped, and what is refused."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nn
from autograd import Node, Tensor, Value, checkpoint, custom_op, draw, gradients, relu, taylor
from tests.autograd.cases import KINDS, Case
from tests.autograd.pictures.dotfile import read
from tests.autograd.pictures.drawings import (
    SIGHT,
    contrast,
    expression,
    lab,
    needs_a_program,
    picture_of,
    texts_of,
)

# --------------------------------------------------------------------------------------------------
# What is shown


def test_an_expression_is_shown_with_values_gradients_and_operations() -> None:
    picture = picture_of(expression())
    slope = f"{1 - np.tanh(-2.0) ** 2:.4g}"
    assert Counter(box.role for box in picture.boxes.values()) == {
        "leaf": 2, "interior": 3, "output": 1, "operation": 4, "constant": 1,
    }  # fmt: skip
    assert picture.titled("a").rows == {"value": "2", "grad": slope}
    assert picture.titled("b").rows == {"value": "-3", "grad": "0.1413"}
    assert picture.titled("c").rows == {"value": "-0.964", "grad": "1"}
    assert picture.titled("c").role == "output"
    assert [box.title for box in picture.of_role("constant")] == ["2"]
    assert [box.title for box in picture.of_role("operation")] == ["×", "**", "+", "tanh"]


def test_a_leaf_that_no_longer_holds_what_was_computed_with_says_so() -> None:
    a, b, w = Value(2.0, "a"), Value(-3.0, "b"), Tensor([1.0, 2.0], "w")
    out = (w * (a * b + 1.0)).sum()
    assert picture_of(out).titled("a").rows["value"] == "2"
    a.data, b.data, w.data = 5.0, 6.0, np.array([3.0, 4.0])
    picture = picture_of(out)
    assert picture.titled("a").rows["new value"] == "5"
    assert picture.titled("b").rows["new value"] == "6"
    assert picture.titled("w").rows["new value"] == "[3, 4]"
    assert "new value" not in picture.of_role("output")[0].rows


def test_arrows_carry_the_local_derivatives_and_constants_none() -> None:
    picture = picture_of(expression())
    assert picture.locals_into("×") == ["∂: -3", "∂: 2"]
    assert picture.locals_into("**") == ["∂: 4", ""]
    assert picture.locals_into("+") == ["∂: 1", "∂: 1"]
    assert picture.locals_into("tanh") == ["∂: 0.07065"]


def test_every_operation_has_its_arguments_and_one_result() -> None:
    picture = picture_of(expression())
    for box in picture.of_role("operation"):
        (result,) = [head for tail, head, _ in picture.arrows if tail == box.name]
        assert picture.boxes[result].role in ("interior", "output")
        assert any(head == box.name for _, head, _ in picture.arrows)


@st.composite
def programs_of_integers(draw: st.DrawFn) -> list[Value]:
    """Values of which the last is the output; numbers stay short, so four digits are exact."""
    values = [Value(draw(st.integers(-3, 3))) for _ in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(1, 6))):
        x = draw(st.sampled_from(values))
        y = draw(st.sampled_from([*values, 2, -1]))
        operation = draw(st.sampled_from(["+", "-", "*"]))
        values.append(x + y if operation == "+" else x - y if operation == "-" else x * y)
    return values


@given(programs_of_integers())
def test_the_chain_rule_along_the_arrows_gives_the_gradients_in_the_boxes(
    values: list[Value],
) -> None:
    values[-1].backward()
    assume(all(abs(v.data) < 1000 and abs(v.grad) < 1000 for v in values))
    picture = picture_of(values[-1])
    slopes: defaultdict[str, float] = defaultdict(float)
    (output,) = picture.of_role("output")
    slopes[output.name] = 1.0
    # Names are given in the order of creation, arrows in that of the operations.
    for tail, head, text in reversed(picture.arrows):
        local = float(text.replace("∂: ", "")) if text else 1.0
        slopes[tail] += slopes[head] * local
    for box in picture.boxes.values():
        if box.rows:
            assert float(box.rows["grad"]) == slopes[box.name]


def test_a_reused_node_is_one_box_with_an_arrow_for_each_use() -> None:
    x = Value(3.0, "x")
    picture = picture_of(x * x)
    assert len(picture.of_role("leaf")) == 1
    assert picture.locals_into("×") == ["∂: 3", "∂: 3"]
    tails = [tail for tail, head, _ in picture.arrows if picture.boxes[head].title == "×"]
    assert tails == [picture.titled("x").name] * 2


def test_arrays_are_shown_by_shape_and_range() -> None:
    x = Tensor([[1.0, -2.5], [0.123456, 4.0], [0.5, 1.0], [0.0, 0.0]], "x")
    w = Tensor(np.ones((2, 5)), "w", dtype=np.float32)
    loss = (x @ w).sum()
    loss.backward()
    picture = picture_of(loss)
    assert picture.titled("x").rows == {"shape": "4×2", "value": "-2.5 … 4", "grad": "5"}
    assert picture.titled("w").rows == {"shape": "2×5 float32", "value": "1", "grad": "1.623 … 2.5"}
    assert picture.of_role("output")[0].rows == {"value": "20.62", "grad": "1"}


def test_arrays_of_up_to_three_by_three_are_shown_in_full() -> None:
    x = Tensor([[1.0, -2.5, 10.0], [0.123456, 4.0, 0.0], [0.0, 0.0, np.nan]], "x")
    picture = picture_of(x @ np.array([1.0, 0.0, 2.0]))
    assert picture.titled("x").rows["value"].splitlines() == [
        "[     1, -2.5,  10]", "[0.1235,    4,   0]", "[     0,    0, nan]"
    ]  # fmt: skip
    assert picture.of_role("data")[0].rows["value"] == "[1, 0, 2]"
    assert picture.of_role("output")[0].rows["value"] == "[21, 0.1235, nan]"
    assert picture_of(Tensor(np.ones((2, 2, 2)), "x")).titled("x").rows["value"] == "1"


def test_arrows_show_shapes_where_they_are_wanted() -> None:
    x = Tensor(np.ones((2, 3)), "x")
    texts = [text.split() for _, _, text in picture_of(np.sin(x).sum(), shapes=True).arrows]
    assert texts[0] == ["2×3", "∂:", "0.5403"]
    assert ["2×3"] in texts
    assert all("2×3" not in text for _, _, text in picture_of(np.sin(x).sum()).arrows)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ([1.0, np.nan, 3.0, np.nan], "1 … 3, 2 nan"),
        ([np.nan] * 4, "nan"),
        ([-np.inf, 12345.678, 0.0, 0.0], "-inf … 1.235e+04"),
        (np.zeros((0, 3)), "empty"),
        ([-0.0, 0.0, 0.0, -0.0], "0"),
        ([-0.0, 0.0], "[0, 0]"),
        ([1.00001, 1.00002, 1.0, 1.0], "1"),
    ],
)
def test_odd_arrays_are_shown_in_a_few_characters(data: object, shown: str) -> None:
    (box,) = picture_of(Tensor(data)).boxes.values()
    assert box.rows["value"] == shown


def test_a_tensor_without_gradient_says_so() -> None:
    assert picture_of(Tensor([1.0, 2.0], "x")).titled("x").rows["grad"] == "none"


def test_local_derivatives_of_arrays_are_ranges_or_shapes() -> None:
    x, w = Tensor(np.ones((4, 3))), Tensor(np.arange(6.0).reshape(3, 2) - 2)
    picture = picture_of(relu(x @ w).sum())
    assert picture.locals_into("@") == ["∂: 4×2 by 4×3", "∂: 4×2 by 3×2"]
    assert picture.locals_into("relu") == ["∂: 0 … 1"]
    assert picture.locals_into("Σ") == ["∂: 1"]
    assert picture_of(x.mean()).locals_into("mean") == ["∂: 0.08333"]
    dot = Tensor([5.0, 7.0]) @ np.array([2.0, 3.0])
    assert picture_of(dot).locals_into("@") == ["∂: 2 … 3", ""]


def test_an_argument_without_slope_has_local_derivative_zero() -> None:
    for x in (Value(1.5), Tensor([1.5, 2.5])):
        assert picture_of(np.floor(x)).locals_into("floor") == ["∂: 0"]


def test_infinite_slopes_are_shown_without_a_warning() -> None:
    assert picture_of(Value(1.0) / 0).locals_into("/") == ["∂: inf", ""]
    with np.errstate(divide="ignore"):
        y = np.log(Tensor([0.0, 1.0]))
    assert picture_of(y).locals_into("log") == ["∂: 1 … inf"]


def test_constants_and_settings_are_shown() -> None:
    x = Tensor(np.ones((2, 3)))
    picture = picture_of((x * np.array([1.0, 2.0, 4.0])).sum(axis=1, keepdims=True)[0, ..., None])
    titles = [box.title for box in picture.boxes.values()]
    assert [box.rows for box in picture.of_role("data")] == [{"shape": "3", "value": "[1, 2, 4]"}]
    assert "Σ\naxis=1\nkeepdims=True" in titles
    assert "[ ]\nkey=(0, ..., None)" in titles


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (slice(1, None), "1:"),
        ((slice(None), slice(None, None, 2)), "(:, ::2)"),
        (np.array([0, 1]), "2 array"),
        ([0, 1, 2], "3 array"),
        (np.int64(1), "1"),
    ],
)
def test_indices_are_shown_as_they_are_written(key: object, shown: str) -> None:
    picture = picture_of(Tensor(np.ones((3, 4)))[key])
    assert picture.of_role("operation")[0].title.splitlines() == ["[ ]", f"key={shown}"]


def test_arguments_and_settings_that_are_no_numbers_are_shown_by_their_type() -> None:
    def rule(g: object, out: object, x: object, how: object, *, then: object) -> object:
        return g

    apply = custom_op(lambda x, how, *, then: then(how(x)), vjp=(rule, None), name="apply")
    picture = picture_of(apply(Tensor([1.0, 2.0]), np.square, then=np.negative))
    assert [box.title for box in picture.of_role("constant")] == ["ufunc"]
    assert picture.locals_into("apply\nthen=ufunc") == ["∂: 2 by 2", ""]


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_every_operation_can_be_drawn(case: Case) -> None:
    inputs = [Value(x) if isinstance(x, float) else Tensor(x) for x in case.args]
    result = case.f(*inputs)
    outputs = list(result) if isinstance(result, list | tuple) else [result]
    nodes = [node for node in outputs if isinstance(node, Node)]
    if not nodes:
        return  # argmax and its like give plain numbers
    picture = picture_of(nodes)
    operations = picture.of_role("operation")
    if len(operations) == 1 and all(isinstance(x, Value) for x in (*inputs, *nodes)):
        found = dict(zip(inputs, gradients(nodes[0], inputs), strict=True))
        expected = [f"∂: {found[x] + 0.0:.4g}" for x in inputs]
        assert [text for text in picture.locals_into(operations[0].title) if text] == expected


def test_what_is_switched_off_is_not_shown() -> None:
    c = expression()
    assert "grad" not in picture_of(c, gradients=False).titled("a").rows
    assert "value" not in picture_of(c, values=False).titled("a").rows
    assert set(picture_of(c, locals=False).arrows) == {
        (tail, head, "") for tail, head, _ in picture_of(c).arrows
    }
    bare = picture_of(c, values=False, gradients=False, locals=False)
    assert [box.cells for box in bare.of_role("interior")] == [[], [], []]
    assert bare.titled("c").cells == ["c"]


def test_several_outputs_share_one_drawing_in_any_order() -> None:
    x = Value(2.0, "x")
    y, z = x * 3, x + 1
    assert draw([y, z]).source == draw((z, y, y)).source
    assert len(picture_of([y, z]).of_role("output")) == 2
    assert [box.role for box in picture_of(x).boxes.values()] == ["leaf"]


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_the_direction_is_the_one_asked_for(rankdir: str) -> None:
    assert picture_of(expression(), rankdir=rankdir).attributes["rankdir"] == rankdir


def test_the_same_program_gives_the_same_text_with_names_from_n0() -> None:
    first = draw(expression())
    Value(1.0) + Value(2.0)
    second = draw(expression())
    assert first.source == second.source
    names = sorted(read(first.source).boxes, key=lambda name: int(name[1:]))
    assert names == [f"n{i}" for i in range(11)]


def styles_by_role() -> dict[str, dict[str, str]]:
    layer = nn.Linear(2, 2, rng=0)
    open_layer = picture_of(layer(np.ones((1, 2))).sum() * Value(1.0), expand="Linear")
    closed_layer = picture_of(layer(np.ones((1, 2))), fold=True)
    return {
        box.role: box.attributes
        for picture in (open_layer, closed_layer, picture_of(expression()))
        for box in picture.boxes.values()
    }


def test_each_role_has_a_form_of_its_own() -> None:
    styles = styles_by_role()
    keys = ("shape", "style", "peripheries")
    assert len(styles) == 8
    assert len({tuple(style.get(key) for key in keys) for style in styles.values()}) == 8


def test_black_text_can_be_read_on_all_boxes() -> None:
    for style in styles_by_role().values():
        if "fillcolor" in style:
            assert contrast(style["fillcolor"], "#000000") > 7, "WCAG's contrast for AAA"


@pytest.mark.parametrize("sight", SIGHT)
def test_roles_differ_in_colour_also_for_the_colour_blind(sight: str) -> None:
    styles = styles_by_role()
    del styles["operation"], styles["constant"]
    looks = {role: lab(style["fillcolor"], sight) for role, style in styles.items()}
    for (one, look), (other, there) in combinations(looks.items(), 2):
        assert np.linalg.norm(look - there) > 8, f"{one} and {other} look alike"


def test_leaves_parameters_and_results_differ_in_grey() -> None:
    styles = styles_by_role()
    grey = [lab(styles[role]["fillcolor"])[0] for role in ("interior", "leaf", "output")]
    assert grey[0] - grey[1] > 8
    assert grey[1] - grey[2] > 8
    assert grey[1] - lab(styles["parameter"]["fillcolor"])[0] > 8


# --------------------------------------------------------------------------------------------------
# Drawing changes nothing, and runs nothing


def test_gradients_stay_as_they_are() -> None:
    a, x = Value(2.0), Tensor([1.0, 2.0])
    out = (a * x).sum()
    a.grad = 5.0
    draw(out)
    assert (a.grad, x.grad, out.grad) == (5.0, None, None)


def test_the_program_is_not_run_again() -> None:
    runs = []

    def kernel(x: object) -> object:
        runs.append("kernel")
        return np.exp(x)

    def rule(g: object, out: object, x: object) -> object:
        runs.append("rule")
        return g * out

    def part(x: Tensor) -> object:
        runs.append("part")
        return x.sum()

    out = checkpoint(part)(custom_op(kernel, vjp=rule)(Tensor([1.0, 2.0])))
    assert runs == ["kernel", "part"]
    picture = picture_of(out)
    assert runs == ["kernel", "part"]
    assert picture.locals_into("kernel") == ["∂: 2 by 2"]


# --------------------------------------------------------------------------------------------------
# What is refused, and what is large


@pytest.mark.parametrize("wrong", [3.0, np.ones(2), "x", [Value(1.0), 2.0]])
def test_only_nodes_can_be_drawn(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"is not part of a graph; draw a node"):
        draw(wrong)


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no nodes"):
        draw([])


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rankdir='lr' is not one of 'LR', 'TB', 'RL' and 'BT'"):
        draw(Value(1.0), rankdir="lr")


def chain_of(n_nodes: int) -> Value:
    x = Value(1.0)
    for _ in range(n_nodes - 1):
        x = -x
    return x


def test_a_deep_graph_is_drawn_without_recursion() -> None:
    depth = 3 * sys.getrecursionlimit()
    drawing = draw(chain_of(depth), fold=False)
    assert drawing.nodes == depth
    assert len(read(drawing.source).boxes) == 2 * depth - 1


def test_an_unfolded_graph_beyond_the_limit_is_refused() -> None:
    chain = chain_of(100_000)
    with pytest.raises(ValueError, match=r"more than 5,000 nodes.*fold it.*limit=") as refusal:
        draw(chain, fold=False)
    assert "\n" not in str(refusal.value)
    assert draw(chain_of(8), fold=False, limit=8).nodes == 8
    with pytest.raises(ValueError, match="more than 7 nodes"):
        draw(chain_of(8), fold=False, limit=7)


def test_the_repr_is_one_line_and_says_what_is_large() -> None:
    assert repr(draw(Value(1.0))) == "Drawing(1 node)"
    assert repr(draw(expression())) == "Drawing(6 nodes)"
    assert repr(draw(chain_of(1200), fold=False)).startswith("Drawing(1,200 nodes: large")


# --------------------------------------------------------------------------------------------------
# Labels

LABELS = [
    'a "quoted" label',
    r"back\slash \N \G \n end" + "\\",
    "<b>bold</b> & &amp; &lt; &nbsp;",
    "two\nlines",
    "a\n\nc",
    "é α ∂ 漢字 🎉 Ω",
    "]; n0 -> n0 [label=x",
    "-->",
    "{a|b}",
]


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_escaped(label: str) -> None:
    assert picture_of(Value(1.0, label) + 1).of_role("leaf")[0].title == label


@pytest.mark.parametrize("label", LABELS)
def test_names_of_operations_are_escaped(label: str) -> None:
    operation = custom_op(np.sin, derivative=lambda out, x: np.cos(x), name=label)
    assert picture_of(operation(Value(1.0))).of_role("operation")[0].title == label


def test_long_and_blank_labels_and_control_characters_are_tamed() -> None:
    title = picture_of(Value(1.0, "x" * 1000)).boxes["n0"].title
    assert title == "x" * 39 + "…"
    assert picture_of(Value(1.0, " \n ")).boxes["n0"].title == ""
    strange = picture_of(Value(1.0, "a\x00b\x1bc\ud800d")).boxes["n0"].title
    assert strange == "a\ufffdb\ufffdc\ufffdd"


@needs_a_program
@pytest.mark.parametrize("label", LABELS)
def test_the_program_reads_labels_as_they_were_written(label: str, tmp_path: Path) -> None:
    operation = custom_op(np.sin, derivative=lambda out, x: np.cos(x), name=label)
    draw(operation(Value(1.0, label)), values=False, gradients=False).save(tmp_path / "x.svg")
    lines = [line for line in label.split("\n") if line]
    shown = [text for text in texts_of(tmp_path / "x.svg") if not text.startswith("∂")]
    assert sorted(shown) == sorted(2 * lines)


@needs_a_program
@settings(max_examples=20)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_label_gives_a_picture(label: str, name: str) -> None:
    operation = custom_op(np.sin, derivative=lambda out, x: np.cos(x), name=name or "op")
    svg = draw(operation(Value(1.0, label)))._repr_svg_()
    assert svg is not None
    ElementTree.fromstring(svg)


def test_a_series_of_small_order_is_drawn_with_its_coefficients_as_outputs() -> None:
    x = Value(0.3, "x")
    drawing = draw(taylor(np.tanh, x, order=2))
    assert repr(drawing) == "Drawing(11 nodes)"
