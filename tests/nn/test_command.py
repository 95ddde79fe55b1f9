"""``python -m nn``: what it learns, prints and writes, what it refuses, and how it goes on."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import autograd
import nn
from nn.command import main

PROJECT = Path(__file__).resolve().parents[2]
RESULTS = {
    *("model.safetensors", "history.csv", "curves.png", "confusion.png", "graph.svg"),
    "finished",
}
QUICK = ("--epochs", "2", "--out", "out")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder for the files; pictures, which take longer than training, are empty unless drawn."""
    monkeypatch.chdir(tmp_path)
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).touch())


@pytest.fixture
def drawn() -> None:
    """Pictures are really drawn."""


@pytest.fixture
def flowers() -> Path:
    """Three kinds in words, told apart by two of four inputs of very different size."""
    rng = np.random.default_rng(0)
    kind = np.arange(90) % 3
    x = rng.normal(size=(90, 4)) + np.array([[0, 0, 0, 0], [8, 0, -8, 0], [-8, 0, 8, 0]])[kind]
    x = x * [1, 1e-3, 1e3, 1] + [0, 0, 1e5, -1]
    names = np.array(["rose", "daisy", "tulip"])[kind]
    path = Path("flowers.csv")
    rows = [[*row, name] for row, name in zip(x.tolist(), names.tolist(), strict=True)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c", "d", "class"], *rows])
    return path


@pytest.fixture
def values() -> Path:
    """Two values of two inputs, in units of their own."""
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    y = np.stack([1000 + 50 * x[:, 0], 0.01 * x[:, 0] * x[:, 1]], axis=1)
    np.savez("values.npz", x=x, y=y)
    return Path("values.npz")


def files(folder: str) -> set[str]:
    return set(os.listdir(folder))


def same_results(folder: str, other: str) -> bool:
    """Whether two runs have the same history and the same weights, to the last bit."""
    states = [nn.load_state(f"{place}/model.safetensors") for place in (folder, other)]
    histories = [Path(place, "history.csv").read_bytes() for place in (folder, other)]
    first, second = ({name: x.tobytes() for name, x in state.items()} for state in states)
    return first == second and histories[0] == histories[1]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """Run the command, which must end with this code, write nothing, and say why in a line."""
    before = sorted(Path().rglob("*"))
    assert main(arguments) == code
    assert sorted(Path().rglob("*")) == before
    out, complaint = capsys.readouterr()
    assert complaint.count("\n") == 1
    assert complaint.startswith("python -m nn: ")
    assert "Traceback" not in out
    return complaint


# --- train ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("drawn")
def test_without_arguments_it_learns_the_digits_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    started = time.process_time()  # of other programs it is independent
    assert main(["train"]) == 0
    assert time.process_time() - started < 10
    printed = capsys.readouterr().out
    head = "\n".join(printed.splitlines()[:4])
    assert f"```\n{head}\n" in (PROJECT / "README.md").read_text(encoding="utf-8")
    test_line = next(line for line in printed.splitlines() if line.startswith("test"))
    assert float(test_line.split()[2]) >= 95
    assert "parameters  2,260" in printed
    assert "time" in printed
    assert "confusion, test examples (true class down, predicted across)" in printed
    assert files("nn-digits") == RESULTS
    for name in ("curves.png", "confusion.png"):
        assert Path("nn-digits", name).read_bytes().startswith(b"\x89PNG")
    assert "cross_entropy" in Path("nn-digits/graph.svg").read_text(encoding="utf-8")
    with open("nn-digits/history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30 * 130
    assert float(rows[-1]["validation_accuracy"]) > 0.9


def test_the_printed_accuracy_is_that_of_the_model_in_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["train", *QUICK])
    trained = capsys.readouterr().out
    main(["evaluate", "out/model.safetensors", "--data", "digits"])
    evaluated = capsys.readouterr().out
    x, y = nn.datasets.digits()
    _, x, _, y = nn.train_test_split(x, y, test=0.2, rng=0, stratify=y)
    model = nn.load("out/model.safetensors")
    right = np.mean([name == str(label) for name, label in zip(model.classify(x), y, strict=True)])
    assert f"test             359   {100 * right:.2f} %" in trained
    assert f"359        {100 * right:.2f} %" in evaluated


def test_the_same_seed_gives_the_same_files_and_another_seed_others() -> None:
    for out, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert (
            main(["train", "--data", "moons", "--epochs", "2", "--seed", seed, "--out", out]) == 0
        )
    assert same_results("a", "b")
    assert not same_results("a", "c")


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("data", ["moons", "circles", "spirals"])
def test_sets_of_the_plane_are_learned_and_drawn_with_their_boundary(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", data]) == 0
    accuracy = float(capsys.readouterr().out.partition("test  ")[2].split()[1])
    assert accuracy > 90
    assert files(f"nn-{data}") == RESULTS | {"boundary.png"}


def test_words_and_inputs_of_any_size_are_learned_from_a_file(
    flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", str(flowers), "--hidden", "8,5", "--activation", "tanh"]) == 0
    printed = capsys.readouterr().out
    assert "network 4-8-5-3: tanh, cross-entropy, sgd, lr 0.1" in printed
    assert "daisy" in printed
    model = nn.load("nn-flowers/model.safetensors")
    assert model.classes == ("daisy", "rose", "tulip")
    x, y, _ = nn.tables.load_table(flowers)
    assert nn.metrics.accuracy(model.probabilities(x), y) > 0.95


def test_values_are_learned_and_given_in_their_own_units(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--optimizer",
        "adam",
        "--lr",
        "0.01",
        "--activation",
        "tanh",
        "--dtype",
        "float64",
    ]
    assert main(["train", "--data", str(values), *arguments]) == 0
    printed = capsys.readouterr().out
    assert "2 values" in printed
    assert "rms error" in printed
    assert files("nn-values") == RESULTS - {"confusion.png"}
    x, y, _ = nn.tables.load_table(values)
    model = nn.load("nn-values/model.safetensors")
    error = nn.predict(model, x.astype(np.float64)) - y
    assert (error.std(axis=0) < 0.2 * y.std(axis=0)).all()
    assert model[1].weight.dtype == np.float64


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hidden", "0", "--init", "zeros"],
        ["--loss", "quadratic-cost", "--lr", "3", "--init", "xavier_normal"],
        ["--loss", "cross-entropy-cost", "--weight-decay", "1e-4"],
        ["--optimizer", "adam", "--activation", "elu", "--batch-size", "100", "--lr", "0.02"],
        ["--optimizer", "rmsprop", "--weight-decay", "0.001", "--hidden", "none"],
        ["--optimizer", "lbfgs"],
        ["--momentum", "0.9", "--lr", "0.05", "--schedule", "cosine", "--dropout", "0.1"],
        ["--test", "0", "--validation", "0"],
        ["--network", "conv", "--batch-size", "50"],
    ],
)
def test_every_kind_of_network_learns_the_digits(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *arguments, "--epochs", "6", "--out", "out"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    shares = {line[0]: float(line[2]) for line in lines if line[:1] and line[-2:-1] == ["%"]}
    assert shares["training"] > 80
    if "--test" in arguments:
        assert set(shares) == {"training"}


def test_one_hot_rows_are_classes() -> None:
    x, y = nn.datasets.moons(60)
    np.savez("hot.npz", x=x, y=nn.one_hot(y))
    assert main(["train", "--data", "hot.npz", *QUICK]) == 0
    assert nn.load("out/model.safetensors").classes == ("0", "1")


def test_patience_stops_early_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--data", "moons", "--epochs", "200", "--patience", "2", "--lr", "2"]
    assert main(["train", *arguments, "--out", "out"]) == 0
    line = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("epochs"))
    assert int(line.split()[1]) < 200
    assert "no better in the 2 validations since" in line


def test_many_classes_are_listed_by_their_most_frequent_confusions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(0)
    np.savez("many.npz", x=rng.normal(size=(250, 3)), y=np.arange(250) % 25)
    assert "250 different" not in refused(capsys, "train", "--data", "many.npz", *QUICK)
    loss = ("--loss", "cross-entropy")
    assert main(["train", "--data", "many.npz", *loss, *QUICK]) == 0
    assert "the most frequent\ntrue  predicted  examples\n" in capsys.readouterr().out


def test_results_replace_those_of_an_earlier_run_and_nothing_else(values: Path) -> None:
    main(["train", "--data", "moons", *QUICK])
    Path("out/notes.txt").write_text("mine")
    main(["train", "--data", str(values), *QUICK, "--overwrite"])
    assert files("out") == (RESULTS - {"confusion.png"}) | {"notes.txt"}


def test_without_a_program_for_graphs_the_rest_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        import_module("autograd.pictures.drawing.render"), "programs", lambda: iter(())
    )
    assert main(["train", "--data", "moons", *QUICK]) == 0
    assert "graph.svg is not drawn: A picture needs Graphviz" in capsys.readouterr().err
    assert files("out") == (RESULTS | {"boundary.png"}) - {"graph.svg"}


