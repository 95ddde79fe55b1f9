"""Two runs never write to one file or folder: the second is told at once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import CheckpointError
from nn.command import main
from nn.files.lock import InUseError, locked

PROJECT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no flock")


def test_a_path_is_had_by_one_block_at_a_time_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "results"
    with locked(path, "wait"):
        expected = f"in use by a run of process {os.getpid()}: wait"
        with pytest.raises(InUseError, match=expected), locked(path, "wait"):
            pass
        with locked(tmp_path / "others", "wait"):
            pass
    with locked(path, "wait"):
        pass
    assert os.listdir(tmp_path) == []


def test_a_process_that_is_killed_gives_the_path_free(tmp_path: Path) -> None:
    program = (
        "from nn.files.lock import locked\nimport time\n"
        f"with locked({str(tmp_path / 'results')!r}, 'wait'):\n    print('has it', flush=True)\n"
        "    time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"has it\n"
    with (
        pytest.raises(InUseError, match=f"process {process.pid}"),
        locked(tmp_path / "results", ""),
    ):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
    with locked(tmp_path / "results", "wait"):
        pass


def test_a_second_command_in_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    for more in ((), ("--resume",)):
        with locked("out", "wait"):
            assert main(["train", "--data", "moons", "--out", "out", *more]) == 2
        complaint = capsys.readouterr().err
        assert f"out is in use by a run of process {os.getpid()}" in complaint
        assert "choose another --out" in complaint
    assert os.listdir("out") == []


def test_a_second_fit_with_the_same_checkpoint_is_refused(tmp_path: Path) -> None:
    x = np.ones((4, 2))
    path = tmp_path / "checkpoint"
    settings: dict[str, Any] = {"loss": "mse", "lr": 0.1, "epochs": 1, "progress": False}

    def fit_inside(run: Any) -> None:
        with pytest.raises(CheckpointError, match="in use by a run of process"):
            nn.fit(nn.Linear(2, 2), (x, x), callbacks=[nn.Checkpoint(path)], **settings)

    nn.fit(nn.Linear(2, 2), (x, x), callbacks=[nn.Checkpoint(path), fit_inside], **settings)
    assert os.listdir(tmp_path) == ["checkpoint"]


def test_a_second_sweep_with_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"

    def job(lr: float, seed: int) -> dict[str, float]:
        with pytest.raises(RuntimeError, match="in use by a run of process"):
            nn.sweep(job, {"lr": [lr]}, path=path, workers=1)
        return {"loss": lr}

    assert nn.sweep(job, {"lr": [0.1, 0.2]}, path=path, workers=1)[1]["loss"] == 0.2
    assert os.listdir(tmp_path) == ["sweep.csv"]
