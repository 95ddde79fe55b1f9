"""HIPS autograd's utilities for tuples of arguments and for graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd.check import check_grads
from autograd.hips.views import toposort

__all__ = ["func", "quick_grad_check", "subval", "subvals", "toposort"]


def subvals(x: Iterable[Any], ivs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """The tuple x with other entries in some places, given as pairs (place, entry).

    >>> from autograd.util import subvals
    >>> subvals((1, 2, 3), [(0, "a"), (2, "c")])
    ('a', 2, 'c')
    """
    changed = list(x)
    for i, v in ivs:
        changed[i] = v
    return tuple(changed)


def subval(x: Iterable[Any], i: int, v: Any) -> tuple[Any, ...]:
    """The tuple x with v in place i.

    >>> from autograd.util import subval
    >>> subval((1, 2, 3), 1, "b")
    (1, 'b', 3)
    """
    return subvals(x, [(i, v)])


def func(f: Callable[..., Any]) -> Callable[..., Any]:
    """f itself, a method as a function.

    >>> from autograd.util import func
    >>> func(len) is len
    True
    """
    return f


def quick_grad_check(
    fun: Callable[..., Any], arg0: Any, extra_args: Any = (), kwargs: Any = None, **_: Any
) -> None:
    """Check the first derivatives of reverse mode with respect to the first argument.

    `autograd.check_grads` checks more.

    >>> from autograd.util import quick_grad_check
    >>> quick_grad_check(lambda x, n: x**n, 2.0, (3,))
    """
    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), arg0, modes=["reverse"], order=1)