@pytest.mark.mnist
@pytest.mark.skipif("MNIST_DIR" not in os.environ, reason="MNIST_DIR names no folder")
def test_mnist_is_trained_on_and_evaluated_with_its_own_test_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--data", "mnist", "--hidden", "0", "--batch-size", "500", "--epochs", "1"]
    assert main(["train", *arguments]) == 0
    assert "54,000 training, 6,000 validation, 10,000 test" in capsys.readouterr().out
    assert main(["evaluate", "nn-mnist/model.safetensors", "--data", "mnist"]) == 0
    assert float(capsys.readouterr().out.splitlines()[1].split()[1]) > 85


# --- interrupted, and resumed --------------------------------------------------------------------

LONG = ("--data", "moons", "--epochs", "5", "--optimizer", "adam", "--patience", "4")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a run that was not interrupted."""
    out = str(tmp_path_factory.mktemp("whole"))
    assert main(["train", *LONG, "--out", out]) == 0
    return out


def interrupted_at(step: int, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let Ctrl-C be pressed in the middle of a step."""
    hyperparameters = nn.Adam.hyperparameters

    def interrupted(self: nn.Adam, steps: int) -> dict[str, float]:
        if steps == step:
            raise KeyboardInterrupt
        return hyperparameters(self, steps)

    monkeypatch.setattr(nn.Adam, "hyperparameters", interrupted)
    return monkeypatch


