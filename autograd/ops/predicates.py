"""Comparisons and other functions without derivative, which return booleans or integers.

Called with nodes they return plain results, on which a program can branch. While a program is
recorded for the compiler the results are nodes, so that each run computes them anew.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op, interpreter
from autograd.ops.op_types import Elementwise
from autograd.trees import map_tree

less: Final = Elementwise("less", np.less, operator.lt, None, None, symbol="<")
less_equal: Final = Elementwise("less_equal", np.less_equal, operator.le, None, None, symbol="≤")
greater: Final = Elementwise("greater", np.greater, operator.gt, None, None, symbol=">")
greater_equal: Final = Elementwise(
    "greater_equal", np.greater_equal, operator.ge, None, None, symbol="≥"
)
equal: Final = Elementwise("equal", np.equal, operator.eq, None, None, symbol="=")
not_equal: Final = Elementwise("not_equal", np.not_equal, operator.ne, None, None, symbol="≠")
logical_and: Final = Elementwise("logical_and", np.logical_and, None, None, None, symbol="and")
logical_or: Final = Elementwise("logical_or", np.logical_or, None, None, None, symbol="or")
logical_xor: Final = Elementwise("logical_xor", np.logical_xor, None, None, None, symbol="xor")
logical_not: Final = Elementwise("logical_not", np.logical_not, None, None, symbol="not")
isnan: Final = Elementwise("isnan", np.isnan, math.isnan, None)
isfinite: Final = Elementwise("isfinite", np.isfinite, math.isfinite, None)

_OPS: dict[Callable[..., Any], Op] = {
    op.kernel: op for op in list(globals().values()) if isinstance(op, Elementwise)
}


class NonDifferentiable(Op):
    """A NumPy function that returns an array of booleans or integers."""

    has_derivative = False
    has_jvp = True

    def vjp(self, *args: Any) -> None:
        """No cotangent flows back."""

    def jvp(self, *args: Any) -> None:
        """No tangent flows on."""


@cache
def question(function: Callable[..., Any]) -> Op:
    """The operation whose kernel is this NumPy function."""
    return _OPS.get(function) or NonDifferentiable(function.__name__, function)


def nondifferentiable(function: Callable[..., Any], *args: ArrayLike, **settings: Any) -> Any:
    """Call `function` on the data of `args`. The result is a node while a program is recorded."""
    running = interpreter()
    if running.replayed:
        return question(function)(*args, **settings)
    result = function(*map_tree(_data, args), **map_tree(_data, settings))
    return running.plain_result(function, args, result)


def _data(x: Array) -> Any:
    return x.primal if isinstance(x, Node) else x
