"""``sweep``: hyper-parameters and seeds tried in independent jobs, on all processors or machines.

The table that comes of it is in ``nn.sweeps.table``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

from nn.extras import require
from nn.files.arrayfile import PathLike
from nn.sweeps.table import (
    ERROR,
    SECONDS,
    SEED,
    Row,
    SweepTable,
    read_csv,
    text_of,
    texts_of,
    value_of,
    write_csv,
)

Job = Callable[..., Mapping[str, Any]]


def sweep(
    job: Job,
    settings: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    *,
    seeds: int | Iterable[int] = 1,
    path: PathLike | None = None,
    workers: int | None = -1,
    threads: int | None = 1,
    verbose: int = 0,
) -> SweepTable:
    """Call ``job(**settings, seed=...)`` for all settings and seeds, and gather what it returns.

    job: trains and tells how it went, as figures by name: numbers and texts.
    settings: values to try for each setting, in all combinations; or a sequence of combinations.
    seeds: how many, 0, 1, ...; or which.
    path: a CSV file that always holds all rows so far: a sweep that was interrupted goes on, and
        jobs that failed are tried again. Rows of other settings stay in it. One sweep at a time.
    workers: jobs at a time, each in a process of its own, as joblib counts them: -1 is one for
        each processor, 1 runs them here. None is what ``joblib.parallel_config`` says, which also
        sends them to other machines: ``with joblib.parallel_config(backend="dask"): ...``
    threads: how many a job may use for its matrix products. The same number gives the same
        figures to the last bit, whatever runs beside it; None leaves it as it is.
    verbose: how much joblib tells of its progress, from 0 to 10.

    The rows are in order of settings and seeds. A job that raises an error does not stop the
    others: its row has the ``error``. ``seconds`` is the time that a job took.

    >>> import nn
    >>> def job(lr, hidden, seed):
    ...     x, y = nn.datasets.xor(100, rng=seed)
    ...     model = nn.MLP([2, hidden, 2], "tanh", rng=seed)
    ...     nn.fit(model, (x, y), loss="cross-entropy", lr=lr, epochs=30, progress=False)
    ...     return nn.evaluate(model, (x, y), metrics="accuracy")
    >>> table = sweep(job, {"lr": [0.01, 1.0], "hidden": [8]}, seeds=3, workers=1)
    >>> [row["jobs"] for row in table.over_seeds()], table[0]["accuracy"] < table[5]["accuracy"]
    ([3, 3], True)

    Raises ``ValueError`` for settings of differing names, or that read the same in a table, and for
    a ``path`` that holds another table; ``TypeError`` for a setting that has no short text;
    ``RuntimeError`` where a worker process dies; ``ImportError`` without joblib or threadpoolctl.
    """
    names, combinations = _combinations(settings)
    chosen = range(seeds) if isinstance(seeds, int) else list(seeds)
    jobs: list[Row] = [c | {SEED: seed} for c in combinations for seed in chosen]
    if not jobs:
        raise ValueError(f"there is nothing to try in settings={settings!r}, seeds={seeds!r}")
    record = _Record(names, jobs, path)
    todo = record.missing()
    joblib = require("joblib", extra="sklearn")
    require("threadpoolctl", extra="sklearn")
    # One job at a time to each worker, so that its row is written as soon as it is there.
    common = {"n_jobs": workers, "verbose": verbose, "batch_size": 1}
    try:
        parallel = joblib.Parallel(**common, return_as="generator_unordered")
    except ValueError:  # some backends, Ray's among them, only give all results at the end
        parallel = joblib.Parallel(**common)
    run = joblib.delayed(_run)
    try:
        for place, outcome in parallel(run(place, job, jobs[place], threads) for place in todo):
            record.add(place, outcome)
    except BrokenExecutor as error:
        raise RuntimeError(
            f"a worker process died (out of memory, or ended by a signal) when {record.done} of "
            f"{len(jobs)} jobs were done"
            + (f"; they are in {path}: call sweep again to go on" if path else "")
        ) from error
    return SweepTable(names, (jobs[place] | record.outcomes[place] for place in range(len(jobs))))


def _combinations(
    settings: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[Row]]:
    """The names of the settings, and all combinations of their values."""
    if isinstance(settings, Mapping):
        names = list(settings)
        combinations = [dict(zip(names, v, strict=True)) for v in product(*settings.values())]
    else:
        combinations = [dict(combination) for combination in settings]
        names = list(combinations[0]) if combinations else []
    for combination in combinations:
        if combination.keys() != set(names):
            raise ValueError(f"settings named {names} beside others named {list(combination)}")
    combinations = [{name: c[name] for name in names} for c in combinations]  # in one order
    taken = {SEED, SECONDS, ERROR}.intersection(names)
    if taken:
        raise ValueError(f"settings cannot be called {', '.join(taken)}: a sweep's own columns are")
    return names, combinations


def _run(place: int, job: Job, arguments: Row, threads: int | None) -> tuple[int, Row]:
    """Do one job, in a worker; gives its place, and its figures or its error."""
    began = time.perf_counter()
    outcome: Row
    try:
        limits = require("threadpoolctl", extra="sklearn").threadpool_limits
        with nullcontext() if threads is None else limits(threads):
            outcome = _figures(job(**arguments), arguments)
        error = None
    except Exception as raised:
        outcome, error = {}, " ".join(f"{type(raised).__name__}: {raised}".split())
    return place, outcome | {SECONDS: round(time.perf_counter() - began, 3), ERROR: error}


def _figures(returned: Any, arguments: Row) -> Row:
    """What a job returned, checked to fit in a table."""
    if not isinstance(returned, Mapping):
        raise TypeError(f"the job returned {returned!r}, and not a dict of figures by name")
    taken = returned.keys() & (arguments.keys() | {SECONDS, ERROR})
    if taken:
        raise ValueError(f"the job returned {', '.join(taken)}, which are columns already")
    return {name: value_of(text_of(value)) for name, value in returned.items()}


class _Record:
    """The outcomes of jobs so far, and the file they are in."""

    def __init__(self, names: list[str], jobs: list[Row], path: PathLike | None) -> None:
        self.outcomes: dict[int, Row] = {}
        self._path = path
        self._keys = [*names, SEED]
        self._texts = [texts_of(job) for job in jobs]
        self._others: list[dict[str, str]] = []  # rows of the file that no job here is of
        self._figures: dict[str, None] = {}  # the names of the figures, in order
        places = {tuple(texts.values()): place for place, texts in enumerate(self._texts)}
        if len(places) < len(jobs):
            raise ValueError("some settings and seeds come twice, or read the same in a table")
        if path is not None and Path(path).exists():
            self._read(path, places)

    def _read(self, path: PathLike, places: Mapping[tuple[str, ...], int]) -> None:
        columns, rows = read_csv(path)
        figures = columns[len(self._keys) : -2]
        if columns != [*self._keys, *figures, SECONDS, ERROR]:
            raise ValueError(
                f"{path} is a table of {', '.join(columns)}, not one of a sweep over "
                f"{', '.join(self._keys)}: name another file"
            )
        self._figures.update(dict.fromkeys(figures))
        for texts in rows:
            place = places.get(tuple(texts[name] for name in self._keys))
            if place is None:
                self._others.append(texts)
            elif not texts[ERROR]:
                found = {name: texts[name] for name in (*figures, SECONDS) if texts[name]}
                self.outcomes[place] = {n: value_of(t) for n, t in found.items()} | {ERROR: None}

    @property
    def done(self) -> int:
        """How many jobs have an outcome."""
        return len(self.outcomes)

    def missing(self) -> list[int]:
        """The places of the jobs that are still to be done."""
        return [place for place in range(len(self._texts)) if place not in self.outcomes]

    def add(self, place: int, outcome: Row) -> None:
        """Take the outcome of a job, and bring it to the file."""
        self.outcomes[place] = outcome
        self._figures.update(dict.fromkeys(n for n in outcome if n not in (SECONDS, ERROR)))
        if self._path is not None:
            columns = [*self._keys, *self._figures, SECONDS, ERROR]
            rows = [self._texts[p] | texts_of(self.outcomes[p]) for p in sorted(self.outcomes)]
            write_csv(self._path, columns, [*rows, *self._others])