@pytest.mark.parametrize("step", [1, 90, 91, 300])
def test_a_run_that_was_interrupted_ends_like_one_that_was_not(
    step: int, whole: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", *LONG, "--out", "a b"]
    with monkeypatch.context() as patch:
        interrupted_at(step, patch)
        assert main(command) == 130
    assert files("a b") == {"unfinished"}
    sentence = capsys.readouterr().err
    _, _, words = sentence.strip().partition("resume with: python -m nn ")
    assert main(shlex.split(words)) == 0
    assert same_results("a b", whole)
    assert files("a b") == files(whole)


def test_an_interrupted_run_can_be_made_longer(whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        interrupted_at(100, patch)
        main(["train", *LONG, "--epochs", "2", "--out", "out"])
    assert main(["train", *LONG, "--out", "out", "--resume"]) == 0
    assert same_results("out", whole)


def test_a_folder_with_a_run_is_neither_replaced_nor_continued_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupted_at(100, patch)
        main(["train", *LONG, "--out", "out"])
    capsys.readouterr()
    again = ("train", "--data", "moons", *QUICK)
    said = "out holds an interrupted run: --resume continues it, --overwrite replaces it, and --out"
    assert said in refused(capsys, *again)
    assert main([*again, "--overwrite"]) == 0
    assert "unfinished" not in files("out")
    capsys.readouterr()
    said = "out holds a finished run: --resume and a larger --epochs continue it, --overwrite"
    assert said in refused(capsys, *again)


def test_a_finished_run_is_continued_for_more_epochs_as_if_it_had_been_longer(whole: str) -> None:
    shorter = [word if word != "5" else "2" for word in LONG]
    assert main(["train", *shorter, "--out", "out"]) == 0
    assert main(["train", *LONG, "--out", "out", "--resume"]) == 0
    assert same_results("out", whole)


def test_resume_refuses_other_options_and_folders_without_a_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no run in out to continue" in refused(capsys, "train", *LONG, *QUICK, "--resume")
    with monkeypatch.context() as patch:
        interrupted_at(100, patch)
        main(["train", *LONG, "--out", "out"])
    capsys.readouterr()
    command = ("train", *LONG, "--out", "out", "--resume")
    for option, begun in (
        (("--lr", "0.1"), "has no --lr, not --lr 0.1"),
        (("--hidden", "30,4"), "has --hidden 30, not --hidden 30,4"),
        (("--hidden", "0"), "has --hidden 30, not --hidden 0"),
    ):
        assert begun in refused(capsys, *command, *option)
    Path("out/unfinished/options.json").write_text("{")
    assert "options.json is damaged" in refused(capsys, *command)


def test_a_damaged_checkpoint_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupted_at(100, patch)
        main(["train", *LONG, "--out", "out"])
    capsys.readouterr()
    checkpoint = Path("out/unfinished/checkpoint.safetensors")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-5])
    assert "is damaged, cut off" in refused(capsys, "train", *LONG, "--out", "out", "--resume")


