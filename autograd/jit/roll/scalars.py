"""The scalar part of a program as numbered nodes, its sums of many terms, and its chains."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.terms import Term, Terms, largest_so_far, products_so_far, smallest_so_far
from autograd.ops.elementwise import (
    add,
    identity,
    maximum_op,
    minimum_op,
    mul,
    neg,
    stop_gradient,
    sub,
)
from autograd.ops.op_types import Elementwise, chain_product
from autograd.ops.running import cumprod_op

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
        nodes, same = self._node, (identity, stop_gradient)
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
                node = nodes[arg.number]
                if node < 0:
                    self.tangled |= arg in after or arg.dtype == np.float32
                    node = self._add(arg, None, ())
                args.append(node)
            if op in same:
                nodes[term.number] = args[0]  # of use only to who differentiates
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
        steps, ops, args = self.steps, self.ops, self.args
        while stack:
            sign, node = stack.pop()
            while node == root or node in steps:  # down to the first of its terms
                signs = _SIGNS[ops[node]]
                if len(signs) == 2:
                    node, other = args[node]
                    stack.append((sign * signs[1], other))
                else:
                    (node,) = args[node]
                sign *= signs[0]
            addends.append((sign, node))
        return addends


def is_number(term: Term) -> bool:
    """Whether a term is a number or a boolean, of Python or in an array without axes."""
    x = term.example
    return (
        x.__class__ is float
        or x.__class__ is not np.ndarray
        or (x.shape == () and x.dtype in (np.float64, np.bool_))
    )


# --------------------------------------------------------------------------------------------------
# Chains: operations that pass on a number, such as the largest so far, and take another each time.
# One call of NumPy's `accumulate` computes all of a chain.

ACCUMULATED: dict[Op | None, Op] = {
    maximum_op: largest_so_far,
    minimum_op: smallest_so_far,
    chain_product: products_so_far,
    mul: cumprod_op,
}
SHORT: dict[Op | None, int] = {maximum_op: 1, minimum_op: 1, chain_product: 8, mul: 8}
"""Chains of fewer operations are computed one by one. A single maximum is a chain, too: beside
longer ones it is computed with them.
"""

Chain = tuple[list[int], list[int]]
"""The nodes of a chain, and what it begins with and takes on the way."""


def chains(program: Scalars, inner: set[int]) -> dict[int, Chain]:
    """The chain that each node is in, if any; what one takes may yet depend on it.

    inner: nodes that are in no chain.
    """
    lengths: dict[int, int] = {}
    before: dict[int, int] = {}
    for node, op in enumerate(program.ops):
        if op in ACCUMULATED and node not in inner:
            args = program.args[node][:1] if op is chain_product else program.args[node]
            same = [arg for arg in args if program.ops[arg] is op and arg in lengths]
            lengths[node] = 1
            if same:
                before[node] = max(same, key=lengths.__getitem__)
                lengths[node] += lengths[before[node]]
    found: dict[int, Chain] = {}
    for last in sorted(lengths, key=lengths.__getitem__, reverse=True):
        nodes: list[int] = []
        earlier: int | None = last
        while earlier is not None and earlier not in found:
            nodes.append(earlier)
            earlier = before.get(earlier)
        if len(nodes) < SHORT[program.ops[last]]:
            continue
        nodes.reverse()
        taken = list(program.args[nodes[0]])
        for one, node in pairwise(nodes):
            x, y = program.args[node]
            taken.append(y if x == one else x)
        if all(program.terms[x].dtype.kind == "f" for x in (*nodes, *taken[:1])):
            found.update(dict.fromkeys(nodes, (nodes, taken)))
    return found
