"""What the modules of all distributions have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import ops
from autograd.engine.graph import Array
from autograd.numpy import wrapping
from autograd.numpy.wrapping import ADVICE, refused


def differentiable(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """`ours` where there is a node among the arguments, of which integers become float64: counts
    in uint8 wrap around at 256.
    """

    def of_reals(*args: Array, **kwargs: Array) -> Any:
        return ours(*map(_real, args), **{name: _real(arg) for name, arg in kwargs.items()})

    return wrapping.differentiable(theirs, of_reals)


def _real(x: Array) -> Array:
    return ops.as_real(x) if hasattr(x, "dtype") else x


def others(theirs: Any, name: str) -> Callable[[str], Any]:
    """A module's `__getattr__`: what SciPy's distribution has besides, refusing nodes."""

    def find(attribute: str) -> Any:
        found = getattr(theirs, attribute)
        full_name = f"scipy.stats.{name}.{attribute}"
        return refused(found, full_name, ADVICE) if callable(found) else found

    return find
