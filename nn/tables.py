"""Examples from the user's own files: ``FILE.npz`` and ``FILE.csv``.

Nothing is unpickled, and nothing is guessed past an error: the first wrong cell is named.
Data sets with a name are in ``nn.datasets``.
"""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError

TARGET_COLUMNS = ("label", "target", "y", "class")
X_ARRAYS = ("x", "data", "features", "inputs", "images")
Y_ARRAYS = ("y", "target", "targets", "label", "labels")
FLOAT32_MAX = np.float64(np.finfo(np.float32).max)
# What zipfile, zlib and NumPy raise over bytes that are not what they should be.
UNREADABLE = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error),
)


class Table(NamedTuple):
    """The contents of a file: ``x`` (n, features) float32, ``y``, and the names of the classes.

    ``y`` is (n,) int64 where all targets are whole numbers, else (n,) or (n, outputs) float32.
    Targets in words become class numbers in the order of ``classes``, which is else empty.
    """

    x: Array
    y: Array
    classes: tuple[str, ...]


def load_table(path: str | PathLike[str], classes: Sequence[str] | None = None) -> Table:
    """Read inputs and targets from a ``.npz`` or ``.csv`` file.

    *npz*: one array of inputs named x (or data, features, inputs, images; upper case too) of
    shape (n, ...), flattened to a row each, and one of targets named y (or target, targets,
    label, labels).

    *csv*: UTF-8, one example a line, separated by commas, semicolons or tabs. The first line is a
    header if none of its cells is a number. The target is the column named label, target, y or
    class, else the last; all other cells are numbers.

    Targets in words are numbered in sorted order, or by ``classes``: give the classes of the
    training data to number further data alike.

    Raises ``FileNotFoundError``, or ``DataError`` with the file, line and column: rows of unequal
    length, cells that are empty, not finite or not numbers, a class not among ``classes``, an
    array of Python objects (it would have to be unpickled), a damaged file, no examples.
    """
    path = Path(path)
    if _suffix(path) == ".npz":
        x, target = _read_npz(path, labelled=True)
        lines: Sequence[int] = ()
    else:
        x, words, lines = _read_csv(path, labelled=True)
        target = _numbers_or_words(path, words, lines)
    if target.dtype.kind != "U":
        return Table(x, target, ())
    names = tuple(sorted(set(target.tolist()))) if classes is None else tuple(classes)
    number = {name: index for index, name in enumerate(names)}
    for row, name in enumerate(target.tolist()):
        if name not in number:
            where = f"line {lines[row]}" if lines else f"row {row} of the targets"
            raise DataError(f"{path}, {where}: {name!r} is none of the classes {', '.join(names)}")
    return Table(x, np.array([number[name] for name in target.tolist()], dtype=np.int64), names)


def load_features(path: str | PathLike[str], features: int | None = None) -> Array:
    """Read only the inputs of a file laid out as for ``load_table``: (n, features) float32.

    A csv column whose name makes it the target is left out; with no such name every column is an
    input, but for the last where there is one more than ``features``. An npz file needs no targets.
    Raises as ``load_table`` does.
    """
    path = Path(path)
    if _suffix(path) == ".npz":
        return _read_npz(path, labelled=False)[0]
    return _read_csv(path, labelled=False, features=features)[0]


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".csv"):
        raise DataError(f"{path}: only .npz and .csv files can be read")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    return suffix


# --- npz -----------------------------------------------------------------------------------------


def _read_npz(path: Path, *, labelled: bool) -> tuple[Array, Array]:
    """Return x as (n, features) float32 and the targets as they stand (empty if not labelled)."""
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an npz file, or one cut short")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            x = np.asarray(file[_array_name(path, file.files, X_ARRAYS)])
            y: Array = np.empty(0)
            if labelled:
                y = np.asarray(file[_array_name(path, file.files, Y_ARRAYS)])
    except DataError:
        raise
    except UNREADABLE as error:
        if "Object arrays" in str(error):
            raise DataError(
                f"{path}: holds pickled Python objects, which are never loaded because unpickling "
                f"can run code; save plain arrays of numbers"
            ) from error
        reason = str(error) or type(error).__name__
        raise DataError(f"{path}: a damaged npz file ({reason})") from error
    if x.ndim == 0 or x.size == 0:
        raise DataError(f"{path}: no examples; the inputs have shape {x.shape}")
    _check_finite(path, "inputs", x)
    x = x.astype(np.float32).reshape(len(x), -1)
    if not labelled:
        return x, y
    if y.ndim == 0 or len(y) != len(x):
        raise DataError(
            f"{path}: inputs of shape {x.shape} and targets of shape {y.shape}; "
            f"their first axes must be equal"
        )
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim > 2:
        raise DataError(
            f"{path}: targets of shape {y.shape}; one number or one row for each example is needed"
        )
    if y.ndim == 1 and y.dtype.kind == "U":
        return x, y
    _check_finite(path, "targets", y)
    return x, _whole(y) if y.ndim == 1 else y.astype(np.float32)


