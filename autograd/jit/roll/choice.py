"""Whether to roll a program, and how: what is right and costs least.

How it is done stands in the other modules.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.jit.roll.cost import NUMBER, cost
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower
from autograd.jit.roll.proof import agree
from autograd.jit.roll.scalars import Scalars, is_scalar_program
from autograd.jit.roll.sums import sums
from autograd.jit.terms import Term, Terms

SHORT = 100
"""Programs of fewer operations are not worth an attempt: a call of NumPy costs as much as ten."""

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
    return _best(terms, outputs, (False, True))


def levels(terms: Terms, outputs: Sequence[Term]) -> list[Term] | None:
    """The same level by level: all like operations of one depth at once, whatever they take."""
    return _best(terms, outputs, (True,))


def _best(terms: Terms, outputs: Sequence[Term], ways: Sequence[bool]) -> list[Term] | None:
    if not is_scalar_program(outputs):
        return None
    program = Scalars(outputs)
    if program.operations < SHORT:
        return None
    found = sums(program)
    straight = least = NUMBER * program.operations
    best = None
    for by_depth in ways:
        rolled = lower(terms, grouped(terms, program, found, by_depth))
        price = cost(rolled)
        if price < least:
            best, least = rolled, price
        if least * WELL < straight:
            break
    return best if best and agree(program, found, best) else None
