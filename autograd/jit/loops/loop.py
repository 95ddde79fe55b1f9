"""A loop among the terms of a program: a body, which is a program of its own, run turn by turn.

What a body reads is in each turn the same (`fixed`), what an earlier turn has computed (`carried`),
or the next item of a list (`streams`). Lists are terms, too: what a loop has kept of its turns,
parts of such lists, and lists of other terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

import numpy as np

from autograd.jit.terms import Term, ordered
from autograd.ops.predicates import NonDifferentiable


def _no_kernel(*args: Any, **settings: Any) -> NoReturn:
    """Loops are computed by the code alone; programs are interpreted as they were recorded."""
    raise NotImplementedError


@dataclass(frozen=True)
class Carried:
    """A number or array handed on from turn to turn: the input it is, and what it is next."""

    input: Term
    next: Term


class Loop(NonDifferentiable):
    """`loop(*fixed, *initial, *lists)`: a tuple of what its last turn gave, and of lists of what
    each turn gave.

    fixed, carried, streams: the inputs of the body, in the order of the arguments.
    last: terms of the body whose values in the last turn are results.
    kept: terms of the body whose values in all turns are results, as lists.
    checks: terms of the body that decide whether the program fits, and the numbers of branches.
    """

    def __init__(
        self,
        turns: int,
        fixed: Sequence[Term],
        carried: Sequence[Carried],
        streams: Sequence[Term],
        last: Sequence[Term],
        kept: Sequence[Term],
        checks: Sequence[tuple[Term, int]] = (),
    ) -> None:
        super().__init__("loop", _no_kernel)
        self.turns = turns
        self.fixed: Sequence[Term] = fixed
        self.carried: Sequence[Carried] = carried
        self.streams: Sequence[Term] = streams
        self.last: Sequence[Term] = last
        self.kept: Sequence[Term] = kept
        self.checks: Sequence[tuple[Term, int]] = checks

    @property
    def inputs(self) -> list[Term]:
        """What the body reads, one for each argument."""
        return [*self.fixed, *[part.input for part in self.carried], *self.streams]

    @property
    def results(self) -> list[Term]:
        """What has to be computed in each turn."""
        nexts = [part.next for part in self.carried]
        return [*nexts, *self.last, *self.kept, *[term for term, _ in self.checks]]

    def order(self) -> list[Term]:
        """The terms of the body, arguments first."""
        return ordered([*self.results, *self.inputs])

    def remade(self, remake: Callable[[list[Term]], dict[Term, Term]]) -> Loop:
        """The loop with another body, where `remake` gives a new term for each that it is given."""
        new = remake([*self.results, *self.inputs])
        return Loop(
            self.turns,
            [new[term] for term in self.fixed],
            [Carried(new[part.input], new[part.next]) for part in self.carried],
            [new[term] for term in self.streams],
            [new[term] for term in self.last],
            [new[term] for term in self.kept],
            [(new[term], number) for term, number in self.checks],
        )


def inside(terms: Iterable[Term]) -> Iterator[Term]:
    """These terms, and those of the bodies of loops among them."""
    for term in terms:
        yield term
        if isinstance(term.op, Loop):
            yield from inside(term.op.order())


# --------------------------------------------------------------------------------------------------
# The numbers of entries in keys, as in `x[3]`, apart from what else the keys say

Key: TypeAlias = tuple[Any, ...]


class _Entry:
    """Stands in a key for a number."""


ENTRY: Final = _Entry()


def is_moving(part: Any) -> bool:
    """Whether a part of a key stands for numbers."""
    return part is ENTRY or (isinstance(part, slice) and part.start is ENTRY)


def without_numbers(key: Any, shape: Sequence[int]) -> tuple[Any, list[int]]:
    """A key of an array with `ENTRY` for its numbers, also for those of slices, and the numbers.

    None are left out where there are more than two, or where axes are not those of the array.
    """
    parts: list[Any] = []
    numbers: list[int] = []
    for axis, part in enumerate(key if isinstance(key, tuple) else (key,)):
        if isinstance(part, int) and not isinstance(part, bool):
            parts.append(ENTRY)
            numbers.append(part % shape[axis])
        elif not isinstance(part, slice):
            return key, []
        elif part.step is None and None not in (part.start, part.stop) and part.start >= 0:
            parts.append(slice(ENTRY, ENTRY))
            numbers += [part.start, part.stop]
        else:
            parts.append(part)
    return (tuple(parts), numbers) if len(numbers) <= 2 else (key, [])


def with_numbers(key: Key, numbers: Sequence[Any]) -> Key:
    """The key in which these numbers are, or slices in their place."""
    left = iter(numbers)
    parts = []
    for part in key:
        if part is ENTRY:
            part = next(left)
        elif is_moving(part):
            part = slice(next(left), next(left))
        parts.append(part)
    return tuple(parts)


# --------------------------------------------------------------------------------------------------
# Lists, and what is read from them

part: Final = NonDifferentiable("part", _no_kernel)
"""`part(loop, index=n)`: one of the results of a loop, a number or array, or a list."""

cut: Final = NonDifferentiable("cut", _no_kernel)
"""`cut(list, start=a, stop=b, step=c)`: a part of a list."""

item: Final = NonDifferentiable("item", _no_kernel)
"""`item(list, index=n)`: one number or array of a list."""

listed: Final = NonDifferentiable("listed", _no_kernel)
"""`listed(*parts, lists=flags)`: a list of these; of a part with a flag, which is a list, of its
items."""

rows: Final = NonDifferentiable("rows", _no_kernel)
"""`rows(x, key=key, numbers=numbers, steps=steps, turns=n)`: a list of parts of an array. In the
key of the first are these numbers, which move by `steps` from one to the next."""

stacked: Final = NonDifferentiable("stacked", _no_kernel)
"""`stacked(list)`: an array of the items of a list, along a first axis."""

joined: Final = NonDifferentiable("joined", np.concatenate)
"""`joined(list)`: the items of a list, arrays, one after the other along their first axis."""

LISTS = frozenset([part, cut, item, listed, rows, stacked, joined])
"""The operations that make lists, or read from them."""
SHOWN = frozenset([rows, cut])
"""Those whose items are in the memory of the argument."""


def is_of_lists(term: Term) -> bool:
    """Whether a term is a loop, makes a list, or reads from one."""
    return term.op in LISTS or isinstance(term.op, Loop)
