"""HIPS autograd's `extend`: operations of one's own, and their rules.

`autograd.custom_op` makes an operation in one call.
"""

from autograd.hips.boxes import Box
from autograd.hips.primitives import primitive
from autograd.hips.rules import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    register_notrace,
)
from autograd.hips.spaces import SparseObject, VSpace, vspace
from autograd.hips.views import JVPNode, VJPNode
from autograd.plain import notrace_primitive

__all__ = [
    "Box",
    "JVPNode",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "vspace",
]
