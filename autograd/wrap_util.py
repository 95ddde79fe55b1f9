"""`unary_to_nary`: from operators on functions of one argument to functions of several."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Extend `operator(f, x)`, for f of one argument, to functions of several arguments.

    The result is called as `operator(f, argnum=0, **settings)(*args, **kwargs)`. If `argnum` is a
    tuple of positions, x is the tuple of these arguments.

    >>> from autograd.wrap_util import unary_to_nary
    >>> doubled = unary_to_nary(lambda f, x: f(2 * x))
    >>> doubled(lambda a, b: (a, b), 1)(10, 20)
    (10, 40)
    """

    @wraps(operator)
    def nary(
        fun: Callable[..., Any], argnum: Any = 0, *settings: Any, **more: Any
    ) -> Callable[..., Any]:
        one = isinstance(argnum, int)
        chosen = (argnum,) if one else tuple(argnum)

        @wraps(fun)
        def at(*args: Any, **kwargs: Any) -> Any:
            def of_one(x: Any) -> Any:
                call = list(args)
                for number, part in zip(chosen, (x,) if one else x, strict=True):
                    call[number] = part
                return fun(*call, **kwargs)

            parts = tuple([args[number] for number in chosen])
            return operator(of_one, parts[0] if one else parts, *settings, **more)

        return at

    return nary
