"""Examples from ``.npz``, ``.csv``, ``.tsv`` and ``.parquet`` files, and from folders of images.

Nothing is unpickled or guessed: what can be read in two ways is refused, and the error names the
option that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nn.data import Array, DataError, listed, shown
from nn.tables.csvfile import Dialect, read_csv
from nn.tables.encoder import TableEncoder
from nn.tables.npzfile import read_npz
from nn.tables.table import MEMORY_LIMIT, Table, as_table, read_table

__all__ = [
    "MEMORY_LIMIT",
    "LabelledData",
    "Table",
    "TableEncoder",
    "as_table",
    "load_features",
    "load_table",
    "read_table",
]


class LabelledData(NamedTuple):
    """The examples of a file: ``x`` (n, features) float32, ``y``, and the names of the classes.

    ``y`` is (n,) int64 if all targets are whole numbers, otherwise (n,) or (n, outputs) float32.
    Targets that are words become class numbers in the order of ``classes``; otherwise ``classes``
    is empty.
    """

    x: Array
    y: Array
    classes: tuple[str, ...]


def load_table(
    path: str | PathLike[str],
    classes: Sequence[str] | None = None,
    *,
    separator: str | None = None,
    decimal: str = ".",
    header: bool | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> LabelledData:
    """Read inputs and targets from a ``.npz`` or ``.csv`` file.

    *npz*: an array of inputs (n, ...) named x, data, features, inputs or images, in any case, which
    is flattened to one row per example, and an array of targets named y, target, targets, label or
    labels.

    *csv*: UTF-8, one example per line. The target is the column named label, target, y or class, or
    else the last; all other cells are numbers.

    classes: numbers for targets that are words, which by default are numbered in sorted order. Give
        the classes of the training data to number other data in the same way.
    separator: the character between the cells of a csv file; by default a comma, semicolon or tab,
        whichever is in the first line.
    decimal: "," if the numbers of a csv file are written with a decimal comma.
    header: whether the first line of a csv file names the columns; by default, whether it consists
        of words.
    memory_limit: the largest number of bytes that the examples may take.

    Raises ``FileNotFoundError``, and ``DataError`` with the file, line and column for rows of
    unequal length, cells that are empty, not finite or not numbers, a class not in ``classes``,
    arrays of Python objects (they would have to be unpickled), a damaged file, no examples, or more
    than ``memory_limit`` allows. Also for a csv file that can be read in two ways: two characters
    that could be separators, a first line of words and numbers, numbers with a comma in them.
    """
    path = Path(path)
    dialect = Dialect(separator, decimal, header, tuple(classes or ()))
    if _suffix(path) == ".npz":
        x, target = read_npz(path, memory_limit, labelled=True)
        lines: Sequence[int] = ()
    else:
        x, target, lines = read_csv(path, dialect, memory_limit, labelled=True)
    if target.dtype.kind != "U":
        return LabelledData(x, target, ())
    names = tuple(sorted(set(target.tolist()))) if classes is None else tuple(classes)
    number = {name: index for index, name in enumerate(names)}
    for row, name in enumerate(target.tolist()):
        if name not in number:
            where = f"line {lines[row]}" if lines else f"row {row} of the targets"
            raise DataError(
                f"{path}, {where}: {shown(name)} is none of the classes {listed(names)}"
            )
    y = np.array([number[name] for name in target.tolist()], dtype=np.int64)
    return LabelledData(x, y, names)


def load_features(
    path: str | PathLike[str],
    features: int | None = None,
    *,
    separator: str | None = None,
    decimal: str = ".",
    header: bool | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Array:
    """Read the inputs (n, features) float32 of a file in the format of ``load_table``.

    An npz file needs no targets. A csv column with the name of a target is left out; without such a
    name every column is an input, except for the last if there is one more than ``features``. The
    keywords are those of ``load_table``, and it raises as ``load_table`` does.
    """
    path = Path(path)
    if _suffix(path) == ".npz":
        return read_npz(path, memory_limit, labelled=False)[0]
    dialect = Dialect(separator, decimal, header)
    return read_csv(path, dialect, memory_limit, labelled=False, features=features)[0]


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".csv"):
        raise DataError(f"{path}: only .npz and .csv files can be read")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if not path.is_file():  # reading from a pipe or a device might not end
        raise DataError(f"{path}: not a regular file")
    return suffix
