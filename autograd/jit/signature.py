"""What distinguishes calls that one program cannot serve: structure, shapes, types, settings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from autograd.graph import ArrayNode, ScalarNode

_SETTINGS = (int, str, bytes, bool, type(None), type, np.dtype)


class Signature:
    """The arguments of a call taken apart: numbers and arrays as `leaves`, the rest as `key`."""

    def __init__(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], static: frozenset[int | str]
    ) -> None:
        self.leaves: list[Any] = []
        self.objects: list[tuple[str, Any]] = []
        """Arguments known by what they are, not by what they hold: functions, modules, ..."""
        parts = [
            _setting(number, arg) if number in static else self._add(f"argument {number}", arg)
            for number, arg in enumerate(args)
        ]
        named = [
            (name, _setting(name, arg) if name in static else self._add(name, arg))
            for name, arg in kwargs.items()
        ]
        self.key: Hashable = (*parts, *named)

    def _add(self, name: str, thing: Any) -> Hashable:
        kind = thing.__class__
        if kind is float or kind is np.float64:
            self.leaves.append(float(thing))
            return "float"
        if kind is np.ndarray:
            if thing.dtype.kind not in "fiub":
                raise TypeError(f"jit: {name} is an array of {thing.dtype}, not of real numbers")
            self.leaves.append(thing)
            return thing.shape, thing.dtype
        if isinstance(thing, ScalarNode):
            self.leaves.append(thing)
            return "Value"
        if isinstance(thing, ArrayNode):
            self.leaves.append(thing)
            return "Tensor", thing.shape, thing.dtype
        if kind is tuple or kind is list or isinstance(thing, list | tuple):
            return kind, *[self._add(f"{name}[{i}]", part) for i, part in enumerate(thing)]
        if isinstance(thing, dict):
            parts = [(key, self._add(f"{name}[{key!r}]", part)) for key, part in thing.items()]
            return kind, *parts
        if isinstance(thing, np.ma.MaskedArray | np.matrix):
            raise TypeError(
                f"jit: {name} is a {kind.__name__}, whose arithmetic is not that of an array: pass "
                "np.asarray(x), and a mask as an argument of its own"
            )
        if isinstance(thing, np.generic | np.ndarray):
            array = np.asarray(thing)
            self.leaves.append(array)
            return array.shape, array.dtype
        if isinstance(thing, _SETTINGS):
            return kind, thing
        self.objects.append((name, thing))
        return kind, id(thing)


def _setting(name: Hashable, value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError as error:
        raise TypeError(
            f"jit: the static argument {name!r} is a {type(value).__name__}, which cannot be told "
            "apart by its value; give a number, a string or a tuple of them"
        ) from error
    return _kinds(value), value


def _kinds(value: Any) -> tuple[Any, ...]:
    """What equal values are told apart by: 1 is equal to True, and 0.0 to -0.0."""
    if isinstance(value, tuple):
        return type(value), *map(_kinds, value)
    return (float, value.hex()) if isinstance(value, float) else (type(value),)


def is_leaf(thing: Any) -> bool:
    """Whether it is a number or array that a program computes with."""
    return isinstance(thing, float | np.generic | np.ndarray | ScalarNode | ArrayNode)
