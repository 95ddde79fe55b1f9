"""The proof of a rolled program: it gives what the recorded one gives, on two sets of numbers.

One is the recording's. The other is moved away from it, since numbers there may hide an error: all
biases may be 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.jit.roll.scalars import Scalars
from autograd.jit.terms import Term, evaluate, ordered

ROUNDING = 1e-9
"""The difference allowed, as a share of the absolute values that are added up."""
FLOOR = 1e-13
"""And as a share of the largest number in the program: what cancels leaves its rounding errors."""


def agree(program: Scalars, rolled: Sequence[Term]) -> bool:
    """Whether `rolled` gives what is wanted of the program, up to the order of additions."""
    here = [term.example for term in program.terms]
    if not _same(program, here, [term.example for term in rolled]):
        return False
    leaves = [term for term, op in zip(program.terms, program.ops, strict=True) if op is None]
    inputs = [term for term in ordered([*leaves, *rolled]) if term.op is None and not term.constant]
    moved = {term: _moved(term.example, n) for n, term in enumerate(inputs)}
    return _same(program, _values(program, leaves, moved), evaluate(rolled, moved))


def _moved(x: Any, number: int) -> Any:
    """x changed by some per cent, each number by a share of its own; only real numbers are."""
    if isinstance(x, float):
        return float(_moved(np.array(x), number))
    if isinstance(x, bool) or x.dtype.kind != "f":
        return x
    shares = 0.02 * (0.5 + np.modf(0.6180339887 * (number + np.arange(x.size)))[0])
    return x + shares.reshape(x.shape) * (np.abs(np.nan_to_num(x, posinf=0.0, neginf=0.0)) + 0.1)


def _values(program: Scalars, leaves: Sequence[Term], inputs: Mapping[Term, Any]) -> list[Any]:
    """Every number of the program."""
    given = dict(zip(leaves, evaluate(leaves, inputs), strict=True))
    values: list[Any] = []
    for term, op, args in zip(program.terms, program.ops, program.args, strict=True):
        if op is None:
            values.append(given[term])
        else:
            value = op.evaluate(tuple([values[arg] for arg in args]), {})
            values.append(float(value) if value.__class__ is int else value)
    return values


def _same(program: Scalars, values: Sequence[Any], found: Sequence[Any]) -> bool:
    """Whether `found` are the outputs, where the nodes of the program have these values."""
    sizes = np.abs(np.array(values, np.float64))
    floor = FLOOR * float(sizes[np.isfinite(sizes)].max(initial=0.0))
    for output, new in zip(program.outputs, found, strict=True):
        old = values[output]
        if old != new and (old == old or new == new):
            addends = [addend for _, addend in program.sums.get(output, ())]
            scale = float(sizes[[output, *addends]].sum())
            if not abs(new - old) <= ROUNDING * scale + floor:
                return False
    return True
