"""Large graphs are folded: by module, by line and by repeats; and what a fold shows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import nn.scalar
from autograd import LineLog, Node, Tensor, Value, draw, tanh
from tests.autograd.pictures.dotfile import Picture, read
from tests.autograd.pictures.drawings import needs_a_program, picture_of

PROJECT = Path(__file__).parents[3]
Pairs = set[tuple[str, str]]


def arrows_between_titles(picture: Picture) -> Pairs:
    return {
        (picture.boxes[tail].title, picture.boxes[head].title) for tail, head, _ in picture.arrows
    }


def network(**options: Any) -> tuple[nn.MLP, Tensor]:
    model = nn.MLP([784, 30, 10], activation="sigmoid", rng=0, dtype=np.float64, **options)
    loss = nn.cross_entropy(model(np.random.default_rng(0).random((10, 784))), np.arange(10))
    loss.backward()
    return model, loss


def sum_of_products(n_terms: int) -> Value:
    """Σ wᵢ·i, by hand: the weights have no names."""
    total = Value(0.0)
    for i in range(n_terms):
        total = total + Value(float(i)) * i
    total.backward()
    return total


# --------------------------------------------------------------------------------------------------
# By module


def test_a_network_is_a_dozen_boxes_one_for_each_of_its_layers() -> None:
    _, loss = network()
    drawing = draw(loss, fold=True)
    assert repr(drawing) == "Drawing(13 nodes in 13 boxes)"
    picture = read(drawing.source)
    assert [(box.title, box.rows["module"]) for box in picture.of_role("fold")] == [
        ("0", "Linear"), ("1", "Sigmoid"), ("2", "Linear")
    ]  # fmt: skip
    assert [box.title for box in picture.of_role("parameter")] == [
        "0.weight", "0.bias", "2.weight", "2.bias"
    ]  # fmt: skip
    assert len(picture.of_role("data")) == 2, "images and digits"
    assert {
        ("0.weight", "0"), ("0.bias", "0"), ("0", "1"), ("1", "2"), ("2.weight", "2"),
        ("2.bias", "2"), ("2", "cross_entropy"), ("mean", "loss"),
    } <= arrows_between_titles(picture)  # fmt: skip


def test_a_fold_shows_its_operations_and_its_result() -> None:
    model, loss = network()
    layer, node = model[0], loss
    while node.op.name != "sigmoid":
        node = node.parents[0]
    z = node.parents[0]
    assert read(draw(loss, fold=True).source).titled("0").rows == {
        "module": type(layer).__name__,
        "ops": "3",
        "shape": "10×30",
        "value": f"{z.numpy().min():.4g} … {z.numpy().max():.4g}",
        "‖grad‖": f"{np.linalg.norm(z.grad):.4g}",
    }


def test_values_and_gradients_of_folds_can_be_switched_off() -> None:
    _, loss = network()
    for box in picture_of(loss, fold=True, values=False, gradients=False).boxes.values():
        if box.role in ("fold", "parameter", "data"):
            assert set(box.rows) <= {"module", "ops", "shape"}


@pytest.mark.parametrize("name", ["0", "loss_of.0"])
def test_a_module_can_be_opened(name: str) -> None:
    loss_of, loss = network()
    assert loss_of is not None
    picture = read(draw(loss, expand=name).source)
    assert [box.title for box in picture.of_role("fold")] == ["1", "2"]
    assert [box.title for box in picture.of_role("operation")] == [
        "T", "@", "+", "cross_entropy", "mean"
    ]  # fmt: skip
    assert {("0.weight", "T"), ("0.bias", "+")} <= arrows_between_titles(picture)


def test_several_modules_can_be_opened_inner_ones_too() -> None:
    inner = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    model = nn.Sequential(inner, nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh()), nn.Linear(2, 1))
    out = model(Tensor(np.ones((1, 2))))
    folds = [box.title for box in picture_of(out, expand=["0.1", "2"]).of_role("fold")]
    assert folds[0] == "0.0"
    assert "0.1" not in folds
    assert "2" not in folds


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    _, loss = network()
    with pytest.raises(ValueError, match=r"'layers\.0' cannot be expanded; there are .*'0'") as no:
        draw(loss, expand="layers.0")
    assert "\n" not in str(no.value)
    with pytest.raises(ValueError, match=r"'0' cannot be expanded; it has no modules"):
        draw(Value(1.0) + 1, expand="0")


def test_what_fits_is_folded_only_when_asked() -> None:
    _, loss = network()
    assert repr(draw(loss)) == "Drawing(13 nodes)"
    assert draw(loss, limit=20).boxes == 13


def test_neurons_of_a_layer_are_one_box_and_one_of_them_can_be_opened() -> None:
    random.seed(0)
    model = nn.scalar.MLP(20, [30, 4])
    out = sum(model([random.random() for _ in range(20)]), Value(0.0))
    out.backward()
    picture = read(draw(out).source)
    layers = [(box.title, box.rows["module"], box.rows["ops"]) for box in picture.of_role("fold")]
    assert layers[:2] == [("layers.0", "Layer", "1,230"), ("layers.1", "Layer", "240")]
    assert picture.titled("layers.0").rows["shape"] == "30 numbers"
    assert {box.title for box in picture.of_role("parameter")} == {
        "layers.0.neurons.*.w.* × 600", "layers.0.neurons.*.b × 30",
        "layers.1.neurons.*.w.* × 120", "layers.1.neurons.*.b × 4",
    }  # fmt: skip
    opened = read(draw(out, expand="layers.0.neurons.7").source)
    folds = [box.title for box in opened.of_role("fold")]
    assert "layers.0.neurons.0 … 29 × 29" in folds
    assert Counter(box.title for box in opened.of_role("operation")) >= Counter(
        {"×": 20, "+": 20, "relu": 1}
    )


def test_the_sum_of_the_outputs_of_many_neurons_is_one_box() -> None:
    model = nn.scalar.MLP(20, [30, 10], rng=0)
    picture = read(draw(sum(model([0.5] * 20), Value(0.0))).source)
    assert [box.title for box in picture.of_role("fold")] == ["layers.0", "layers.1", "add × 10"]
    assert len(picture.of_role("output")) == 1
    assert picture.of_role("operation") == []


def test_layers_one_after_the_other_stay_apart_until_they_are_many() -> None:
    def titles(n_hidden: int) -> list[str]:
        model = nn.MLP([3] * (n_hidden + 1), activation="tanh", rng=0)
        drawing = draw(model(Tensor(np.ones((2, 3)))), fold=True)
        return [box.title for box in read(drawing.source).of_role("fold")]

    assert titles(5) == [str(i) for i in range(9)]
    assert titles(40) == ["0 … 78 × 40", "1 … 77 × 39"]


def test_a_module_run_in_a_loop_is_one_box() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            self.cell = nn.Linear(3, 3, rng=0)
            self.out = nn.Linear(3, 1, rng=0)

        def forward(self, x: Any) -> Any:
            h = x
            for _ in range(50):
                h = tanh(self.cell(h))
            return self.out(h)

    model = Recurrent()
    picture = picture_of(model(Tensor(np.ones((1, 3)), "x")))
    assert picture.titled("cell").rows["ops"] == "150"
    assert picture.titled("tanh × 50").rows["shape"] == "50 × 1×3"
    assert {("cell", "tanh × 50"), ("tanh × 50", "cell"), ("tanh × 50", "out")} <= (
        arrows_between_titles(picture)
    )


def test_two_models_are_told_apart_by_the_variables_that_hold_them() -> None:
    generator = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    critic = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    score = critic(generator(Tensor(np.ones((1, 2))))).sum()
    folds = [box.title for box in read(draw(score, fold=True).source).of_role("fold")]
    assert folds == ["generator.0", "generator.1", "critic.0", "critic.1"]
    assert len(read(draw(score, expand="critic.0").source).of_role("operation")) == 4


def test_models_without_variables_are_told_apart_by_numbers() -> None:
    models = tuple([nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())] for _ in range(2))
    score = models[1][0](models[0][0](Tensor(np.ones((1, 2))))).sum()
    folds = [box.title for box in picture_of(score, fold=True).of_role("fold")]
    assert folds == ["Sequential.0", "Sequential.1", "Sequential2.0", "Sequential2.1"]


# --------------------------------------------------------------------------------------------------
# By line


def test_operations_outside_modules_are_folded_by_their_line() -> None:
    x = Tensor(np.linspace(0, 1, 5), "x")
    with LineLog() as log:
        total = Value(0.0)
        for i in range(60):
            total = total + (x * i).sum()
        shifted = tanh(total) - 1
    picture = read(draw(shifted).source)
    line = log.line_of(total)
    assert line is not None
    fold = picture.titled(f"test_draw_folding.py:{line.lineno}")
    assert fold.rows["line"] == "total = total + (x * i).sum()"
    assert fold.rows["ops"] == "180"
    opened = read(draw(shifted, expand=fold.title).source)
    assert "mul × 60" in [box.title for box in opened.of_role("fold")]
    assert fold.title not in [box.title for box in opened.boxes.values()]


def test_a_loss_is_named_by_the_users_line_and_not_by_a_line_of_the_loss() -> None:
    model = nn.Linear(2, 2, rng=0)
    with LineLog():
        loss = sum(nn.mse(model(np.ones((1, 2))) * i, np.ones((1, 2))) for i in range(40))
    folds = picture_of(loss).of_role("fold")
    assert any("nn.mse(model" in box.rows.get("line", "") for box in folds)
    assert not any("losses.py" in box.title for box in folds)


# --------------------------------------------------------------------------------------------------
# By repeats


def test_repeats_of_the_same_computation_are_one_box_with_their_number() -> None:
    picture = picture_of(sum_of_products(1600))
    assert {(box.title, box.role) for box in picture.boxes.values()} >= {
        ("mul × 1,600", "fold"), ("add × 1,600", "fold"), ("× 1,600", "leaf")
    }  # fmt: skip
    assert picture.titled("× 1,600").rows == {
        "value": "0 … 1599",
        "‖grad‖": f"{np.linalg.norm(np.arange(1600)):.4g}",
    }
    assert picture.titled("1,600 numbers").rows == {"value": "0 … 1599"}


def test_the_layers_of_a_network_by_hand_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    x: list[Any] = list(rng.normal(size=6))
    for n_out in (7, 8, 2):
        w = rng.normal(size=(n_out, len(x)))
        x = [tanh(sum((Value(wi) * xi for wi, xi in zip(row, x, strict=True)), Value(0.0)))
             for row in w]  # fmt: skip
    titles = [box.title for box in picture_of(x[0] * x[1], limit=60).of_role("fold")]
    for layer in ("mul × 42", "tanh × 7", "mul × 56", "tanh × 8", "mul × 16", "tanh × 2"):
        assert layer in titles


def test_a_loop_is_as_many_boxes_as_it_has_operations() -> None:
    x, w, u = Value(0.3, "x"), Value(0.5, "w"), Value(0.2, "u")
    h = Value(0.0, "h0")
    for _ in range(300):
        h = tanh(w * h + u * x)
    picture = picture_of(h)
    assert sorted(box.title for box in picture.of_role("fold")) == [
        "add × 300", "mul × 300", "mul × 300", "tanh × 300"
    ]  # fmt: skip
    assert ("tanh × 300", "mul × 300") in arrows_between_titles(picture)


# --------------------------------------------------------------------------------------------------
# Whatever the graph


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    """Programs of some hundred operations on numbers and arrays of many shapes."""
    seed = draw(st.integers(0, 2**32))
    rng = random.Random(seed)
    nodes: list[Any] = [Value(1.5), Tensor([1.0, 2.0, 3.0])]
    for i in range(draw(st.integers(50, 400))):
        kind = rng.randrange(6)
        x, y = rng.choice(nodes[-20:]), rng.choice(nodes)
        if kind == 0:
            node: Any = Value(float(i)) if rng.random() < 0.5 else Tensor(np.ones((i % 5, 3)))
        elif kind == 1:
            node = np.sin(x)
        elif kind == 2:
            node = (x * np.ones((i % 7 + 1, 1, 3))).sum(axis=0)
        elif kind == 3:
            node = x * i
        else:
            node = (x.sum() if x.shape else x) + (y.sum() if y.shape else y)
        nodes.append(node)
    return [node for node in nodes[-draw(st.integers(1, 30)) :] if isinstance(node, Node)]


@settings(max_examples=25, deadline=None)
@given(graphs())
def test_folded_drawings_have_at_most_150_boxes_and_no_dead_ends(
    outputs: list[Node],
) -> None:
    drawing = draw(outputs)
    picture = read(drawing.source)
    assert len(picture.boxes) <= 150
    assert drawing.boxes in (None, len(picture.boxes))
    if drawing.boxes is not None and len(outputs) <= 10:
        follow: dict[str, set[str]] = {name: set() for name in picture.boxes}
        for tail, head, _ in picture.arrows:
            follow[head].add(tail)
        reached = {box.name for box in picture.of_role("output")}
        reached |= {box.name for box in picture.boxes.values() if box.role == "leaf"}
        stack = list(reached)
        while stack:
            for tail in follow[stack.pop()]:
                if tail not in reached:
                    reached.add(tail)
                    stack.append(tail)
        assert reached == set(picture.boxes)


@settings(max_examples=10, deadline=None)
@given(graphs())
def test_each_operation_is_in_one_fold_or_drawn(outputs: list[Node]) -> None:
    picture = picture_of(outputs, fold=True)
    found = set(outputs)
    stack = list(found)
    while stack:
        for parent in stack.pop().parents:
            if parent not in found:
                found.add(parent)
                stack.append(parent)
    folded = sum(_number_of(box.title) for box in picture.of_role("fold"))
    drawn = len(picture.of_role("operation"))
    assert folded + drawn == sum(node.op is not None for node in found)


def _number_of(title: str) -> int:
    return int(title.rpartition("× ")[2].replace(",", ""))


def test_constants_count_as_boxes() -> None:
    x = Tensor(np.ones(3))
    for i in range(45):
        x = np.where(np.arange(3) < i, x, np.full(3, i))
    assert len(picture_of(x).boxes) <= 150
    assert len(picture_of(x, fold=False).boxes) > 150


def test_more_lines_than_fit_are_folded_by_repeats() -> None:
    program = "\n".join(f"x = x * {i} + 1" for i in range(200))
    names = {"x": Value(1e-3)}
    with LineLog():
        exec(compile(program, "<many lines>", "exec"), names)
    picture = picture_of(names["x"])
    assert sorted(box.title for box in picture.of_role("fold")) == ["add × 200", "mul × 200"]


def test_leaves_are_folded_more_where_there_are_many_kinds() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            for letters in combinations("abcdefgh", 3):
                setattr(self, "".join(letters), nn.Linear(2, 2, rng=0))

        def forward(self, x: Any) -> Any:
            for name, layer in vars(self).items():
                x = layer(x) if name != "abc" else x
            return x

    wide = Wide()
    picture = picture_of(wide(np.ones((1, 2))), expand="Wide")
    assert len(picture.of_role("fold")) == 55
    assert [box.title for box in picture.of_role("parameter")] == ["× 110"]


def test_leaves_are_folded_by_name_where_they_are_used_in_many_ways() -> None:
    w = [Value(float(i)) for i in range(50)]
    v = [Value(float(i)) for i in range(50)]
    x = Value(1.0)
    for i in range(50):
        x = [np.sin, np.cos, np.tanh][i % 3](w[i] * v[i * 7 % 50]) + w[i * i % 50] * x
    folds = [box.title for box in read(draw(x, limit=20).source).of_role("leaf")]
    assert len(folds) < 10


SCALAR_NETWORK = """
import random, sys
import nn.scalar
from autograd import Value, draw

random.seed(0)
model = nn.scalar.MLP(784, [42, 10])
logits = model([random.random() for _ in range(784)])
cost = sum(((z - (k == 3)) ** 2 for k, z in enumerate(logits)), Value(0.0))
cost.backward()
drawing = draw(cost)
drawing.save(sys.argv[1])
print(drawing.nodes, drawing.boxes)
"""


@needs_a_program
def test_a_graph_of_100_000_numbers_is_a_dozen_boxes(tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    # In a process of its own, where no coverage is measured.
    run = subprocess.run(
        [sys.executable, "-c", SCALAR_NETWORK, str(path)],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    nodes, boxes = map(int, run.stdout.split())
    assert nodes > 100_000
    assert boxes < 20
    assert path.stat().st_size < 1_000_000
