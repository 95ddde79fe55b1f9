"""Find scalar products that are all pairs of two sets of rows: the entries of a matrix product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Row: TypeAlias = tuple[int, ...]
Block: TypeAlias = tuple[list[int], list[int]]
"""Numbers of left and of right rows of which all pairs are there."""
Sizes: TypeAlias = tuple[int, ...]
"""Of a matrix product: the length of the rows, and their numbers on the left and on the right."""

SPARSE = 3
"""A matrix product may have this many times as many entries as are wanted."""

MANY = 4
"""With more sizes than that, matrix products are too small to be told apart."""


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


def sizes_of_products(
    products: Sequence[tuple[Row, Row]], constants: Container[int]
) -> list[Sizes | None]:
    """For each of the scalar products the sizes of the matrix product that it is an entry of.

    None where it is of none, and where all of them are of one, so that there is nothing to divide.
    A row of constants does not count: there, each row on the other side stands for itself.
    """
    sizes: list[Sizes | None] = [None] * len(products)
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, (left, _) in enumerate(products):
        by_length[len(left)].append(number)
    for length, numbers in by_length.items():
        pairs = pairing([products[number] for number in numbers])
        blocks = pairs.blocks()
        if blocks is None or (len(by_length) == 1 and len(blocks) == 1):
            continue
        size_of: dict[int, Sizes] = {}
        for lefts, rights in blocks:
            p, q = len(lefts), len(rights)
            plain = pairs.lefts[lefts[0]][0] in constants or pairs.rights[rights[0]][0] in constants
            if p * q > 1 and not (plain and 1 in (p, q)):
                size_of.update(dict.fromkeys(lefts, (length, p, q)))
        for number, row in zip(numbers, pairs.left_of, strict=True):
            sizes[number] = size_of.get(row)
    return sizes if len(set(sizes)) <= MANY else [None] * len(products)
