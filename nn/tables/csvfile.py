"""Inputs and targets from csv files.

What the standard library's ``csv`` reads is checked, and a file that can be read in two ways is
refused.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError, shortened, shown
from nn.tables.numbers import are_finite, as_whole, check_memory

TARGET_COLUMNS = ("label", "target", "y", "class")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MISSING = ("", "na", "n/a", "nan", "null", "?", "#n/a", "<na>")  # as other programs write it
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_UNDERSCORES = re.compile(r"[-+]?\d[\d.]*_[\d_.]*")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}([,.'’\u00a0\u202f ])\d{3}(\1\d{3})*((?!\1)[.,]\d+)?")
_WITH_UNIT = re.compile(
    r"[-+]?[$€£¥] ?[-+]?\d[\d.,]*|[-+]?\d[\d.,]* ?([%€$£¥°]|[A-Za-zµ°][\w²³/]{0,4})"
)
_OTHER_DATE = re.compile(
    r"\d{1,4}[-./ ](\d{1,2}|[A-Za-z]{3,9})\.?[-./ ]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{8}"
)
_SEPARATOR_LINE = re.compile(r"sep=([^\r\n])(?=\r\n|\r|\n)")
_NUMBERS_IN_A_ROW = re.compile(r"[-+.\deE]*\d[-+.\deE]*[,;\s'][-+.,;\s'\deE]*")

Record: TypeAlias = tuple[int, list[str]]
"""The number of a line, and its cells."""


class Dialect(NamedTuple):
    """How a file is to be read; None where the file itself decides."""

    separator: str | None = None
    decimal: str = "."
    header: bool | None = None
    classes: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise ``ValueError`` for characters that cannot separate."""
        if self.decimal not in (".", ","):
            raise ValueError(f"decimal={self.decimal!r} is neither '.' nor ','")
        if self.separator is None:
            return
        if len(self.separator) != 1 or self.separator in '"\n\r' or self.separator == self.decimal:
            raise ValueError(
                f"separator={self.separator!r} cannot separate cells: it must be one character, "
                "other than a quote and the decimal mark"
            )

    def number(self, cell: str) -> float:
        """The number in a cell; ``ValueError`` if there is none."""
        if "_" in cell:  # Python takes 1_000 for a number, and no other program does
            raise ValueError
        if self.decimal == ",":
            if "." in cell:
                raise ValueError
            cell = cell.replace(",", ".")
        return float(cell)

    def is_number(self, cell: str) -> bool:
        """Whether there is a number in a cell, finite or not."""
        try:
            self.number(cell)
        except ValueError:
            return False
        return True


def read_csv(
    path: Path, dialect: Dialect, limit: int, *, labelled: bool, features: int | None = None
) -> tuple[Array, Array, list[int]]:
    """Return x, the targets (empty if not ``labelled``) and the numbers of their lines."""
    dialect.check()
    rows_of_file = records(path, dialect, limit)
    start, first = next(iter(rows_of_file), (0, []))
    if not first:
        raise DataError(f"{path}: the file is empty")
    header = first if has_header(rows_of_file, dialect) else None
    last = labelled or len(first) - 1 == features
    target = _target_column(path, header, len(first), last)
    if target is not None and len(first) < 2:
        raise DataError(
            f"{path}, line {start}: one column only; inputs and a target are needed (the cells "
            "are separated by commas, semicolons or tabs; separator=, or --separator, names "
            "another character)"
        )
    number = dialect.number if "_" in rows_of_file.text or dialect.decimal == "," else float
    rows, words, lines = [], [], []
    for line, cells in islice(rows_of_file, 1 if header else 0, None):
        if len(cells) != len(first):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells, but the first line has {len(first)}"
            )
        inputs = cells if target is None else cells[:target] + cells[target + 1 :]
        if target is not None and labelled:
            words.append(cells[target])
            if not cells[target]:
                raise DataError(f"{_cell_name(path, line, target, header)}: the cell is empty")
        try:
            row = np.array(list(map(number, inputs)))
        except ValueError:
            raise _bad_cell(path, line, cells, target, header, dialect) from None
        if not are_finite(row).all():
            raise _bad_cell(path, line, cells, target, header, dialect)
        rows.append(row.astype(np.float32))
        lines.append(line)
    if not rows:
        raise DataError(f"{path}: a header and no examples")
    y = _targets(path, words, lines, dialect) if labelled else np.empty(0)
    return np.stack(rows), y, lines


