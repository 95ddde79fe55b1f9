"""Where 0 · ∞ may turn up in a compiled program, and whether it has.

In a derivative it is 0, as where a branch that is not taken has an infinite slope. The code of a
program multiplies plainly, and gives NaN; such a run is repeated with products that a zero closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.jit.terms import Term
from autograd.ops import kinds

_PRODUCTS = (kinds.chain, kinds.closed)


def exposed(order: Iterable[Term]) -> set[Term]:
    """The terms that depend on a product of a derivative; of all, the arguments first."""
    found: set[Term] = set()
    for term in order:
        product = term.op in _PRODUCTS and not any(map(_is_harmless, term.args))
        if product or not found.isdisjoint(term.args):
            found.add(term)
    return found


def _is_harmless(factor: Term) -> bool:
    """Whether a factor is known to be neither 0 nor infinite."""
    value = factor.example
    return factor.constant and bool(np.all(np.isfinite(value) & (np.asarray(value) != 0)))


def has_nan(values: Sequence[Any]) -> bool:
    """Whether a NaN is among the numbers; also where they add up to one, as ∞ - ∞ does."""
    for value in values:
        if value.__class__ is np.ndarray:
            numbers = value.ravel()
            square = numbers.dot(numbers)  # which takes half the time of `isnan` and `any`
            if square != square:
                return True
        elif value.__class__ is not float and value != value:
            return True
    total = sum([value for value in values if value.__class__ is float])
    return total != total
