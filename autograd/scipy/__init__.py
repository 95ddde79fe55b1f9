"""SciPy under the names of HIPS autograd: `special`, `stats`, `linalg`, `integrate`, `signal`.

SciPy itself comes with the extra `scipy`, and is imported when one of these modules is.
"""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """A module of SciPy, or ImportError naming the extra that brings it."""
    try:
        return importlib.import_module(f"scipy.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f'autograd.scipy.{name} needs SciPy: pip install "wengert[scipy]"', name=error.name
        ) from error
