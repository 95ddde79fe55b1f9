"""What a program will cost to run, roughly: to choose between ways to compute the same."""

from __future__ import annotations

from collections.abc import Iterable

from autograd.jit.packing import entry, pack
from autograd.jit.terms import Term, is_view, ordered
from autograd.ops.products import matmul_op
from autograd.ops.structural import index_op

NUMBER = 0.06
"""Microseconds for an operation on Python's floats."""
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
    """An estimate of the time to compute `outputs`, in microseconds."""
    return float(sum(map(_cost, ordered(outputs))))


def written_out(numbers: Iterable[Term]) -> float:
    """The same for operations on numbers, one after the other."""
    computed = [term for term in numbers if term.op is not None]
    return float(sum([NUMBER if term.scalar else CALL for term in computed]))


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
