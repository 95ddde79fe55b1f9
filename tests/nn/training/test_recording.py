"""Averaged weights, csv files and TensorBoard, written while training runs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 3))
Y = X[:, :1] * 2


def network() -> nn.Sequential:
    layers = nn.Linear(3, 4, rng=0, dtype=np.float64), nn.BatchNorm(4, dtype=np.float64), nn.Tanh()
    return nn.Sequential(*layers, nn.Linear(4, 1, rng=1, dtype=np.float64))


def trained(model: nn.Module, *callbacks: Any, epochs: int = 3) -> nn.History:
    return nn.fit(
        model, (X, Y), loss="mse", optimizer="adam", lr=0.01, epochs=epochs, batch_size=10, rng=0,
        callbacks=callbacks, validation=(X + 1, Y), progress=False, compile=False,
    )  # fmt: skip


class Interrupted(Exception):
    pass


def stop_at_step_5(run: nn.training.Run) -> None:
    if run.step == 5:
        raise Interrupted


# --- averaged weights ----------------------------------------------------------------------------


@pytest.mark.parametrize("warmup", [True, False])
def test_the_average_is_exponential_and_the_model_ends_with_it(warmup: bool) -> None:
    model, seen = network(), [network().to_vector()]
    average = nn.WeightAverage(0.8, warmup=warmup)
    trained(model, average, lambda run: seen.append(run.model.to_vector()))
    expected = seen[0]
    for step, theta in enumerate(seen[1:], start=1):
        decay = min(0.8, step / (step + 9)) if warmup else 0.8
        expected = decay * expected + (1 - decay) * theta
    np.testing.assert_allclose(model.to_vector(), expected, rtol=1e-12)
    other = network()
    trained(other)
    np.testing.assert_array_equal(other[1].running_mean, model[1].running_mean)


def test_a_model_that_keeps_its_weights_has_the_average_inside_a_block() -> None:
    model, plain = network(), network()
    average = nn.WeightAverage(0.9, restore=False)
    trained(model, average)
    trained(plain)
    with average.applied(model):
        assert not (model.to_vector() == plain.to_vector()).all()
    np.testing.assert_array_equal(model.to_vector(), plain.to_vector())


def test_a_resumed_run_has_the_same_average(tmp_path: Path) -> None:
    whole, model, again = network(), network(), network()
    trained(whole, nn.WeightAverage(0.9))
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors", every=1)
    with pytest.raises(Interrupted):
        trained(model, nn.WeightAverage(0.9), checkpoint, stop_at_step_5)
    trained(again, nn.WeightAverage(0.9), checkpoint)
    np.testing.assert_array_equal(again.to_vector(), whole.to_vector())
    longer, continued = network(), network()
    trained(longer, nn.WeightAverage(0.9), epochs=5)
    trained(continued, nn.WeightAverage(0.9), checkpoint, epochs=5)
    np.testing.assert_array_equal(continued.to_vector(), longer.to_vector())


def test_the_decay_is_below_one() -> None:
    with pytest.raises(ValueError, match=r"decay=1\.0"):
        nn.WeightAverage(1.0)


# --- csv -----------------------------------------------------------------------------------------


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_each_epoch_is_a_row_with_the_numbers_of_the_history(tmp_path: Path) -> None:
    history = trained(network(), nn.CSVLog(tmp_path / "log.csv"))
    header, *table = rows(tmp_path / "log.csv")
    assert header == ["epoch", "step", "loss", "lr", "validation_loss"]
    columns = {name: [float(row[i]) for row in table] for i, name in enumerate(header)}
    assert columns["epoch"] == [1, 2, 3]
    assert columns["loss"] == history.epochs()["loss"].tolist()
    assert columns["validation_loss"] == history.validations["loss"].tolist()


def test_a_resumed_run_keeps_the_rows_before_and_a_new_one_replaces_them(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    trained(network(), nn.CSVLog(path))
    expected = rows(path)
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(Interrupted):
        trained(network(), nn.CSVLog(path), checkpoint, stop_at_step_5)
    assert rows(path) == expected[:2]
    trained(network(), nn.CSVLog(path), checkpoint)
    assert rows(path) == expected


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: text.index("\n") + 4],  # a row that is cut off
        lambda text: text.replace("\n1,", "\n\n1,1\nx,2,3,4,5\n1,"),
        lambda text: text + '"' + "x" * 200_000,
        lambda text: text + "\udcff",
    ],
    ids=["cut off", "other rows", "a cell without an end", "other bytes"],
)
def test_a_resumed_run_keeps_no_damaged_rows(damage: Callable[[str], str], tmp_path: Path) -> None:
    path, checkpoint = tmp_path / "log.csv", nn.Checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(Interrupted):
        trained(network(), nn.CSVLog(path), checkpoint, stop_at_step_5)
    path.write_text(damage(path.read_text()), errors="surrogateescape")
    trained(network(), nn.CSVLog(path), checkpoint)
    header, *table = rows(path)
    assert [row[0] for row in table] in (["1", "2", "3"], ["2", "3"])
    assert {len(row) for row in table} == {len(header)}


def test_a_folder_that_is_missing_is_named_before_training(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no folder"):
        trained(network(), nn.CSVLog(tmp_path / "none" / "log.csv"))


# --- TensorBoard ---------------------------------------------------------------------------------


def test_tensorboard_gets_steps_epochs_and_histograms(tmp_path: Path) -> None:
    tensorboardX = pytest.importorskip("tensorboardX")
    from tensorboardX.proto.event_pb2 import Event

    history = trained(network(), nn.TensorBoard(tmp_path, every=1, histograms=True))
    (path,) = tmp_path.iterdir()
    scalars: dict[str, list[float]] = {}
    histograms = set()
    data, start = path.read_bytes(), 0
    while start < len(data):  # length (8), checksum (4), event, checksum (4)
        length = int.from_bytes(data[start : start + 8], "little")
        event = Event.FromString(data[start + 12 : start + 12 + length])
        for value in event.summary.value:
            if value.HasField("simple_value"):
                scalars.setdefault(value.tag, []).append(value.simple_value)
            else:
                histograms.add(value.tag)
        start += length + 16
    assert tensorboardX.__version__
    np.testing.assert_allclose(scalars["step/loss"], history.steps["loss"], rtol=1e-6)
    np.testing.assert_allclose(scalars["epoch/loss"], history.epochs()["loss"], rtol=1e-6)
    validations = history.validations["loss"]
    np.testing.assert_allclose(scalars["epoch/validation_loss"], validations, rtol=1e-6)
    assert histograms == set(network().named_parameters())


def test_without_tensorboardx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"wengert\[log\]"):
        nn.TensorBoard("runs")
