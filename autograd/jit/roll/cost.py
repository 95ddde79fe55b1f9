"""What a program will cost to run, roughly: to choose between ways to compute the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.jit.packing import entry, pack
from autograd.jit.terms import Term, ordered
from autograd.ops.products import matmul_op
from autograd.ops.structural import broadcast_op, index_op, reshape_op, transpose_op

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


def is_view(term: Term) -> bool:
    """Whether a term is its argument looked at in another way, which costs nothing at each run."""
    if term.op is index_op:
        key: Any = term.settings["key"]
        parts = key if isinstance(key, tuple) else (key,)
        return not any(isinstance(part, np.ndarray | list | tuple | bool) for part in parts)
    return term.op in (reshape_op, transpose_op, broadcast_op)
