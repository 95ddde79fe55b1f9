"""HIPS autograd's `tracer`: whether a value is a node, and its data."""

from __future__ import annotations

from typing import Any

from autograd.extend import Box, primitive
from autograd.plain import getval, notrace_primitive

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]


def isbox(x: Any) -> bool:
    """Whether x is a node.

    >>> from autograd import Value
    >>> from autograd.tracer import isbox
    >>> isbox(Value(2.0)), isbox(2.0)
    (True, False)
    """
    return isinstance(x, Box)
