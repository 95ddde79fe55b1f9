"""``SweepTable``: the settings and results of each job, and their CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from nn.data import shortened
from nn.extras import require
from nn.files.arrayfile import PathLike, write_atomically

Row = dict[str, Any]

SEED, SECONDS, ERROR = "seed", "seconds", "error"


class SweepTable(Sequence[Row]):
    """The rows of a sweep: dicts of the settings, ``seed``, results, ``seconds`` and ``error``.

    ``settings`` are the names of the settings. ``error`` is None, or the error that the job raised;
    then the row has no results.

    >>> rows = [{"lr": lr, "seed": s, "loss": lr * (s + 1)} for lr in (0.1, 0.2) for s in (0, 1)]
    >>> table = SweepTable(["lr"], rows)
    >>> table
     lr  seed  loss
    0.1     0   0.1
    0.1     1   0.2
    0.2     0   0.2
    0.2     1   0.4
    >>> table.over_seeds()
     lr  jobs  loss_mean  loss_std
    0.1     2       0.15   0.07071
    0.2     2        0.3    0.1414
    """

    def __init__(self, settings: Iterable[str], rows: Iterable[Row]) -> None:
        self.settings: tuple[str, ...] = tuple(settings)
        self._rows = list(rows)

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> SweepTable: ...
    def __getitem__(self, key: int | slice) -> Row | SweepTable:
        if isinstance(key, slice):
            return SweepTable(self.settings, self._rows[key])
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def columns(self) -> list[str]:
        """The names of all columns: settings, seed, results, seconds and error."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        last = [name for name in (SECONDS, ERROR) if name in names]
        return [name for name in names if name not in last] + last

    def failed(self) -> SweepTable:
        """Return the rows of the jobs that raised an error."""
        return SweepTable(self.settings, (row for row in self._rows if row.get(ERROR)))

    def over_seeds(self) -> SweepTable:
        """Return a row for each combination of settings, with statistics over the seeds.

        ``jobs`` is the number of jobs that did not fail. Each numerical result has a mean and a
        standard deviation (with n - 1; NaN for a single job).
        """
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in self._rows:
            key = tuple(text_of(row[name]) for name in self.settings)
            groups.setdefault(key, []).append(row)
        names = [n for n in self.columns if n not in (*self.settings, SEED, ERROR)]
        summaries = []
        for rows in groups.values():
            done = [row for row in rows if not row.get(ERROR)]
            summary: Row = {name: rows[0][name] for name in self.settings} | {"jobs": len(done)}
            for name in names:
                numbers = [row[name] for row in done if isinstance(row.get(name), int | float)]
                if numbers:
                    summary[f"{name}_mean"] = float(np.mean(numbers))
                    summary[f"{name}_std"] = (
                        float(np.std(numbers, ddof=1)) if len(numbers) > 1 else float("nan")
                    )
            summaries.append(summary)
        return SweepTable(self.settings, summaries)

    def to_csv(self, path: PathLike) -> None:
        """Write the table, with empty cells for None, completely or not at all.

        Raises ``OSError`` if the file cannot be written.
        """
        write_csv(path, self.columns, (texts_of(row) for row in self._rows))

    def to_pandas(self) -> Any:
        """Return the table as a pandas ``DataFrame``; ``ImportError`` without pandas."""
        return require("pandas", extra="notebook").DataFrame(self._rows, columns=self.columns)

    def __repr__(self) -> str:
        cells = [self.columns]
        for row in self._rows:
            cells.append([self._cell(name, row.get(name)) for name in self.columns])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(map(str.rjust, line, widths)).rstrip() for line in cells)
        return "\n".join(lines) if self._rows else f"{type(self).__name__}(no rows)"

    def _cell(self, name: str, value: Any) -> str:
        """The text of a cell in the repr, where results are rounded and settings are not."""
        is_rounded = isinstance(value, float) and name not in self.settings
        return f"{value:.4g}" if is_rounded else text_of(value)


# --------------------------------------------------------------------------------------------------
# Cells


def text_of(value: Any) -> str:
    """Return the text of a setting or result in a table: "" for None, the name of a function, ...

    Raises ``TypeError`` for a value without a short text.

    >>> [text_of(x) for x in (0.1, None, (30, 10), "relu", float)]
    ['0.1', '', '[30, 10]', 'relu', 'float']
    """
    if value is None:
        return ""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(text_of, value))}]"
    name = getattr(value, "__name__", None)
    if name is None:
        raise TypeError(
            f"{value!r} has no short text for a table, unlike numbers, strings, lists of them, and "
            f"functions and classes; use a name, and let the job look up the value"
        )
    return str(name)


def texts_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a row."""
    return {name: text_of(value) for name, value in row.items()}


def value_of(text: str) -> Any:
    """Return the value of a cell of a file."""
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


# --------------------------------------------------------------------------------------------------
# Files


def write_csv(path: PathLike, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows of texts, completely or not at all."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, file.getvalue().encode())


def read_csv(path: PathLike) -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the columns of a file, and its rows of texts.

    Raises ``ValueError`` for a file that is not a table.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            return list(reader.fieldnames or []), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is damaged, or not a table: {shortened(error)}") from error
