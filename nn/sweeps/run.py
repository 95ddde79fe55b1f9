"""``sweep``: try hyper-parameters and seeds in independent jobs, on several processors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

from nn.data import shortened
from nn.extras import require
from nn.files.arrayfile import PathLike
from nn.files.lock import locked
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
    """Call ``job(**settings, seed=...)`` for all settings and seeds, and collect the results.

    job: a function that trains and returns a dict of results, numbers and strings.
    settings: the values of each setting, of which all combinations are tried; or a sequence of
        combinations.
    seeds: the number of seeds, 0, 1, ..., or the seeds themselves.
    path: a CSV file with all rows so far. An interrupted sweep is resumed from it, and failed jobs
        are repeated. Rows of other settings are kept.
    workers: the number of processes, as in joblib: -1 is one for each processor, and 1 runs the
        jobs in this process. None uses ``joblib.parallel_config``, with which jobs can also run on
        other machines: ``with joblib.parallel_config(backend="dask"): ...``
    threads: the number of threads of a job for matrix products, or None to leave it unchanged. The
        same number gives the same results to the last bit.
    verbose: how much joblib reports on its progress, from 0 to 10.

    The rows are in order of settings and seeds. A job that raises an error does not stop the
    others; its row has the ``error``. ``seconds`` is the time that a job took.

    >>> import nn
    >>> def job(lr, hidden, seed):
    ...     x, y = nn.datasets.xor(100, rng=seed)
    ...     model = nn.MLP([2, hidden, 2], "tanh", rng=seed)
    ...     nn.fit(model, (x, y), loss="cross-entropy", lr=lr, epochs=30, progress=False)
    ...     return nn.evaluate(model, (x, y), metrics="accuracy")
    >>> table = sweep(job, {"lr": [0.01, 1.0], "hidden": [8]}, seeds=3, workers=1)
    >>> [row["jobs"] for row in table.over_seeds()], table[0]["accuracy"] < table[5]["accuracy"]
    ([3, 3], True)

    Raises ``ValueError`` if combinations have different names or the same text in a table, or if
    ``path`` holds another table; ``TypeError`` for a setting that has no short text;
    ``RuntimeError`` if a worker process dies, or if another sweep is using ``path``;
    ``ImportError`` without joblib or threadpoolctl.
    """
    if path is None:
        return _sweep(job, settings, seeds, None, workers, threads, verbose)
    with locked(path, "wait until it has ended, or name another file"):
        return _sweep(job, settings, seeds, path, workers, threads, verbose)


def _sweep(
    job: Job,
    settings: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    seeds: int | Iterable[int],
    path: PathLike | None,
    workers: int | None,
    threads: int | None,
    verbose: int,
) -> SweepTable:
    names, combinations = _combinations(settings)
    all_seeds = range(seeds) if isinstance(seeds, int) else list(seeds)
    jobs: list[Row] = [c | {SEED: seed} for c in combinations for seed in all_seeds]
    if not jobs:
        raise ValueError(f"there is nothing to try in settings={settings!r}, seeds={seeds!r}")
    record = _Record(names, jobs, path)
    missing = record.missing()
    joblib = require("joblib", extra="sklearn")
    require("threadpoolctl", extra="sklearn")
    # Each worker gets one job at a time, so that a row is written as soon as its job is done.
    common = {"n_jobs": workers, "verbose": verbose, "batch_size": 1}
    try:
        parallel = joblib.Parallel(**common, return_as="generator_unordered")
    except ValueError:  # some backends, such as Ray's, only return all results at the end
        parallel = joblib.Parallel(**common)
    run = joblib.delayed(_run)
    try:
        for number, result in parallel(run(i, job, jobs[i], threads) for i in missing):
            record.add(number, result)
    except BrokenExecutor as error:
        raise RuntimeError(
            f"a worker process died (out of memory, or ended by a signal) when {record.done} of "
            f"{len(jobs)} jobs were done"
            + (f"; they are in {path}: call sweep again to resume" if path else "")
        ) from error
    return SweepTable(names, (row | record.results[i] for i, row in enumerate(jobs)))


def _combinations(
    settings: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[Row]]:
    """The names of the settings and all combinations of their values."""
    if isinstance(settings, Mapping):
        names = list(settings)
        combinations = [dict(zip(names, v, strict=True)) for v in product(*settings.values())]
    else:
        combinations = [dict(combination) for combination in settings]
        names = list(combinations[0]) if combinations else []
    for combination in combinations:
        if combination.keys() != set(names):
            raise ValueError(f"the settings are named {names} and also {list(combination)}")
    combinations = [{name: c[name] for name in names} for c in combinations]  # in one order
    reserved = {SEED, SECONDS, ERROR}.intersection(names)
    if reserved:
        raise ValueError(f"settings cannot be called {', '.join(reserved)}, columns of every sweep")
    return names, combinations


def _run(number: int, job: Job, arguments: Row, threads: int | None) -> tuple[int, Row]:
    """Run a job, in a worker; return its number, and its results or its error."""
    start = time.perf_counter()
    results: Row
    try:
        limits = require("threadpoolctl", extra="sklearn").threadpool_limits
        with nullcontext() if threads is None else limits(threads):
            results = _checked_results(job(**arguments), arguments)
        error = None
    except Exception as raised:
        results, error = {}, " ".join(f"{type(raised).__name__}: {raised}".split())
    return number, results | {SECONDS: round(time.perf_counter() - start, 3), ERROR: error}


def _checked_results(results: Any, arguments: Row) -> Row:
    """The results of a job, if they fit in a table."""
    if not isinstance(results, Mapping):
        raise TypeError(f"the job returned {results!r}, and not a dict of results by name")
    reserved = results.keys() & (arguments.keys() | {SECONDS, ERROR})
    if reserved:
        raise ValueError(f"the job returned {', '.join(reserved)}, which are columns already")
    return {name: value_of(text_of(value)) for name, value in results.items()}


class _Record:
    """The results of the jobs so far, and their file."""

    def __init__(self, names: list[str], jobs: list[Row], path: PathLike | None) -> None:
        self.results: dict[int, Row] = {}
        self._path = path
        self._keys = [*names, SEED]
        self._texts = [texts_of(job) for job in jobs]
        self._other_rows: list[dict[str, str]] = []  # rows of the file for other settings
        self._result_names: dict[str, None] = {}  # in order
        numbers = {tuple(texts.values()): number for number, texts in enumerate(self._texts)}
        if len(numbers) < len(jobs):
            raise ValueError("some settings and seeds are repeated, or have the same text")
        if path is not None and Path(path).exists():
            self._read(path, numbers)

    def _read(self, path: PathLike, numbers: Mapping[tuple[str, ...], int]) -> None:
        columns, rows = read_csv(path)
        names = columns[len(self._keys) : -2]
        if columns != [*self._keys, *names, SECONDS, ERROR]:
            raise ValueError(
                f"{path} is a table of {shortened(', '.join(columns))}, not one of a sweep over "
                f"{', '.join(self._keys)}: name another file"
            )
        self._result_names.update(dict.fromkeys(names))
        for texts in rows:
            number = numbers.get(tuple(texts[name] for name in self._keys))
            if number is None:
                self._other_rows.append(texts)
            elif not texts[ERROR]:
                results = {n: value_of(texts[n]) for n in (*names, SECONDS) if texts[n]}
                self.results[number] = results | {ERROR: None}

    @property
    def done(self) -> int:
        """The number of jobs with a result."""
        return len(self.results)

    def missing(self) -> list[int]:
        """Return the numbers of the jobs without a result."""
        return [number for number in range(len(self._texts)) if number not in self.results]

    def add(self, number: int, results: Row) -> None:
        """Add the results of a job, and write the file."""
        self.results[number] = results
        names = (name for name in results if name not in (SECONDS, ERROR))
        self._result_names.update(dict.fromkeys(names))
        if self._path is not None:
            columns = [*self._keys, *self._result_names, SECONDS, ERROR]
            rows = [self._texts[n] | texts_of(self.results[n]) for n in sorted(self.results)]
            write_csv(self._path, columns, [*rows, *self._other_rows])
