"""Optional packages, which are imported when they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType


def require(module: str, *, extra: str) -> ModuleType:
    """Import ``module``, or raise ``ImportError`` naming the extra that installs it.

    >>> require("math", extra="train").pi
    3.141592653589793
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f'this needs the package {error.name}: pip install "wengert[{extra}]"', name=error.name
        ) from error
