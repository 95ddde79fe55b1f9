"""Where 0 · ∞ may turn up in a compiled program, and whether it has.

In a derivative it is 0, as where a branch that is not taken has an infinite slope. The code of a
program multiplies plainly, and gives NaN; such a run is repeated with products that a zero closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
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


def nan_finder(exposed: Mapping[int, Term]) -> Callable[[Sequence[Any]], bool]:
    """What tells whether a NaN is among results, of which these places are exposed.

    It also finds numbers that add up to one, as ∞ - ∞ does.
    """
    arrays = [place for place, term in exposed.items() if not term.scalar]
    numbers = [place for place, term in exposed.items() if term.scalar]
    pick = itemgetter(*numbers, numbers[0]) if numbers else None  # of one alone it makes no tuple

    def finds(values: Sequence[Any]) -> bool:
        for place in arrays:
            entries = values[place].ravel()
            square = entries.dot(entries)  # which takes half the time of `isnan` and `any`
            if square != square:
                return True
        total = sum(pick(values)) if pick else 0.0
        return bool(total != total)

    return finds
