"""Arrays in words: their range, and which numbers are not finite."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.ops.structural import Entries


def data_of(x: Any) -> Any:
    """The data of a node, a number or an array; an empty array for anything else."""
    array = np.asarray(x.primal if isinstance(x, Node) else x)
    return array if array.dtype.kind in "fciub" else np.zeros(0)


def is_finite(x: Any, since: int = 0) -> bool:
    """Whether a number, an array or a node holds finite numbers only; of a cotangent that grows
    entry by entry, those from number `since` on.
    """
    primal = x.primal if isinstance(x, Node) else x
    if primal.__class__ is float:
        return isfinite(primal)
    if 0 < since < entries_of(x):
        return all(is_finite(part) for _, part in x.parts[since:])
    return bool(np.isfinite(data_of(x)).all())


def entries_of(x: Any) -> int:
    """How many parts a cotangent has that grows entry by entry; 0 for any other."""
    return len(x.parts) if isinstance(x, Entries) else 0


def has_nan(x: Any) -> bool:
    """Whether a number, an array or a node holds a NaN."""
    return bool(np.isnan(data_of(x)).any())


def what_is_not_finite(array: Any) -> str:
    """Which kinds of numbers that are not finite there are, and how many.

    >>> import numpy as np
    >>> what_is_not_finite(np.array([1.0, np.inf, -np.inf, np.inf]))
    'inf and -inf (3 of the 4 numbers)'
    """
    if array.dtype.kind == "c":
        kinds = {"nan": np.isnan(array), "inf": np.isinf(array)}
    else:
        kinds = {"nan": np.isnan(array), "inf": np.isposinf(array), "-inf": np.isneginf(array)}
    names = " and ".join(kind for kind, where in kinds.items() if where.any())
    if array.ndim == 0:
        return names
    return f"{names} ({np.count_nonzero(~np.isfinite(array))} of the {array.size} numbers)"


def extent(array: Any) -> str:
    """The shape and the range of numbers, or the number itself.

    >>> import numpy as np
    >>> extent(np.array([1.0, -2.0, 0.5]))
    'shape (3,) from -2 to 1'
    """
    if array.ndim == 0:
        return f"{array.item():.4g}"
    if array.size == 0:
        return f"shape {array.shape}"
    if array.dtype.kind == "c":
        return f"{extent(np.abs(array))} in absolute value"
    return f"shape {array.shape} from {array.min():.4g} to {array.max():.4g}"
