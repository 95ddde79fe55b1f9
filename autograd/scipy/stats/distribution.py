"""What the modules of all distributions have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.numpy.wrapping import ADVICE, refused


def others(theirs: Any, name: str) -> Callable[[str], Any]:
    """A module's `__getattr__`: what SciPy's distribution has besides, refusing nodes."""

    def find(attribute: str) -> Any:
        found = getattr(theirs, attribute)
        full_name = f"scipy.stats.{name}.{attribute}"
        return refused(found, full_name, ADVICE) if callable(found) else found

    return find
