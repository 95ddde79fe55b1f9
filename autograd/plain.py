"""The data of nodes, for results that have no derivative on purpose."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd.arithmetic import Arithmetic
from autograd.trees import map_tree


def getval(x: Any) -> Any:
    """The number or array in a node; anything else is returned as it is.

    >>> from autograd import Value
    >>> from autograd.tracer import getval
    >>> getval(Value(2.0)), getval(3.0)
    (2.0, 3.0)
    """
    while isinstance(x, Arithmetic):
        x = x._value
    return x


def notrace_primitive(f: Callable[..., Any]) -> Callable[..., Any]:
    """Call f with the data of its arguments, so that the result has no derivative.

    >>> from autograd import grad
    >>> from autograd.extend import notrace_primitive
    >>> steps = notrace_primitive(lambda x: int(x) + 1)
    >>> grad(lambda x: x * steps(x))(2.5)
    3.0
    """

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        return f(*map_tree(getval, args), **map_tree(getval, kwargs))

    return function
