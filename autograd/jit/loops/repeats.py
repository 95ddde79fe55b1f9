"""Stretches of a program that repeat, found by the strides of their operands.

Number the operations in the order of the recording. In a loop, and in its derivative, the number of
each operand is affine in the number of the turn. It moves with the turn (what this turn or an
earlier one has computed), stands still (what was there before the loop), or moves in another way,
such as backwards (what the derivative reads of the loop). So a stretch of operations repeats as
long as the operations are the same, and each operand moves by the same number as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from autograd.jit.loops.loop import Key, without_numbers
from autograd.jit.terms import Term, fingerprint
from autograd.ops.elementwise import identity, stop_gradient
from autograd.ops.structural import index_op

Numbers: TypeAlias = Any
"""An array of integers."""

SHORT = 400
"""Programs of fewer operations have no loops: Python runs them faster one by one."""
MOST_ARGS = 4
"""An operation on more arguments is in no loop."""
LEAST_TURNS = 4
LEAST_SAVED = 50
"""So many operations have to be saved by a loop."""
MOST_LAG = 4
"""From so many turns ago a turn may read what was computed."""
GROWTH, LONGEST = 4, 512
"""Periods are looked for by the distances between equal stretches of 4, 16, 64, ... operations."""
MOST_PERIODS = 20
"""A program is divided into loops of at most so many periods."""
PERIODS = 6
"""For each length, so many of the most frequent distances are tried."""
MOST_STAGES = 4
"""A turn may have so many stages of the same operations, as the steps of Runge and Kutta have."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_NONE = -(1 << 62)
"""In place of the number of an operand: there is none."""


@dataclass(frozen=True)
class Repeat:
    """`turns` stretches of `period` operations, the first of them from position `start` on."""

    start: int
    period: int
    turns: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.turns

    @property
    def saved(self) -> int:
        """The number of operations that are written once instead."""
        return self.period * (self.turns - 1)


