"""Tables as people have them: columns of numbers, words and dates, with missing cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nn.data import Array, DataError, listed, shortened, shown
from nn.extras import require
from nn.tables.csvfile import MISSING, Dialect, has_header, hint, records
from nn.tables.numbers import are_finite, check_memory

MEMORY_LIMIT = 1_000_000_000
"""How many bytes a file may take in memory, unless told otherwise."""

TABLES = (".csv", ".tsv", ".parquet")
OTHER_FILES = "save a spreadsheet as CSV, and name a text with a separator between cells .csv"
CHUNK = 1_000  # rows that are converted at a time; the collector looks at all that wait


@dataclass
class Column:
    """A column: float64 ``cells`` that are NaN where missing, or words that are None there.

    kind: "number", "word", or "date" for days since 1970-01-01.
    fault: why the cells are neither numbers nor words, a sentence, or "".
    """

    name: str
    kind: Literal["number", "word", "date"]
    cells: Array
    fault: str = ""

    @property
    def missing(self) -> Array:
        """Where cells are missing, (rows,)."""
        if self.kind == "word":
            nothing: Any = None
            return np.equal(self.cells, nothing)
        return np.isnan(self.cells)


@dataclass
class Table:
    """The columns of a file or of a ``DataFrame``; see ``read_table``.

    source: where it comes from, for messages. ``lines`` are the numbers of the rows there.
    ``named`` is whether the columns have names of their own, and not their numbers, from 1.
    """

    source: str
    columns: list[Column]
    lines: Array = field(repr=False)
    named: bool = True

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def where(self, name: str, row: int | None = None) -> str:
        """Describe the place of a column or a cell, for messages."""
        number = self.names.index(name) + 1
        title = f" ({shown(name)})" if self.named else ""
        line = "" if row is None else f", line {self.lines[row]}"
        return f"{self.source}{line}, column {number}{title}"

    def column(self, name: str) -> Column:
        """Return a column; ``DataError`` if there is none of that name, or it is neither numbers
        nor words.
        """
        found = [column for column in self.columns if column.name == name]
        if len(found) != 1:
            several = f"{len(found)} columns are" if found else "no column is"
            raise DataError(
                f"{self.source}: {several} called {shown(name)}; there are {listed(self.names)}"
                + "; each needs a name of its own" * bool(found)
            )
        if found[0].fault:
            raise DataError(found[0].fault)
        return found[0]

    def rows(self, rows: Array) -> Table:
        """Return some rows, by number or by a mask."""
        columns = [
            Column(column.name, column.kind, column.cells[rows], column.fault)
            for column in self.columns
        ]
        return Table(self.source, columns, self.lines[rows], self.named)


def read_table(
    path: str | PathLike[str],
    *,
    separator: str | None = None,
    decimal: str = ".",
    header: bool | None = None,
    category: Iterable[str] = (),
    classes: Sequence[str] = (),
    memory_limit: int = MEMORY_LIMIT,
) -> Table:
    """Read a ``.csv``, ``.tsv`` or ``.parquet`` file (the last with the extra ``parquet``).

    separator, decimal, header, memory_limit: as for ``load_table``.
    category: names of columns whose numbers are to be read as words.
    classes: words of the last column, which tell an example from a header.

    Empty cells, and NA, n/a, nan, null and ?, are missing. Raises ``DataError`` for what
    ``load_table`` refuses, except that cells may be words or missing. A column of numbers and words
    is refused when it is used.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        raise DataError(
            f"{path}: a table is a {', '.join(TABLES[:-1])} or {TABLES[-1]} file; {OTHER_FILES}"
        )
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if not path.is_file():
        raise DataError(f"{path}: not a regular file")
    as_words = set(category)
    if suffix == ".parquet":
        check_memory(path, 5 * path.stat().st_size, memory_limit)
        pandas = require("pandas", extra="parquet")
        require("pyarrow", extra="parquet")
        try:
            frame = pandas.read_parquet(path)
        except Exception as error:  # pyarrow raises many kinds for a damaged file
            raise DataError(f"{path}: a damaged parquet file ({shortened(error)})") from error
        return as_table(frame, source=str(path), category=as_words)
    dialect = Dialect(
        separator or ("\t" if suffix == ".tsv" else None), decimal, header, tuple(classes)
    )
    return _read_csv(path, dialect, as_words, memory_limit)


