"""NumPy's arguments, by place and by name, as the functions of `ops` take them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, signature
from typing import Any

import numpy as np

from autograd.alternatives import name_of
from autograd.engine.graph import Node
from autograd.ops.structural import cast
from autograd.trees import map_tree


class UnsupportedArgument(TypeError):
    """An argument of NumPy's function that ours does not have."""


_DATA = frozenset(["a", "a1", "a2", "b", "bins", "element", "test_elements", "v", "x", "x1", "x2"])
"""Parameters of functions without derivative that are numbers; the others are settings."""
_WITHOUT_EFFECT = frozenset(
    ["casting", "copy", "device", "kind", "like", "order", "overwrite_input", "stable", "subok"]
)
"""How NumPy is to compute, or to lay out the result; what the result is does not depend on it."""


def data_and_settings(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a function without derivative: its data by place, its settings by name."""
    names = names_by_place(func)
    if not names:
        return list(args), kwargs
    given = dict(zip(names, args, strict=False)) | kwargs
    data = [given.pop(name) for name in names if name in _DATA and name in given]
    return data, given


def translated(
    func: Callable[..., Any],
    ours: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of NumPy's function for ours, which may have other names and fewer parameters.

    Raises UnsupportedArgument for a setting that ours does not have, and that does make a
    difference.
    """
    place, renamed = in_common(func, ours)
    if len(args) > place:
        by_place = names_by_place(func)[place : len(args)]
        kwargs = dict(zip(by_place, args[place:], strict=True)) | kwargs
        args = args[:place]
    own = _by_name(ours)
    settings = {}
    for name, setting in kwargs.items():
        name = renamed.get(name, name)
        if name == "out":
            _refuse_out(name_of(func), setting)
        elif own is None or name in own:
            settings[name] = setting
        elif name == "dtype" and setting is not None:
            args = map_tree(partial(_in_type, setting), args)
        elif name == "correction" and "ddof" in own:
            settings["ddof"] = setting
        elif not (name in _WITHOUT_EFFECT or setting is None or setting is np._NoValue):
            if name == "where" and setting is True:
                continue
            raise UnsupportedArgument(f"the argument {name!r} is not supported")
    return args, settings


def with_effect(ours: Callable[..., Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The settings without those that ours does not have, and that make no difference."""
    own = _by_name(ours)
    if own is None:
        return kwargs
    return {
        name: setting
        for name, setting in kwargs.items()
        if name in own or not (name in _WITHOUT_EFFECT or setting is None)
    }


def _refuse_out(name: str, out: Any) -> None:
    if any(array is not None for array in (out if isinstance(out, tuple) else (out,))):
        raise TypeError(
            f"{name}(..., out=...): a node cannot be written into, nor an array take its place: "
            "use the returned node, and write a = a + x for a += x of an array"
        )


def _in_type(dtype: Any, x: Any) -> Any:
    return cast(x, dtype) if isinstance(x, Node | np.ndarray) else x


@cache
def _all_parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Those that are known: NumPy's functions in C have a signature since 2.4."""
    try:
        return tuple(signature(function).parameters.values())
    except ValueError:
        return ()


@cache
def names_by_place(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that may be given by place; none where they are any number."""
    parameters = _all_parameters(function)
    if isinstance(function, np.ufunc) or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return ()
    return tuple([p.name for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)])


@cache
def _by_name(function: Callable[..., Any]) -> frozenset[str] | None:
    """The parameters that may be given by name; None where it takes any name."""
    parameters = _all_parameters(function)
    if not parameters or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return frozenset([p.name for p in parameters if p.kind is not p.VAR_POSITIONAL])


@cache
def in_common(theirs: Callable[..., Any], ours: Callable[..., Any]) -> tuple[int, dict[str, str]]:
    """How many parameters by place mean the same, and those that are called otherwise in ours."""
    names = names_by_place(theirs)
    own = [p.name for p in _all_parameters(ours) if p.kind is not p.KEYWORD_ONLY]
    if theirs is np.dot:
        names = ("a", "b")
    if not names:
        return 1 << 30, {}
    renamed: dict[str, str] = {}
    place = 0
    for name, ours_name in zip(names, own, strict=False):
        if name != ours_name:
            if ours_name in names:
                break
            renamed[name] = ours_name
        place += 1
    return place, renamed
