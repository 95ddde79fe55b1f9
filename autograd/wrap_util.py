"""The names of derivatives, and `unary_to_nary`: from operators on functions of one argument to
functions of several.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

Function = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")

__all__ = ["get_doc", "get_name", "unary_to_nary", "wrap_nary_f", "wraps"]


def get_name(f: Any) -> str:
    """The name of a function, also where it has none."""
    return str(getattr(f, "__name__", "[unknown name]"))


def get_doc(f: Any) -> str:
    """The docstring of a function, also where it has none."""
    return getattr(f, "__doc__", "") or ""


def wraps(
    fun: Any, namestr: str = "{fun}", docstr: str = "{doc}", **kwargs: Any
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`functools.wraps`, with a name and a docstring made of those of `fun` and of other things.

    >>> from autograd.wrap_util import wraps
    >>> wraps(len, "{fun}_{times}", times="twice")(lambda x: 2 * len(x)).__name__
    'len_twice'
    """

    def named(f: Callable[P, R]) -> Callable[P, R]:
        if callable(fun):
            functools.update_wrapper(f, fun)
        f.__name__ = f.__qualname__ = namestr.format(fun=get_name(fun), **kwargs)
        f.__doc__ = docstr.format(fun=get_name(fun), doc=get_doc(fun), **kwargs)
        return f

    return named


def require_function(name: str, f: Any, otherwise: str = "") -> None:
    """Raise TypeError for what cannot be called, before anybody calls it."""
    if not callable(f):
        raise TypeError(
            f"{name}: the first argument must be a function, not of type {type(f).__name__}: "
            f"write {name}(f)(x){otherwise}"
        )


def wrap_nary_f(fun: Any, op: Any, argnum: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The name and docstring of an operator applied to a function; TypeError for anything else.

    >>> from autograd import grad
    >>> def area(r): return 3.14 * r**2
    >>> grad(area).__name__
    'grad_of_area_wrt_argnum_0'
    """
    name, operator = get_name(fun), get_name(op)
    require_function(operator, fun, ", or gradients(y, x) for the derivative of a node y")

    def named(f: Callable[P, R]) -> Callable[P, R]:
        functools.update_wrapper(f, fun, assigned=_KEPT)
        f.__name__ = f.__qualname__ = f"{operator}_of_{name}_wrt_argnum_{argnum}"
        f.__doc__ = (
            f"    {operator} of function {name} with respect to argument number {argnum}. "
            f"Takes the\n    same arguments as {name} but returns the {operator}.\n"
        )
        return f

    return named


_KEPT = ("__module__", "__annotations__")  # a ufunc writes its docstring anew when asked for it


def unary_to_nary(operator: Function) -> Function:
    """Extend `operator(f, x)`, for f of one argument, to functions of several arguments.

    The result is called as `operator(f, argnum=0, **settings)(*args, **kwargs)`. If `argnum` is a
    tuple of positions, x is the tuple of these arguments.

    >>> from autograd.wrap_util import unary_to_nary
    >>> doubled = unary_to_nary(lambda f, x: f(2 * x))
    >>> doubled(lambda a, b: (a, b), 1)(10, 20)
    (10, 40)
    """

    @functools.wraps(operator)
    def nary(fun: Function, argnum: Any = 0, *settings: Any, **more: Any) -> Function:
        one = isinstance(argnum, int)
        chosen = (argnum,) if one else tuple(argnum)
        name = get_name(fun)

        @wrap_nary_f(fun, operator, argnum)
        def at(*args: Any, **kwargs: Any) -> Any:
            if argnum == 0 and len(args) == 1 and not kwargs:
                return operator(fun, args[0], *settings, **more)

            def of_one(x: Any) -> Any:
                call = list(args)
                for number, part in zip(chosen, (x,) if one else x, strict=True):
                    call[number] = part
                return fun(*call, **kwargs)

            of_one.__name__ = name  # `wraps` would take longer than many a fun
            parts = tuple([args[number] for number in chosen])
            return operator(of_one, parts[0] if one else parts, *settings, **more)

        return at

    return nary
