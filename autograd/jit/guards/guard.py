"""The guard of a program, which checks and fetches what is outside before each run."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.jit.errors import GuardFailure
from autograd.jit.guards.places import Place, Read, changed, compared, is_constant
from autograd.jit.terms import Term


@dataclass(frozen=True)
class Outside:
    """Data from outside that is an input of the program."""

    term: Term
    read: Read
    node: Node | None
    """The node whose data it is, if it is a node's."""
    name: str
    """The variable, attribute or item that holds it, as the source writes it."""


class Guard:
    """The conditions under which a program is valid, besides its branches.

    watched: places that have to hold the same thing. contents: places of arrays that have to hold
    the same numbers, and their bytes. inputs: data that each run reads; that of nodes is first.

    The code of the program knows the memory of an outside array until another array takes its
    place. From then on the array is `moving`, a parameter of the code, and `on_move` is called to
    write the code again.
    """

    def __init__(
        self,
        inputs: list[Outside],
        watched: Sequence[Place],
        contents: Sequence[tuple[Place, bytes]],
    ) -> None:
        self.inputs = inputs
        self.watched: list[Place] = list(watched)
        self.contents: list[tuple[Place, bytes]] = list(contents)
        self.nodes: list[Node] = [part.node for part in inputs if part.node is not None]
        self.on_move: Callable[[], None] = lambda: None
        self._reads = [part.read for part in inputs if part.node is None]
        self._arrays = [n for n, part in enumerate(inputs) if not part.term.scalar]
        self._memory: dict[Term, Any] = {inputs[n].term: inputs[n].read() for n in self._arrays}
        self._moving = {part.term for part in inputs if part.term.scalar}
        self._prepare()

    def _prepare(self) -> None:
        self._watch = _Watch(self.watched)
        self._same_contents = [(place, _still_filled(place, x)) for place, x in self.contents]

    def release(self, places: Collection[int]) -> None:
        """Stop looking at some places, given by `id`."""
        self.watched = [place for place in self.watched if id(place) not in places]
        self.contents = [pair for pair in self.contents if id(pair[0]) not in places]
        self._prepare()

    def holds_besides(self, places: Collection[int]) -> bool:
        """Whether nothing has changed but the contents of some places, given by `id`."""
        return self._watch.changed() is None and all(
            same() for place, same in self._same_contents if id(place) not in places
        )

    def fixed(self) -> dict[Term, Any]:
        """The arrays that have stayed in their place, by their terms."""
        return {term: x for term, x in self._memory.items() if term not in self._moving}

    def moving(self) -> list[bool]:
        """For each input whether it is a parameter of the code."""
        return [part.term in self._moving for part in self.inputs]

    def fetch(self) -> list[Any]:
        """The data of the inputs; raises GuardFailure where the program is not valid any more."""
        place = self._watch.changed()
        if place is not None:
            raise GuardFailure(f"{place.name}, which is read from outside, has changed")
        for place, same in self._same_contents:
            if not same():
                raise GuardFailure(f"the contents of {place.name}, read from outside, have changed")
        data: list[Any] = [node.primal for node in self.nodes]
        data += [read() for read in self._reads]
        moved = False
        for n in self._arrays:
            array, term = data[n], self.inputs[n].term
            if array is not self._memory[term]:
                if not term.fits(array):
                    raise GuardFailure("an array from outside has another shape or type")
                self._memory[term] = array
                moved = moved or term not in self._moving
                self._moving.add(term)
        if moved:
            self.on_move()
        return data

    def lines(self, otherwise: str) -> tuple[list[str], dict[str, Any]]:
        """`fetch` as lines of code, and the objects they refer to.

        They name the data s0, s1, ..., and run `otherwise` where the program may not be valid.
        """
        space: dict[str, Any] = {}
        conditions = []
        pairs = self._watch.pairs()
        if len(pairs) > _MOST_WRITTEN:
            space["changed"] = self._watch.changed
            conditions.append("changed() is not None")
        else:
            for n, (read, value) in enumerate(pairs):
                space |= {f"read{n}": read, f"value{n}": value}
                conditions.append(f"read{n}() is not value{n}")
        for n, (_, same) in enumerate(self._same_contents):
            space[f"same{n}"] = same
            conditions.append(f"not same{n}()")
        lines = [f"if {' or '.join(conditions)}:", f"    {otherwise}"] if conditions else []
        for n, part in enumerate(self.inputs):
            name, term = f"s{n}", part.term
            space[f"from{n}"] = part.read if part.node is None else part.node
            lines.append(f"{name} = from{n}{'()' if part.node is None else '.primal'}")
            if term in self._memory:
                moving = term in self._moving
                space[f"memory{n}"] = term.fits if moving else self._memory[term]
                moved = f"not memory{n}({name})" if moving else f"{name} is not memory{n}"
                lines += [f"if {moved}:", f"    {otherwise}"]
        return lines, space


_MOST_WRITTEN = 20


class _Watch:
    """Places that are read again before each run, many of them at once."""

    def __init__(self, watched: Iterable[Place]) -> None:
        self._places = [place for place in watched if not is_constant(place)]
        self._others: list[tuple[Read, Any]] = []
        self._containers: list[Collection[Any]] = []
        self._items: list[Any] = []
        for place in self._places:
            if (collections := compared(place)) is None:
                self._others.append((place.read, place.value))
            else:
                self._containers += collections[0]
                self._items += collections[1]
        self._lengths = [*map(len, self._containers)]

    def pairs(self) -> list[tuple[Read, Any]]:
        """How to read each place, and the value that it has to have."""
        return [(place.read, place.value) for place in self._places]

    def changed(self) -> Place | None:
        """The first place that holds something else now."""
        try:
            if (
                not [1 for read, value in self._others if read() is not value]
                and [*map(len, self._containers)] == self._lengths
                and all(map(operator.is_, chain.from_iterable(self._containers), self._items))
            ):
                return None
        except (LookupError, ValueError):  # gone, or a comparison of arrays
            pass
        return next(changed(self._places), None)


def _still_filled(place: Place, before: bytes) -> Callable[[], bool]:
    """A function that tells whether the array at a place still holds the same numbers."""
    read, shape, dtype = place.read, place.value.shape, place.value.dtype

    def filled() -> bool:
        x = read()
        alike = isinstance(x, np.ndarray) and x.shape == shape and x.dtype == dtype
        return alike and bool(x.tobytes() == before)

    return filled
