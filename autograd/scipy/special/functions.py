"""How a function of `scipy.special` becomes an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.engine.operations import Op
from autograd.ops.op_types import custom_op
from autograd.scipy import load

theirs = load("special")


def special_op(name: str, *slopes: Any) -> Op:
    """SciPy's function of this name, with local derivatives (out, *args) ↦ derivative.

    A parameter without a known derivative is given by its name.
    """
    rules = [unknown(name, slope) if isinstance(slope, str) else slope for slope in slopes]
    return custom_op(getattr(theirs, name), derivative=tuple(rules), name=name)


def unknown(name: str, parameter: str) -> Callable[..., Any]:
    """A local derivative that raises TypeError, for a parameter without a known formula."""

    def slope(*args: Any) -> Any:
        raise TypeError(
            f"scipy.special.{name} has no derivative with respect to {parameter}: pass it as a "
            "plain number"
        )

    return slope
