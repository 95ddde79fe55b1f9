"""How a namespace of NumPy becomes one whose functions take nodes, each in one of three ways.

What the functions compute that NumPy does not differentiate itself is in the other modules here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from functools import wraps
from types import ModuleType
from typing import Any, NoReturn, TypeAlias

import numpy as np

from autograd.extend import notrace_primitive
from autograd.ops.structural import array, holds_node
from autograd.protocols import LOOKING_ONLY, RULES

Function: TypeAlias = Callable[..., Any]

_TAKE_LISTS = (np.concatenate, np.stack, np.vstack, np.hstack)

ADVICE = (
    "Write it from functions that have one, or state it with autograd.extend.primitive and defvjp. "
    "For the plain numbers, without derivative, pass autograd.tracer.getval(x)."
)


class Mark(Enum):
    """What a function does with nodes."""

    DERIVATIVE = "differentiates to any order"
    PLAIN = "has no derivative: it takes the plain numbers and gives a plain result"
    REFUSED = "raises TypeError, naming itself"


MARKS: dict[str, dict[str, Mark]] = {}
"""By module and name: what each function of those that `wrap` was given does with nodes."""


def wrap(
    module: ModuleType,
    composed: Mapping[str, Any],
    plain: Collection[str] = (),
    advice: str = ADVICE,
) -> dict[str, Any]:
    """The names of a module of NumPy; without nodes its functions are NumPy's own.

    composed: the differentiable functions that the engine's table does not have.
    plain: the functions that have no derivative, beside those that the engine knows.
    advice: what is said of the others.
    """
    names: dict[str, Any] = {}
    marks = MARKS[module.__name__] = {}
    for name in sorted(module.__all__):
        if isinstance(vars(module).get(name, module), ModuleType):
            continue  # some submodules are slow to load
        theirs = getattr(module, name)
        if isinstance(theirs, type) or not callable(theirs):
            names[name] = theirs
        elif name in composed:
            names[name] = differentiable(theirs, composed[name])
            marks[name] = Mark.DERIVATIVE
        elif name in plain:
            names[name] = notrace_primitive(theirs)
            marks[name] = Mark.PLAIN
        elif theirs in RULES or theirs in LOOKING_ONLY:
            names[name] = theirs if isinstance(theirs, np.ufunc) else with_lists(theirs)
            marks[name] = Mark.PLAIN if theirs in LOOKING_ONLY else Mark.DERIVATIVE
        else:
            names[name] = refused(theirs, f"{module.__name__}.{name}", advice)
            marks[name] = Mark.REFUSED
    return names


def differentiable(theirs: Function, ours: Function) -> Function:
    """`ours` where there is a node among the arguments, or in a list or tuple there."""

    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        if holds_node(args) or holds_node([*kwargs.values()]):
            return ours(*args, **kwargs)
        return theirs(*args, **kwargs)

    return function


def with_lists(theirs: Function) -> Function:
    """A function that finds nodes by itself, and now also finds those in a list: `sum([a, b])`."""
    if theirs in _TAKE_LISTS:
        return theirs

    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        for arg in args:
            if isinstance(arg, list | tuple) and holds_node(arg):
                args = tuple([array(arg) if holds_node(arg) else arg for arg in args])
                break
        return theirs(*args, **kwargs)

    return function


def refused(theirs: Function, name: str, advice: str) -> Function:
    """A function that raises TypeError where there is a node among the arguments."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{name} has no derivative rule for nodes. {advice}")

    return differentiable(theirs, refuse)
