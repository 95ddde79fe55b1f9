"""A program with its repeats as loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autograd.jit.loops.loop import (
    ENTRY,
    Carried,
    Loop,
    cut,
    is_moving,
    item,
    listed,
    part,
    rows,
    stacked,
)
from autograd.jit.loops.loop import joined as list_joined
from autograd.jit.loops.repeats import Numbers, Operations, Repeat
from autograd.jit.terms import Term, Terms, pack
from autograd.ops.structural import concatenate_op, index_op, reshape_op

Branch: TypeAlias = tuple[Term, Any]
"""A term that the program branches on, and what is the same for branches that are alike."""


def fold(
    terms: Terms, operations: Operations, roots: Sequence[Term], branches: Sequence[Branch] = ()
) -> tuple[dict[Term, Term], set[int]]:
    """For each of `roots` and the branches that are left, the term that computes it by loops.

    operations: those that the roots and branches depend on.
    branches: what the program branches on. Those that loops look at themselves are no roots any
        more; their numbers are the second result.
    """
    return Folding(terms, operations).fold(roots, branches)


@dataclass(eq=False)
class _Folded:
    """A repeat, and what others read of it, by places in its period."""

    repeat: Repeat
    last: dict[int, Term | None]
    """Places whose results in the last turn are read, and the terms for them once it is folded."""
    kept: dict[int, Term | None]
    """Places whose results in more turns are read, and the terms for the lists of them."""
    checks: list[tuple[int, int]]


class Folding:
    """A program while its repeats are made into loops, in order.

    operations: those of the recording, which stay as they are; terms: where new ones are put.
    """

    def __init__(self, terms: Terms, operations: Operations) -> None:
        repeats = operations.repeats
        self.terms = terms
        self.operations = operations
        self._folded = [_Folded(repeat, {}, {}, []) for repeat in repeats]
        count = len(operations.terms)
        self._repeat_of: Numbers = np.full(count, -1)
        self._place: Numbers = np.zeros(count, int)
        self._turn: Numbers = np.zeros(count, int)
        for number, repeat in enumerate(repeats):
            inside = slice(repeat.start, repeat.stop)
            self._repeat_of[inside] = number
            self._turn[inside], self._place[inside] = np.divmod(
                np.arange(repeat.period * repeat.turns), repeat.period
            )
        self._position = {term: position for position, term in enumerate(operations.terms)}
        self._new: dict[Term, Term] = {}
        self._inputs: list[Term] = []
        """The inputs that turns take one by one, in order."""

    def fold(
        self, roots: Sequence[Term], branches: Sequence[Branch]
    ) -> tuple[dict[Term, Term], set[int]]:
        """The roots and the branches that are left, by loops; and the numbers of the others."""
        looked_at = self._find_checks(branches)
        left = [term for n, (term, _) in enumerate(branches) if n not in looked_at]
        wanted = [*roots, *left]
        self._find_results(wanted)
        self._find_inputs()
        position, operations = 0, self.operations.terms
        for folded in self._folded:
            self._make_again(operations[position : folded.repeat.start])
            self._make_loop(folded)
            position = folded.repeat.stop
        self._make_again(operations[position:])
        result = {term: self.result(term) for term in wanted}
        self.terms.index = -1
        return result, looked_at

    # ----------------------------------------------------------------------------------------------
    # What is read of each repeat, and what is read in turn

    def _find_checks(self, branches: Sequence[Branch]) -> set[int]:
        """Branches that are alike in each turn, by their numbers: turns look at them themselves."""
        alike: dict[Any, list[tuple[int, int]]] = defaultdict(list)
        for number, (term, kind) in enumerate(branches):
            position = self._position.get(self.operations.same.get(term, term), -1)
            if position >= 0 and (repeat := int(self._repeat_of[position])) >= 0:
                key = repeat, int(self._place[position]), kind
                alike[key].append((int(self._turn[position]), number))
        looked_at = set()
        for (repeat, place, _), found in alike.items():
            folded = self._folded[repeat]
            if len({turn for turn, _ in found}) == folded.repeat.turns:
                folded.checks.append((place, found[0][1]))
                looked_at.update([number for _, number in found])
        return looked_at

    def _find_results(self, wanted: Iterable[Term]) -> None:
        operations = self.operations
        roots = [operations.same.get(term, term) for term in wanted]
        read = [np.array([self._position[root] for root in roots if root.op is not None], int)]
        in_turn = []
        inside = self._repeat_of >= 0
        for row in operations.operands:
            readers = np.flatnonzero(row >= 0)
            sources = row[readers]
            other = self._repeat_of[sources] != self._repeat_of[readers]
            readers, sources = readers[other & inside[sources]], sources[other & inside[sources]]
            moves = np.zeros(len(readers), bool)  # whether each turn of the reader reads another
            for number, folded in enumerate(self._folded):
                mine = self._repeat_of[readers] == number
                second = self._place[readers[mine]] + folded.repeat.start + folded.repeat.period
                step = row[second + folded.repeat.period] - row[second]
                moves[mine] = (step != 0) & (step != folded.repeat.period)
            in_turn.append(sources[moves])
            read.append(sources[~moves])
        for position, numbers in operations.wide.items():
            sources = self._in_a_row(operations.terms[position], numbers)
            in_turn.append(sources[(sources >= 0) & inside[np.maximum(sources, 0)]])
        for position in np.unique(np.concatenate(in_turn)).tolist():
            self._folded[self._repeat_of[position]].kept[int(self._place[position])] = None
        for position in np.unique(np.concatenate(read)).tolist():
            number, place = int(self._repeat_of[position]), int(self._place[position])
            if number >= 0:
                folded = self._folded[number]
                late = self._turn[position] == folded.repeat.turns - 1
                (folded.last if late else folded.kept)[place] = None

    def _in_a_row(self, term: Term, numbers: Numbers) -> Numbers:
        """The operands that the operation puts into an array one after the other; of each row of a
        matrix that was given a first axis for it, the row.
        """
        terms = self.operations.terms
        if term.op is concatenate_op and not term.settings["axis"] and numbers.min() >= 0:
            parts = [terms[number] for number in numbers.tolist()]
            if all(x.op is reshape_op and x.shape == (1, *x.args[0].shape) for x in parts):
                first = self.operations.operands[0][numbers]
                if first.min() >= 0 or first.max() < 0:
                    return first
        return numbers

    def _find_inputs(self) -> None:
        """The inputs that some loop reads one in each turn."""
        found = set()
        for folded in self._folded:
            start, period = folded.repeat.start, folded.repeat.period
            for row in self.operations.operands:
                table = row[start : folded.repeat.stop].reshape(-1, period)
                moves = (table[1] < 0) & (table != table[0]).any(axis=0)
                found.update(np.unique(table[:, moves]).tolist())
        leaves = [self.terms.all[-1 - number] for number in sorted(found, reverse=True)]
        self._inputs = [leaf for leaf in leaves if not leaf.constant]

    # ----------------------------------------------------------------------------------------------
    # Outside of loops

    def put(self, op: Any, args: Sequence[Term], example: Any = (), **settings: Any) -> Term:
        return self.terms.put(op, tuple(args), settings, example)

    def _make_again(self, terms: Iterable[Term]) -> None:
        """Operations outside of loops, with what loops have computed as their arguments."""
        for term in terms:
            joined = self._joined(term)
            if joined is not None:
                self._new[term] = joined
                continue
            args = tuple(map(self.result, term.args))
            if args == term.args:
                self._new[term] = term
            else:
                assert term.op is not None
                self.terms.index = term.index
                self._new[term] = self.terms.put(term.op, args, term.settings, term.example)

    def _joined(self, term: Term) -> Term | None:
        """An array of what turns have computed, out of the list of that."""
        numbers = self.operations.wide.get(self._position[term])
        if numbers is None or (numbers < 0).any() or not (self._repeat_of[numbers] >= 0).any():
            return None
        if term.op is not pack and (term.op is not concatenate_op or term.settings["axis"]):
            return None
        sources = self._in_a_row(term, numbers)
        self.terms.index = term.index
        op = stacked if term.op is pack or sources is not numbers else list_joined
        return self.put(op, [self.items(sources)], term.example)

    def result(self, term: Term) -> Term:
        """What a term of the recording is now."""
        term = self.operations.same.get(term, term)
        if term.op is None:
            return term
        if term not in self._new and self._is_entry(term):
            assert term.op is not None
            self.terms.index = term.index
            args = tuple(map(self.result, term.args))
            self._new[term] = self.terms.put(term.op, args, term.settings, term.example)
        if term not in self._new:
            position = self._position[term]
            folded, place = self._folded[self._repeat_of[position]], int(self._place[position])
            turn, last = int(self._turn[position]), folded.last.get(place)
            if last is not None and turn == folded.repeat.turns - 1:
                return last
            kept = folded.kept[place]
            assert kept is not None
            self.terms.index = term.index
            self._new[term] = self.put(item, [kept], term.example, index=turn)
        return self._new[term]

    def _is_entry(self, term: Term) -> bool:
        """Whether it is a part of an array that was there before the loop it is in."""
        if term.op is not index_op or term not in self.operations.keys:
            return False
        position = self._position[term]
        return bool(
            self.operations.operands[0, position]
            < self._folded[self._repeat_of[position]].repeat.start
        )

    # ----------------------------------------------------------------------------------------------
    # Loops

    def _make_loop(self, folded: _Folded) -> None:
        repeat = folded.repeat
        body = _Body(self, repeat)
        for place in range(repeat.period):
            body.places[place] = body.add(repeat.start + place)
        carried, initial = body.carried()
        places = body.places
        loop = Loop(
            repeat.turns,
            [*body.fixed.values()],
            carried,
            [*body.streams.values()],
            [places[place] for place in folded.last],
            [places[place] for place in folded.kept],
            [(places[place], number) for place, number in folded.checks],
        )
        first = self.operations.terms[repeat.start]
        self.terms.index = first.index
        whole = self.put(loop, [*body.fixed, *initial, *body.streams])
        for n, place in enumerate(folded.last):
            folded.last[place] = self.put(part, [whole], places[place].example, index=n)
        for n, place in enumerate(folded.kept):
            folded.kept[place] = self.put(part, [whole], index=len(folded.last) + n)

    def operand(self, number: int) -> Term:
        """An operand by its number: what an operation computes, an input or a constant."""
        if number < 0:
            return self.terms.all[-1 - number]
        return self.result(self.operations.terms[number])

    def items(self, numbers: Numbers) -> Term:
        """The list of operands that are numbered so."""
        if numbers[0] < 0:
            leaves = [self.terms.all[-1 - number] for number in numbers.tolist()]
            return self._leaves(leaves)
        entries = self._rows(numbers)
        if entries is not None:
            return entries
        repeats, places, turns = (x[numbers] for x in (self._repeat_of, self._place, self._turn))
        cuts = np.flatnonzero((np.diff(repeats) != 0) | (np.diff(places) != 0)) + 1
        parts: list[Term] = []
        lists: list[bool] = []
        for row in np.split(np.arange(len(numbers)), cuts):
            number, place = int(repeats[row[0]]), int(places[row[0]])
            kept = self._folded[number].kept.get(place) if number >= 0 else None
            steps = np.diff(turns[row])
            if kept is None or len(row) < 2 or not steps[0] or (steps != steps[0]).any():
                parts += [self.operand(int(numbers[n])) for n in row]
                lists += [False] * len(row)
            else:
                length = self._folded[number].repeat.turns
                parts.append(self._cut(kept, length, turns[row[0]], len(row), steps[0]))
                lists.append(True)
        if lists == [True]:
            return parts[0]
        return self.put(listed, parts, lists=tuple(lists))

    def _rows(self, numbers: Numbers) -> Term | None:
        """The list, if it is of parts of an array whose numbers move by constants."""
        operations = self.operations
        terms = [operations.terms[number] for number in numbers.tolist()]
        if len(terms) < 2 or any(x.op is not index_op or x not in operations.keys for x in terms):
            return None
        sources = operations.operands[0, numbers]
        moves = np.diff(operations.entries[:, numbers])
        if (sources != sources[0]).any() or (moves != moves[:, :1]).any():
            return None
        if any(operations.keys[term] != operations.keys[terms[0]] for term in terms):
            return None
        first = operations.entries[:, numbers[0]]
        return self.rows_of(terms[0], first, first + moves[:, 0], len(terms))

    def rows_of(self, term: Term, first: Numbers, second: Numbers, turns: int) -> Term | None:
        """Parts of an array as a list, by the numbers in the keys of the first and the second."""
        key = self.operations.keys[term]
        count = sum([1 if part is ENTRY else 2 for part in key if is_moving(part)])
        steps = tuple((second - first)[:count].tolist())
        if len({step for step in steps if step}) != 1:
            return None
        numbers = tuple(first[:count].tolist())
        source = self.result(term.args[0])
        return self.put(rows, [source], key=key, numbers=numbers, steps=steps, turns=turns)

    def _cut(self, items: Term, length: int, first: int, count: int, step: int) -> Term:
        """`count` items of a list, from the `first` on with a step."""
        start, step = int(first), int(step)
        stop: int | None = start + count * step
        if stop is not None and stop < 0:
            stop = None
        if (start, stop, step) == (0, length, 1):
            return items
        return self.put(cut, [items], start=start, stop=stop, step=step)

    def _leaves(self, leaves: Sequence[Term]) -> Term:
        """A list of inputs or constants; of inputs that stand in a row, a part of all of them."""
        if len({id(leaf) for leaf in leaves}) == len(leaves) > 1 and not leaves[0].constant:
            places = {leaf: place for place, leaf in enumerate(self._inputs)}
            numbers = np.array([places.get(leaf, -1) for leaf in leaves])
            steps = np.diff(numbers)
            if numbers.min() >= 0 and (steps == steps[0]).all():
                whole = self.put(listed, self._inputs, lists=(False,) * len(self._inputs))
                return self._cut(whole, len(places), numbers[0], len(leaves), steps[0])
        return self.put(listed, leaves, lists=(False,) * len(leaves))


class _Body:
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
