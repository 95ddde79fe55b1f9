"""The differential operators of HIPS autograd under the names they have there.

Those that have the same name in both stand in `transforms`. Each takes `argnum`, the number of the
argument to differentiate by, or a tuple of such.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import numpy as np

from autograd import ops
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
from autograd.trees import map_tree
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
    """make_vjp(f)(x) gives the function v ↦ vᵀJ, which can be called again and again, and f(x).

    >>> from autograd import make_vjp
    >>> pullback, value = make_vjp(lambda x: x**2)(3.0)
    >>> pullback(1.0), value
    (6.0, 9.0)
    """
    value, pullback = vjp(fun, x)
    return lambda v: pullback(v)[0], value


@unary_to_nary
def make_jvp(fun: Function, x: Any) -> Function:
    """make_jvp(f)(x) gives the function t ↦ (f(x), J t), by forward mode.

    >>> from autograd import make_jvp
    >>> make_jvp(lambda x: x**2)(3.0)(10.0)
    (9.0, 60.0)
    """
    return lambda t: jvp(fun, (x,), (t,))


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """make_jvp_reversemode(f)(x) gives the function t ↦ J t.

    >>> from autograd.differential_operators import make_jvp_reversemode
    >>> make_jvp_reversemode(lambda x: x**2)(3.0)(10.0)
    60.0
    """
    return lambda t: jvp(fun, (x,), (t,))[1]


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """The derivative of f, by forward mode, in the direction of ones: of a function of one number,
    which may give an array, all of it.

    >>> import autograd.numpy as np
    >>> from autograd import deriv
    >>> deriv(lambda t: np.array([t, t**2]))(3.0)
    array([1., 6.])
    """
    ones = map_tree(lambda leaf: np.ones(ops.shape_of(leaf))[()], x)
    return jvp(fun, (x,), (ones,))[1]


def grad_and_aux(fun: Function, argnum: Any = 0) -> Function:
    """The function that gives the gradient of the first of f's two results, and the second.

    >>> from autograd import grad_and_aux
    >>> grad_and_aux(lambda x: (x**2, "beside"))(3.0)
    (6.0, 'beside')
    """
    return grad(fun, argnum, has_aux=True)


def grad_named(fun: Function, argname: str) -> Function:
    """`grad` by the argument of this name.

    >>> from autograd import grad_named
    >>> grad_named(lambda a, b: a * b**2, "b")(2.0, 3.0)
    12.0
    """
    return grad(fun, list(inspect.signature(fun).parameters).index(argname))


def multigrad_dict(fun: Function) -> Function:
    """The function that gives the gradients by all arguments, in a dict by their names.

    Defaults count as arguments.

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
    """make_hvp(f)(x) gives the function v ↦ H v of the Hessian H, and the gradient.

    >>> from autograd import make_hvp
    >>> product, gradient = make_hvp(lambda x: x**3)(2.0)
    >>> product(10.0), gradient
    (120.0, 12.0)
    """
    product: Function = make_vjp(grad(fun, argnum), argnum)
    return product


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """hessian_tensor_product(f)(*args, v) is Σ H v, over all the axes of the argument.

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
    """tensor_jacobian_product(f)(*args, v) is Σ v J, over the first axes of f, as many as v has.

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
    """make_ggnvp(f, g)(*args) gives v ↦ Jᵀ H J v, with the Jacobian J of f and the Hessian H of g
    at f: the product with Gauss and Newton's approximation to the Hessian of g(f).

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


def holomorphic_grad(fun: Function, argnum: Any = 0) -> NoReturn:
    """Raises TypeError: complex numbers are not supported."""
    raise TypeError(
        "holomorphic_grad: complex numbers are not supported; write the function of real and "
        "imaginary part apart, and take its gradient by both"
    )
