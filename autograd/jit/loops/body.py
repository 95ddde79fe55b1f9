"""The body of a loop while it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.jit.loops.loop import Carried
from autograd.jit.loops.repeats import Numbers, Repeat
from autograd.jit.terms import Term, Terms

if TYPE_CHECKING:
    from autograd.jit.loops.fold import Folding


class Body:
    """The body of a loop while it is made, and what it reads from outside."""

    def __init__(self, folding: Folding, repeat: Repeat) -> None:
        self._folding = folding
        self._repeat = repeat
        self._operations = folding.operations
        self._terms = Terms()
        self.places: dict[int, Term] = {}
        """The terms of the body, by their places in the period."""
        self.fixed: dict[Term, Term] = {}
        """The input of the body for each term that stays the same."""
        self.streams: dict[Term, Term] = {}
        """And for each list."""
        self._lagging: dict[tuple[int, int], Term] = {}
        """The inputs for what is computed at a place, so many turns ago."""
        self._initial: dict[int, int] = {}
        """The operands that the first turn takes for what was computed a turn ago."""
        self._lists: dict[bytes, Term] = {}

    def add(self, position: int) -> Term:
        """The operation at a position in the first turn."""
        term, period = self._operations.terms[position], self._repeat.period
        second = position + period  # the first turn may be given what the others have computed
        entries = self._operations.entries[:, [position, second]]
        if (entries[:, 0] != entries[:, 1]).any():
            return self._entry(term, entries)
        args = []
        for row, arg in zip(self._operations.operands, term.args, strict=False):
            operand, move = int(row[second]), int(row[second + period] - row[second])
            if operand < 0:
                args.append(self._leaf(row[position : self._repeat.stop : period]))
            elif move == 0:
                args.append(self._given(self._folding.operand(operand), arg.example))
            elif move == period:
                turn, place = divmod(operand - self._repeat.start, period)
                if turn == 1:
                    args.append(self.places[place])
                else:
                    if turn == 0:
                        self._initial[place] = int(row[position])
                    args.append(self._lagged(place, 1 - turn))
            else:
                numbers = operand + move * np.arange(-1, self._repeat.turns - 1)
                args.append(self._in_turn(numbers, arg.example))
        assert term.op is not None
        self._terms.index = term.index
        return self._terms.put(term.op, tuple(args), term.settings, term.example)

    def _entry(self, term: Term, entries: Numbers) -> Term:
        """The entry or row of an array that it is in each turn, out of a list of them."""
        first, second = entries.T
        items = self._folding.rows_of(term, first, second, self._repeat.turns)
        assert items is not None
        return self._next_of(items, term.example)

    def _leaf(self, numbers: Numbers) -> Term:
        leaf = self._folding.operand(int(numbers[0]))
        if (numbers == numbers[0]).all():
            if leaf.constant:
                return self._terms.constant(leaf.example)
            return self._given(leaf, leaf.example)
        return self._in_turn(numbers, leaf.example)

    def _given(self, outside: Term, example: Any) -> Term:
        if outside.constant:
            return self._terms.constant(outside.example)
        if outside not in self.fixed:
            self.fixed[outside] = self._terms.input(example)
        return self.fixed[outside]

    def _in_turn(self, numbers: Numbers, example: Any) -> Term:
        key = numbers.tobytes()
        if key not in self._lists:
            self._lists[key] = self._folding.items(numbers)
        return self._next_of(self._lists[key], example)

    def _next_of(self, items: Term, example: Any) -> Term:
        if items not in self.streams:
            self.streams[items] = self._terms.input(example)
        return self.streams[items]

    def _lagged(self, place: int, lag: int) -> Term:
        for turns in range(1, lag + 1):
            if (place, turns) not in self._lagging:
                example = self._operations.terms[self._repeat.start + place].example
                self._lagging[place, turns] = self._terms.input(example)
        return self._lagging[place, lag]

    def carried(self) -> tuple[list[Carried], list[Term]]:
        """What is handed on from turn to turn, those of the most turns ago first, and what the
        first turn is given.
        """
        carried, initial = [], []
        for (place, lag), input in sorted(self._lagging.items(), key=lambda pair: -pair[0][1]):
            next = self.places[place] if lag == 1 else self._lagging[place, lag - 1]
            carried.append(Carried(input, next))
            before = self._repeat.start + place - lag * self._repeat.period
            if lag == 1:
                before = self._initial.get(place, before)
            initial.append(self._folding.operand(before))
        return carried, initial