def test_ctrl_c_while_the_data_are_read_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.command.train.load_source", interrupted)
    assert "interrupted" in refused(capsys, "train", code=130)


def test_a_run_that_diverges_says_where_and_leaves_nothing(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    complaint = refused(capsys, "train", "--data", str(values), "--lr", "1e9", code=1)
    assert "the loss is inf" in complaint
    assert "It began here: operation 'matmul'" in complaint


def test_a_run_that_diverges_leaves_the_results_of_an_earlier_one(values: Path) -> None:
    main(["train", "--data", "moons", *QUICK])
    before = {path: path.read_bytes() for path in Path("out").rglob("*.*")}
    assert main(["train", "--data", str(values), "--lr", "1e9", *QUICK, "--overwrite"]) == 1
    assert {path: path.read_bytes() for path in Path("out").rglob("*.*")} == before


def test_results_that_cannot_be_written_are_not_half_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "out/unfinished/curves.png")

    with monkeypatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", full)
        assert main(["train", "--data", "moons", *QUICK]) == 2
    assert "curves.png: No space left on device" in capsys.readouterr().err
    assert files("out") == {"unfinished"}
    assert main(["train", "--data", "moons", *QUICK, "--resume"]) == 0
    assert files("out") == RESULTS | {"boundary.png"}


# --- evaluate and predict ------------------------------------------------------------------------


