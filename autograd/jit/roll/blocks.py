"""Scalar products that are all pairs of two sets of rows: the entries of a matrix product.

Rows are tuples of nodes here. Nothing is known of where in an array the nodes are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Row: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Pairing:
    """Which of the distinct left rows goes with which of the distinct right rows, entry by entry."""

    lefts: list[Row]
    rights: list[Row]
    left_of: list[int]
    right_of: list[int]

    @classmethod
    def of(cls, pairs: Sequence[tuple[Row, Row]]) -> Pairing:
        lefts: dict[Row, int] = {}
        rights: dict[Row, int] = {}
        left_of = [lefts.setdefault(left, len(lefts)) for left, _ in pairs]
        right_of = [rights.setdefault(right, len(rights)) for _, right in pairs]
        return cls(list(lefts), list(rights), left_of, right_of)

    @property
    def density(self) -> float:
        """The share of all pairs that is there."""
        return len(self.left_of) / (len(self.lefts) * len(self.rights))

    def blocks(self) -> list[tuple[list[int], list[int]]] | None:
        """Sets of left and right rows of which all pairs are there, and no others; if so it is."""
        partners: dict[int, set[int]] = defaultdict(set)
        for left, right in zip(self.left_of, self.right_of, strict=True):
            partners[left].add(right)
        found: dict[frozenset[int], list[int]] = defaultdict(list)
        for left, rights in partners.items():
            found[frozenset(rights)].append(left)
        if sum(map(len, found)) != len(self.rights):
            return None
        return [(lefts, sorted(rights)) for rights, lefts in found.items()]


def shape_of_blocks(rows: Sequence[Sequence[tuple[int, int]]], constants: Set[int]) -> list[Hashable]:
    """For each scalar product the sizes of the matrix product that it is an entry of; None where it
    is of none that is worth telling apart from others.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, pairs in enumerate(rows):
        by_length[len(pairs)].append(number)
    shapes: list[Hashable] = [None] * len(rows)
    if len(by_length) == 1:
        return shapes
    return shapes
