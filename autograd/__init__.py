"""Reverse-mode automatic differentiation of NumPy programs, to any order.

Names, nothing else: `graph` says what a node is, `ops` how each operation is differentiated,
`backward` how the chain rule puts them together.
"""

from autograd import ops
from autograd.backward import gradients
from autograd.check import GradientError, check_grads
from autograd.custom import custom_op
from autograd.differential_operators import (
    deriv,
    grad_and_aux,
    grad_named,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    vector_jacobian_product,
)
from autograd.draw import Drawing, DrawingError, draw
from autograd.explaining import Explanation, Trace, explain
from autograd.extend import primitive
from autograd.faults import BroadcastWarning, Fault, NonFiniteError, Why, debug, why
from autograd.graph import GraphChangedError, Node, Op, no_grad
from autograd.jit import (
    Flat,
    JitError,
    JitNotice,
    assign,
    captured,
    is_compiling,
    jit,
    observe,
    sample,
    vectorize,
    vmap,
)
from autograd.lines import Line, LineLog
from autograd.nodes import Tensor, Value
from autograd.ops import *  # noqa: F403  (the table's names are listed there, once)
from autograd.recompute import checkpoint
from autograd.scopes import begin_scope, end_scope
from autograd.source import source
from autograd.stepping import Stepper, step
from autograd.summaries import Summary, summary
from autograd.transforms import (
    derivative,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

__version__ = "0.1.0"

__all__ = [
    "BroadcastWarning",
    "Drawing",
    "DrawingError",
    "Explanation",
    "Fault",
    "Flat",
    "GradientError",
    "GraphChangedError",
    "JitError",
    "JitNotice",
    "Line",
    "LineLog",
    "Node",
    "NonFiniteError",
    "Summary",
    "Op",
    "Stepper",
    "Tensor",
    "Trace",
    "Value",
    "Why",
    "assign",
    "begin_scope",
    "captured",
    "check_grads",
    "checkpoint",
    "custom_op",
    "debug",
    "derivative",
    "draw",
    "elementwise_grad",
    "explain",
    "end_scope",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "is_compiling",
    "jacobian",
    "jit",
    "jvp",
    "no_grad",
    "summary",
    "observe",
    "sample",
    "source",
    "step",
    "value_and_grad",
    "vectorize",
    "vjp",
    "vmap",
    "why",
]
# HIPS autograd's further names.
__all__ += [
    "deriv",
    "grad_and_aux",
    "grad_named",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_vjp",
    "multigrad_dict",
    "primitive",
    "tensor_jacobian_product",
    "vector_jacobian_product",
]
__all__ += ops.__all__
