"""Sweeps: every setting with every seed, in one table, whatever fails or is interrupted."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import threadpoolctl

import nn
from nn.sweeps import SweepTable


def training() -> Callable[..., dict[str, float]]:
    """A job; made inside a function, so that worker processes need not import this file."""

    def job(lr: float, hidden: int, seed: int) -> dict[str, float]:
        x, y = nn.datasets.xor(100, rng=seed)
        model = nn.MLP([2, hidden, 2], "tanh", rng=seed)
        nn.fit(model, (x, y), loss="cross-entropy", lr=lr, epochs=3, rng=seed, progress=False)
        return nn.evaluate(model, (x, y), loss="cross-entropy", metrics="accuracy")

    return job


GRID = {"lr": [0.1, 1.0], "hidden": [4, 8]}


def figures(table: SweepTable) -> list[dict[str, Any]]:
    return [{name: x for name, x in row.items() if name != "seconds"} for row in table]


# --------------------------------------------------------------------------------------------------
# The table


def test_every_combination_meets_every_seed_in_order() -> None:
    table = nn.sweep(lambda a, b, seed: {"sum": a + b + seed}, {"a": [1, 2], "b": [10, 20]},
                     seeds=[5, 7], workers=1)  # fmt: skip
    assert [(row["a"], row["b"], row["seed"]) for row in table] == [
        (a, b, seed) for a in (1, 2) for b in (10, 20) for seed in (5, 7)
    ]
    assert all(row["sum"] == row["a"] + row["b"] + row["seed"] for row in table)
    assert table.columns == ["a", "b", "seed", "sum", "seconds", "error"]
    assert len(table.failed()) == 0


def test_combinations_can_be_listed_and_seeds_can_be_all_there_is() -> None:
    points = [{"a": 1, "b": 2}, {"b": 4, "a": 3}]
    table = nn.sweep(lambda a, b, seed: {"ab": 10 * a + b}, points, workers=1)
    assert [row["ab"] for row in table] == [12, 34]
    alone = nn.sweep(lambda seed: {"square": seed**2}, {}, seeds=4, workers=1)
    assert [row["square"] for row in alone] == [0, 1, 4, 9]
    assert alone.over_seeds()[0]["square_mean"] == 3.5


def test_processes_give_the_figures_of_one_process_to_the_last_bit() -> None:
    job = training()
    here = nn.sweep(job, GRID, seeds=2, workers=1)
    there = nn.sweep(job, GRID, seeds=2, workers=2)
    assert figures(here) == figures(there)
    assert len({row["loss"] for row in here}) == 8


def test_a_row_is_what_the_job_alone_gives() -> None:
    row = nn.sweep(training(), GRID, seeds=[3], workers=1)[2]
    with threadpoolctl.threadpool_limits(1):
        alone = training()(lr=1.0, hidden=4, seed=3)
    assert {name: row[name] for name in alone} == alone


def test_figures_are_averaged_over_the_seeds_that_did_not_fail() -> None:
    def job(lr: float, seed: int) -> dict[str, Any]:
        if lr == 2.0 and seed == 1:
            raise ValueError("diverged")
        return {"loss": lr * seed, "note": "text is left out"}

    summary = nn.sweep(job, {"lr": [1.0, 2.0]}, seeds=3, workers=1).over_seeds()
    assert [row["jobs"] for row in summary] == [3, 2]
    assert [row["loss_mean"] for row in summary] == [1.0, 2.0]
    assert summary[0]["loss_std"] == 1.0
    assert summary[1]["loss_std"] == pytest.approx(math.sqrt(8))
    assert "note_mean" not in summary.columns


def test_a_part_of_the_table_is_a_table_and_shows_what_it_holds() -> None:
    settings = {"lr": [0.123456789, np.float64(0.5)], "of": [nn.Tanh]}
    table = nn.sweep(lambda lr, of, seed: {"third": lr / 3}, settings, workers=1)
    header, row = repr(table[1:]).splitlines()
    assert header.split() == ["lr", "of", "seed", "third", "seconds", "error"]
    assert row.split()[:4] == ["0.5", "Tanh", "0", "0.1667"]  # figures are rounded,
    assert "0.123456789 " in repr(table)  # settings are not


def test_the_table_goes_to_pandas_and_to_csv(tmp_path: Path) -> None:
    table = nn.sweep(lambda a, seed: {"b": a / 3}, {"a": [1, None, "x"]}, workers=1)
    frame = table.to_pandas()
    assert list(frame.columns) == table.columns
    assert frame["b"][0] == 1 / 3
    table.to_csv(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["a"] for row in rows] == ["1", "", "x"]
    assert float(rows[0]["b"]) == 1 / 3


# --------------------------------------------------------------------------------------------------
# Threads, processes, backends


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_has_the_threads_it_was_given(workers: int) -> None:
    def job(seed: int) -> dict[str, int]:
        np.ones((2, 2)) @ np.ones((2, 2))
        pools = threadpoolctl.threadpool_info()
        return {"threads": max(pool["num_threads"] for pool in pools), "process": os.getpid()}

    before = threadpoolctl.threadpool_info()
    for threads in (1, 2):
        table = nn.sweep(job, {}, seeds=2, workers=workers, threads=threads)
        assert {row["threads"] for row in table} == {threads}
        assert ({row["process"] for row in table} == {os.getpid()}) == (workers == 1)
    assert threadpoolctl.threadpool_info() == before


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_joblib_decides_where_the_jobs_run(backend: str, tmp_path: Path) -> None:
    """With a backend that gives rows one by one, and with one that gives all at the end."""
    with joblib.parallel_config(backend=backend, n_jobs=2):
        table = nn.sweep(
            abs_of_difference, {"a": [1, 2, 3]}, workers=None, path=tmp_path / "table.csv"
        )
    assert [row["difference"] for row in table] == [1, 2, 3]
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 4


def abs_of_difference(a: int, seed: int) -> dict[str, int]:
    return {"difference": abs(seed - a)}


def test_a_worker_that_dies_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"

    def job(a: int, seed: int) -> dict[str, int]:
        if a == 3 and not (tmp_path / "cured").exists():
            while not path.exists() or len(path.read_text().splitlines()) < 3:
                time.sleep(0.01)  # until the rows of the others are there
            os._exit(1)
        return {"double": 2 * a}

    with pytest.raises(RuntimeError, match=r"worker process died .* when 2 of 3 jobs .*table.csv"):
        nn.sweep(job, {"a": [1, 2, 3]}, workers=2, path=path)
    (tmp_path / "cured").touch()
    table = nn.sweep(job, {"a": [1, 2, 3]}, workers=2, path=path)
    assert [row["double"] for row in table] == [2, 4, 6]


# --------------------------------------------------------------------------------------------------
# Failures


def test_a_job_that_fails_tells_so_in_its_row_and_stops_no_other() -> None:
    def job(a: int, seed: int) -> dict[str, float]:
        return {"inverse": 1 / a}

    for workers in (1, 2):
        table = nn.sweep(job, {"a": [1, 0, 2]}, workers=workers)
        assert [row["error"] for row in table] == [
            None,
            "ZeroDivisionError: division by zero",
            None,
        ]
        assert [row.get("inverse") for row in table] == [1.0, None, 0.5]
        assert [row["a"] for row in table.failed()] == [0]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (0.5, "TypeError: the job returned 0.5, and not a dict of results by name"),
        ({"a": 1}, "ValueError: the job returned a, which are columns already"),
        ({"x": np.ones(3)}, "TypeError: array([1., 1., 1.]) has no short text for a table"),
    ],
)
def test_what_cannot_stand_in_the_table_is_an_error_of_the_job(returned: Any, message: str) -> None:
    (row,) = nn.sweep(lambda a, seed: returned, {"a": [1]}, workers=1)
    assert row["error"].startswith(message)


@pytest.mark.parametrize(
    ("settings", "seeds", "error", "message"),
    [
        ({"a": []}, 1, ValueError, "nothing to try"),
        ({"a": [1]}, 0, ValueError, "nothing to try"),
        ({"a": [1, 1]}, 1, ValueError, "are repeated"),
        ({"a": [1, "1"]}, 1, ValueError, "have the same text"),
        ({"seed": [1]}, 1, ValueError, "cannot be called seed"),
        ([{"a": 1}, {"b": 1}], 1, ValueError, r"\['a'\] and also \['b'\]"),
        ({"a": [object()]}, 1, TypeError, "has no short text for a table"),
    ],
)
def test_settings_that_make_no_table_are_refused(
    settings: Any, seeds: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        nn.sweep(lambda **_: {}, settings, seeds=seeds, workers=1)


# --------------------------------------------------------------------------------------------------
# The file


def test_a_sweep_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    path, done = tmp_path / "table.csv", []

    def job(a: float, of: Any, seed: int) -> dict[str, Any]:
        done.append((a, seed))
        if len(done) == 4:
            raise KeyboardInterrupt
        if (a, seed) == (0.1, 1) and len(done) < 4:
            raise ValueError("two\nlines")
        return {"loss": a * (seed + 1) / 3, "fine": True, "name": of.__name__, "bad": math.inf}

    grid = {"a": [0.1, 0.2], "of": [nn.Tanh]}
    with pytest.raises(KeyboardInterrupt):
        nn.sweep(job, grid, seeds=2, path=path, workers=1)
    kept = path.read_text().splitlines()
    assert kept[0] == "a,of,seed,loss,fine,name,bad,seconds,error"
    assert len(kept) == 4
    assert kept[2].endswith("ValueError: two lines")

    table = nn.sweep(job, grid, seeds=2, path=path, workers=1)
    assert done[4:] == [(0.1, 1), (0.2, 1)]  # what failed, and what was not done
    assert figures(table) == [
        {"a": a, "of": nn.Tanh, "seed": seed, "loss": a * (seed + 1) / 3, "fine": True,
         "name": "Tanh", "bad": math.inf, "error": None}
        for a in (0.1, 0.2) for seed in (0, 1)
    ]  # fmt: skip
    assert figures(nn.sweep(job, grid, seeds=2, path=path, workers=1)) == figures(table)
    assert len(done) == 6


def test_rows_of_other_settings_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    nn.sweep(lambda a, seed: {"old": a}, {"a": [1, 2]}, path=path, workers=1)
    table = nn.sweep(lambda a, seed: {"new": a}, {"a": [2, 3]}, path=path, workers=1)
    assert [row.get("old") for row in table] == [2, None]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["a"], row["old"], row["new"]) for row in rows] == [
        ("2", "2", ""), ("3", "", "3"), ("1", "1", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "x,y\n1,2\n", "b,seed,loss,seconds,error\n1,0,2,0.1,\n"])
def test_another_table_is_not_overwritten(text: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"not one of a sweep over a, seed: name another file"):
        nn.sweep(lambda a, seed: {}, {"a": [1]}, path=path, workers=1)
    assert path.read_text() == text


def test_without_joblib_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['joblib'] = None; import nn\n"
        "try:\n    nn.sweep(None, {})\nexcept ImportError as error:\n    print(error)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.strip() == 'this needs the package joblib: pip install "wengert[sklearn]"'
