"""HIPS autograd's `tracer`: boxes, and graphs of objects that programs define."""

from autograd.hips.boxes import Box, getval, isbox, new_box, trace, trace_stack
from autograd.hips.primitives import primitive
from autograd.hips.rules import register_notrace
from autograd.hips.views import Node, toposort
from autograd.plain import notrace_primitive

__all__ = [
    "Box",
    "Node",
    "getval",
    "isbox",
    "new_box",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "toposort",
    "trace",
    "trace_stack",
]
