"""The record of a training run: its tables, what they become, and how they are shown."""

import csv
import math
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

import nn
from nn import History
from nn.history import Table


def a_history(epochs: int = 3, steps: int = 4, validate: bool = True) -> History:
    rng = np.random.default_rng(0)
    history = History(["accuracy"])
    for step in range(1, epochs * steps + 1):
        epoch = 1 + (step - 1) // steps
        history.steps.append(
            step=step,
            epoch=epoch,
            examples=4,
            loss=rng.random() / step,
            accuracy=rng.random(),
            lr=0.1 / step,
            gradient_norm=rng.random(),
        )
        if validate and step % steps == 0:
            history.validations.append(
                step=step, epoch=epoch, loss=rng.random(), accuracy=rng.random()
            )
    return history


def test_a_column_is_an_array_of_its_own() -> None:
    history = a_history()
    column = history.steps["loss"]
    column[:] = 7
    assert len(column) == 12
    assert 7 not in history.steps["loss"]
    names = "step epoch examples loss accuracy lr gradient_norm"
    assert list(history.steps) == names.split()
    assert len(history.steps) == 7
    assert repr(history.validations) == "<3 rows of step, epoch, loss, accuracy>"


def test_an_unknown_column_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="no column 'cost'; there are step, loss"):
        Table("step", "loss")["cost"]
    with pytest.raises(KeyError, match="no column 'cost'"):
        Table("step", "loss").last("cost")


def test_a_row_without_a_number_for_each_column_is_refused() -> None:
    with pytest.raises(KeyError, match="loss"):
        Table("step", "loss").append(step=1)


def test_epochs_of_equal_batches_are_the_means_of_their_steps() -> None:
    history = a_history()
    for name in ("loss", "accuracy"):
        expected = history.steps[name].reshape(3, 4).mean(axis=1)
        np.testing.assert_allclose(history.epochs()[name], expected)
        assert history.epoch_mean(name) == pytest.approx(expected[-1])
    np.testing.assert_array_equal(history.epochs()["epoch"], [1, 2, 3])
    assert len(History([]).epochs()["loss"]) == 0


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize("shards", [1, 3])
def test_the_loss_of_an_epoch_is_the_mean_over_its_examples(shards: int, compile: bool) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(11, 2)), rng.integers(0, 2, 11)
    model = nn.MLP([2, 3, 2], rng=0, dtype=np.float64)
    history = nn.fit(
        model, data, loss="cross-entropy", metrics="accuracy", lr=1e-300, epochs=3, batch_size=4,
        shards=shards, compile=compile, progress=False,
    )  # fmt: skip
    expected = nn.evaluate(model, data, loss="cross-entropy", metrics="accuracy")
    assert history.steps["examples"].tolist() == [4, 4, 3] * 3
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(history.epochs()[name], expected[name], rtol=1e-12)
        assert history.epoch_mean(name) == pytest.approx(expected[name], rel=1e-12)
        assert abs(history.steps[name][:3].mean() / expected[name] - 1) > 1e-3


