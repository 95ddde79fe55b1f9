"""HIPS autograd's differential operators, under their names there.

Each takes `argnum`, the position of the argument to differentiate with respect to, or a tuple of
positions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from autograd import ops
from autograd.arguments import choose, require_size
from autograd.ops.complex_parts import is_complex
from autograd.recompute import checkpoint
from autograd.transforms import (
    elementwise_grad,
    grad,
    hessian,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from autograd.trees import flatten, map_tree
from autograd.wrap_util import unary_to_nary

Function = Callable[..., Any]

__all__ = [
    "checkpoint",
    "deriv",
    "elementwise_grad",
    "grad",
    "grad_and_aux",
    "grad_named",
    "hessian",
    "hessian_tensor_product",
    "hessian_vector_product",
    "holomorphic_grad",
    "jacobian",
    "make_ggnvp",
    "make_hvp",
    "make_jvp",
    "make_jvp_reversemode",
    "make_vjp",
    "multigrad_dict",
    "tensor_jacobian_product",
    "value_and_grad",
    "vector_jacobian_product",
]


@unary_to_nary
def make_vjp(fun: Function, x: Any) -> tuple[Function, Any]:
    """make_vjp(f)(x) returns the function v ↦ vᵀJ, which can be called repeatedly, and f(x).

    v has the shape of f(x), and vᵀJ that of x.

    >>> from autograd import make_vjp
    >>> pullback, value = make_vjp(lambda x: x**2)(3.0)
    >>> pullback(1.0), value
    (6.0, 9.0)
    """
    value, pullback = vjp(fun, x)
    return lambda v: pullback(v)[0], value


@unary_to_nary
def make_jvp(fun: Function, x: Any) -> Function:
    """make_jvp(f)(x) returns the function t ↦ (f(x), J t), computed in forward mode.

    t has the shape of x, and J t that of f(x).

    >>> from autograd import make_jvp
    >>> make_jvp(lambda x: x**2)(3.0)(10.0)
    (9.0, 60.0)
    """
    return lambda t: jvp(fun, (x,), (t,))


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """make_jvp_reversemode(f)(x) returns the function t ↦ J t.

    t has the shape of x, and J t that of f(x).

    >>> from autograd.differential_operators import make_jvp_reversemode
    >>> make_jvp_reversemode(lambda x: x**2)(3.0)(10.0)
    60.0
    """
    return lambda t: jvp(fun, (x,), (t,))[1]


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """The derivative of f in the direction of ones, computed in forward mode: J 1.

    For a function of one number this is the whole derivative; it has the shape of f(x).

    >>> import autograd.numpy as np
    >>> from autograd import deriv
    >>> deriv(lambda t: np.array([t, t**2]))(3.0)
    array([1., 6.])
    """
    ones = map_tree(lambda leaf: np.ones(ops.shape_of(leaf))[()], x)
    return jvp(fun, (x,), (ones,))[1]


def grad_and_aux(fun: Function, argnum: Any = 0) -> Function:
    """For f with two results, a function that returns the gradient of the first, and the second.

    >>> from autograd import grad_and_aux
    >>> grad_and_aux(lambda x: (x**2, "beside"))(3.0)
    (6.0, 'beside')
    """
    return grad(fun, argnum, has_aux=True)


def grad_named(fun: Function, argname: str) -> Function:
    """`grad` with respect to the argument of this name; ValueError if f has no such argument.

    >>> from autograd import grad_named
    >>> grad_named(lambda a, b: a * b**2, "b")(2.0, 3.0)
    12.0
    """
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


def multigrad_dict(fun: Function) -> Function:
    """A function that returns the gradients with respect to all arguments, in a dict by name.

    Arguments left at their defaults are included.

    >>> from autograd import multigrad_dict
    >>> multigrad_dict(lambda a, b=3.0: a * b**2)(2.0)
    {'a': 9.0, 'b': 12.0}
    """
    signature = inspect.signature(fun)

    def of_dict(arguments: dict[str, Any]) -> Any:
        call = signature.bind_partial()
        call.arguments.update(arguments)
        return fun(*call.args, **call.kwargs)

    @wraps(fun)
    def gradients(*args: Any, **kwargs: Any) -> Any:
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        return grad(of_dict)(dict(call.arguments))

    return gradients


def make_hvp(fun: Function, argnum: Any = 0) -> Function:
    """make_hvp(f)(x) returns the function v ↦ H v for the Hessian H of f at x, and the gradient.

    v, H v and the gradient have the shape of x.

    >>> from autograd import make_hvp
    >>> product, gradient = make_hvp(lambda x: x**3)(2.0)
    >>> product(10.0), gradient
    (120.0, 12.0)
    """
    product: Function = make_vjp(grad(fun, argnum), argnum)
    return product


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """hessian_tensor_product(f)(*args, v) is the Hessian times v, summed over all axes of v.

    v and the result have the shape of the argument.

    >>> import autograd.numpy as np
    >>> from autograd import hessian_vector_product
    >>> hessian_vector_product(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    gradient = make_jvp_reversemode(grad(fun, argnum), argnum)

    @wraps(fun)
    def product(*args: Any, **kwargs: Any) -> Any:
        *args_of_f, v = args
        return gradient(*args_of_f, **kwargs)(v)

    return product


hessian_vector_product = hessian_tensor_product


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """tensor_jacobian_product(f)(*args, v) is v times the Jacobian, summed over all axes of v.

    The axes of v are the first axes of f(*args).

    >>> import autograd.numpy as np
    >>> from autograd import vector_jacobian_product
    >>> vector_jacobian_product(np.square)(np.array([1.0, 2.0]), np.array([10.0, 1.0]))
    array([20.,  4.])
    """

    @wraps(fun)
    def product(*args: Any, **kwargs: Any) -> Any:
        *args_of_f, v = args

        def contracted(*args: Any, **kwargs: Any) -> Any:
            return ops.tensordot(v, fun(*args, **kwargs), len(ops.shape_of(v)))

        return jacobian(contracted, argnum)(*args_of_f, **kwargs)

    return product


vector_jacobian_product = tensor_jacobian_product


def _half_square(x: Any) -> Any:
    return ops.sum(ops.square(x), -1) / 2


def make_ggnvp(f: Function, g: Function = _half_square, f_argnum: int = 0) -> Function:
    """make_ggnvp(f, g)(*args) returns v ↦ Jᵀ H J v, where J is the Jacobian of f, and H the Hessian
    of g at f(*args). Jᵀ H J is the generalised Gauss-Newton approximation to the Hessian of g(f).

    By default g(y) = Σ y² / 2. v and the product have the shape of the argument of f.

    >>> import autograd.numpy as np
    >>> from autograd import make_ggnvp
    >>> make_ggnvp(np.square)(np.array([1.0, 2.0]))(np.array([1.0, 1.0]))
    array([ 4., 16.])
    """

    @wraps(f)
    def at(*args: Any, **kwargs: Any) -> Function:
        pullback, value = make_vjp(f, f_argnum)(*args, **kwargs)
        push = make_jvp(f, f_argnum)(*args, **kwargs)
        curvature = make_hvp(g)(value)[0]
        return lambda v: pullback(curvature(push(v)[1]))

    return at


def holomorphic_grad(fun: Function, argnum: Any = 0) -> Function:
    """The function that gives the complex derivatives f'(z) of a holomorphic function.

    f gives a single number. Real arguments count as complex ones. Raises TypeError where f is not
    holomorphic, which the derivatives in the directions 1 and i tell.

    >>> from autograd import holomorphic_grad
    >>> holomorphic_grad(lambda z: z**2)(1 + 2j)
    (2+4j)
    """

    @wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        chosen, replace = choose("holomorphic_grad", args, argnum)
        args = tuple(replace(map_tree(_as_complex, chosen)))
        return jacobian(lambda *args: _one_complex(fun(*args, **kwargs)), argnum)(*args)

    return gradient


def _as_complex(x: Any) -> Any:
    return x if is_complex(x) else ops.add(x, 0j)


def _one_complex(result: Any) -> Any:
    require_size("holomorphic_grad", result, flatten(result)[0])
    return result + 0j
