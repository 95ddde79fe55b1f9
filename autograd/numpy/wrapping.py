"""Turn a NumPy namespace into one whose functions take nodes, in one of three ways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from types import ModuleType
from typing import Any, NoReturn, TypeAlias

import numpy as np

from autograd.alternatives import MARKS, Mark, alternative
from autograd.engine.graph import Node
from autograd.ops.structural import array, holds_node
from autograd.plain import notrace_primitive
from autograd.protocols import LOOKING_ONLY, RULES, call_with_nodes
from autograd.signatures import with_effect

Function: TypeAlias = Callable[..., Any]

_TAKE_LISTS = (np.concatenate, np.stack, np.vstack, np.hstack)
_OF_SEQUENCES = (
    *("concat", "concatenate", "stack", "vstack", "hstack", "dstack", "row_stack", "column_stack"),
    "multi_dot",
)
"""Functions of a sequence of arrays, which may be a generator or a view of a dict."""

ADVICE = (
    "Compose it of functions that have one, or define it with autograd.extend.primitive and "
    "defvjp. For a result without derivative, pass autograd.tracer.getval(x)."
)


def wrap(
    module: ModuleType,
    composed: Mapping[str, Any],
    plain: Collection[str] = (),
    advice: str = ADVICE,
) -> dict[str, Any]:
    """The public names of a module, with its functions wrapped; without nodes they are unchanged.

    composed: differentiable functions to call with nodes.
    plain: functions without derivative, besides those that the engine knows.
    advice: what the error of the other functions recommends.
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
        if name in _OF_SEQUENCES:
            names[name] = of_sequence(names[name])
    return names


def differentiable(theirs: Function, ours: Function) -> Function:
    """`ours` if a node is among the arguments, or in a list or tuple there; else `theirs`.

    What is called with nodes is the attribute `with_nodes`, which may be replaced.
    """

    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        if holds_node(args) or (kwargs and holds_node([*kwargs.values()])):
            ours_now = with_attribute.with_nodes
            return ours_now(*args, **(kwargs and with_effect(ours_now, kwargs)))
        return theirs(*args, **kwargs)

    with_attribute: Any = function
    with_attribute.with_nodes = ours
    return function


def of_sequence(function: Function) -> Function:
    """A function whose first argument is a sequence of arrays, for any iterable of arrays."""

    @wraps(function)
    def of_iterable(*args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], Node | np.ndarray | list | tuple):
            args = (list(args[0]), *args[1:])
        return function(*args, **kwargs)

    return of_iterable


_LISTS = (list, tuple)
_PLAIN = (np.ndarray, list, tuple, float, int)


def with_lists(theirs: Function) -> Function:
    """A function that takes nodes, extended to nodes in lists, as in `sum([a, b])`."""
    if theirs in _TAKE_LISTS:
        return theirs

    @wraps(theirs)
    def function(*args: Any, **kwargs: Any) -> Any:
        for arg in args:
            if isinstance(arg, _LISTS) and holds_node(arg):
                args = tuple([array(arg) if holds_node(arg) else arg for arg in args])
                break
        # NumPy does not look at all arguments for nodes: not at the indices of `take`.
        begins_plain = args and isinstance(args[0], _PLAIN)
        if begins_plain and (holds_node(args) or (kwargs and holds_node([*kwargs.values()]))):
            return call_with_nodes(theirs, args, kwargs)
        return theirs(*args, **kwargs)

    return function


def refused(theirs: Function, name: str, advice: str) -> Function:
    """A function that raises TypeError if a node is among the arguments."""

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        write = alternative(name)
        write = f"Write {write}. " if write else ""
        raise TypeError(f"{name} has no derivative rule for nodes. {write}{advice}")

    return differentiable(theirs, refuse)