def _array_name(path: Path, present: list[str], wanted: tuple[str, ...]) -> str:
    found = [name for name in present if name.lower() in wanted]
    if len(found) != 1:
        held = ", ".join(map(repr, present)) or "none"
        raise DataError(
            f"{path}: one array named {', '.join(wanted[:-1])} or {wanted[-1]} is "
            f"needed; the file holds {held}"
        )
    return found[0]


def _check_finite(path: Path, what: str, array: Array) -> None:
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: the {what} are of type {array.dtype}, not real numbers")
    if array.dtype.kind == "f":
        # A comparison is false for NaN, so this finds NaN, infinities and overflow together.
        wrong = ~(np.abs(array) <= FLOAT32_MAX)
        if wrong.any():
            index = tuple(np.argwhere(wrong)[0].tolist())
            raise DataError(
                f"{path}: the {what} hold {array[index]} at index {index}; only "
                f"finite float32 numbers are usable"
            )


def _whole(numbers: Array) -> Array:
    """Whole numbers as int64 (they may be classes), others as float32 (they cannot)."""
    if numbers.dtype.kind != "f":
        return numbers.astype(np.int64)
    exact = (np.abs(numbers) < 2**53) & (np.floor(numbers) == numbers)
    return numbers.astype(np.int64 if exact.all() else np.float32)


# --- csv -----------------------------------------------------------------------------------------


def _read_csv(
    path: Path, *, labelled: bool, features: int | None = None
) -> tuple[Array, list[str], list[int]]:
    """Return x, the target cells (none if not labelled) and the lines they came from."""
    records = _records(path)
    start, first = next(records, (0, []))
    if not first:
        raise DataError(f"{path}: the file is empty")
    header = None if any(_is_number(cell) for cell in first) else first
    last = labelled or len(first) - 1 == features
    target = _target_column(path, header, len(first), last)
    if target is not None and len(first) < 2:
        raise DataError(f"{path}, line {start}: one column only; inputs and a target are needed")

    rows, words, lines = [], [], []
    for line, cells in records if header else chain([(start, first)], records):
        if len(cells) != len(first):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells, but the first line has {len(first)}"
            )
        inputs = cells if target is None else cells[:target] + cells[target + 1 :]
        if target is not None and labelled:
            words.append(cells[target])
            if not cells[target]:
                raise DataError(f"{_place(path, line, target, header)}: the cell is empty")
        try:
            row = np.array(list(map(float, inputs)))
        except ValueError:
            raise _bad_cell(path, line, cells, target, header) from None
        if not (np.abs(row) <= FLOAT32_MAX).all():
            raise _bad_cell(path, line, cells, target, header)
        rows.append(row.astype(np.float32))
        lines.append(line)
    if not rows:
        raise DataError(f"{path}: a header and no examples")
    return np.stack(rows), words, lines


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank as its number and its stripped cells."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            start = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=start.count)
            reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
            for cells in reader:
                if cells and cells != [""]:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _target_column(path: Path, header: list[str] | None, width: int, last: bool) -> int | None:
    named = [i for i, name in enumerate(header or ()) if name.lower() in TARGET_COLUMNS]
    if len(named) > 1:
        both = " and ".join(repr((header or [])[i]) for i in named)
        raise DataError(f"{path}, line 1: columns {both} could each be the target; rename one")
    if named:
        return named[0]
    return width - 1 if last else None


def _place(path: Path, line: int, column: int, header: list[str] | None) -> str:
    name = f" ({header[column]!r})" if header else ""
    return f"{path}, line {line}, column {column + 1}{name}"


def _bad_cell(
    path: Path, line: int, cells: list[str], target: int | None, header: list[str] | None
) -> DataError:
    def usable(cell: str) -> bool:
        return _is_number(cell) and bool(abs(float(cell)) <= FLOAT32_MAX)

    column = next(i for i, cell in enumerate(cells) if i != target and not usable(cell))
    cell = cells[column]
    if not cell:
        fault = "the cell is empty"
    elif _is_number(cell):
        fault = f"{cell} is not a finite float32 number"
    else:
        fault = f"{cell!r} is not a number"
        if header is None and line == 1:
            fault += " (a header would have no numbers in it)"
    return DataError(f"{_place(path, line, column, header)}: {fault}")


def _numbers_or_words(path: Path, cells: list[str], lines: list[int]) -> Array:
    """Target cells as numbers if the first is one, else as words; a mixture is an error."""
    numeric = _is_number(cells[0])
    for line, cell in zip(lines, cells, strict=True):
        if _is_number(cell) != numeric:
            here, above = ("a number", "words") if not numeric else ("not a number", "numbers")
            raise DataError(
                f"{path}, line {line}: the target {cell!r} is {here}, while those above are {above}"
            )
    if not numeric:
        return np.array(cells)
    numbers: NDArray[np.float64] = np.array([float(cell) for cell in cells])
    wrong = ~(np.abs(numbers) <= FLOAT32_MAX)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{path}, line {lines[row]}: the target {cells[row]} is not a finite float32 number"
        )
    return _whole(numbers)