# --- lines and cells -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Records:
    """The lines of a file that are not blank, each with its number and its cells."""

    path: Path
    text: str
    separator: str

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(
            (match[0] for match in _LINE.finditer(self.text)),
            delimiter=self.separator,
            strict=True,
            skipinitialspace=self.separator != " ",
        )
        blank: list[Record] = []  # lines of empty cells, left out at the beginning and the end
        begun = False
        try:
            for cells in reader:
                if not any(cells):
                    if begun and len(cells) > 1:
                        blank.append((reader.line_num, cells))
                    continue
                yield from blank
                blank, begun = [], True
                yield reader.line_num, list(map(str.strip, cells))
        except csv.Error as error:
            raise DataError(f"{self.path}, line {reader.line_num}: {shortened(error)}") from error

    def are_a_table(self) -> bool:
        """Whether all lines have the same number of cells, at least two, and quotes surround them.

        A quote inside a cell shows that the separator is part of a quoted text.
        """
        widths = set()
        try:
            for _, cells in self:
                widths.add(len(cells))
                if any('"' in cell for cell in cells):
                    return False
        except DataError:
            return False
        return len(widths) == 1 and widths != {1}


def records(path: Path, dialect: Dialect, limit: int) -> Records:
    """Return the lines of a file; ``DataError`` if the separator is not certain."""
    check_memory(path, 5 * path.stat().st_size, limit)  # the text, and its numbers twice
    data = path.read_bytes()
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8, in a spreadsheet as "
            "'CSV UTF-8', or write `iconv -f WINDOWS-1252 -t UTF-8`"
        ) from error
    told = dialect.separator
    if told_first := _SEPARATOR_LINE.match(text):  # Excel's
        text, told = text[told_first.end() :], told or told_first[1]
    if told is not None:
        return Records(path, text, told)
    line = next((match[0] for match in _LINE.finditer(text) if match[0].strip()), "")
    usual = [mark for mark in SEPARATORS if mark != dialect.decimal]
    candidates = [mark for mark in usual if mark in line]
    if len(candidates) < 2:
        return Records(path, text, (candidates or usual)[0])
    found = [mark for mark in candidates if Records(path, text, mark).are_a_table()]
    if len(found) == 1:
        return Records(path, text, found[0])
    names = " or ".join(SEPARATORS[mark] for mark in found or candidates)
    fault = "and each gives" if found else "and none gives"
    comma = "; if the comma is decimal, decimal=',' (--decimal ,)" if "," in candidates else ""
    raise DataError(
        f"{path}: the cells could be separated by {names}, {fault} lines of equal length; "
        f"separator= (--separator) decides{comma}"
    )


# --- the header ----------------------------------------------------------------------------------


def has_header(records: Records, dialect: Dialect) -> bool:
    """Whether the first line is a header; ``DataError`` if it may be one and may be an example."""
    if dialect.header is not None:
        return dialect.header
    line, first = next(iter(records))
    numbers = [cell for cell in first if dialect.is_number(cell)]
    words = [cell for cell in first if not dialect.is_number(cell)]
    if not words:
        if len(first) < 3 or first not in _counted(len(first)):
            return False
        fault = f"counts {', '.join(first[:3])}{', ...' * (len(first) > 3)}"
    elif not numbers:
        unnamed = [word for word in words if word.lower() in MISSING]
        second = next((cells for _, cells in islice(records, 1, 2)), [])
        if not unnamed or any(
            dialect.is_number(cell) and word not in unnamed
            for word, cell in zip(first, second, strict=False)
        ):
            return True
        fault = f"has a cell {unnamed[0]!r}"
    elif any(hint(word, dialect) for word in words):
        return False  # numbers, written in another way
    elif words == [first[-1]] and first[-1].lower() not in TARGET_COLUMNS:
        others = (cells[-1] for _, cells in islice(records, 1, None))
        if first[-1] in dialect.classes or first[-1] in others:
            return False  # a class that other examples have, too
        fault = f"ends in {shown(first[-1])}, which no other line does"
    else:
        fault = f"has words, such as {shown(words[0])}, and numbers, such as {shown(numbers[0])}"
    raise DataError(
        f"{records.path}, line {line}: it {fault}, so it may be a header or an example; "
        "header=True or header=False (--header or --no-header) decides"
    )