def test_csv_gives_back_every_number(tmp_path: Path) -> None:
    history = a_history()
    history.to_csv(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    for name, column in history.steps.items():
        np.testing.assert_array_equal([float(row[name]) for row in rows], column)
    assert [row["step"] for row in rows[:3]] == ["1", "2", "3"]
    validated = [row for row in rows if row["validation_loss"]]
    assert [row["step"] for row in validated] == ["4", "8", "12"]
    for name in ("loss", "accuracy"):
        np.testing.assert_array_equal(
            [float(row[f"validation_{name}"]) for row in validated], history.validations[name]
        )


def test_a_csv_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "history.csv"
    with pytest.raises(OSError, match="cannot be written"):
        a_history().to_csv(path)
    assert not path.parent.exists()


def test_pandas_has_the_same_table() -> None:
    pytest.importorskip("pandas", reason="an optional package")
    history = a_history()
    frame = history.to_pandas()
    assert frame["step"].tolist() == list(range(1, 13))
    assert frame["epoch"].dtype == np.int64
    np.testing.assert_array_equal(frame["loss"], history.steps["loss"])
    np.testing.assert_array_equal(
        frame["validation_accuracy"].dropna(), history.validations["accuracy"]
    )


def test_pandas_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "wengert\[notebook\]"'):
        a_history().to_pandas()


def test_plot_draws_cost_and_misclassification() -> None:
    mpl.use("Agg")
    from matplotlib import pyplot

    axes = a_history().plot()
    labels = [ax.get_ylabel() for ax in np.ravel(axes)]
    pyplot.close("all")
    assert labels == ["cost", "misclassification rate"]


def test_jupyter_shows_the_last_epochs_and_a_sketch_of_the_loss() -> None:
    history = a_history(epochs=12, steps=2)
    history.stopped = "x < y"
    shown = history._repr_html_()
    assert shown.count("<tr>") == 11
    assert "<th>validation accuracy</th>" in shown
    assert f"<td>12</td><td>{history.epochs()['loss'][-1]:.4g}</td>" in shown
    assert "x &lt; y" in shown
    sketch = ElementTree.fromstring(shown[shown.index("<svg") :])
    training, validation = sketch.iter("polyline")
    assert len(training.get("points", "").split()) == 12
    assert validation.get("stroke-dasharray")
    assert "".join(sketch.itertext()).endswith("epoch 12")


def test_the_sketch_leaves_out_what_is_not_finite_and_what_is_no_line() -> None:
    history = History([])
    assert "<svg" not in history._repr_html_()
    for epoch, loss in enumerate([3.0, math.inf, math.nan, 1.0], start=1):
        history.steps.append(step=epoch, epoch=epoch, examples=4, loss=loss, lr=0, gradient_norm=0)
    shown = history._repr_html_()
    assert 'points="0.0,18.0 320.0,102.0"' in shown
    assert "loss: training<" in shown


def test_jupyter_shows_a_history_without_loading_anything() -> None:
    before = set(sys.modules)
    shown = a_history(validate=False)._repr_html_()
    assert set(sys.modules) == before
    assert shown.startswith("<table>")
    assert "validation" not in shown  # no columns of nothing
    assert History([])._repr_html_().count("<tr>") == 1


def test_a_repr_sums_up() -> None:
    assert repr(History([])) == "History(no steps)"
    assert repr(a_history()).startswith("History(3 epochs, 12 steps; training loss 0.0")
    assert "validation" not in repr(a_history(validate=False))


def test_a_state_gives_back_both_tables() -> None:
    history = a_history()
    history.stopped = "enough"
    again = History(["accuracy"])
    again.load_state_dict(history.state_dict())
    assert again.stopped == "enough"
    for mine, theirs in ((history.steps, again.steps), (history.validations, again.validations)):
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name])
    again.steps.append(
        step=13, epoch=4, examples=4, loss=0, accuracy=math.nan, lr=0, gradient_norm=0
    )
    assert again.steps.rows == 13
    with pytest.raises(ValueError, match="do not fit a table"):
        History([]).load_state_dict(history.state_dict())


@pytest.mark.parametrize("name", ["step", "epoch", "examples"])
@pytest.mark.parametrize("wrong", [0.0, -1.0, 1.5, np.nan, np.inf])
def test_counts_of_a_damaged_file_are_refused(name: str, wrong: float) -> None:
    history = nn.History([])
    row = {"step": 1, "epoch": 1, "examples": 3, "loss": 0.5, "lr": 0.1, "gradient_norm": 1.0}
    columns = {column: np.array([number, number]) for column, number in row.items()}
    history.steps.load(columns)
    with pytest.raises(ValueError, match=f"{name!r} holds other numbers"):
        history.steps.load(columns | {name: np.array([1.0, wrong])})
