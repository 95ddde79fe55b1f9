"""Operations of the user's own, with rules like those of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.graph import Op
from autograd.ops.kinds import Elementwise

Rule = Callable[..., Any]


def custom_op(
    kernel: Callable[..., Any],
    *,
    derivative: Rule | tuple[Rule | float | None, ...] | None = None,
    vjp: Rule | tuple[Rule | None, ...] | None = None,
    jvp: Rule | None = None,
    name: str = "",
) -> Op:
    """An operation with a derivative of your own.

    kernel: computes it on plain numbers and arrays.
    derivative: for an operation that works entry by entry, its local derivative
        `derivative(out, x)`, or a tuple of such, one per argument (None: zero).
    vjp: for any other operation: `vjp(g, out, *args, **settings)` gives the cotangent of the
        argument from the cotangent g of the output; or a tuple of such, one per argument.
    jvp: may be stated beside a vjp: `jvp(argnum, t, out, *args, **settings)` gives the tangent of
        the output for the tangent t of one argument. Without it the vjp is transposed.

    Write rules in operations of this package (operators, `autograd.sin`, ...), not in NumPy on
    plain arrays: then they can be differentiated again. `check_grads(op, x)` tests them. Raises
    TypeError unless exactly one of `derivative` and `vjp` is given.

    >>> import numpy as np
    >>> from autograd import cos, custom_op, grad
    >>> sine = custom_op(np.sin, derivative=lambda out, x: cos(x))
    >>> grad(grad(grad(sine)))(0.0)
    -1.0
    """
    name = name or getattr(kernel, "__name__", "custom")
    doc = kernel.__doc__ or ""
    if derivative is not None and vjp is None and jvp is None:
        locals = derivative if isinstance(derivative, tuple) else (derivative,)
        return Elementwise(name, kernel, lambda *args: float(kernel(*args)), *locals, doc=doc)
    if vjp is not None and derivative is None:
        return Op(name, kernel, vjp if isinstance(vjp, tuple) else (vjp,), jvp, doc=doc)
    raise TypeError(
        f"custom_op {name!r}: state either `derivative`, for an operation that works entry by "
        "entry, or `vjp` (and `jvp`, if you like)"
    )
