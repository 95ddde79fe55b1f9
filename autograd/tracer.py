"""What programs look up in HIPS autograd's tracer: whether a value is differentiated, and its data.

How operations are recorded is in `graph`.
"""

from __future__ import annotations

from typing import Any

from autograd.extend import Box, notrace_primitive, primitive

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]


def getval(x: Any) -> Any:
    """The plain number or array in a node; anything else as it is.

    >>> from autograd import Value
    >>> from autograd.tracer import getval
    >>> getval(Value(2.0)), getval(3.0)
    (2.0, 3.0)
    """
    return x.primal if isinstance(x, Box) else x


def isbox(x: Any) -> bool:
    """Whether x is a node, which is differentiated.

    >>> from autograd import Value
    >>> from autograd.tracer import isbox
    >>> isbox(Value(2.0)), isbox(2.0)
    (True, False)
    """
    return isinstance(x, Box)
