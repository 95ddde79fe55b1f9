"""The numbers in a program, numbered, and what else there is: arrays that they come from or go to.

Nothing is computed or changed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd.graph import Op
from autograd.jit.terms import Term, ordered
from autograd.ops.elementwise import identity, stop_gradient
from autograd.ops.kinds import Elementwise


class Scalars:
    """The terms of single numbers that elementwise operations make of others, as numbered nodes.

    Arguments come first. `ops[n]` is None for a leaf: an input, a constant, or a number that is
    computed in another way. Numbers are Python's, or arrays without axes.
    """

    def __init__(self, outputs: Sequence[Term]) -> None:
        self.terms: list[Term] = []
        self.ops: list[Op | None] = []
        self.args: list[tuple[int, ...]] = []
        self.uses: list[int] = []
        self.wanted: list[Term] = []
        """The terms that outputs are, or arrays are made of."""
        self.after: list[Term] = []
        """The terms that depend on wanted ones, themselves in no program of numbers."""
        self.tangled: bool = False
        """Whether a leaf depends on other nodes, or is no number as the others are."""
        self._number: dict[Term, int] = {}
        self._read(outputs)
        self.outputs: list[int] = [self._number[term] for term in self.wanted]
        for node in self.outputs:
            self.uses[node] += 1

    @property
    def operations(self) -> int:
        """How many numbers are computed."""
        return sum(op is not None for op in self.ops)

    def _read(self, outputs: Sequence[Term]) -> None:
        number, made = self._number, set()
        wanted: dict[Term, None] = {}
        after: set[Term] = set()
        for term in ordered(outputs):
            if term.op is None:
                continue
            if not (isinstance(term.op, Elementwise) and is_number(term)):
                inside = [arg for arg in term.args if arg in made]
                wanted.update(dict.fromkeys(inside))
                if inside or not after.isdisjoint(term.args):
                    after.add(term)
                    self.after.append(term)
                continue
            args = []
            for arg in term.args:
                if arg not in number:
                    self.tangled |= arg in after or arg.dtype == np.float32
                    self._add(arg, None, ())
                args.append(number[arg])
            made.add(term)
            if term.op is identity or term.op is stop_gradient:
                number[term] = args[0]  # of use only to who differentiates
            else:
                self._add(term, term.op, tuple(args))
        wanted.update(dict.fromkeys([output for output in outputs if output in made]))
        self.wanted = list(wanted)

    def _add(self, term: Term, op: Op | None, args: tuple[int, ...]) -> None:
        self._number[term] = len(self.terms)
        self.terms.append(term)
        self.ops.append(op)
        self.args.append(args)
        self.uses.append(0)
        for arg in args:
            self.uses[arg] += 1


def is_number(term: Term) -> bool:
    """Whether a term is a number or a boolean, of Python or in an array without axes."""
    return term.scalar or (term.shape == () and term.dtype in (np.float64, np.bool_))
