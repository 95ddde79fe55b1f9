"""How a function of `scipy.special` becomes an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.engine.graph import Args, Node, Settings
from autograd.engine.operations import Op
from autograd.kernels import scalar
from autograd.ops.op_types import Elementwise
from autograd.scipy import load

theirs: Any = load("special")


class _PartlyDifferentiable(Elementwise):
    """A function with parameters of which no derivative is known, numbered in `unknown`."""

    unknown: tuple[int, ...] = ()

    def record(self, primal: Any, args: Args, primals: Args, settings: Settings) -> Node:
        if any(isinstance(args[number], Node) for number in self.unknown):
            # A `Value` has its local derivatives at once, and of these nobody may ask.
            return Op.record(self, primal, args, primals, settings)
        return super().record(primal, args, primals, settings)


def special_op(name: str, *slopes: Any, kernel: Callable[..., Any] | None = None) -> Op:
    """SciPy's function of this name, with local derivatives (out, *args) ↦ derivative.

    A parameter without a known derivative is given by its name: a derivative with respect to it
    raises TypeError.
    kernel: what computes it, if it is not SciPy's function.
    """
    compute = kernel or getattr(theirs, name)
    rules = [_unknown(name, slope) if isinstance(slope, str) else slope for slope in slopes]
    op = _PartlyDifferentiable(
        name, compute, lambda *args: scalar(compute(*args)), *rules, doc=compute.__doc__ or ""
    )
    op.unknown = tuple([n for n, slope in enumerate(slopes) if isinstance(slope, str)])
    return op


def _unknown(name: str, parameter: str) -> Callable[..., Any]:
    def slope(*args: Any) -> Any:
        raise TypeError(
            f"scipy.special.{name} has no derivative with respect to {parameter}: pass it as a "
            "plain number"
        )

    return slope
