"""`scipy.sparse.linalg` with nodes: `spsolve`."""

from __future__ import annotations

from typing import Any

from autograd.scipy import load
from autograd.sparse import spsolve

__all__ = ["spsolve"]

_theirs = load("sparse.linalg")


def __getattr__(name: str) -> Any:
    """Other names of `scipy.sparse.linalg`."""
    return getattr(_theirs, name)
