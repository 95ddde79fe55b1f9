"""The IDX file format of MNIST: an array of bytes behind a header of its shape.

Big-endian: two zero bytes, the element type (8 for unsigned bytes), the number of axes, the
length of each axis in four bytes, then the elements, last axis fastest. What the arrays mean is
in ``nn.datasets.handwriting``.
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
    """Read an IDX file of unsigned bytes, gzipped or not (told by its first bytes, not its name).

    Raises ``DataError`` naming the file if it is not IDX, has another element type, or is longer
    or shorter than its header says.
    """
    content = path.read_bytes()
    try:
        content = gunzip(content)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:2] != b"\0\0" or axes == 0 or len(content) < start:
        raise DataError(f"{path}: not an IDX file (it begins with {content[:4].hex(' ')!r})")
    if content[2] != UNSIGNED_BYTE:
        raise DataError(
            f"{path}: IDX elements of type {content[2]:#04x}; only unsigned bytes "
            f"({UNSIGNED_BYTE:#04x}) are read"
        )
    shape = tuple(int.from_bytes(content[at : at + 4]) for at in range(4, start, 4))
    held, declared = len(content) - start, math.prod(shape)
    if held != declared:
        state = "cut short" if held < declared else "too long"
        raise DataError(
            f"{path}: {state}; its header says {declared} bytes of shape {shape}, it holds {held}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def gunzip(content: bytes) -> bytes:
    """Unpack ``content`` if it begins as gzip does; raises ``DataError`` if it is damaged."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"damaged or cut short ({error})") from error
