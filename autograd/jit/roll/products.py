"""Compute groups of scalar products as matrix products, or else as sums along rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.jit.roll.arrays import Arrays
from autograd.jit.roll.blocks import Block, Pairing, Row, pairing
from autograd.jit.roll.groups import Group, Groups
from autograd.jit.roll.views import inverse, strides_of
from autograd.jit.terms import Term, segment_sums
from autograd.ops.elementwise import mul
from autograd.ops.products import einsum_op, matmul_op
from autograd.ops.structural import sum_op


class Products:
    """The computation of groups of scalar products."""

    def __init__(self, arrays: Arrays, groups: Groups) -> None:
        self._arrays = arrays
        self._rank = _ranks(groups)
        self._outputs = len(groups.outputs)

    def compute(self, group: Group) -> None:
        """The operations for a group, and where the nodes stand in the result."""
        pairs = pairing(group.args)
        if len({len(left) for left in pairs.lefts}) > 1:
            self._segments(group)
        elif pairs.is_matrix:
            self._matrix(group, pairs)
        elif blocks := pairs.equal_blocks():
            self._matrices(group, pairs, blocks)
        else:
            self._rows(group)

    # ----------------------------------------------------------------------------------------------
    # All pairs of two sets of rows

    def _matrix(self, group: Group, pairs: Pairing) -> None:
        sides = [
            self._sorted(np.array(rows), np.array(row_of), np.array(group.nodes))
            for rows, row_of in ((pairs.lefts, pairs.left_of), (pairs.rights, pairs.right_of))
        ]
        if self._turned(group, sides):
            sides.reverse()
        (left, i), (right, j) = sides
        columns = self._columns(left, right)
        left, right = left[:, columns], right[:, columns].T
        p, q = len(left), right.shape[1]
        a = self._factors(left[0] if p == 1 else left)
        b = self._factors(right[:, 0] if q == 1 else right)
        self._arrays.hold(group, self._arrays.apply(matmul_op, a, b), i * q + j)

    def _sorted(self, rows: Any, row_of: Any, nodes: Any) -> tuple[Any, Any]:
        """The rows in the order in which they stand, and for each product which of them it takes.

        Constants stand in any order: theirs is that in which the products are wanted.
        """
        source, places = self._arrays.source(rows)
        if source.constant:
            ranks = np.full(len(rows), np.iinfo(int).max)
            np.minimum.at(ranks, row_of, self._rank[nodes])
            order = np.argsort(ranks, kind="stable")
        else:
            order = np.lexsort(places.T[::-1])
        return rows[order], inverse(order)[row_of]

    def _turned(self, group: Group, sides: list[tuple[Any, Any]]) -> bool:
        """Whether the right rows should make the rows of the result.

        An output has the axes in the order in which it is wanted, the rest the longest axis last.
        """
        (left, i), (right, j) = sides
        ranks = self._rank[group.nodes]
        if ranks.max() < self._outputs and len(left) > 1 < len(right):
            first = ranks[i == 0]
            return bool(np.ptp(first) > np.ptp(ranks[j == 0]))
        return len(left) > len(right)

    def _columns(self, left: Any, right: Any) -> Any:
        """An order for the terms of all sums in which the factors stand in regular patterns."""
        candidates: list[tuple[int, int, Any]] = []
        for row in (left[0], right[0]):
            source, places = self._arrays.source(row)
            if not source.constant:
                order = np.argsort(places, kind="stable")
                candidates.append(
                    (self._irregular(left[:, order], right[:, order]), len(candidates), order)
                )
        return min(candidates)[2]

    def _irregular(self, *sides: Any) -> int:
        """The number of sides that have to be gathered."""
        count = 0
        for side in sides:
            source, places = self._arrays.source(side)
            count += not source.constant and strides_of(places) is None
        return count

    # ----------------------------------------------------------------------------------------------
    # Other pairs

    def _matrices(self, group: Group, pairs: Pairing, blocks: Sequence[Block]) -> None:
        """Matrix products of the same sizes, one for each block, in one call."""
        left, i, block = self._stacked(pairs.lefts, pairs.left_of, [block[0] for block in blocks])
        right, j, _ = self._stacked(pairs.rights, pairs.right_of, [block[1] for block in blocks])
        columns = self._columns(left[:, 0], right[:, 0])
        a = self._factors(left[:, :, columns])
        b = self._factors(right[:, :, columns].transpose(0, 2, 1))
        p, q = left.shape[1], right.shape[1]
        self._arrays.hold(group, self._arrays.apply(matmul_op, a, b), (block * p + i) * q + j)

    def _stacked(
        self, rows: Sequence[Row], row_of: Sequence[int], blocks: Sequence[Sequence[int]]
    ) -> tuple[Any, Any, Any]:
        """The rows block by block, and which row of which block each product takes."""
        table, members = np.array(rows), np.array(blocks)
        source, places = self._arrays.source(table)
        if not source.constant:
            members = np.take_along_axis(members, places[members, 0].argsort(axis=1), axis=1)
        position = inverse(members.ravel())[row_of]
        return table[members], position % members.shape[1], position // members.shape[1]

    def _rows(self, group: Group) -> None:
        """Each row with its own."""
        left = np.array([row for row, _ in group.args])
        right = np.array([row for _, row in group.args])
        columns = self._columns(left, right)
        left, right = left[:, columns], right[:, columns]
        _, places = self._arrays.source(right)
        order = np.lexsort(places.T[::-1])
        a, b = self._factors(left[order]), self._factors(right[order])
        if _is_one(a):
            result = self._arrays.apply(sum_op, b, axis=1, keepdims=False)
        else:
            result = self._arrays.apply(einsum_op, a, b, subscripts="ij,ij->i")
        self._arrays.hold(group, result, inverse(order))

    def _segments(self, group: Group) -> None:
        """Sums of unlike lengths, one after the other in a row."""
        left = np.array([node for row, _ in group.args for node in row])
        right = np.array([node for _, row in group.args for node in row])
        a, b = self._factors(left), self._factors(right)
        if not _is_one(a):
            b = self._arrays.apply(mul, a, b)
        starts = np.cumsum([0, *[len(row) for row, _ in group.args[:-1]]])
        self._arrays.hold(group, self._arrays.apply(segment_sums, b, starts=starts))

    def _factors(self, nodes: Any) -> Term:
        return self._arrays.real(self._arrays.full(nodes))


def _is_one(term: Term) -> bool:
    return term.constant and bool((term.example == 1.0).all())


def _ranks(groups: Groups) -> Any:
    """For each node the first output that elementwise operations lead to: when it is wanted."""
    ranks = len(groups.of) + np.arange(len(groups.of))
    for n, output in reversed(list(enumerate(groups.outputs))):
        ranks[output] = n
    for group in reversed(groups.in_order()):
        if group.chained:
            for args, nodes in group.chains():
                np.minimum.at(ranks, args, ranks[nodes].min())
        elif group.op is not None:
            for args in np.array(group.args).T:
                np.minimum.at(ranks, args, ranks[group.nodes])
    return ranks
