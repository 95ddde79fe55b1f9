"""Inputs and targets from npz files: the headers first, then the arrays if they fit."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZipFile, is_zipfile

import numpy as np

from nn.data import Array, DataError, listed, shortened, shown
from nn.tables.csvfile import MISSING
from nn.tables.numbers import are_finite, as_whole, check_memory

X_ARRAYS = ("x", "data", "features", "inputs", "images")
Y_ARRAYS = ("y", "target", "targets", "label", "labels")
CHUNK = 1 << 20  # numbers that are checked at a time


class Header(NamedTuple):
    """What the header of an array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def needed(self) -> int:
        """The bytes of the array, and those of its numbers as float32."""
        return math.prod(self.shape) * (self.dtype.itemsize + 4)


def read_npz(path: Path, limit: int, *, labelled: bool) -> tuple[Array, Array]:
    """Return x as (n, features) float32, and the targets (empty if not ``labelled``)."""
    if not is_zipfile(path):
        raise DataError(f"{path}: not an npz file, or one that is cut short")
    y: Array = np.empty(0)
    try:
        with ZipFile(path) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers that Python 2 wrote
            files = [name for name in archive.namelist() if name.endswith(".npy")]
            wanted = [_file_name(path, files, X_ARRAYS)]
            wanted += [_file_name(path, files, Y_ARRAYS)] if labelled else []
            headers = []
            for name in wanted:
                with archive.open(name) as file:
                    headers.append(_header(path, file))
            check_memory(path, sum(header.needed for header in headers), limit)
            _check_shapes(path, *headers)
            arrays = []
            for name in wanted:
                with archive.open(name) as file:
                    arrays.append(np.lib.format.read_array(file, allow_pickle=False))
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise many kinds for a damaged file
        reason = shortened(error) if str(error) else type(error).__name__
        raise DataError(f"{path}: a damaged npz file ({reason})") from error
    x = arrays[0]
    _check_finite(path, "inputs", x)
    x = x.astype(np.float32).reshape(len(x), -1)
    if not labelled:
        return x, y
    y = arrays[1]
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 1 and y.dtype.kind == "U":
        missing = [row for row, word in enumerate(y.tolist()) if word.strip().lower() in MISSING]
        if missing:
            raise DataError(
                f"{path}: the target {shown(y[missing[0]])} at index {missing[0]} is how a missing "
                "value is written"
            )
        return x, y
    _check_finite(path, "targets", y)
    return x, as_whole(path, y) if y.ndim == 1 else y.astype(np.float32)


def _file_name(path: Path, files: list[str], allowed: tuple[str, ...]) -> str:
    names = [name.removesuffix(".npy") for name in files]
    matches = [name for name in names if name.lower() in allowed]
    if len(matches) != 1:
        raise DataError(
            f"{path}: one array named {', '.join(allowed[:-1])} or {allowed[-1]} is "
            f"needed; the file holds {listed(map(shown, names)) or 'none'}"
        )
    return f"{matches[0]}.npy"


def _header(path: Path, file: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):  # 3.0 is for the names of fields
        raise ValueError(f"arrays of version {version}")
    read = np.lib.format.read_array_header_1_0
    read = read if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise DataError(
            f"{path}: holds pickled Python objects, which are never loaded because unpickling "
            "can run code; save plain arrays of numbers"
        )
    if min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape}")
    return Header(shape, dtype)


def _check_shapes(path: Path, x: Header, y: Header | None = None) -> None:
    if len(x.shape) == 0 or 0 in x.shape:
        raise DataError(f"{path}: no examples; the inputs have shape {x.shape}")
    if y is None:
        return
    if len(y.shape) == 0 or y.shape[0] != x.shape[0]:
        raise DataError(
            f"{path}: inputs of shape {x.shape} and targets of shape {y.shape}; "
            f"their first axes must have the same length"
        )
    if len(y.shape) > 2 or 0 in y.shape:
        raise DataError(
            f"{path}: targets of shape {y.shape}; one number or one row for each example is needed"
        )


def _check_finite(path: Path, what: str, array: Array) -> None:
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: the {what} are of type {array.dtype}, not real numbers")
    if array.dtype.kind != "f":
        return
    flat = array.ravel(order="K")  # not copied, in the order in memory
    for start in range(0, flat.size, CHUNK):
        if not are_finite(flat[start : start + CHUNK]).all():
            index = tuple(np.argwhere(~are_finite(array))[0].tolist())
            raise DataError(
                f"{path}: the {what} hold {array[index]} at index {index}; only "
                f"finite float32 numbers are usable"
            )
