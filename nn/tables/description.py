"""Checks of the descriptions of encoders, which come from files of models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nn.data import listed, shown

LARGEST = 2**53


def checked(state: Any, make: Callable[..., Any]) -> dict[str, Any]:
    """Return ``state`` as keywords of ``make``; ``ValueError`` if they are not of its types."""
    hints = get_type_hints(make)
    if not isinstance(state, Mapping) or not state.keys() <= hints.keys():
        names = listed(map(shown, state)) if isinstance(state, Mapping) else shown(state)
        raise ValueError(f"it holds {names}, and not {listed(hints)}")
    for name, value in state.items():
        if not _is_of(value, hints[name]):
            raise ValueError(f"its {name} is {shown(value)}")
    return dict(state)


def _is_of(value: Any, hint: Any) -> bool:
    kind, arguments = get_origin(hint) or hint, get_args(hint)
    if kind is Literal:
        return value in arguments
    if kind in (Union, UnionType):
        return any(_is_of(value, argument) for argument in arguments)
    if kind in (list, Sequence):
        return isinstance(value, list) and all(_is_of(item, arguments[0]) for item in value)
    if kind is bool or isinstance(value, bool):
        return kind is bool is type(value)
    if kind is float:
        return isinstance(value, float) or _is_of(value, int)
    return isinstance(value, kind) and (kind is not int or abs(value) < LARGEST)
