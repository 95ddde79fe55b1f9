"""Data from outside that a function reads: inputs of its program, or constants.

Where such data may be found, and whether something else is there now, is in `watch`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.jit.terms import Term, Terms
from autograd.jit.watch import Place, Read, Watch


@dataclass(frozen=True)
class Outside:
    """Data that is read at each run: what it is in the program, and how to get it."""

    term: Term
    read: Read
    node: Node | None
    """The node it is the data of, if it is a node's."""
    name: str
    """The variable, attribute or item that holds it, as the source writes it."""


class Captured:
    """What one recording has read from outside.

    watched: where it may have read. first: nodes from this number on are its own.
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


# --------------------------------------------------------------------------------------------------
# At each run


class Misfit(Exception):
    """A program does not fit a call; the message says what is not as it was."""


class Surroundings:
    """The data that a program reads from outside, as it is at each run.

    The code knows the memory of an array until it is found elsewhere. From then on the array is
    `moving`, a parameter of the code, which has to be another: so `moved` is called.
    """

    def __init__(
        self,
        parts: list[Outside],
        watched: Sequence[Place],
        contents: Sequence[tuple[Place, Any]],
        moved: Callable[[], None],
    ) -> None:
        self.parts = parts
        self.compare(watched, contents)
        self._moved = moved
        self._seen: dict[Term, Any] = {
            part.term: part.read() for part in self.parts if not part.term.scalar
        }
        self.nodes: list[Node] = [part.node for part in self.parts if part.node is not None]
        """Those whose data it reads, which are the first of its parts."""
        self._reads = [part.read for part in self.parts if part.node is None]
        self._arrays = [n for n, part in enumerate(self.parts) if not part.term.scalar]
        self._moving = {part.term for part in self.parts if part.term.scalar}

    def compare(self, watched: Sequence[Place], contents: Sequence[tuple[Place, Any]]) -> None:
        """Look at each run whether places hold the same things, and arrays the same numbers."""
        self._contents = [(place, _is_filled(place.read, then)) for place, then in contents]
        self._watch = Watch(watched)

    def fixed(self) -> dict[Term, Any]:
        """The arrays that have stayed in their place, by their terms."""
        return {term: seen for term, seen in self._seen.items() if term not in self._moving}

    def moving(self) -> list[bool]:
        """For each part whether its data is a parameter of the code."""
        return [part.term in self._moving for part in self.parts]

    def now(self) -> list[Any]:
        """The data as it is now; raises `Misfit`."""
        place = self._watch.changed()
        if place is not None:
            raise Misfit(f"{place.name}, which is read from outside, has changed")
        for place, same in self._contents:
            if not same():
                raise Misfit(f"the contents of {place.name}, read from outside, have changed")
        found: list[Any] = [node.primal for node in self.nodes]
        found += [read() for read in self._reads]
        moved = False
        for number in self._arrays:
            data, term = found[number], self.parts[number].term
            if data is not self._seen[term]:
                if not term.fits(data):
                    raise Misfit("an array from outside has another shape or type")
                self._seen[term] = data
                moved = moved or term not in self._moving
                self._moving.add(term)
        if moved:
            self._moved()
        return found

    def written(self, refuse: str) -> tuple[list[str], dict[str, Any]]:
        """The same as lines, and what they refer to: they name the data s0, s1, ...

        They end in `refuse` where it may not fit.
        """
        space: dict[str, Any] = {}
        changed = []
        for number, (read, found) in enumerate(self._watch.pairs()):
            space |= {f"read{number}": read, f"found{number}": found}
            changed.append(f"read{number}() is not found{number}")
        if len(changed) > _MOST_WRITTEN:
            space["changed"] = self._watch.changed
            changed = ["changed() is not None"]
        for number, (_, same) in enumerate(self._contents):
            space[f"same{number}"] = same
            changed.append(f"not same{number}()")
        lines = [f"if {' or '.join(changed)}:", f"    {refuse}"] if changed else []
        for number, part in enumerate(self.parts):
            name, term = f"s{number}", part.term
            space[f"from{number}"] = part.read if part.node is None else part.node
            lines.append(f"{name} = from{number}{'()' if part.node is None else '.primal'}")
            if term in self._seen:
                moving = term in self._moving
                space[f"seen{number}"] = term.fits if moving else self._seen[term]
                other = f"not seen{number}({name})" if moving else f"{name} is not seen{number}"
                lines += [f"if {other}:", f"    {refuse}"]
        return lines, space


_MOST_WRITTEN = 20
_SMALL = 4096


def _is_filled(read: Callable[[], Any], then: Any) -> Callable[[], bool]:
    """What tells whether an array still holds the numbers of a copy."""
    shape = then.shape
    known = then.tobytes() if then.nbytes <= _SMALL else None

    def filled() -> bool:
        now = read()
        if not isinstance(now, np.ndarray) or now.shape != shape:
            return False
        if known is not None:
            return bool(now.tobytes() == known)
        return np.array_equal(now, then, equal_nan=then.dtype.kind == "f")

    return filled
