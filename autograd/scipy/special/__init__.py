"""`scipy.special` with nodes: gamma, beta, error, Bessel and logistic functions.

Local derivatives are functions of this package, so there are derivatives of any order. There is no
formula with respect to some parameters, such as the order of a Bessel function: these derivatives
raise TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.numpy.elementwise import sinc
from autograd.numpy.wrapping import wrap
from autograd.scipy.special import (
    bessel,
    error_functions,
    gammas,
    integrals,
    logarithms,
    polygammas,
)
from autograd.scipy.special.functions import theirs as _theirs


def _of_reals(op: Op) -> Callable[[Array], Array]:
    """NumPy's function as SciPy has it: in double precision of whatever is not in float32."""

    def function(x: Array) -> Array:
        x = ops.array(x)
        return op(x if x.dtype == np.float32 else ops.cast(x, np.result_type(x.dtype, np.float64)))

    return function


def _round(x: Array) -> Array:
    """The nearest integer as a floating-point number, in the type that SciPy finds for it."""
    x = ops.array(x)
    return ops.round(ops.cast(x, np.result_type(x.dtype, np.float32)))


_OTHERS = {name: _of_reals(getattr(ops, name)) for name in ("cbrt", "exp2", "expm1", "log1p")}
_composed: dict[str, Any] = {}
for _module in (polygammas, gammas, error_functions, bessel, integrals, logarithms):
    _composed |= vars(_module)
globals().update(wrap(_theirs, _composed | _OTHERS | {"round": _round, "sinc": sinc}))


def __getattr__(name: str) -> Any:
    """Other names of `scipy.special`."""
    return getattr(_theirs, name)
