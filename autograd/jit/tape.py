"""The program as it was recorded, to be run one operation after the other.

It has no terms, of which a wide program has so many that Python is slow to look after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.graph import Array, Node, Op
from autograd.jit.terms import Term, normal


class Tape:
    """Operations, each by the places of its arguments on the tape.

    terms: all terms of a program; the places are their numbers.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.ops: list[Op | None] = [term.op for term in terms]
        self.args: list[tuple[int, ...]] = [
            tuple([arg.number for arg in term.args]) for term in terms
        ]
        self._settings = [term.settings for term in terms]
        self._constants = [term.example if term.constant else None for term in terms]

    def values(self, places: Sequence[int], inputs: Sequence[Array]) -> list[Any]:
        """The values on the tape before it runs, where `inputs` are at `places`."""
        values = self._constants.copy()
        for place, x in zip(places, inputs, strict=True):
            values[place] = x
        return values

    def run(self, values: list[Any], places: Iterable[int]) -> None:
        """Compute what is at `places`, in this order; on nodes, nodes."""
        with np.errstate(all="ignore"):
            for place in places:
                op = self.ops[place]
                if op is not None:
                    args = [values[arg] for arg in self.args[place]]
                    value = op(*args, **self._settings[place])
                    values[place] = value if isinstance(value, Node) else normal(value)

    def reached(
        self, places: Iterable[int], through: Callable[[Op], bool] = lambda op: True
    ) -> set[int]:
        """The places that `places` depend on, themselves included, by operations of a kind."""
        found = set(places)
        for place in range(max(found, default=-1), -1, -1):
            op = self.ops[place]
            if place in found and op is not None and through(op):
                found.update(self.args[place])
        return found
