"""The IDX file format of MNIST: an array with a header.

Big-endian: two zero bytes, the element type (8 for unsigned bytes), the number of axes, the
length of each axis in four bytes, then the elements in C order.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data import DataError

UNSIGNED_BYTE = 0x08
MOST_AXES = 64
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


MEMORY_LIMIT = 1_000_000_000
"""How many bytes an array may have, unless told otherwise."""


def read_idx(path: Path, memory_limit: int = MEMORY_LIMIT) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes; its first bytes tell whether it is gzipped.

    Raises ``DataError`` with the name of the file if it is not IDX, has another element type, does
    not have the length that its header says, or is larger than ``memory_limit`` bytes.
    """
    with path.open("rb") as raw:
        is_gzipped = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if is_gzipped else path.open("rb") as file:
            shape = _shape(path, file)
            declared = math.prod(shape)
            if declared > memory_limit:
                raise DataError(
                    f"{path}: its header says {declared} bytes of shape {shape}, more than the "
                    f"{memory_limit} allowed (memory_limit=)"
                )
            content = file.read(declared + 1)
    except _DAMAGED as error:
        raise DataError(f"{path}: damaged or cut short ({error})") from error
    if len(content) != declared:
        fault = "cut short" if len(content) < declared else "too long"
        more = " or more" if len(content) > declared else ""
        raise DataError(
            f"{path}: {fault}; its header says {declared} bytes of shape {shape}, it has "
            f"{len(content)}{more}"
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _shape(path: Path, file: Any) -> tuple[int, ...]:
    start = file.read(4)
    axes = start[3] if len(start) == 4 else 0
    lengths = file.read(4 * axes)
    if start[:2] != b"\0\0" or axes == 0 or len(lengths) < 4 * axes:
        raise DataError(f"{path}: not an IDX file (it starts with {start.hex(' ')!r})")
    if start[2] != UNSIGNED_BYTE:
        raise DataError(
            f"{path}: IDX elements of type {start[2]:#04x}; only unsigned bytes "
            f"({UNSIGNED_BYTE:#04x}) are read"
        )
    if axes > MOST_AXES:
        raise DataError(f"{path}: {axes} axes; NumPy has at most {MOST_AXES}")
    return tuple(int.from_bytes(lengths[at : at + 4]) for at in range(0, 4 * axes, 4))


def gunzip(content: bytes) -> bytes:
    """Unpack ``content`` if it is gzipped; raise ``DataError`` if it is damaged."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except _DAMAGED as error:
        raise DataError(f"damaged or cut short ({error})") from error