def _read_csv(path: Path, dialect: Dialect, as_words: set[str], limit: int) -> Table:
    dialect.check()
    rows = records(path, dialect, limit)
    _, first = next(iter(rows), (0, []))
    if not first:
        raise DataError(f"{path}: the file is empty")
    named = has_header(rows, dialect)
    names = [cell if named else "" for cell in first]
    names = [name or f"{'column ' * named}{place}" for place, name in enumerate(names, 1)]
    # Python's own function is fastest, and takes 1_000 for a number as no other program does.
    number = dialect.number if "_" in rows.text or dialect.decimal == "," else float
    builders = [_Builder(dialect, number, name in as_words) for name in names]
    lines: list[int] = []
    body = islice(rows, 1 if named else 0, None)
    while chunk := list(islice(body, CHUNK)):
        for line, cells in chunk:
            if len(cells) != len(first):
                end = " (a separator at its end makes an empty one)" * (not cells[-1])
                raise DataError(
                    f"{path}, line {line}: {len(cells)} cells, but the first line has "
                    f"{len(first)}{end}"
                )
        lines += [line for line, _ in chunk]
        for builder, cells_of_column in zip(
            builders, zip(*(cells for _, cells in chunk), strict=True), strict=True
        ):
            builder.add(cells_of_column, len(lines) - len(chunk))
    if not lines:
        raise DataError(f"{path}: a header and no examples")
    table = Table(str(path), [], np.array(lines), named)
    table.columns = [Column(name, "number", np.empty(0)) for name in names]
    for index, (name, builder) in enumerate(zip(names, builders, strict=True)):
        table.columns[index] = builder.column(name, partial(table.where, name))
    if named:  # a separator at the end of the lines makes a column without name and cells
        table.columns = [
            column
            for cell, column in zip(first, table.columns, strict=True)
            if cell or not column.missing.all()
        ]
    return table


class _Builder:
    """Collects the cells of a column, as numbers where all of them are."""

    def __init__(self, dialect: Dialect, number: Callable[[str], float], as_words: bool) -> None:
        self._dialect = dialect
        self._number = number
        self._as_words = as_words
        self._numbers: list[Array] = []
        self._words: list[list[str | None]] = []
        self._distinct: dict[str, str] = {}  # so that equal words are kept once
        self._first: dict[str, tuple[int, str]] = {}  # the row and text of the first of each kind
        self._counts = {"number": 0, "word": 0}

    def add(self, cells: Sequence[str], start: int) -> None:
        """Add cells; ``start`` is the number of the first row."""
        if not self._as_words:
            try:
                numbers = np.array(list(map(self._number, cells)))
            except ValueError:
                pass
            else:
                if are_finite(numbers).all():
                    self._count("number", len(cells), start, cells[0])
                    self._numbers.append(numbers)
                    self._words.append([])
                    return
        kinds = {
            cell: "word" if cell in self._distinct else self._kind(cell) for cell in set(cells)
        }
        values = {cell: self._number(cell) for cell, kind in kinds.items() if kind == "number"}
        words = {
            cell: self._distinct.setdefault(cell, cell)
            for cell, kind in kinds.items()
            if kind == "word"
        }
        numbers = np.full(len(cells), np.nan)
        if values:
            numbers[:] = [values.get(cell, np.nan) for cell in cells]
        self._numbers.append(numbers)
        self._words.append([words.get(cell) for cell in cells])
        for kind, count in Counter(map(kinds.__getitem__, cells)).items():
            if kind != "missing":
                row = next(row for row, cell in enumerate(cells) if kinds[cell] == kind)
                self._count(kind, count, start + row, cells[row])

    def _kind(self, cell: str) -> str:
        if cell.lower() in MISSING:
            return "missing"
        if self._as_words or not self._dialect.is_number(cell):
            return "word"
        return "number" if are_finite(self._number(cell)) else "infinite"

    def _count(self, kind: str, count: int, row: int, cell: str) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + count
        self._first.setdefault(kind, (row, cell))

    def column(self, name: str, where: Callable[[int], str]) -> Column:
        """Return the column."""
        numbers, words = self._counts["number"], self._counts["word"]
        if "infinite" in self._first:
            row, cell = self._first["infinite"]
            fault = f"{where(row)}: {shown(cell)} is not a finite float32 number"
            return Column(name, "number", np.concatenate(self._numbers), fault)
        if words and numbers:
            row, cell = self._first["word"]
            advice = hint(cell, self._dialect) or (
                f", and {numbers:,} cells of the column are numbers; drop= (--drop) leaves the "
                "column out, category= (--category) takes its cells as words, and a missing cell "
                "is empty or NA"
            )
            fault = f"{where(row)}: {shown(cell)} is not a number{advice}"
            return Column(name, "number", np.concatenate(self._numbers), fault)
        if not words:
            return Column(name, "number", np.concatenate(self._numbers))
        cells = np.empty(sum(map(len, self._numbers)), object)
        cells[:] = [word for chunk in self._words for word in chunk]
        for word in () if self._as_words else self._distinct:
            if advice := hint(word, self._dialect):
                row = next(row for row, cell in enumerate(cells) if cell == word)
                fault = f"{where(row)}: {shown(word)} is not a number{advice}"
                return Column(name, "word", cells, fault)
        return Column(name, "word", cells)


