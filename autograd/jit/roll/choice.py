"""Whether to roll a program, and how: what is right and costs least.

How it is done stands in the other modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.jit.packing import entry, pack
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower, put_in_place
from autograd.jit.roll.proof import agree
from autograd.jit.roll.scalars import Scalars
from autograd.jit.terms import Term, Terms, is_view, ordered
from autograd.ops.products import matmul_op
from autograd.ops.structural import index_op

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
    program = Scalars(terms, outputs)
    if program.tangled or program.operations < SHORT:
        return None
    straight = sum([NUMBER if term.scalar else CALL for term in program.terms if term.op])
    least, best = straight, None
    for by_depth in (False, True):
        groups = grouped(terms, program, by_depth)
        rolled = lower(terms, groups, program.wanted)
        if (needed := cost(rolled)) < least:
            best, least = rolled, needed
        if least * WELL < straight:
            break
    if best is None or not agree(program, best):
        return None
    return put_in_place(terms, program, outputs, best)


# --------------------------------------------------------------------------------------------------
# What a program will cost to run, roughly, in microseconds

NUMBER = 0.06
"""For an operation on Python's floats."""
MOVE = 0.025
"""For a float into an array or out of it."""
CALL = 0.8
"""For a call of NumPy, besides what its entries cost."""
ENTRY = 0.001
GATHERED = 0.003
"""For an entry computed or read in order, and for one looked up."""
PRODUCT = 0.0002
"""For a multiplication and an addition in a matrix product."""


def cost(outputs: Iterable[Term]) -> float:
    """An estimate of the time to compute `outputs`."""
    return float(sum(map(_cost, ordered(outputs))))


def _cost(term: Term) -> float:
    op = term.op
    if op is None or is_view(term):
        return 0.0
    if op is entry:
        return MOVE
    if op is pack:
        return CALL + MOVE * len(term.args)
    if term.scalar:
        return NUMBER
    if op is index_op:
        return CALL + GATHERED * term.size
    if op is matmul_op:
        return CALL + PRODUCT * term.size * term.args[0].shape[-1]
    return CALL + ENTRY * max([term.size, *[arg.size for arg in term.args]])
