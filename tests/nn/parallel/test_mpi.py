"""Training on processes of MPI, started by ``mpiexec``: the same bits, and one end for all.

What needs no processes of their own is tested with threads, in ``test_parallel``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nn.command import main

pytest.importorskip("mpi4py", reason="the mpi extra is not installed")
MPIEXEC = Path(sys.executable).with_name("mpiexec")
pytestmark = pytest.mark.skipif(not MPIEXEC.exists(), reason="MPI is not that of the mpi extra")
PATIENCE = 120

PROGRAM = """
import os, sys, time
import numpy as np
import nn

folder, what = sys.argv[1:]
comm, rank = None, 0
if what == "itself" or "PMI_SIZE" in os.environ:
    from mpi4py import MPI
    comm = MPI.COMM_SELF if what == "itself" else MPI.COMM_WORLD
    rank = comm.Get_rank()

x = np.load(f"{folder}/x{rank}.npy", mmap_mode="r")
y = np.load(f"{folder}/y.npy")
settings = {"checkpoint": f"{folder}/checkpoint", "batch_size": 50, "shards": 4, "rng": 0}
if what == "own rows":
    settings = {"batch_size": None, "shards": 2, "rng": None}
    if rank == 0:  # who reads what is gone is killed by the system
        os.truncate(f"{folder}/x0.npy", 128 + x.nbytes // 2)
if what == "other seeds":
    settings["rng"] = rank

def callback(run):
    if what == "die" and run.step == 12 and rank == 1:
        os.kill(os.getpid(), 9)
    if what == "fail" and run.step == 12 and rank == 1:
        raise OSError("no space left")
    if what == "wait":
        time.sleep(0.02)
        if run.step == 12 and rank == 0:
            open(f"{folder}/waiting", "x").close()

model = nn.Sequential(
    nn.Linear(20, 16, rng=0), nn.BatchNorm(16), nn.ReLU(), nn.Dropout(0.2, rng=1),
    nn.Linear(16, 3, rng=2),
)
nn.fit(
    model, (x, y), loss="cross-entropy", optimizer="adam", epochs=4, metrics="accuracy",
    validation=(x[:200] / 2, y[:200]), callbacks=[callback], comm=comm, progress=False, **settings,
)
if rank == 0:
    nn.save(model, f"{folder}/model")
"""

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 20)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)


def folder_of_data(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for rank in range(4):
        np.save(folder / f"x{rank}.npy", X)
    np.save(folder / "y.npy", Y)
    (folder / "program.py").write_text(PROGRAM)
    return folder


def start(ranks: int | None, *arguments: object) -> subprocess.Popen[str]:
    """Python with these arguments, by `mpiexec` unless ``ranks`` is None."""
    launcher = [] if ranks is None else [str(MPIEXEC), "-n", str(ranks)]
    environment = {name: value for name, value in os.environ.items() if name != "PMI_SIZE"}
    return subprocess.Popen(
        [*launcher, sys.executable, *map(str, arguments)],
        env=environment | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(ranks: int | None, folder: Path, what: str) -> tuple[int, str]:
    """The exit code of the program and what it has to complain of."""
    with start(ranks, folder / "program.py", folder, what) as process:
        try:
            errors = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
    return process.returncode, errors


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model of one process that was told the same number of shards."""
    folder = folder_of_data(tmp_path_factory.mktemp("alone"))
    assert run(None, folder, "alone") == (0, "")
    return (folder / "model").read_bytes()


def test_four_processes_give_the_bits_of_one(tmp_path: Path, expected: bytes) -> None:
    assert run(4, folder_of_data(tmp_path), "together") == (0, "")
    assert (tmp_path / "model").read_bytes() == expected


def test_a_communicator_of_one_is_one_process(tmp_path: Path, expected: bytes) -> None:
    assert run(None, folder_of_data(tmp_path), "itself") == (0, "")
    assert (tmp_path / "model").read_bytes() == expected


def test_a_killed_rank_is_named_and_others_go_on(tmp_path: Path, expected: bytes) -> None:
    code, errors = run(2, folder_of_data(tmp_path), "die")
    assert code != 0
    (line,) = [line for line in errors.splitlines() if line.startswith("rank ")]
    assert line.startswith("rank 1 of 2 (process ")
    assert line.endswith(
        f"died without a message. All stop: run the same on 1, 2, 4 ranks to resume from "
        f"{tmp_path}/checkpoint"
    )
    assert not (tmp_path / "model").exists()
    assert run(4, tmp_path, "resume") == (0, "")
    assert (tmp_path / "model").read_bytes() == expected


def test_an_error_of_one_rank_ends_all_and_one_process_goes_on(
    tmp_path: Path, expected: bytes
) -> None:
    code, errors = run(2, folder_of_data(tmp_path), "fail")
    assert code != 0
    assert "OSError: no space left\nThis was on rank 1 of 2. All have stopped: run the" in errors
    assert "nn.parallel.team.RankError: rank 1 of 2: OSError: no space left. All have" in errors
    assert run(None, tmp_path, "resume") == (0, "")
    assert (tmp_path / "model").read_bytes() == expected


def test_control_c_ends_all_ranks_at_a_step(tmp_path: Path, expected: bytes) -> None:
    with start(2, folder_of_data(tmp_path) / "program.py", tmp_path, "wait") as process:
        until = time.monotonic() + PATIENCE
        while not (tmp_path / "waiting").exists() and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        try:
            errors = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
    assert "KeyboardInterrupt\nThis was on rank " in errors
    assert "to resume from" in errors
    assert run(None, tmp_path, "resume") == (0, "")
    assert (tmp_path / "model").read_bytes() == expected


def test_ranks_with_other_seeds_are_told_so(tmp_path: Path) -> None:
    code, errors = run(2, folder_of_data(tmp_path), "other seeds")
    assert code != 0
    assert errors.count("ValueError: all ranks must have the same arguments, with equal seeds") == 2
    assert errors.count("state of rng: ") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a read may have another end")
def test_a_rank_reads_its_own_rows_only(tmp_path: Path) -> None:
    assert run(None, folder_of_data(tmp_path), "own rows")[0] == -signal.SIGBUS
    assert run(2, folder_of_data(tmp_path), "own rows") == (0, "")


def test_the_command_gives_the_same_files_with_and_without_mpiexec(tmp_path: Path) -> None:
    words = ["train", "--data", "moons", "--epochs", "2", "--shards", "4"]
    assert main([*words, "--out", str(tmp_path / "alone")]) == 0
    with start(2, "-m", "nn", *words, "--out", tmp_path / "together") as process:
        output, errors = process.communicate(timeout=PATIENCE)
    assert errors == ""
    assert process.returncode == 0
    assert output.count("mini-batches of 10 in 4 shards") == 1
    for name in ("model.safetensors", "history.csv"):
        one, other = (tmp_path / folder / name for folder in ("alone", "together"))
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "none.csv"], "none.csv: no such file"),
        (["--data", "moons", "--optimizer", "lbfgs"], "--optimizer lbfgs runs in a single process"),
    ],
)
def test_the_command_complains_once_of_what_is_wrong(
    words: list[str], message: str, tmp_path: Path
) -> None:
    with start(2, "-m", "nn", "train", *words, "--out", tmp_path / "out") as process:
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert output == ""
    assert errors.startswith(f"python -m nn: {message}")
    assert errors.count("\n") == 1
