"""The IDX file format of MNIST: an array with a header.

Big-endian: two zero bytes, the element type (8 for unsigned bytes), the number of axes, the
length of each axis in four bytes, then the elements in C order.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.data import DataError

UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes; its first bytes tell whether it is gzipped.

    Raises ``DataError`` with the name of the file if it is not IDX, has another element type, or
    does not have the length that its header says.
    """
    content = path.read_bytes()
    try:
        content = gunzip(content)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:2] != b"\0\0" or axes == 0 or len(content) < start:
        raise DataError(f"{path}: not an IDX file (it starts with {content[:4].hex(' ')!r})")
    if content[2] != UNSIGNED_BYTE:
        raise DataError(
            f"{path}: IDX elements of type {content[2]:#04x}; only unsigned bytes "
            f"({UNSIGNED_BYTE:#04x}) are read"
        )
    shape = tuple(int.from_bytes(content[at : at + 4]) for at in range(4, start, 4))
    size, declared = len(content) - start, math.prod(shape)
    if size != declared:
        fault = "cut short" if size < declared else "too long"
        raise DataError(
            f"{path}: {fault}; its header says {declared} bytes of shape {shape}, it has {size}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def gunzip(content: bytes) -> bytes:
    """Unpack ``content`` if it is gzipped; raise ``DataError`` if it is damaged."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"damaged or cut short ({error})") from error
