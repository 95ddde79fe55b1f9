"""Checks that the reader of npz files and that of csv files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nn.data import Array, DataError

FLOAT32_MAX = np.float64(np.finfo(np.float32).max)
INT64_MAX = np.iinfo(np.int64).max


def as_whole(path: Path, numbers: Array) -> Array:
    """Whole numbers, which may be classes, as int64; others as float32."""
    if numbers.dtype.kind != "f":
        if numbers.max(initial=0) > INT64_MAX:
            raise DataError(
                f"{path}: the targets hold {numbers.max()}; the largest class number is {INT64_MAX}"
            )
        return numbers.astype(np.int64)
    exact = (np.abs(numbers) < 2**53) & (np.floor(numbers) == numbers)
    return numbers.astype(np.int64 if exact.all() else np.float32)


def are_finite(numbers: Any) -> Any:
    """Where numbers are finite as float32: a comparison is false for NaN, too."""
    with np.errstate(invalid="ignore"):  # signalling NaN
        return np.abs(numbers) <= FLOAT32_MAX


def check_memory(path: Path, needed: int, limit: int) -> None:
    """Raise ``DataError`` if the examples of a file would take more memory than allowed."""
    if needed > limit:
        raise DataError(
            f"{path}: reading it takes {needed / 1e6:,.0f} MB of memory, more than the "
            f"{limit / 1e6:,.0f} MB allowed (memory_limit=, in bytes; --memory-limit, in MB)"
        )