def _counted(width: int) -> list[list[str]]:
    return [[str(start + column) for column in range(width)] for start in (0, 1)]


def _target_column(path: Path, header: list[str] | None, width: int, last: bool) -> int | None:
    targets = [i for i, name in enumerate(header or ()) if name.lower() in TARGET_COLUMNS]
    if len(targets) > 1:
        both = " and ".join(repr((header or [])[i]) for i in targets[:2])
        raise DataError(f"{path}, line 1: columns {both} could each be the target; rename one")
    if targets:
        return targets[0]
    return width - 1 if last else None


# --- cells ---------------------------------------------------------------------------------------


def _cell_name(path: Path, line: int, column: int, header: list[str] | None) -> str:
    name = f" ({shown(header[column])})" if header and header[column] else ""
    return f"{path}, line {line}, column {column + 1}{name}"


def _bad_cell(
    path: Path,
    line: int,
    cells: list[str],
    target: int | None,
    header: list[str] | None,
    dialect: Dialect,
) -> DataError:
    def usable(cell: str) -> bool:
        return dialect.is_number(cell) and bool(are_finite(dialect.number(cell)))

    column = next(i for i, cell in enumerate(cells) if i != target and not usable(cell))
    cell = cells[column]
    if not cell:
        fault = "the cell is empty"
    elif dialect.is_number(cell):
        fault = f"{shortened(cell)} is not a finite float32 number"
    else:
        fault = f"{shown(cell)} is not a number{hint(cell, dialect)}"
    return DataError(f"{_cell_name(path, line, column, header)}: {fault}")


def hint(cell: str, dialect: Dialect) -> str:
    """Which option reads the cell, if it is not a number but another option makes it one."""
    if dialect.is_number(cell):
        return ""
    other = dialect._replace(decimal="." if dialect.decimal == "," else ",")
    option = f"decimal={other.decimal!r} (--decimal {other.decimal})"
    if _THOUSANDS.fullmatch(cell):
        decimal = f", or {option} if it is decimal" if other.is_number(cell) else ""
        return f"; write numbers without a mark between thousands{decimal}"
    if other.is_number(cell):
        return f"; {option} reads it as one"
    if _UNDERSCORES.fullmatch(cell):
        return "; leave out the underscores"
    if _NUMBERS_IN_A_ROW.fullmatch(cell):
        return "; separator= (--separator) says what is between the cells"
    return ""


def how_to_write(words: Iterable[str]) -> str:
    """What to write where all words are numbers with a unit, or dates in another form."""
    words = list(words)
    if all(map(_WITH_UNIT.fullmatch, words)):
        return "numbers are read without a unit, %, or sign of a currency; "
    if all(map(_OTHER_DATE.fullmatch, words)):
        return "dates are read as 2024-12-31, 31.12.2024 or 12/31/2024; "
    return ""


def _targets(path: Path, cells: list[str], lines: list[int], dialect: Dialect) -> Array:
    """Target cells as numbers if the first is a number, else as words; a mixture is an error."""
    numeric = dialect.is_number(cells[0])
    for cell, line in zip(cells, lines, strict=True):
        what = f"{path}, line {line}: the target {shown(cell)} is"
        advice = hint(cell, dialect)
        if dialect.is_number(cell) != numeric:
            kinds = "not a number, while those above are numbers"
            raise DataError(
                f"{what} {kinds if numeric else 'a number, while those above are words'}{advice}"
            )
        if not numeric and advice:
            raise DataError(f"{what} not a number{advice}")
        if not numeric and cell.lower() in MISSING:
            raise DataError(f"{what} how a missing value is written")
    if not numeric:
        return np.array(cells)
    numbers: NDArray[np.float64] = np.array([dialect.number(cell) for cell in cells])
    wrong = ~are_finite(numbers)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{path}, line {lines[row]}: the target {cells[row]} is not a finite float32 number"
        )
    large = np.abs(numbers) >= 2**53
    if large.any() and (np.floor(numbers) == numbers).all():
        row = int(large.argmax())
        raise DataError(
            f"{path}, line {lines[row]}: the target {shown(cells[row])} has too many digits for a "
            "class number"
        )
    return as_whole(path, numbers)
