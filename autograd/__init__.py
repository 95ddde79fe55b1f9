"""Reverse-mode automatic differentiation of NumPy programs, to any order.

Names, nothing else: `graph` says what a node is, `ops` how each operation is differentiated,
`backward` how the chain rule puts them together. Those of pictures, at the end, are loaded late.
"""

from importlib import import_module
from os.path import exists
from typing import TYPE_CHECKING

# HIPS autograd has the same import name. Every version of it has a `core.py`, and this package has
# none: one of the two was installed over the other.
if exists(f"{__path__[0]}/core.py"):
    raise ImportError(
        "HIPS autograd (the distribution `autograd`) and wengert have overwritten each other in "
        f"{__path__[0]}: run `pip uninstall -y autograd wengert`, then install the one you want",
        name="autograd",
    )

from autograd import ops
from autograd.batching import vectorize, vmap
from autograd.check import GradientError, check_grads
from autograd.control import fori_loop, scan, while_loop
from autograd.diagnostics import (
    BroadcastWarning,
    Fault,
    NonFiniteError,
    TrainingWarning,
    Why,
    debug,
    why,
)
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
from autograd.effects import assign, observe, sample
from autograd.engine.backward import gradients
from autograd.engine.graph import GraphChangedError, Node
from autograd.engine.operations import Op
from autograd.extend import primitive
from autograd.flat import Flat
from autograd.habits import OF_THE_PACKAGE
from autograd.jit import (
    JitError,
    JitNotice,
    captured,
    is_compiling,
    jit,
)
from autograd.lines import Line, LineLog
from autograd.nodes import Tensor
from autograd.ops import *  # noqa: F403  (the table's names are listed there, once)
from autograd.ops.op_types import custom_op
from autograd.partials import (
    biharmonic,
    derivative_tensor,
    hessian_diagonal,
    laplacian,
    partial_derivative,
)
from autograd.recompute import checkpoint
from autograd.scalars import Value
from autograd.scopes import begin_scope, end_scope
from autograd.summaries import Summary, summary
from autograd.taylor import jet, taylor
from autograd.transforms import (
    derivative,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    source,
    value_and_grad,
    vjp,
)

if TYPE_CHECKING:
    from autograd.pictures import (
        Drawing as Drawing,
    )
    from autograd.pictures import (
        DrawingError as DrawingError,
    )
    from autograd.pictures import (
        Explanation as Explanation,
    )
    from autograd.pictures import (
        SeriesExplanation as SeriesExplanation,
    )
    from autograd.pictures import (
        Stepper as Stepper,
    )
    from autograd.pictures import (
        Trace as Trace,
    )
    from autograd.pictures import (
        draw as draw,
    )
    from autograd.pictures import (
        explain as explain,
    )
    from autograd.pictures import (
        step as step,
    )

__version__ = "0.1.0"

__all__ = [
    "BroadcastWarning",
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
    "Tensor",
    "TrainingWarning",
    "Value",
    "Why",
    "assign",
    "begin_scope",
    "biharmonic",
    "captured",
    "check_grads",
    "checkpoint",
    "custom_op",
    "debug",
    "derivative",
    "derivative_tensor",
    "elementwise_grad",
    "end_scope",
    "fori_loop",
    "grad",
    "gradients",
    "hessian",
    "hessian_diagonal",
    "hvp",
    "is_compiling",
    "jacobian",
    "jet",
    "jit",
    "jvp",
    "laplacian",
    "no_grad",
    "partial_derivative",
    "summary",
    "taylor",
    "observe",
    "sample",
    "scan",
    "source",
    "value_and_grad",
    "vectorize",
    "vjp",
    "vmap",
    "while_loop",
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

# Loaded when they are first asked for, since many programs never do.
PICTURES = [
    "Drawing",
    "DrawingError",
    "Explanation",
    "SeriesExplanation",
    "Stepper",
    "Trace",
    "draw",
    "explain",
    "step",
]
__all__ += PICTURES

HIPS_MODULES = ["builtins", "core", "extend", "numpy", "tracer", "util", "wrap_util"]
HIPS_BUILTINS = ["dict", "isinstance", "list", "tuple", "type"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in PICTURES:
            found = getattr(import_module("autograd.pictures"), name)
        elif name in HIPS_MODULES:
            found = import_module(f"autograd.{name}")
        elif name in HIPS_BUILTINS:  # not in __all__, for they are Python's names, too
            found = getattr(import_module("autograd.builtins"), name)
        else:
            habit = OF_THE_PACKAGE.get(name, "")
            hint = f": {habit}" if habit else ""
            raise AttributeError(f"module 'autograd' has no attribute {name!r}{hint}")
        return globals().setdefault(name, found)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, *HIPS_MODULES})
