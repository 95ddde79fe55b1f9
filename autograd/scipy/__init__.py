"""HIPS autograd's SciPy: `special`, `stats`, `linalg`, `integrate` and `signal`; `fft`,
`interpolate`, `ndimage`, `sparse`.

They need SciPy, which the extra `scipy` installs.
"""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """A module of SciPy; ImportError names the extra that installs it."""
    try:
        return importlib.import_module(f"scipy.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f'autograd.scipy.{name} needs SciPy: pip install "wengert[scipy]"', name=error.name
        ) from error


_MODULES = (
    *("fft", "integrate", "interpolate", "linalg", "ndimage", "signal", "sparse", "special"),
    "stats",
)


def __getattr__(name: str) -> Any:
    """The modules, which SciPy takes a while to load."""
    if name not in _MODULES:
        raise AttributeError(f"module 'autograd.scipy' has no attribute {name!r}")
    return importlib.import_module(f"autograd.scipy.{name}")
