"""What a program reads from outside at each run, and whether it still fits what is there.

How it is found in the first place is in `watch`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.jit.captured import Outside
from autograd.jit.recording import Recording
from autograd.jit.terms import Term
from autograd.jit.watch import Watch


class Misfit(Exception):
    """A program does not fit a call; the message says what is not as it was when recorded."""


class Surroundings:
    """The data that a program reads from outside, as it is at each run.

    The memory of an array is known to the code until the array is found elsewhere. From then on it
    is `moving`, a parameter of the code; `moved` is called, since the code has to be another.
    """

    def __init__(self, made: Recording, moved: Callable[[], None]) -> None:
        self.parts: list[Outside] = made.outside
        self._contents = [(place, _is_filled(place.read, then)) for place, then in made.contents]
        self._watch = Watch(made.watched)
        self._moved = moved
        self._seen: dict[Term, Any] = {
            part.term: part.read() for part in self.parts if not part.term.scalar
        }
        self.nodes: list[Node] = [part.node for part in self.parts if part.node is not None]
        """Those whose data it reads, which are the first of its parts."""
        self._reads = [part.read for part in self.parts if part.node is None]
        self._arrays = [n for n, part in enumerate(self.parts) if not part.term.scalar]
        self._moving = {part.term for part in self.parts if part.term.scalar}

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

        They end in `refuse` where the program or the code may not fit.
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
