"""`scipy.sparse`, with matrices whose entries are nodes: `SparseMatrix`.

A matrix of SciPy is a constant in `A @ x` and `x @ A`. `linalg` has `spsolve`.
"""

from __future__ import annotations

import importlib
from typing import Any

from autograd.scipy import load
from autograd.sparse import SparseMatrix

__all__ = ["SparseMatrix", "linalg"]

_theirs = load("sparse")


def __getattr__(name: str) -> Any:
    """`linalg`, and other names of `scipy.sparse`."""
    if name == "linalg":
        return importlib.import_module("autograd.scipy.sparse.linalg")
    return getattr(_theirs, name)
