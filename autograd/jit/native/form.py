"""What the arguments and results of a kernel look like, and the function that Python calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np

from autograd.jit.lowering.code import Unwritten
from autograd.jit.native import machine
from autograd.jit.native.convention import (
    ARRAYS,
    DICT,
    DOUBTFUL,
    DOUBTS,
    EQUAL,
    FORM,
    KERNEL,
    LIST,
    MEMORY,
    MEMORY_SLOT,
    NUMBER,
    OTHERWISE,
    RUNS,
    SAME,
    SLOTS,
    TUPLE,
    UNUSED,
    WORDS,
    caller,
)
from autograd.jit.terms import is_leaf

_NOTHING: Final = object()
_MANY = 1000
_CONTAINERS: Mapping[Any, int] = {list: LIST, tuple: TUPLE, dict: DICT}


class _Own(np.ndarray[Any, Any]):
    """The words that a function has of its own, and the objects that they point to."""

    kept: tuple[Any, ...]


@dataclass(frozen=True)
class _Part:
    kind: int
    type: type | None = None
    other: Any = _NOTHING
    count: int = 0
    key: Any = _NOTHING
    slot: int = -1


class Form:
    """What arguments, and then a result, look like.

    slots: of the numbers among the arguments in order, -1 for those that are not needed; settings:
    which of the integers are no numbers, as for `CallKey.take`.
    """

    def __init__(self, slots: Iterable[int] = (), settings: Collection[int] = ()) -> None:
        self._parts: list[_Part] = []
        self._slots = iter(slots)
        self._settings = settings
        self._integers: Iterator[int] = count()

    def add(self, kind: int, **more: Any) -> None:
        """A part that has no parts."""
        self._parts.append(_Part(kind, **more))

    def take(self, thing: Any, static: bool = False, key: Any = _NOTHING) -> None:
        """An argument like this. Raises Unwritten for arrays, nodes, and containers of the user's
        own types.
        """
        kind = type(thing)
        is_data = kind is int and not static and next(self._integers) not in self._settings
        if is_data or (kind is float and not static):
            slot = next(self._slots)
            self.add(UNUSED if slot < 0 else NUMBER, type=kind, key=key, slot=slot)
        elif kind in (int, str, bool, bytes, type(None)):
            self.add(EQUAL, type=kind, other=thing, key=key)
        elif not static and _is_container(thing):
            self.container(thing, key, kind, self.take)
        elif not static and (is_leaf(thing) or isinstance(thing, list | tuple | dict)):
            raise Unwritten
        else:
            self.add(SAME, other=thing, key=key)

    def take_call(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], static: Collection[int | str]
    ) -> None:
        """A call like this, of which some arguments are settings."""
        arguments = iter([*range(len(args)), *kwargs])

        def add(thing: Any, key: Any = _NOTHING) -> None:
            self.take(thing, next(arguments) in static, key)

        self.container(args, _NOTHING, tuple, add)
        self.container(kwargs, _NOTHING, dict, add)

    def container(self, things: Any, key: Any, of: type | None, add: Callable[..., None]) -> None:
        """A container, with what `add` adds for its parts; numbers in slots in turn are a row."""
        place, kind = len(self._parts), _CONTAINERS[type(things)]
        pairs = things.items() if kind == DICT else [(_NOTHING, thing) for thing in things]
        for name, thing in pairs:
            add(thing, key=name)
        parts, slot = self._parts[place:], -1
        if parts and all(part.kind == NUMBER and part.type is not int for part in parts):
            slots = [part.slot for part in parts]
            if kind != DICT and slots == [*range(slots[0], slots[0] + len(slots))]:
                slot = slots[0]
                del self._parts[place:]
        self._parts.insert(place, _Part(kind, of, count=len(things), key=key, slot=slot))

    def give(
        self, thing: Any, varies: Iterator[bool], outputs: Iterator[Any], constants: Iterator[Any]
    ) -> None:
        """A result that nests outputs and constants like this one. An output is a kind and a slot,
        or a constant. Raises Unwritten where that cannot be.
        """

        def add(thing: Any, inside: bool = True, key: Any = _NOTHING) -> None:
            if thing is None and inside:
                self.add(SAME, other=None, key=key)
            elif _is_container(thing):
                self.container(thing, key, None, add)
            elif isinstance(thing, list | tuple | dict):
                raise Unwritten
            else:
                kind, slot, constant = (
                    next(outputs) if next(varies) else (SAME, -1, next(constants))
                )
                if kind == SAME and isinstance(constant, np.ndarray):
                    raise Unwritten
                self.add(kind, other=constant, key=key, slot=slot)

        add(thing, inside=False)

    def function(
        self,
        kernel: machine.Compiled,
        slots: int,
        arrays: Sequence[Any],
        memory: tuple[int, Any] = (0, None),
        otherwise: Any = _NOTHING,
        doubtful: Sequence[int] = (),
    ) -> Any:
        """The function of Python. memory: the slot for the address of an array, and the array."""
        words = np.zeros((len(self._parts), WORDS), np.int64)
        for n, part in enumerate(self._parts):
            objects = [part.type or _NOTHING, part.other]
            words[n] = part.kind, *map(_address, objects), part.count, _address(part.key), part.slot
        own = np.zeros(11, np.int64).view(_Own)
        places = np.array(doubtful, np.int64)
        slot, array = memory
        own[KERNEL], own[SLOTS], own[FORM] = kernel.address, slots + 1, words.ctypes.data
        own[MEMORY_SLOT] = slots if array is None else slot
        own[MEMORY] = 0 if array is None else array.ctypes.data
        addresses = np.array([array.ctypes.data for array in arrays], np.int64)
        own[ARRAYS] = addresses.ctypes.data
        own[OTHERWISE], own[DOUBTS] = _address(otherwise), len(doubtful)
        own[DOUBTFUL] = places.ctypes.data
        own.kept = kernel, words, addresses, arrays, places, array, otherwise, self._parts
        return machine.method(caller(slots > _MANY), own), own[RUNS : RUNS + 1]


def _address(thing: Any) -> int:
    return 0 if thing is _NOTHING else id(thing)


def _is_container(thing: Any) -> bool:
    kind = type(thing)
    return kind in _CONTAINERS and (kind is not dict or all(type(key) is str for key in thing))
