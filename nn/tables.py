"""Examples from ``.npz`` and ``.csv`` files.

Nothing is unpickled, and an error names the first wrong cell.
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
# The errors that zipfile, zlib and NumPy raise for a damaged file.
READ_ERRORS = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error),
)


class LabelledData(NamedTuple):
    """The examples of a file: ``x`` (n, features) float32, ``y``, and the names of the classes.

    ``y`` is (n,) int64 if all targets are whole numbers, otherwise (n,) or (n, outputs) float32.
    Targets that are words become class numbers in the order of ``classes``; otherwise ``classes``
    is empty.
    """

    x: Array
    y: Array
    classes: tuple[str, ...]


def load_table(path: str | PathLike[str], classes: Sequence[str] | None = None) -> LabelledData:
    """Read inputs and targets from a ``.npz`` or ``.csv`` file.

    *npz*: an array of inputs (n, ...) named x, data, features, inputs or images, in any case, which
    is flattened to one row per example, and an array of targets named y, target, targets, label or
    labels.

    *csv*: UTF-8, one example per line, with commas, semicolons or tabs between cells. The first
    line is a header if none of its cells is a number. The target is the column named label,
    target, y or class, or else the last; all other cells are numbers.

    Targets that are words are numbered in sorted order, or by ``classes``: give the classes of the
    training data to number other data in the same way.

    Raises ``FileNotFoundError``, and ``DataError`` with the file, line and column for rows of
    unequal length, cells that are empty, not finite or not numbers, a class not in ``classes``,
    arrays of Python objects (they would have to be unpickled), a damaged file, or no examples.
    """
    path = Path(path)
    if _suffix(path) == ".npz":
        x, target = _read_npz(path, labelled=True)
        lines: Sequence[int] = ()
    else:
        x, words, lines = _read_csv(path, labelled=True)
        target = _numbers_or_words(path, words, lines)
    if target.dtype.kind != "U":
        return LabelledData(x, target, ())
    names = tuple(sorted(set(target.tolist()))) if classes is None else tuple(classes)
    number = {name: index for index, name in enumerate(names)}
    for row, name in enumerate(target.tolist()):
        if name not in number:
            where = f"line {lines[row]}" if lines else f"row {row} of the targets"
            raise DataError(f"{path}, {where}: {name!r} is none of the classes {', '.join(names)}")
    y = np.array([number[name] for name in target.tolist()], dtype=np.int64)
    return LabelledData(x, y, names)


def load_features(path: str | PathLike[str], features: int | None = None) -> Array:
    """Read the inputs (n, features) float32 of a file in the format of ``load_table``.

    An npz file needs no targets. A csv column with the name of a target is left out; without such a
    name every column is an input, except for the last if there is one more than ``features``.
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
    """Return x as (n, features) float32, and the targets (empty if not ``labelled``)."""
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an npz file, or one that is cut short")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            x = np.asarray(file[_array_name(path, file.files, X_ARRAYS)])
            y: Array = np.empty(0)
            if labelled:
                y = np.asarray(file[_array_name(path, file.files, Y_ARRAYS)])
    except DataError:
        raise
    except READ_ERRORS as error:
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
            f"their first axes must have the same length"
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


def _array_name(path: Path, names: list[str], allowed: tuple[str, ...]) -> str:
    matches = [name for name in names if name.lower() in allowed]
    if len(matches) != 1:
        raise DataError(
            f"{path}: one array named {', '.join(allowed[:-1])} or {allowed[-1]} is "
            f"needed; the file holds {', '.join(map(repr, names)) or 'none'}"
        )
    return matches[0]


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
    """Whole numbers, which may be classes, as int64; others as float32."""
    if numbers.dtype.kind != "f":
        return numbers.astype(np.int64)
    exact = (np.abs(numbers) < 2**53) & (np.floor(numbers) == numbers)
    return numbers.astype(np.int64 if exact.all() else np.float32)


# --- csv -----------------------------------------------------------------------------------------


def _read_csv(
    path: Path, *, labelled: bool, features: int | None = None
) -> tuple[Array, list[str], list[int]]:
    """Return x, the target cells (none if not ``labelled``) and their line numbers."""
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
                raise DataError(f"{_cell_name(path, line, target, header)}: the cell is empty")
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
    """Yield the number and the stripped cells of each line that is not blank."""
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
    targets = [i for i, name in enumerate(header or ()) if name.lower() in TARGET_COLUMNS]
    if len(targets) > 1:
        both = " and ".join(repr((header or [])[i]) for i in targets)
        raise DataError(f"{path}, line 1: columns {both} could each be the target; rename one")
    if targets:
        return targets[0]
    return width - 1 if last else None


def _cell_name(path: Path, line: int, column: int, header: list[str] | None) -> str:
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
    return DataError(f"{_cell_name(path, line, column, header)}: {fault}")


def _numbers_or_words(path: Path, cells: list[str], lines: list[int]) -> Array:
    """Target cells as numbers if the first is a number, else as words; a mixture is an error."""
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
