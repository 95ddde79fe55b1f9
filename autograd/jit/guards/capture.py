"""`Capture` finds what a recording reads from outside, and refuses what it must not do there.

A compiled program would repeat the random numbers of the recording and leave out what it wrote into
outside objects, so both are refused. Numbers taken out of the program are refused in `trace`.
"""

from __future__ import annotations

import functools
import operator
import random
import zlib
from collections.abc import Collection, Coroutine, Iterator, Sequence
from itertools import chain
from pickle import dumps
from types import GeneratorType
from typing import Any, Self

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.jit.errors import JitError
from autograd.jit.guards.guard import Guard, Outside
from autograd.jit.guards.interpreter import ExecutedCode, position_of
from autograd.jit.guards.places import (
    MOST,
    Place,
    Read,
    attributes,
    changed,
    places,
    read_by,
    readable_names,
)
from autograd.jit.terms import Term, Terms, is_leaf
from autograd.trees import flatten

_MOST_CALLS = 100_000


class Capture:
    """`with Capture(roots, exactly) as capture:` stands around the recording of a function.

    roots: names and objects through which it may read from outside.
    exactly: find the names that the running code reads, even where that takes long.

    Afterwards `refuse_unrepeatable` looks at what the function did, `read` gives the terms of data
    from outside, and `guard` is what has to hold for the program to be valid.
    """

    def __init__(self, roots: Sequence[tuple[str, Any]], exactly: bool = False) -> None:
        self._roots = roots
        self._inside = places(roots)
        self.places: list[Place] = [*chain.from_iterable(self._inside.values())]
        if len(self.places) >= MOST:
            raise JitError(
                f"the function can reach more than {MOST:,} places that may change between calls: "
                "pass data as arguments, or say with `watch` what it reads"
            )
        values = [place.value for place in self.places]
        self._states = _states(values)
        self._checksums = _checksums(values)
        self._first = next_index()
        self._code = ExecutedCode() if exactly else ExecutedCode(_MOST_CALLS)
        self._inputs: dict[Any, Outside] = {}
        self._followed: set[int] = set()
        self._viewed: set[int] = set()
        self.copies: list[Any] = []
        """Arrays that NumPy alone has computed: they may depend on the contents of any other."""

    def __enter__(self) -> Self:
        self._code.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._code.__exit__(*error)

    @property
    def looks_at_types(self) -> bool:
        """Whether code that ran asks for the types of objects."""
        return self._code.read_outside_of_library("type")

    def refuse_unrepeatable(self, result: Any, is_repeat: bool) -> bool:
        """Raise JitError for what a program could not do again, and find the places that were read.

        is_repeat: it is the second recording, so that attributes cannot be new any more.

        Returns whether objects have got new attributes, such as cached properties. Then the
        function has to be recorded again, since it finds them there the next time.
        """
        values = [place.value for place in self.places]
        _refuse_draws(self._states, _states(values))
        names = self._code.names
        if not self._code.complete:
            names = readable_names([*[root for _, root in self._roots], *values])
        watched = read_by(names, self._roots, self._inside)
        for place in watched:
            if self._is_written(place, is_repeat):
                raise JitError(
                    f"the function changes {place.name}, which is outside of it, while it runs; a "
                    "compiled program would do so only once. Return the new value, or keep the "
                    "change out of the compiled function"
                )
        counts = [place for place in watched if attributes(place) is not None]
        if not is_repeat and any(place.value != place.read() for place in counts):
            return True
        _refuse_hidden(result, self._first)
        self._watched = [place for place in watched if attributes(place) is None]
        by_length = sorted(self._watched, key=lambda place: len(place.name), reverse=True)
        self._names = {id(place.value): place.name for place in by_length}
        self._arrays = {
            id(p.value): p for p in reversed(self._watched) if isinstance(p.value, np.ndarray)
        }
        self._owners = {id(_owner(p.value)): self._names[i] for i, p in self._arrays.items()}
        return False

    def _is_written(self, place: Place, is_repeat: bool) -> bool:
        variables = attributes(place)
        if variables is not None:
            computed = [x for x in variables.values() if isinstance(x, Node)]
            if any(x.index >= self._first for x in computed):
                return True
            return is_repeat and len(variables) != place.value
        if any(changed([place])):
            return True
        before = self._checksums.get(id(place.value))
        return before is not None and _checksum(place.value) != before

    # ----------------------------------------------------------------------------------------------
    # Data from outside

    def read(self, x: Any, terms: Terms) -> Term:
        """The term of data that no operation of the recording has made."""
        read: Read
        if isinstance(x, Node):
            if x.index < self._first:
                read = functools.partial(getattr, x, "primal")
                name = self._names.get(id(x), x.label)
                return self._input(terms, x, read, x, name)
            x = x.primal
        if self.is_input(x):
            self._followed.add(id(x))
            read, name = self._arrays[id(x)].read, self._names[id(x)]
        elif isinstance(x, np.ndarray) and (owner := id(_owner(x))) in self._owners:
            self._viewed.add(owner)  # a view shows what the array holds at each run
            read, name = (lambda: x), f"a view of {self._owners[owner]}"
        else:
            self.note_constant(x)
            return terms.constant(x)
        return self._input(terms, id(x), read, None, name)

    def _input(self, terms: Terms, key: Any, read: Read, node: Node | None, name: str) -> Term:
        if key not in self._inputs:
            self._inputs[key] = Outside(terms.input(read()), read, node, name)
        return self._inputs[key].term

    def is_input(self, x: Any) -> bool:
        """Whether it is an array that is found outside, and read there at each run."""
        return isinstance(x, np.ndarray) and id(x) in self._arrays

    def note_constant(self, x: Any) -> None:
        """Take note of a constant of the program, which may have been computed from an array."""
        if isinstance(x, np.ndarray | np.generic):
            self.copies.append(x)

    def guard(self, replaced: Collection[int]) -> Guard:
        """The conditions under which the program is valid.

        replaced: values, by `id`, in whose places the program itself puts others.
        """
        same, contents = [], []
        for place in self._watched:
            value = place.value
            if id(value) in replaced:
                continue
            array = isinstance(value, np.ndarray)
            viewed = array and id(_owner(value)) in self._viewed
            followed = id(value) in self._followed and place is self._arrays[id(value)]
            if viewed or not followed:
                same.append(place)
            if array and (self.copies or not (viewed or followed)):
                contents.append((place, value.tobytes()))
        inputs = sorted(self._inputs.values(), key=lambda part: part.node is None)
        return Guard(inputs, same, contents)


