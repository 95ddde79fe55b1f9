"""Of which array a view shows entries, and which: views of views undone."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autograd.jit.roll.patterns import Places
from autograd.jit.terms import Term, is_view

Origin: TypeAlias = tuple[Term, Places]
"""An array that is no view, and the places in it, in C order."""

LARGE = 2**20
"""The entries of larger arrays are not numbered."""


class Origins:
    """The origins of terms, each found once."""

    def __init__(self) -> None:
        self._found: dict[Term, Origin] = {}

    def of(self, term: Term) -> Origin:
        """The array that `term` shows, itself if it is no view, and the places of its entries."""
        if term not in self._found:
            self._found[term] = self._look(term)
        return self._found[term]

    def _look(self, term: Term) -> Origin:
        if is_view(term) and term.args[0].size < LARGE:
            base, places = self.of(term.args[0])
            assert term.op is not None
            shown: Any = term.op.evaluate((places,), term.settings)
            return base, np.asarray(shown)
        return term, np.arange(term.size).reshape(term.shape)
