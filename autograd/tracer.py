"""What programs look up in HIPS autograd's tracer: whether a value is differentiated, and its data.

How operations are recorded is in `graph`.
"""

from __future__ import annotations

from typing import Any

from autograd.extend import Box, getval, notrace_primitive, primitive

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]


def isbox(x: Any) -> bool:
    """Whether x is a node, which is differentiated.

    >>> from autograd import Value
    >>> from autograd.tracer import isbox
    >>> isbox(Value(2.0)), isbox(2.0)
    (True, False)
    """
    return isinstance(x, Box)
