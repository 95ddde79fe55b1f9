"""From the arguments of a call to a program's inputs, and from its outputs to a result.

How this is written out for one form of call is in `direct`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.nodes import Tensor
from autograd.scalars import Value

MANY = 4
"""More numbers in a row than this are taken and given all together."""

_ROW = "_values"
"""What a `packer` calls all outputs of a program; a name in its source never begins like this."""

_SETTINGS = (int, str, bytes, bool, type(None), type, np.dtype)


class Signature:
    """The arguments of a call taken apart: numbers and arrays as `leaves`, the rest as `key`.

    Calls of different keys cannot have one program: their structure, shapes, types or settings
    differ.
    """

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
        if isinstance(thing, Value):
            self.leaves.append(thing)
            return "Value"
        if isinstance(thing, Tensor):
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
    return isinstance(thing, float | np.generic | np.ndarray | Value | Tensor)


class Unwritten(Exception):
    """A call or result has a part that is not written out."""


def packer(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    rebuild: Callable[[Iterator[Any]], Any],
) -> Callable[[Sequence[Any]], Any]:
    """A function from the outputs of a program to a result that is nested like this one.

    varies: for each leaf of the result, whether it is an output or one of the `constants`.
    """
    space: dict[str, Any] = {}
    outputs = [f"{_ROW}[{number}]" for number in range(sum(varies))]
    try:
        text = written_result(result, varies, constants, outputs, kept_in(space))
    except Unwritten:

        def slowly(values: Sequence[Any]) -> Any:
            given, same = iter(values), iter(constants)
            return rebuild(iter([next(given) if new else next(same) for new in varies]))

        return slowly
    exec(f"def pack({_ROW}):\n    return {text}\n", space)
    pack: Callable[[Sequence[Any]], Any] = space["pack"]
    return pack


def kept_in(space: dict[str, Any]) -> Callable[[Any], str]:
    """What gives an expression for a constant, which is put into `space`."""

    def keep(constant: Any) -> str:
        name = f"c{len(space)}"
        space[name] = constant
        return f"{name}.copy()" if isinstance(constant, np.ndarray) else name

    return keep


def written_result(
    result: Any,
    varies: Sequence[bool],
    constants: Sequence[Any],
    outputs: Sequence[str],
    constant: Callable[[Any], str],
) -> str:
    """An expression for a result like this one, of those for each output and each constant.

    Raises Unwritten for containers of the user's own kinds.
    """
    leaves, given, fixed = iter(varies), iter(outputs), iter(constants)

    def write(thing: Any) -> str:
        kind = type(thing)
        if kind is dict and all(isinstance(key, str) for key in thing):
            return f"{{{', '.join([f'{key!r}: {write(part)}' for key, part in thing.items()])}}}"
        if kind in (list, tuple):
            parts = [write(part) for part in thing]
            if len(parts) > MANY and all(part.startswith(f"{_ROW}[") for part in parts):
                first = int(parts[0][len(_ROW) + 1 : -1])
                parts = [f"*{_ROW}[{first}:{first + len(parts)}]"]
            inside = ", ".join(parts)
            return f"[{inside}]" if kind is list else f"({inside}{',' * (len(parts) == 1)})"
        if isinstance(thing, list | tuple | dict):
            raise Unwritten
        return next(given) if next(leaves) else constant(next(fixed))

    return write(result)
