"""Data from outside that a recorded function reads: inputs of its program, or constants.

Where such data may be found is in `watch`; how it is read at each run, in `outside`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Node
from autograd.jit.terms import Term, Terms
from autograd.jit.watch import Place

Read: TypeAlias = Callable[[], Any]


@dataclass(frozen=True)
class Outside:
    """Data from outside, read at each run: what it is in the program, and how to get it."""

    term: Term
    read: Read
    node: Node | None
    """The node it is the data of, if it is a node's."""
    name: str
    """The variable, attribute or item that holds it, as the source writes it."""


class Captured:
    """What one recording has read from outside.

    watched: the places that it may have read from. first: nodes from this number on are its own.
    """

    def __init__(self, terms: Terms, watched: Sequence[Place], first: int) -> None:
        self._terms = terms
        self._watched = watched
        self._first = first
        by_length = sorted(watched, key=lambda place: len(place.name), reverse=True)
        self._names = {id(place.found): place.name for place in by_length}
        self._arrays = {
            id(place.found): place for place in reversed(watched) if _is_array(place.found)
        }
        self._owners = {id(_owner(p.found)): self._names[i] for i, p in self._arrays.items()}
        self._found: dict[Any, Outside] = {}
        self._followed: set[int] = set()
        self._viewed: set[int] = set()
        self._copied = False

    def read(self, x: Any) -> Term:
        """The term of data that no operation of the recording has made."""
        if isinstance(x, Node):
            if x.index < self._first:
                get = functools.partial(getattr, x, "primal")
                return self._input(x, get, x.primal, x, self._names.get(id(x), x.label))
            x = x.primal
        if self.follows(x):
            self._followed.add(id(x))
            return self._input(id(x), self._arrays[id(x)].read, x, None, self._names[id(x)])
        if _is_array(x) and (owner := id(_owner(x))) in self._owners:
            self._viewed.add(owner)  # a view shows what the array holds at each run
            return self._input(id(x), lambda: x, x, None, f"a view of {self._owners[owner]}")
        self._copied = self._copied or isinstance(x, np.ndarray | np.generic)
        return self._terms.constant(x)

    def _input(self, key: Any, get: Read, example: Any, node: Node | None, name: str) -> Term:
        if key not in self._found:
            self._found[key] = Outside(self._terms.input(example), get, node, name)
        return self._found[key].term

    def follows(self, x: Any) -> bool:
        """Whether it is an array that is found outside, and read there at each run."""
        return _is_array(x) and id(x) in self._arrays

    def inputs(self) -> list[Outside]:
        """All data that became inputs, that of nodes first."""
        return sorted(self._found.values(), key=lambda part: part.node is None)

    def to_compare(self, replaced: Collection[int]) -> tuple[list[Place], list[tuple[Place, Any]]]:
        """Where the same thing has to be found before each run; and arrays of which constants may
        have been made, with copies of what they hold.

        replaced: things, by `id`, that the program itself puts others in place of.
        """
        same, contents = [], []
        for place in self._watched:
            thing = place.found
            if id(thing) in replaced:
                continue
            viewed = _is_array(thing) and id(_owner(thing)) in self._viewed
            followed = id(thing) in self._followed and place is self._arrays[id(thing)]
            if viewed or not followed:
                same.append(place)
            if _is_array(thing) and (self._copied or not (viewed or followed)):
                contents.append((place, thing.copy()))
        return same, contents


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _owner(array: Any) -> Any:
    """The array that holds the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
