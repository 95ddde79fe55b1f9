"""Helpers for the modules of distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import ops
from autograd.engine.graph import Array
from autograd.numpy import wrapping
from autograd.numpy.wrapping import ADVICE, refused


def differentiable(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """`ours` if a node is among the arguments. Integers become float64, since counts in uint8 wrap
    around at 256.
    """

    def of_reals(*args: Array, **kwargs: Array) -> Any:
        return ours(*map(_real, args), **{name: _real(arg) for name, arg in kwargs.items()})

    return wrapping.differentiable(theirs, of_reals)


def _real(x: Array) -> Array:
    return ops.as_real(x) if hasattr(x, "dtype") else x


def log_of(log: Callable[..., Any], complement: Callable[..., Any]) -> Callable[..., Any]:
    """The logarithm of a probability, from its complement where that is the smaller of the two."""

    def log_probability(*args: Array, **kwargs: Array) -> Array:
        rest = complement(*args, **kwargs)
        likely = rest < 0.5
        certain = ops.log1p(-ops.where(likely, rest, 0.0))
        return ops.where(likely, certain, log(*args, **kwargs))

    return log_probability


def others(theirs: Any, name: str) -> Callable[[str], Any]:
    """A module's `__getattr__`: the other functions of SciPy's distribution, which refuse nodes."""

    def find(attribute: str) -> Any:
        found = getattr(theirs, attribute)
        full_name = f"scipy.stats.{name}.{attribute}"
        return refused(found, full_name, ADVICE) if callable(found) else found

    return find
