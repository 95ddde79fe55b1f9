"""Whether to roll a program, and how: what is right and costs least.

How it is done stands in the other modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd.jit.roll.cost import cost
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower
from autograd.jit.roll.proof import agree
from autograd.jit.roll.scalars import Scalars, is_scalar_program
from autograd.jit.terms import Term, Terms

NARROW = 100
"""Programs of fewer operations are not worth an attempt: an array costs as much as ten numbers."""

WELL = 5.0
"""So many times cheaper is cheap enough not to look further."""


def roll(terms: Terms, outputs: Sequence[Term]) -> list[Term] | None:
    """`outputs` computed by operations on arrays; None where floats are cheaper.

    outputs: terms of Python's numbers, computed by elementwise operations from inputs that are
        numbers. For others None is given.

    The result is again numbers, each an `entry` of an array or a number all along. Sums are formed
    in another order than written, so results differ by a few units in the last place of the sum of
    the absolute values of the terms. A product of the chain rule within a sum is a plain product:
    0 · ∞ is NaN there.
    """
    return _best(terms, outputs, (by_kind, by_depth))


def levels(terms: Terms, outputs: Sequence[Term]) -> list[Term] | None:
    """The same level by level: all like operations of one depth at once, whatever they take."""
    return _best(terms, outputs, (by_depth,))


def by_kind(terms: Terms, program: Scalars) -> list[Term]:
    """The program rolled, where groups take from groups, cheaper or not."""
    return lower(terms, grouped(terms, program, by_depth=False))


def by_depth(terms: Terms, program: Scalars) -> list[Term]:
    """The program rolled level by level, cheaper or not."""
    return lower(terms, grouped(terms, program, by_depth=True))


def _best(
    terms: Terms,
    outputs: Sequence[Term],
    ways: Sequence[Callable[[Terms, Scalars], list[Term]]],
) -> list[Term] | None:
    if not is_scalar_program(outputs):
        return None
    program = Scalars(outputs)
    if program.operations < NARROW:
        return None
    best, least = None, cost(outputs)
    straight = least
    for way in ways:
        found = way(terms, program)
        price = cost(found)
        if price < least:
            best, least = found, price
        if least * WELL < straight:
            break
    return best if best and agree(program, outputs, best) else None
