"""Whether to roll a program, and how: what is right and costs least.

How it is done stands in the other modules.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.jit.roll.cost import cost, written_out
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower
from autograd.jit.roll.proof import agree
from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.sums import sums
from autograd.jit.roll.surroundings import put_in_place
from autograd.jit.terms import Term, Terms

SHORT = 100
"""Programs of fewer operations are not worth an attempt: a call of NumPy costs as much as ten."""

WELL = 5.0
"""So many times cheaper is cheap enough not to look further."""


def roll(terms: Terms, outputs: Sequence[Term]) -> list[Term] | None:
    """`outputs` computed by operations on arrays; None where floats are cheaper.

    The numbers in the program that elementwise operations make of others become entries of arrays;
    what goes into them, and what is done with arrays besides, stays as it is.

    Sums are formed in another order than written, so results differ by a few units in the last
    place of the sum of the absolute values of the terms. A product of the chain rule within a sum
    is a plain product: 0 · ∞ is NaN there.
    """
    return _best(terms, outputs, (False, True))


def levels(terms: Terms, outputs: Sequence[Term]) -> list[Term] | None:
    """The same level by level: all like operations of one depth at once, whatever they take."""
    return _best(terms, outputs, (True,))


def _best(terms: Terms, outputs: Sequence[Term], ways: Sequence[bool]) -> list[Term] | None:
    """The cheapest of some ways: whether nodes are grouped by depth, or by what they take."""
    program = Scalars(terms, outputs)
    if program.tangled or program.operations < SHORT:
        return None
    found = sums(program)
    straight = least = written_out(program.terms)
    best = None
    for by_depth in ways:
        groups = grouped(terms, program, found, by_depth)
        rolled = lower(terms, groups, program.wanted)
        if cost(rolled) < least:
            best, least = rolled, cost(rolled)
        if least * WELL < straight:
            break
    if best is None or not agree(program, found, best):
        return None
    return put_in_place(terms, program, outputs, best)