def _owner(array: Any) -> Any:
    """The array that holds the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


# --------------------------------------------------------------------------------------------------
# What a program could not repeat


def _states(values: Sequence[Any]) -> dict[Any, Any]:
    """The states of generators and iterators, including the global ones of Python and NumPy."""
    states: dict[Any, Any] = {
        "Python's": random.getstate(),
        "NumPy's": dumps(np.random.get_state()),  # noqa: NPY002  (only to see whether anybody drew)
    }
    for x in values:
        if isinstance(x, np.random.Generator):
            states[id(x)] = dumps(x.bit_generator.state)
        elif isinstance(x, np.random.RandomState):
            states[id(x)] = dumps(x.get_state())
        elif isinstance(x, random.Random):
            states[id(x)] = x.getstate()
        elif isinstance(x, GeneratorType):
            states["iterator", id(x)] = position_of(x)
        elif isinstance(x, Iterator):
            left = operator.length_hint(x) if hasattr(x, "__length_hint__") else ""
            states["iterator", id(x)] = f"{left} {x!r}"
    return states


def _refuse_draws(before: dict[Any, Any], now: dict[Any, Any]) -> None:
    """Refuse a function that took items from an iterator, or drew random numbers."""
    for key, state in now.items():
        if before[key] == state:
            continue
        if isinstance(key, tuple):
            raise JitError(
                "the function takes items from an iterator outside, and a compiled program would "
                "use those of the recording again and again: pass them as an argument"
            )
        raise JitError(
            "the function draws random numbers by itself, and a compiled program would use those "
            "of the recording again and again: draw them by sample(generator, f), or pass them as "
            "an argument"
        )


def _checksums(values: Sequence[Any]) -> dict[int, int]:
    """The checksums of arrays of numbers, by their `id`."""
    arrays = {id(x): x for x in values if isinstance(x, np.ndarray) and x.dtype.kind in "fiub"}
    return {key: _checksum(array) for key, array in arrays.items()}


_MOST_SUMMED = 1 << 20


def _checksum(array: Any) -> int:
    """A checksum of an array; of a large one, of entries at even distances, to be quick."""
    step = array.size // _MOST_SUMMED + 1
    return zlib.crc32((array.reshape(-1)[::step] if step > 1 else array).tobytes())


def _refuse_hidden(result: Any, first: int) -> None:
    """Refuse a result that holds computed numbers where a program cannot put new ones.

    first: nodes from this number on belong to the recording.
    """
    for leaf in flatten(result)[0]:
        if isinstance(leaf, Node) or is_leaf(leaf):
            continue
        around = chain.from_iterable(places([("the result", leaf)]).values())
        inside = [leaf, *[place.value for place in around]]
        hidden = any(isinstance(x, Node) and x.index >= first for x in inside)
        if hidden or isinstance(leaf, Iterator | Coroutine):
            raise JitError(
                f"the function returns a {type(leaf).__name__}, in which a compiled program cannot "
                "put new numbers: return numbers and arrays, in lists, tuples and dicts"
            )
