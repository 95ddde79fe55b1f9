"""The scalar part of a program as numbered nodes, and its sums of many terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.terms import Term, Terms
from autograd.ops.elementwise import add, identity, neg, stop_gradient, sub
from autograd.ops.op_types import Elementwise

Addends: TypeAlias = list[tuple[float, int]]
"""The terms of a sum, each a sign and a node, in the order of the program."""

_SIGNS: dict[Op | None, tuple[float, ...]] = {add: (1.0, 1.0), sub: (1.0, -1.0), neg: (-1.0,)}

ADDITIONS = frozenset([*_SIGNS, identity, stop_gradient])
"""Operations that make no level of their own: a sum of many terms is computed at once."""


class Scalars:
    """The terms of single numbers that elementwise operations make of others, as numbered nodes.

    Arguments come first. `ops[n]` is None for a leaf: an input, a constant, or a number that is
    computed in another way. Numbers are Python's, or arrays without axes.
    """

    def __init__(self, terms: Terms, outputs: Sequence[Term]) -> None:
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
        self._node = [-1] * len(terms.all)  # of each term, by its number
        self._read(terms, outputs)
        self.outputs: list[int] = [self._node[term.number] for term in self.wanted]
        for node in self.outputs:
            self.uses[node] += 1
        self._find_sums()

    @property
    def operations(self) -> int:
        """The number of operations."""
        return sum(op is not None for op in self.ops)

    def _read(self, terms: Terms, outputs: Sequence[Term]) -> None:
        made = bytearray(len(terms.all))
        wanted: dict[Term, None] = {}
        after: set[Term] = set()
        for term in terms.needed(outputs):
            op = term.op
            if op is None:
                continue
            if not isinstance(op, Elementwise) or not is_number(term):
                inside = [arg for arg in term.args if made[arg.number]]
                wanted.update(dict.fromkeys(inside))
                if inside or not after.isdisjoint(term.args):
                    after.add(term)
                    self.after.append(term)
                continue
            made[term.number] = 1
            args = []
            for arg in term.args:
                node = self._node[arg.number]
                if node < 0:
                    self.tangled |= arg in after or arg.dtype == np.float32
                    node = self._add(arg, None, ())
                args.append(node)
            if op is identity or op is stop_gradient:
                self._node[term.number] = args[0]  # of use only to who differentiates
            else:
                self._add(term, op, tuple(args))
        wanted.update(dict.fromkeys([output for output in outputs if made[output.number]]))
        self.wanted = list(wanted)

    def _add(self, term: Term, op: Op | None, args: tuple[int, ...]) -> int:
        node = self._node[term.number] = len(self.terms)
        self.terms.append(term)
        self.ops.append(op)
        self.args.append(args)
        self.uses.append(0)
        for arg in args:
            self.uses[arg] += 1
        return node

    def _find_sums(self) -> None:
        """All additions, subtractions and changes of sign, in sums as long as they can be."""
        linear = [node for node, op in enumerate(self.ops) if op in _SIGNS]
        added = [0] * len(self.ops)
        for node in linear:
            for arg in self.args[node]:
                added[arg] += 1
        self.steps: set[int] = {node for node in linear if self.uses[node] == 1 == added[node]}
        """Additions on the way to sums: another one uses the result, once, and nothing else."""
        self.sums: dict[int, Addends] = {
            root: self._addends(root) for root in linear if root not in self.steps
        }
        """The terms of each sum, by the node that is the result."""

    def _addends(self, root: int) -> Addends:
        addends = []
        stack = [(1.0, root)]
        while stack:
            sign, node = stack.pop()
            if node == root or node in self.steps:
                signs = [sign * factor for factor in _SIGNS[self.ops[node]]]
                stack += reversed([*zip(signs, self.args[node], strict=True)])
            else:
                addends.append((sign, node))
        return addends


def is_number(term: Term) -> bool:
    """Whether a term is a number or a boolean, of Python or in an array without axes."""
    x = term.example
    return x.__class__ is not np.ndarray or (x.shape == () and x.dtype in (np.float64, np.bool_))