class Operations:
    """The operations of a program as columns of numbers, by their positions.

    operands: by argument and position, the position of the operation that it is the result of; for
        an input or a constant -1 - n, where n is its number among the terms.
    kinds: equal where operations are, with the types of arguments and result.
    types: equal where the results have one shape and type.
    entries: up to two numbers of entries or rows that are taken from an array; `keys` are the keys
        with these numbers left out, by operation.
    wide: by position, the operands of operations on more arguments than there are columns.
    """

    def __init__(self, operations: Sequence[Term]) -> None:
        self.terms: list[Term] = []
        self.same: dict[Term, Term] = {}
        """What is as good as its argument, which stands for it."""
        for term in operations:
            if term.op is identity or term.op is stop_gradient:
                self.same[term] = self.same.get(term.args[0], term.args[0])
            else:
                self.terms.append(term)
        count = len(self.terms)
        position = {term: place for place, term in enumerate(self.terms)}
        types: dict[Any, int] = {float: 0}
        kinds: dict[Any, int] = {}
        rows: list[list[int]] = [[_NONE] * count for _ in range(MOST_ARGS)]
        self.entries: Numbers = np.zeros((2, count), np.int64)
        self.keys: dict[Term, Key] = {}
        self.wide: dict[int, Numbers] = {}
        type_row: list[int] = []
        form_row: list[int] = []  # as kinds, whatever the arguments are
        kind_row: list[int] = []
        same, leaf_types = self.same, {_NONE: -1}
        for place, term in enumerate(self.terms):
            kind_of = _type(term.example)
            type_number = types.setdefault(kind_of, len(types))
            type_row.append(type_number)
            key: tuple[Any, ...] = (term.op, type_number)
            if term.settings:
                settings = dict(term.settings)
                if term.op is index_op:
                    key_now, shape = settings["key"], term.args[0].shape
                    settings["key"], numbers = without_numbers(key_now, shape)
                    if numbers:
                        self.keys[term] = settings["key"]
                        self.entries[: len(numbers), place] = numbers
                key += tuple([(name, fingerprint(x)) for name, x in settings.items()])
            form_row.append(kinds.setdefault(key, len(kinds)))
            if len(term.args) > MOST_ARGS:
                key = (place,)  # like no other
                args = [same.get(arg, arg) for arg in term.args]
                numbers = [position[x] if x.op is not None else -1 - x.number for x in args]
                self.wide[place] = np.array(numbers, np.int64)
            for row, argument in zip(rows, term.args, strict=False):
                arg = same.get(argument, argument) if same else argument
                if arg.op is None:
                    number = row[place] = -1 - arg.number
                    if number not in leaf_types:
                        leaf_types[number] = types.setdefault(_type(arg.example), len(types))
                    key += (-1 - leaf_types[number],)
                else:
                    row[place] = position[arg]
                    key += (0,)
            kind_row.append(kinds.setdefault(key, len(kinds)))
        self.operands: Numbers = np.array(rows, np.int64)
        self.kinds: Numbers = np.array(kind_row, np.int64)
        self.types: Numbers = np.array(type_row, np.int64)
        self._forms: Numbers = np.array(form_row, np.int64)
        self._computed = np.maximum(self.operands, 0)  # inputs and constants may move in any way
        self._leaf_types = leaf_types

    @property
    def share(self) -> float:
        """The share of the operations that loops save."""
        return _saved(self.repeats) / max(len(self.terms), 1)

    @cached_property
    def repeats(self) -> list[Repeat]:
        """Stretches that repeat, apart from one another, in order."""
        found: list[Repeat] = []
        kinds = self.kinds.copy()
        periods = _periods(kinds)
        of_stages = [n * period for n in range(2, MOST_STAGES + 1) for period in periods]
        for _ in range(MOST_PERIODS):
            best = self._best(kinds, periods) or self._best(kinds, of_stages)
            if not best:
                break
            for coarse in best:
                repeat = self._finer(kinds, coarse, periods)
                taken = slice(repeat.start, repeat.stop)
                if (kinds[taken] >= 0).all():
                    found.append(repeat)
                    kinds[taken] = -1 - np.arange(repeat.start, repeat.stop)  # like no other
        return sorted(found, key=lambda repeat: repeat.start)

    def _best(self, kinds: Numbers, periods: Iterable[int]) -> list[Repeat]:
        """The repeats of the one of the periods by which most operations are saved."""
        best: list[Repeat] = []
        for period in dict.fromkeys(periods):
            repeats = list(self._of_period(kinds, period))
            if _saved(repeats) > _saved(best):
                best = repeats
        return best

    def _finer(self, kinds: Numbers, repeat: Repeat, periods: list[int]) -> Repeat:
        """The same stretch with a shorter period, where it repeats within its turns."""
        for period in sorted(periods):
            if period < repeat.period and repeat.period % period == 0:
                for finer in self._of_period(kinds, period):
                    ends = abs(finer.start - repeat.start), abs(finer.stop - repeat.stop)
                    if max(ends) < repeat.period:
                        return finer
        return repeat

    def _of_period(self, kinds: Numbers, period: int) -> Iterator[Repeat]:
        if len(kinds) < LEAST_TURNS * period:
            return
        same = kinds[period:] == kinds[:-period]
        same = same[period:] & same[:-period]
        for row in (*self._computed, *self.entries):
            moved = row[period:] - row[:-period]
            same &= moved[period:] == moved[:-period]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
        runs = edges.reshape(-1, 2)
        free = 0
        for start, stop in runs[runs[:, 1] - runs[:, 0] >= (LEAST_TURNS - 2) * period].tolist():
            start = max(start, free)
            stop += 2 * period
            begins = range(start, min(start + period, stop - LEAST_TURNS * period + 1))
            start = next((n for n in begins if self._may_be_taken(n, period)), stop)
            repeat = self._allowed(start, period, (stop - start) // period)
            if repeat is not None and repeat.saved >= LEAST_SAVED:
                repeat = self._begun_before(repeat, free, stop)
                free = repeat.stop
                yield repeat

    def _allowed(self, start: int, period: int, turns: int) -> Repeat | None:
        """The first turns that can be a loop; None where they are too few.

        A turn may read what was there before the loop, and what the turns just before it computed.
        """
        while turns >= LEAST_TURNS:
            first = slice(start, start + period)
            second = slice(start + period, start + 2 * period)
            froms = self._computed[:, first]
            moves = self._computed[:, second] - froms
            computed = self.operands[:, first] >= 0
            if not self._have_sources(start, period, turns):
                return None
            if (computed & (moves != period) & (froms >= start)).any():
                start, turns = start + period, turns - 1  # it reads what its first turn computed
                continue
            with_turn = computed & (moves == period)
            if (start - froms[with_turn] > MOST_LAG * period).any():
                return None
            other = computed & (moves != 0) & ~with_turn
            up = other & (moves > 0)
            if up.any():
                turns = min(turns, int(((start - 1 - froms[up]) // moves[up]).min()) + 1)
            before = with_turn & (froms < start)
            of_loop = self.types[froms[before] + MOST_LAG * period]
            if (self.types[froms[before]] != of_loop).any():
                start, turns = start + period, turns - 1  # what it is given first is unlike
                continue
            for low, step in zip(froms[other].tolist(), moves[other].tolist(), strict=True):
                differ = self.types[low + step * np.arange(turns)] != self.types[low]
                turns = int(differ.argmax()) if differ.any() else turns
            return Repeat(start, period, turns) if turns >= LEAST_TURNS else None
        return None

    def _may_be_taken(self, start: int, period: int) -> bool:
        """Whether entries that move from turn to turn move by one number."""
        first, second = slice(start, start + period), slice(start + period, start + 2 * period)
        one, other = self.entries[:, second] - self.entries[:, first]
        return not ((one != 0) & (other != 0) & (one != other)).any()

    def _have_sources(self, start: int, period: int, turns: int) -> bool:
        """Whether entries that move are taken from arrays that were there before the loop."""
        first, second = slice(start, start + period), slice(start + period, start + 2 * period)
        moves = (self.entries[:, first] != self.entries[:, second]).any(axis=0)
        arrays = self.operands[0, start : start + turns * period].reshape(turns, period)[:, moves]
        return bool((arrays == arrays[0]).all() and (arrays < start).all())

    def _begun_before(self, repeat: Repeat, least: int, most: int) -> Repeat:
        """The repeat with a turn more, if the operations before it are a first turn: one that takes
        what is not computed by turns where the others take what the turn before has computed.

        least, most: the positions that it has to be between.
        """
        period, late = repeat.period, (most - repeat.start) % repeat.period
        for start in range(repeat.start - period, repeat.start - period + late + 1):
            stop = start + period * (repeat.turns + 1)
            if start < least or stop > most:
                continue
            if self._is_first_turn(start, period) and self._may_be_taken(start, period):
                return Repeat(start, period, repeat.turns + 1)
        return repeat

    def _is_first_turn(self, start: int, period: int) -> bool:
        first, second = slice(start, start + period), slice(start + period, start + 2 * period)
        third = slice(start + 2 * period, start + 3 * period)
        if (self._forms[first] != self._forms[second]).any():
            return False
        entries = self.entries
        if (entries[:, second] - entries[:, first] != entries[:, third] - entries[:, second]).any():
            return False
        rows = self.operands
        columns = [rows[:, turn].ravel() for turn in (first, second, third)]
        given: dict[
            int, int
        ] = {}  # what is computed in the first turn, and what stands for it there
        for one, two, three in zip(*[column.tolist() for column in columns], strict=True):
            if two < 0:
                if one >= 0 or self._leaf_types[one] != self._leaf_types[two]:
                    return False
            elif three - two == period and start <= two < start + period:
                if given.setdefault(two, one) != one or one >= start:
                    return False
                if self.types[two] != (self._leaf_types[one] if one < 0 else self.types[one]):
                    return False
            elif three - two == period and two >= start:
                if one != two - period:
                    return False
            elif one != 2 * two - three or one >= start or self.types[one] != self.types[two]:
                return False
        return True


def operations_of(terms: Iterable[Term]) -> Operations | None:
    """The operations of a program; None for a short one, which has no loops."""
    operations = [term for term in terms if term.op is not None]
    return Operations(operations) if len(operations) >= SHORT else None


def _type(x: Any) -> Any:
    """What two numbers or arrays of one shape and type have in common."""
    return (x.shape, x.dtype.str) if x.__class__ is np.ndarray else x.__class__


def _saved(repeats: Sequence[Repeat]) -> int:
    return sum([repeat.saved for repeat in repeats])


def _periods(kinds: Numbers) -> list[int]:
    """Distances that are frequent between equal stretches."""
    periods: dict[int, None] = {}
    length, hashes = 1, kinds.astype(np.uint64) + np.uint64(1)
    with np.errstate(over="ignore"):
        while len(hashes) > GROWTH * length and length <= LONGEST:
            before, places = hashes, len(hashes) - (GROWTH - 1) * length
            hashes = np.zeros(places, np.uint64)
            for n in range(GROWTH):
                hashes = hashes * _MULTIPLIER + before[n * length : n * length + places]
            length *= GROWTH
            order = np.argsort(hashes, kind="stable")
            equal = hashes[order[1:]] == hashes[order[:-1]]
            distances, counts = np.unique(np.diff(order)[equal], return_counts=True)
            most = np.argsort(-counts, kind="stable")[:PERIODS]
            periods.update(dict.fromkeys(distances[most].tolist()))
    return list(periods)
