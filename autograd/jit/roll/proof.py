"""The proof of a rolled program: it gives what the recorded one gives, on two sets of numbers.

One is the recording's. The other is moved away from it, since numbers there may hide an error: all
biases may be 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.sums import sums
from autograd.jit.terms import Term, evaluate

ROUNDING = 1e-9
"""The difference allowed, as a share of the absolute values that are added up."""
FLOOR = 1e-13
"""And as a share of the largest number in the program: what cancels leaves its rounding errors."""


def agree(program: Scalars, outputs: Sequence[Term], rolled: Sequence[Term]) -> bool:
    """Whether `rolled` gives what `outputs` do, up to the order in which sums are formed."""
    inputs = [term for term in program.terms if term.op is None and not term.constant]
    given = {term: term.example for term in inputs}
    moved = {term: _moved(term.example, n) for n, term in enumerate(inputs)}
    tolerances = _Tolerances(program)
    here = tolerances.hold(given, [term.example for term in rolled])
    return here and tolerances.hold(moved, evaluate(rolled, moved))


def _moved(x: float | bool, number: int) -> float | bool:
    """x changed by some per cent, by a share of its own for each number."""
    if isinstance(x, bool):
        return x
    share = 0.02 * (0.5 + math.modf(0.6180339887 * number)[0])
    return x + share * (abs(x) if math.isfinite(x) else 0.0) + share / 10


class _Tolerances:
    def __init__(self, program: Scalars) -> None:
        self._program = program
        self._sums = sums(program).found

    def hold(self, inputs: Mapping[Term, float | bool], found: Sequence[float | bool]) -> bool:
        """Whether `found` is what the program gives for these inputs."""
        program = self._program
        values = _values(program, inputs)
        sizes = np.abs(np.array(values, np.float64))
        floor = FLOOR * float(sizes[np.isfinite(sizes)].max(initial=0.0))
        for output, new in zip(program.outputs, found, strict=True):
            old = values[output]
            if old.__class__ is not new.__class__:
                return False
            if old == new or (old != old and new != new):
                continue
            addends = [addend for _, addend in self._sums.get(output, ())]
            scale = float(sizes[[output, *addends]].sum())
            if not abs(new - old) <= ROUNDING * scale + floor:
                return False
        return True


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