@pytest.fixture
def model(flowers: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A model of flowers that says what it is sure of."""
    assert main(["train", "--data", str(flowers), "--out", "model"]) == 0
    capsys.readouterr()
    return "model/model.safetensors"


def read(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def test_evaluate_prints_accuracy_each_class_and_confusion(
    model: str, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", model, "--data", str(flowers)]) == 0
    printed = capsys.readouterr().out
    x, y, names = nn.tables.load_table(flowers)
    output = nn.predict(nn.load(model), x)
    assert nn.metrics.classification_report(output, y, names=names) in printed
    assert f"{100 * nn.metrics.accuracy(output, y):.2f} %" in printed
    assert "daisy" in printed.partition("confusion")[2]


def test_predict_writes_the_class_and_its_probability_of_each_example(
    model: str, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", model, str(flowers)]) == 0
    header, *rows = read(capsys.readouterr().out)
    assert header == ["prediction", "probability"]
    trained = nn.load(model)
    x = nn.tables.load_features(flowers)
    assert [row[0] for row in rows] == trained.classify(x)
    np.testing.assert_allclose(
        [float(row[1]) for row in rows], trained.probabilities(x).max(axis=1), rtol=1e-5
    )


def test_predict_passes_over_a_last_column_that_was_the_target_in_training(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [f"{x / 10},{-x / 10},{'dog' if x > 10 else 'cat'}" for x in range(21)]
    Path("pets.csv").write_text("\n".join(["height,weight,kind", *rows]) + "\n")
    assert main(["train", "--data", "pets.csv", "--epochs", "2", "--out", "pets"]) == 0
    capsys.readouterr()
    assert main(["predict", "pets/model.safetensors", "pets.csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 22


@pytest.mark.parametrize("labels", [[1, 2, 3], [-1, 1], [0, 2, 7], [5.0, -3.0]])
def test_whole_numbers_as_labels_are_classes_by_their_value(
    labels: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    y = np.array(labels)[np.arange(60) % len(labels)]
    x = np.random.default_rng(0).normal(size=(60, 2)) + 9 * y[:, None]
    np.savez("labels.npz", x=x, y=y)
    arguments = ("--data", "labels.npz", "--lr", "1", "--epochs", "20", "--out", "out")
    assert main(["train", *arguments]) == 0
    model = nn.load("out/model.safetensors")
    names = [f"{label:g}" for label in sorted(labels)]
    assert list(model.classes) == names
    capsys.readouterr()
    assert main(["predict", "out/model.safetensors", "labels.npz"]) == 0
    _, *rows = read(capsys.readouterr().out)
    assert [row[0] for row in rows] == [f"{label:g}" for label in y]
    assert main(["evaluate", "out/model.safetensors", "--data", "labels.npz"]) == 0
    assert "100" in capsys.readouterr().out
    np.savez("labels.npz", x=x, y=y + 50)
    assert f"label {y[0] + 50:g} at index 0 is none of the classes {', '.join(names)}" in refused(
        capsys, "evaluate", "out/model.safetensors", "--data", "labels.npz"
    )


def test_options_say_how_a_file_is_to_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{k},5|{-k},25|{'even' if k % 2 == 0 else 'odd'}" for k in range(40)]
    Path("table.csv").write_text("\n".join(["1|2|kind", *rows]))
    reading = ("--separator", "|", "--decimal", ",", "--header")
    assert main(["train", "--data", "table.csv", *reading, *QUICK]) == 0
    assert nn.load("out/model.safetensors").classes == ("even", "odd")
    assert main(["evaluate", "out/model.safetensors", "--data", "table.csv", *reading]) == 0
    capsys.readouterr()
    assert main(["predict", "out/model.safetensors", "table.csv", *reading]) == 0
    assert len(read(capsys.readouterr().out)) == 41
    # As in training, unless told otherwise.
    assert main(["predict", "out", "table.csv"]) == 0
    assert len(read(capsys.readouterr().out)) == 41
    assert "41 different" not in refused(capsys, "train", "--data", "table.csv", *reading[:-1])
    for separator in (",,", '"', "."):
        assert "cannot separate cells" in refused(capsys, "train", "--separator", separator)


def test_predict_writes_to_a_file_whole_or_not_at_all(
    model: str, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", model, str(flowers), "--out", "said.csv"]) == 0
    assert capsys.readouterr().out == ""
    assert len(read(Path("said.csv").read_text())) == 91
    complaint = refused(capsys, "predict", model, str(flowers), "--out", "nowhere/said.csv")
    assert "nowhere/said.csv: cannot be written (No such file or directory)" in complaint


def command(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "nn", *arguments], env={**os.environ, "PYTHONPATH": str(PROJECT)},
        timeout=60, **settings,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/stdout and /proc are Linux's")
def test_predictions_written_to_standard_output_stand_where_they_would_be_printed(
    model: str, flowers: Path
) -> None:
    arguments = ["predict", model, str(flowers)]
    printed = command(*arguments, capture_output=True).stdout
    assert len(printed.splitlines()) == 91
    out = ["--out", "/dev/stdout"]
    assert command(*arguments, *out, capture_output=True).stdout == printed
    with open("log.txt", "wb") as log:
        log.write(b"before\n")
        log.flush()
        assert command(*arguments, *out, stdout=log).returncode == 0
        log.write(b"after\n")
    assert Path("log.txt").read_bytes() == b"before\n" + printed + b"after\n"
    closed = command(*arguments, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert (closed.returncode, closed.stderr) == (0, b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_and_a_device_are_written_to_and_not_replaced(model: str, flowers: Path) -> None:
    os.mkfifo("pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    assert main(["predict", model, str(flowers), "--out", "pipe"]) == 0
    assert len(read(reader.communicate(timeout=60)[0].decode())) == 91
    assert Path("pipe").is_fifo()
    Path("nowhere").symlink_to(os.devnull)
    assert main(["predict", model, str(flowers), "--out", "nowhere"]) == 0
    assert Path(os.devnull).is_char_device()
    assert Path("nowhere").is_symlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_device_and_links_in_a_circle_are_named(
    model: str, flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    complaint = refused(capsys, "predict", model, str(flowers), "--out", "/dev/full")
    assert "/dev/full: cannot be written (No space left on device)" in complaint
    Path("circle").symlink_to("circle")
    complaint = refused(capsys, "predict", model, str(flowers), "--out", "circle")
    assert "circle: Too many levels of symbolic links" in complaint


def test_a_model_of_values_is_evaluated_and_predicts_in_their_units(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["train", "--data", str(values), *QUICK])
    capsys.readouterr()
    assert main(["evaluate", "out/model.safetensors", "--data", str(values)]) == 0
    header, figures = capsys.readouterr().out.splitlines()
    x, y, _ = nn.tables.load_table(values)
    output = nn.predict(nn.load("out/model.safetensors"), x)
    assert header.split() == ["examples", "rms", "error", "mean", "|error|", "R²"]
    assert figures.split()[:2] == ["200", f"{np.sqrt(np.mean((output - y) ** 2)):.4g}"]
    assert main(["predict", "out/model.safetensors", str(values)]) == 0
    header, *rows = read(capsys.readouterr().out)
    assert header == ["output_0", "output_1"]
    np.testing.assert_array_equal(np.array(rows, dtype=np.float32), output)


def test_the_share_explained_of_equal_values_is_not_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez("flat.npz", x=np.random.default_rng(0).normal(size=(30, 2)), y=np.full(30, 0.5))
    assert main(["train", "--data", "flat.npz", *QUICK]) == 0
    line = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("test"))
    assert line.split() == ["test", "6", "0", "0", "-"]


def test_models_from_nn_save_are_evaluated_and_predict_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x, y = nn.datasets.moons(40)
    np.savez("moons.npz", x=x, y=y)
    np.savez("line.npz", x=x, y=2.5 * x[:, 0])
    nn.save(nn.MLP([2, 3, 2], rng=0), "two.safetensors")
    nn.save(nn.Sequential(nn.Linear(2, 1, init="zeros")), "one.safetensors")
    assert main(["evaluate", "two.safetensors", "--data", "moons.npz"]) == 0
    assert "accuracy" in capsys.readouterr().out
    assert main(["evaluate", "one.safetensors", "--data", "moons.npz"]) == 0
    assert "50.00 %" in capsys.readouterr().out  # a logit of 0 is not above 0
    np.savez("counts.npz", x=x, y=np.arange(40))
    for path, data in (("one", "line"), ("one", "counts"), ("two", "pairs")):
        np.savez("pairs.npz", x=x, y=x)
        assert main(["evaluate", f"{path}.safetensors", "--data", f"{data}.npz"]) == 0
        assert "rms error" in capsys.readouterr().out
    assert main(["predict", "one.safetensors", "moons.npz"]) == 0
    assert read(capsys.readouterr().out)[:2] == [["output"], ["0.0"]]


def test_probabilities_of_sigmoids_are_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--data", "moons", "--loss", "quadratic-cost", *QUICK])
    x, _ = nn.datasets.moons(10, rng=5)
    np.savez("new.npz", x=x)
    capsys.readouterr()
    assert main(["predict", "out/model.safetensors", "new.npz"]) == 0
    logits = nn.predict(nn.load("out/model.safetensors"), x)
    written = [float(row[1]) for row in read(capsys.readouterr().out)[1:]]
    np.testing.assert_allclose(written, 1 / (1 + np.exp(-logits.max(axis=1))), rtol=1e-5)


def test_inputs_of_another_scale_are_noted(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", *QUICK])
    capsys.readouterr()
    x, _ = nn.datasets.digits()
    for name, scale in (("raw.npz", 16), ("scaled.npz", 1)):
        np.savez(name, x=x[:5] * scale)
        assert main(["predict", "out/model.safetensors", name]) == 0
    noted = capsys.readouterr().err
    assert noted.count("note: these examples range from 0 to 16, and the training") == 1
    assert noted.count("note") == 1


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("learn", "invalid choice: 'learn'"),
        ("train digits", "unrecognized arguments: digits"),
        ("train --data flags", "'flags' is none of digits, mnist, moons, circles, spirals, not a"),
        ("train --data no.csv", "no.csv: no such file"),
        ("train --hidden 30,x", "'30,x' is not the number of units in each hidden layer"),
        ("train --hidden 30,0", "'30,0' is not the number of units in each hidden layer"),
        ("train --activation cosine", "argument --activation: invalid choice: 'cosine'"),
        ("train --init ones", "argument --init: invalid choice: 'ones'"),
        ("train --loss hinge", "argument --loss: invalid choice: 'hinge'"),
        ("train --optimizer newton", "argument --optimizer: invalid choice: 'newton'"),
        ("train --dtype int8", "argument --dtype: invalid choice: 'int8'"),
        ("train --lr 0", "argument --lr: '0' is not a number above 0"),
        ("train --lr inf", "argument --lr: 'inf' is not a number above 0"),
        ("train --lr fast", "argument --lr: 'fast' is not a number above 0"),
        ("train --batch-size 0", "--batch-size: '0' is not a whole number, 1 or more"),
        ("train --epochs 1.5", "--epochs: '1.5' is not a whole number, 1 or more"),
        ("train --weight-decay=-1", "--weight-decay: '-1' is not a number, 0 or more"),
        ("train --network conv --momentum 0.9", "--momentum is for sgd, and --optimizer is adam"),
        ("train --optimizer lbfgs --batch-size 10", "takes all examples at once"),
        ("train --optimizer lbfgs --schedule cosine", "--schedule has no meaning for"),
        ("train --validation 1", "--validation: '1' is not a share, from 0 to below 1"),
        ("train --test nan", "--test: 'nan' is not a share, from 0 to below 1"),
        ("train --seed -1", "--seed"),
        ("train --patience 0", "--patience: '0' is not a whole number, 1 or more"),
        ("train --patience 3 --validation 0", "--patience needs validation examples"),
        ("train --loss mse", "--data digits has classes, but --loss is for values"),
        ("train --test 0.0001", "--test 0.0001 cannot be split off 1797 examples"),
        ("evaluate m.safetensors", "the following arguments are required: --data"),
        ("evaluate m.safetensors --data digits", "there is no file m.safetensors"),
        ("predict m.safetensors x.txt", "x.txt: only .csv, .tsv, .parquet and .npz files, images"),
        ("predict m.safetensors x.npz", "there is no file m.safetensors"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint in refused(capsys, *shlex.split(arguments))


class Bomb:
    """Goes off where it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"x": np.ones((9, 2))}, "one array named y, target, targets, label or labels is needed"),
        ({"x": np.ones((9, 2)), "y": np.ones(8)}, "their first axes must have the same length"),
        ({"x": np.full((9, 2), np.nan), "y": np.arange(9) % 2}, "the inputs hold nan"),
        ({"x": np.ones((9, 2)), "y": -np.ones(9)}, "has a single class; at least two are needed"),
        (
            {"x": np.ones((9, 2)), "y": np.arange(9)},
            "9 different labels, from 0 to 8, are",
        ),
        ({"x": np.ones((9, 2)), "y": np.ones((9, 0))}, r"targets of shape (9, 0); one number"),
        ({"x": np.ones(2), "y": np.array([1, 2**63], np.uint64)}, "the targets hold 9223372036854"),
        ({"x": np.ones((9, 2)), "y": np.zeros(9, int)}, "has a single class"),
        ({"x": np.ones((2, 2)), "y": [0.5, 1]}, "--test 0.2 cannot be split off 2 examples"),
        ({"x": np.ones((6, 2)), "y": [0, 1] * 3}, "--validation 0.1 cannot be split off"),
        ({"x": np.array([Bomb(), 1]), "y": [0, 1]}, "holds pickled Python objects"),
    ],
)
def test_files_that_cannot_be_learned_from_are_refused(
    arrays: dict[str, np.ndarray], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("file.npz", allow_pickle=True, **arrays)
    said = refused(capsys, "train", "--data", "file.npz")
    assert complaint in said
    assert "file.npz" in said or "--" in said


def test_damaged_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.npz").write_bytes(b"PK\x03\x04 and no more")
    Path("bad.csv").write_text("1,2,0\n1,0\n")
    assert "bad.npz: not an npz file" in refused(capsys, "train", "--data", "bad.npz")
    assert "bad.csv, line 2: 2 cells" in refused(capsys, "train", "--data", "bad.csv")
    Path("bad.safetensors").write_bytes(b"no model")
    complaint = refused(capsys, "evaluate", "bad.safetensors", "--data", "digits")
    assert "bad.safetensors is damaged, cut off, or not a safetensors file" in complaint


def test_targets_and_losses_must_fit(flowers: Path, values: Path, capsys) -> None:
    for data, loss, complaint in (
        (flowers, "mae", "flowers.csv has words as targets, but --loss is for values"),
        (values, "cross-entropy", "values.npz: the targets are not whole numbers, words or"),
    ):
        assert complaint in refused(capsys, "train", "--data", str(data), "--loss", loss)


def test_out_must_not_be_a_file(flowers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complaint = refused(capsys, "train", "--data", "moons", "--out", str(flowers))
    assert "--out flowers.csv is a file, not a folder" in complaint


def test_data_that_do_not_fit_the_model_are_refused(
    model: str, flowers: Path, values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    np.savez("numbers.npz", x=rng.normal(size=(9, 4)), y=np.arange(9) % 3)
    Path("weeds.csv").write_text("1,2,3,4,rose\n1,2,3,4,nettle\n")
    main(["train", "--data", "moons", *QUICK])
    main(["train", "--data", str(values), "--epochs", "1", "--out", "v"])
    nn.save(nn.Sequential(nn.LayerNorm(3)), "norm.safetensors")
    np.savez("plane.npz", x=rng.normal(size=(9, 2)), y=np.arange(9) % 3)
    np.savez("one.npz", x=rng.normal(size=(9, 2)), y=rng.normal(size=9))
    np.savez("fractions.npz", x=rng.normal(size=(9, 2)), y=rng.normal(size=9))
    capsys.readouterr()
    for path, data, complaint in (
        (model, "digits", "takes examples of 4 numbers, and these have 64"),
        (model, "numbers.npz", "has numbers as targets, but the model has classes daisy, rose"),
        (model, "weeds.csv", "'nettle' is none of the classes daisy, rose, tulip"),
        ("out/model.safetensors", "digits", "takes examples of 2 numbers, and these have 64"),
        (
            "out/model.safetensors",
            "plane.npz",
            "label 2 at index 2 is none of the classes 0, 1",
        ),
        ("out/model.safetensors", "fractions.npz", "they are not classes"),
        ("out/model.safetensors", str(flowers), "has classes with names, such as 'daisy', but"),
        ("v/model.safetensors", "moons", "moons has classes, but the outputs of the model"),
        ("v/model.safetensors", "one.npz", "has 2 outputs for each example, and one.npz has 1"),
        ("norm.safetensors", "plane.npz", "norm.safetensors does not fit examples of shape (2,)"),
    ):
        assert complaint in refused(capsys, "evaluate", path, "--data", data)
    assert "takes examples of 4 numbers" in refused(capsys, "predict", model, "one.npz")


def test_packages_that_are_missing_are_named_before_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    complaint = refused(capsys, "train")
    assert 'pip install "wengert[train]"' in complaint


def test_errors_of_the_system_are_said_without_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, said in (
        (PermissionError(13, "Permission denied", "x.npz"), "x.npz: Permission denied"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (ConnectionError("MNIST cannot be downloaded: no answer"), "MNIST cannot be downloaded"),
        (MemoryError(), "there is not enough memory"),
    ):

        def fail(*_: object, error: BaseException = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("nn.command.train.load_source", fail)
        complaint = refused(capsys, "train")
        assert said in complaint
        assert "Errno" not in complaint


# --- as a program --------------------------------------------------------------------------------


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nn", *arguments]


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    folders = {str(PROJECT), str(Path(autograd.__file__).parents[1])}
    return os.environ | {"PYTHONPATH": os.pathsep.join(folders)}


def test_it_runs_as_a_module(environment: dict[str, str]) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            program(*arguments), env=environment, capture_output=True, text=True, check=False
        )

    trained = run("train", "--data", "moons", *QUICK)
    assert (trained.returncode, trained.stderr) == (0, "")
    assert files("out") == RESULTS | {"boundary.png"}
    refusal = run("train", "--data", "stars")
    assert (refusal.returncode, refusal.stdout) == (2, "")
    assert refusal.stderr.count("\n") == 1
    overview = run("train", "--help")
    assert overview.returncode == 0
    assert "--weight-decay" in overview.stdout


LONGER = ("--data", "moons", "--epochs", "60")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a process that was not ended."""
    out = str(tmp_path_factory.mktemp("unbroken"))
    assert main(["train", *LONGER, "--out", out]) == 0
    return out


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("end", ["SIGKILL", "SIGINT"])
def test_a_process_that_is_ended_goes_on_exactly(
    end: str, unbroken: str, environment: dict[str, str]
) -> None:
    command = ["train", *LONGER]
    checkpoint = Path("out/unfinished/checkpoint.safetensors")
    process = subprocess.Popen(
        program(*command, "--out", "out"),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it starts in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(getattr(signal, end))
    _, complaint = process.communicate()
    assert process.returncode == (130 if end == "SIGINT" else -signal.SIGKILL)
    assert ("--resume" in complaint) == (end == "SIGINT")
    assert "Traceback" not in complaint
    assert json.loads(Path("out/unfinished/options.json").read_text())["data"] == "moons"
    assert main([*command, "--out", "out", "--resume"]) == 0
    assert same_results("out", unbroken)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_that_has_seen_enough_is_no_error(model: str, environment: dict[str, str]) -> None:
    np.savez("many.npz", x=np.ones((20_000, 4)))
    with subprocess.Popen(
        program("predict", model, "many.npz"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