def as_table(data: Any, *, source: str = "the table", category: Iterable[str] = ()) -> Table:
    """Return a ``Table`` unchanged, and a pandas ``DataFrame`` as one.

    Raises ``DataError`` for columns of other types than numbers, words, categories and dates.
    """
    if isinstance(data, Table):
        return data
    as_words = set(category)
    columns = []
    for name in data.columns:
        series = data[name]
        if getattr(series, "ndim", 1) != 1:
            raise DataError(f"{source}: several columns are called {shown(name)}")
        columns.append(_as_column(str(name), series, str(name) in as_words, source))
    return Table(source, columns, np.arange(1, len(data) + 1))


def _as_column(name: str, series: Any, as_words: bool, source: str) -> Column:
    missing = np.asarray(series.isna(), bool)
    kind = getattr(series.dtype, "kind", "O")
    if kind == "M":
        stamps = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz else series
        cells = np.full(len(series), np.nan)
        seconds = stamps.to_numpy("datetime64[us]").astype(np.int64) / 86400e6
        cells[~missing] = seconds[~missing]
        return Column(name, "date", cells)
    if kind in "biuf" and not as_words:
        cells = np.array(series.to_numpy(np.float64, na_value=np.nan))
        if not are_finite(cells[~missing]).all():
            row = int(np.flatnonzero(~missing & ~are_finite(cells))[0])
            fault = f"{source}, line {row + 1}, column {shown(name)}: not a finite float32 number"
            return Column(name, "number", cells, fault)
        return Column(name, "number", cells)
    values = series.astype(object).to_numpy()
    cells = np.empty(len(series), object)
    strange = ""
    for row, value in enumerate(values):
        if missing[row]:
            continue
        if not isinstance(value, str) and not as_words:
            strange = strange or (
                f"{source}, line {row + 1}, column {shown(name)}: a {type(value).__name__} among "
                "words; drop= (--drop) leaves the column out, category= (--category) takes its "
                "cells as words"
            )
        cells[row] = _as_word(value)
    return Column(name, "word", cells, strange)


def _as_word(value: Any) -> str:
    """The text of a value; a whole number without the point that a missing cell gave it."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def distinct(cells: Array) -> list[str]:
    """Return the different words of a column in sorted order."""
    return sorted({cell for cell in cells if cell is not None})
