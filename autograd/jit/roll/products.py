"""Compute groups of scalar products as matrix products, or else as sums along rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autograd.jit.roll.arrays import Arrays, inverse, strides_of
from autograd.jit.roll.grouping import Group, Groups
from autograd.jit.terms import Term, segment_sums
from autograd.ops.elementwise import mul
from autograd.ops.products import einsum_op, matmul_op
from autograd.ops.structural import sum_op

Row: TypeAlias = tuple[int, ...]
Block: TypeAlias = tuple[list[int], list[int]]
"""Numbers of left and of right rows of which all pairs are there."""
SPARSE = 3
"""A matrix product may have this many times as many entries as are wanted."""


@dataclass(frozen=True)
class Pairing:
    """The distinct rows on both sides, and for each product its left and its right row."""

    lefts: list[Row]
    rights: list[Row]
    left_of: list[int]
    right_of: list[int]

    @property
    def is_matrix(self) -> bool:
        """Whether all pairs are there, or so many that it does no harm to compute all."""
        p, q, count = len(self.lefts), len(self.rights), len(self.left_of)
        return p * q == count or (min(p, q) > 1 and p * q <= SPARSE * count)

    def blocks(self) -> list[Block] | None:
        """Blocks that all pairs are in; None where they cannot be divided so."""
        partners: dict[int, set[int]] = defaultdict(set)
        for left, right in zip(self.left_of, self.right_of, strict=True):
            partners[left].add(right)
        lefts: dict[frozenset[int], list[int]] = defaultdict(list)
        for left, rights in partners.items():
            lefts[frozenset(rights)].append(left)
        if sum(map(len, lefts)) != len(self.rights):
            return None
        return [(same, sorted(rights)) for rights, same in lefts.items()]

    def equal_blocks(self) -> list[Block]:
        """The blocks if all have the same sizes and more than one pair; else none."""
        blocks = self.blocks() or []
        sizes = {(len(lefts), len(rights)) for lefts, rights in blocks}
        return blocks if len(sizes) == 1 and sizes != {(1, 1)} else []


def pairing(products: Sequence[tuple[Row, Row]]) -> Pairing:
    """The distinct rows of scalar products."""
    lefts: dict[Row, int] = {}
    rights: dict[Row, int] = {}
    left_of = [lefts.setdefault(left, len(lefts)) for left, _ in products]
    right_of = [rights.setdefault(right, len(rights)) for _, right in products]
    return Pairing(list(lefts), list(rights), left_of, right_of)


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
