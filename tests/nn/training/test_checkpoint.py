"""A run that is killed, at any moment, goes on from its checkpoint and ends with the same bits."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import (
    SGD,
    Adam,
    AdamW,
    Checkpoint,
    CheckpointError,
    EarlyStopping,
    RandomSearch,
    SmallChange,
    fit,
)
from nn.files.arrayfile import write
from nn.optim.schedules import Cosine, ReduceOnPlateau, Warmup

X, Y = nn.datasets.moons(50, noise=0.2, rng=0)
HELD_OUT = nn.datasets.moons(20, noise=0.2, rng=1)

# --- killed processes ----------------------------------------------------------------------------

PROGRAM = """
import os, signal, stat, sys, time
import numpy as np
import nn
from nn.training.checkpoint import Checkpoint
from nn.optim import SGD
from nn.optim.schedules import ReduceOnPlateau
from nn.training.callbacks import EarlyStopping
from nn.training import fit

checkpoint, result, moment, count, pause = sys.argv[1:]
count = int(count)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def countdown():
    global count
    count -= 1
    return count == 0

fsync, replace = os.fsync, os.replace

def fsync_or_die(descriptor):
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)  # and not the folder it is in
    if moment == "write" and is_file and countdown():
        os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
        die()
    fsync(descriptor)

def replace_or_die(*paths):
    if moment == "before" and countdown():
        die()
    replace(*paths)
    if moment == "after" and countdown():
        die()

def step_or_die(run):
    time.sleep(float(pause))
    if moment == "step" and countdown():
        die()

os.fsync, os.replace = fsync_or_die, replace_or_die

data = nn.datasets.moons(60, noise=0.2, rng=0)
model = nn.Sequential(
    nn.Linear(2, 6, rng=0), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(0.2, rng=1),
    nn.Linear(6, 2, rng=2),
)
history = fit(
    model, data, loss="cross-entropy", optimizer=SGD(model, lr=0.3, momentum=0.9), epochs=4,
    batch_size=8, validation=nn.datasets.moons(30, noise=0.2, rng=1), validation_every=5,
    metrics="accuracy", schedule=ReduceOnPlateau(0.3, factor=0.5, patience=1),
    stop=EarlyStopping(patience=50), callbacks=[step_or_die],
    checkpoint=Checkpoint(checkpoint, every=3), progress=False, rng=4,
)
history.to_csv(result + ".csv")
np.savez(result, **model.state_dict())
"""


def start(program: Path, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    root = str(Path(nn.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder / "checkpoint"), str(program), *arguments],
        env={**os.environ, "PYTHONPATH": root},
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run that nobody interrupts."""
    result = tmp_path_factory.mktemp("whole") / "result"
    assert start(result, result.parent, "never", "0", "0").wait(60) == 0
    return result


def assert_same_result(result: Path, whole: Path) -> None:
    with np.load(f"{result}.npz") as ours, np.load(f"{whole}.npz") as expected:
        assert ours.files == expected.files
        for name in expected.files:
            assert ours[name].tobytes() == expected[name].tobytes(), name
    assert Path(f"{result}.csv").read_bytes() == Path(f"{whole}.csv").read_bytes()


def test_killed_again_and_again_at_every_kind_of_moment(tmp_path: Path, whole: Path) -> None:
    result = tmp_path / "result"
    moments = [
        ("step", "2"),  # before there is any checkpoint
        ("write", "1"),  # half of the first one written
        ("before", "2"),
        ("write", "2"),
        ("after", "1"),
        ("step", "5"),
        ("after", "3"),
    ]
    for moment, count in moments:
        process = start(result, tmp_path, moment, count, "0")
        assert process.wait(60) == -signal.SIGKILL, moment
    assert start(result, tmp_path, "never", "0", "0").wait(60) == 0
    assert_same_result(result, whole)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"checkpoint", "result.npz", "result.csv"}


def test_killed_from_outside_at_no_particular_moment(tmp_path: Path, whole: Path) -> None:
    result = tmp_path / "result"
    moments = random.Random(0)
    for _ in range(4):
        process = start(result, tmp_path, "never", "0", "0.02")
        while not (tmp_path / "checkpoint").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        process.wait(60)
    assert start(result, tmp_path, "never", "0", "0").wait(60) == 0
    assert_same_result(result, whole)


# --- interrupted within one process --------------------------------------------------------------


