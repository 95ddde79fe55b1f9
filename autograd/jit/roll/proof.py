"""The proof of a rolled program: it gives what the recorded one gives, on two sets of numbers.

One is the recording's. The other is moved away from it, since numbers there may hide an error: all
biases may be 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.sums import Sums
from autograd.jit.terms import Term, evaluate

ROUNDING = 1e-9
"""The difference allowed, as a share of the absolute values that are added up."""
FLOOR = 1e-13
"""And as a share of the largest number in the program: what cancels leaves its rounding errors."""


def agree(program: Scalars, sums: Sums, rolled: Sequence[Term]) -> bool:
    """Whether `rolled` gives the outputs of the program, up to the order of additions."""
    here = [term.example for term in program.terms]
    if not _same(program, sums, here, [term.example for term in rolled]):
        return False
    inputs = [term for term in program.terms if term.op is None and not term.constant]
    moved = {term: _moved(term.example, n) for n, term in enumerate(inputs)}
    return _same(program, sums, _values(program, moved), evaluate(rolled, moved))


def _moved(x: float | bool, number: int) -> float | bool:
    """x changed by some per cent, each number by a share of its own."""
    if isinstance(x, bool):
        return x
    share = 0.02 * (0.5 + math.modf(0.6180339887 * number)[0])
    return x + share * (abs(x) + 0.1 if math.isfinite(x) else 0.0)


def _values(program: Scalars, inputs: Mapping[Term, float | bool]) -> list[float | bool]:
    """Every number of the program."""
    values: list[float | bool] = []
    for term, op, args in zip(program.terms, program.ops, program.args, strict=True):
        if op is None:
            values.append(term.example if term.constant else inputs[term])
        else:
            value = op.evaluate(tuple([values[arg] for arg in args]), {})
            values.append(float(value) if value.__class__ is int else value)
    return values


def _same(
    program: Scalars,
    sums: Sums,
    values: Sequence[float | bool],
    found: Sequence[float | bool],
) -> bool:
    """Whether `found` are the outputs, where the nodes of the program have these values."""
    sizes = np.abs(np.array(values, np.float64))
    floor = FLOOR * float(sizes[np.isfinite(sizes)].max(initial=0.0))
    for output, new in zip(program.outputs, found, strict=True):
        old = values[output]
        if old.__class__ is not new.__class__:
            return False
        if old != new and (old == old or new == new):
            addends = [addend for _, addend in sums.found.get(output, ())]
            scale = float(sizes[[output, *addends]].sum())
            if not abs(new - old) <= ROUNDING * scale + floor:
                return False
    return True
