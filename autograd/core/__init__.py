"""HIPS autograd's `core`: rules, vector spaces, and the graph by hand.

A package, since a file of this name is how an installation of HIPS autograd is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import transforms
from autograd.hips.boxes import Box, getval, isbox, trace
from autograd.hips.primitives import primitive
from autograd.hips.rules import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive_jvps,
    primitive_vjps,
)
from autograd.hips.spaces import SparseObject, VSpace, sparse_add, vspace
from autograd.hips.views import JVPNode, Node, VJPNode, backward_pass, toposort

__all__ = [
    "Box",
    "JVPNode",
    "Node",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "backward_pass",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "getval",
    "isbox",
    "make_jvp",
    "make_vjp",
    "primitive",
    "primitive_jvps",
    "primitive_vjps",
    "sparse_add",
    "toposort",
    "trace",
    "vspace",
]


def make_vjp(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """The function v ↦ vᵀJ at x, which can be called repeatedly, and f(x).

    >>> from autograd.core import make_vjp
    >>> pullback, value = make_vjp(lambda x: x**2, 3.0)
    >>> pullback(1.0), value
    (6.0, 9.0)
    """
    value, pullback = transforms.vjp(fun, x)
    return lambda v: pullback(v)[0], value


def make_jvp(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """The function t ↦ (f(x), J t), computed in forward mode.

    >>> from autograd.core import make_jvp
    >>> make_jvp(lambda x: x**2, 3.0)(10.0)
    (9.0, 60.0)
    """
    return lambda t: transforms.jvp(fun, (x,), (t,))