class Interruption(Exception):
    pass


class Interrupt:
    """A callback with a memory of its own that interrupts at one step."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.seen = 0

    def __call__(self, run: Any) -> None:
        self.seen += 1
        if run.step == self.at:
            raise Interruption

    def state_dict(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def load_state_dict(self, state: Any) -> None:
        self.seen = state["seen"]


def train(checkpoint: Any = None, at: int | None = None, **settings: Any) -> tuple[Any, Any, Any]:
    model = nn.MLP([2, 5, 2], rng=0, dropout=0.3)
    callback = Interrupt(at)
    method = settings.pop("method", lambda model: SGD(model, lr=0.1))
    defaults: dict[str, Any] = {"loss": "cross-entropy", "epochs": 2, "batch_size": 12, "rng": 1}
    history = fit(
        model,
        settings.pop("data", (X, Y)),
        optimizer=method(model),
        callbacks=[callback],
        checkpoint=checkpoint,
        progress=False,
        **(defaults | settings),
    )
    return model, history, callback


def assert_same_run(one: tuple[Any, Any, Any], other: tuple[Any, Any, Any]) -> None:
    a, b = one[0].state_dict(), other[0].state_dict()
    assert all(a[name].tobytes() == b[name].tobytes() for name in a)
    for x, y in ((one[1].steps, other[1].steps), (one[1].validations, other[1].validations)):
        assert all(x[name].tobytes() == y[name].tobytes() for name in x)
    assert one[1].stopped == other[1].stopped
    assert one[2].seen == other[2].seen


RUNS: list[dict[str, Any]] = [
    {},
    {"method": lambda m: Adam(m, lr=0.05), "schedule": Cosine(0.05, steps=15)},
    {
        "method": lambda m: AdamW(m, lr=0.05),
        "validation": HELD_OUT,
        "validation_every": 2,
        "metrics": ["accuracy"],
        "stop": [EarlyStopping(patience=2), SmallChange(1e-6)],
        "schedule": Warmup(2, ReduceOnPlateau(0.1, factor=0.5, patience=0)),
    },
    {"method": lambda m: RandomSearch(m, rng=3)},
    {"rng": None, "batch_size": None},
    {"rng": lambda: np.random.Generator(np.random.MT19937(3)), "clip_norm": 0.1},
]


@pytest.mark.parametrize("settings", RUNS)
@pytest.mark.parametrize("every", [None, 2])
def test_interrupted_after_any_step(
    tmp_path: Path,
    settings: dict[str, Any],
    every: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no power cut here, and it is slow

    def new() -> dict[str, Any]:
        made = dict(settings)
        if callable(made.get("rng")):
            made["rng"] = made["rng"]()
        return made

    whole = train(**new())
    steps = whole[1].steps.rows
    for at in range(1, steps + 1):
        checkpoint = Checkpoint(tmp_path / str(at), every)
        with pytest.raises(Interruption):
            train(checkpoint, at, **new())
        assert_same_run(train(checkpoint, **new()), whole)


def test_a_generator_that_model_and_shuffling_share_goes_on_as_one(tmp_path: Path) -> None:
    def run(checkpoint: Any, at: int | None) -> Any:
        rng = np.random.default_rng(0)
        model = nn.MLP([2, 5, 2], rng=rng, dropout=0.3)
        fit(
            model,
            (X, Y),
            loss="cross-entropy",
            batch_size=12,
            epochs=2,
            callbacks=[Interrupt(at)],
            checkpoint=checkpoint,
            progress=False,
            rng=rng,
        )
        return model.to_vector().tobytes()

    checkpoint = Checkpoint(tmp_path / "checkpoint", every=1)
    for at in (3, 7):
        with pytest.raises(Interruption):
            run(checkpoint, at)
    assert run(checkpoint, None) == run(None, None)


def test_weights_laid_out_in_columns_stay_so(tmp_path: Path) -> None:
    def run(checkpoint: Any, at: int | None) -> Any:
        frozen, trained = nn.Linear(2, 64, rng=0), nn.Linear(64, 2, rng=1)
        for layer in (frozen, trained):
            layer.weight = Tensor(np.asfortranarray(layer.weight.numpy()))
        frozen.freeze()
        model = nn.Sequential(frozen, trained)
        fit(
            model,
            (X, Y),
            loss="cross-entropy",
            epochs=2,
            callbacks=[Interrupt(at)],
            checkpoint=checkpoint,
            progress=False,
        )
        orders = [layer.weight.flags.fnc for layer in (frozen,)]
        return orders, model.to_vector().tobytes(), trained.weight.numpy().flags.fnc

    with pytest.raises(Interruption):
        run(tmp_path / "checkpoint", 3)
    resumed = run(tmp_path / "checkpoint", None)
    assert resumed == run(None, None)
    assert resumed[0] == [True]


def test_a_run_that_is_done_stays_as_it_ended(tmp_path: Path) -> None:
    stop = {"stop": EarlyStopping(patience=1), "validation": HELD_OUT, "epochs": 60}
    for name, settings in (("all", {}), ("stopped", stop)):
        first = train(tmp_path / name, **settings)
        assert_same_run(train(tmp_path / name, **settings), first)
    assert "no better" in first[1].stopped


def test_a_run_can_be_made_longer(tmp_path: Path) -> None:
    train(tmp_path / "checkpoint", epochs=2)
    assert_same_run(train(tmp_path / "checkpoint", epochs=5), train(epochs=5))


# --- what is no checkpoint of this run -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch_size": 10}, "batch_size was 12 and is 10"),
        ({"rng": 2}, "state of rng was '[0-9a-f]{8}' and is"),
        ({"rng": None}, "state of rng was .* and is None"),
        ({"loss": "mse"}, "loss was <function cross_entropy> and is <function mse>"),
        ({"method": lambda m: SGD(m, lr=0.2)}, "optimizer settings was"),
        ({"method": lambda m: Adam(m, lr=0.1)}, "optimizer was 'SGD' and is 'Adam'"),
        ({"clip_norm": 1.0}, "'clip_norm': None.* and is .*'clip_norm': 1.0"),
        ({"metrics": "accuracy"}, r"metrics was \[\] and is \['accuracy'\]"),
        ({"data": (X, 1 - Y)}, "checksum of the data was"),
        ({"data": (-X, Y)}, "checksum of the data was"),
        ({"data": (X.astype(np.float64), Y)}, "checksum of the data was"),
        ({"data": (X, Y.astype(np.int32))}, "checksum of the data was"),
        ({"schedule": Cosine(0.1, steps=9)}, "schedule was None and is Cosine"),
        ({"stop": SmallChange(0.1)}, "stop was"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    train(tmp_path / "checkpoint", epochs=1)
    with pytest.raises(CheckpointError, match=f"is from another training run: .*{message}"):
        train(tmp_path / "checkpoint", **changed)


def test_a_checkpoint_of_another_model_is_refused_and_the_model_left(tmp_path: Path) -> None:
    train(tmp_path / "checkpoint", epochs=1)
    model = nn.MLP([2, 6, 2], rng=0)
    before = model.to_vector()
    with pytest.raises(CheckpointError, match=r"does not fit this run: .*0\.weight has shape"):
        fit(
            model,
            (X, Y),
            loss="cross-entropy",
            optimizer=SGD(model, lr=0.1),
            batch_size=12,
            rng=1,
            checkpoint=tmp_path / "checkpoint",
            progress=False,
        )
    np.testing.assert_array_equal(model.to_vector(), before)


def test_a_file_that_is_no_checkpoint_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    for content in (b"", b"precious notes", os.urandom(1000)):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="delete it to train from the beginning"):
            train(path)
        assert path.read_bytes() == content
    write(path, {"w": np.zeros(3)}, "wengert-model", {})
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        train(path)
    train(tmp_path / "whole", epochs=1)
    content = (tmp_path / "whole").read_bytes()
    for length in range(0, len(content), 997):
        path.write_bytes(content[:length])
        with pytest.raises(CheckpointError):
            train(path)


def test_a_folder_that_is_not_there_is_named_before_training(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no folder .*nowhere"):
        train(tmp_path / "nowhere" / "checkpoint", at=1)


def test_every_must_be_a_number_of_steps() -> None:
    with pytest.raises(ValueError, match="every=0"):
        Checkpoint("checkpoint", every=0)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a full disk would, writing beyond so many bytes fails; Python ignores the signal."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    train(path, epochs=1)
    content = path.read_bytes()
    with files_of_at_most(500), pytest.raises(OSError, match="cannot be written"):
        train(path)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["checkpoint"]
    assert_same_run(train(path), train())
