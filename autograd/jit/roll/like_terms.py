"""The terms of sums by kind: like terms can be added up as one scalar product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from autograd.jit.roll.groups import Groups, Node

Pairs: TypeAlias = list[tuple[Node, Node]]
"""Products of two factors each."""

Kind: TypeAlias = tuple[Any, ...]
"""What terms have to have in common: their sign, and whatever else their factors come from."""

FEW = 2
"""So many kinds of one term each are not worth putting together."""


@dataclass(slots=True)
class LikeTerms:
    """The terms of one sum: a constant, and products by kind. A multiple has a constant factor."""

    node: int
    constant: float = 0.0
    products: dict[Kind, Pairs] = field(default_factory=dict)

    def add(self, groups: Groups, sign: float, left: Node, right: Node) -> None:
        """One more product."""
        a, b = groups.of[left], groups.of[right]
        if a.number > b.number and a is not groups.constants:
            left, right, a, b = right, left, b, a
        kind = (sign, a is groups.constants) if groups.by_depth else (sign, a, b)
        self.products.setdefault(kind, []).append((left, right))


@dataclass(frozen=True)
class Part:
    """Kinds of terms that are added up before others are."""

    kinds: tuple[Kind, ...]
    single: bool
    """Whether there is one term of them in each sum."""

    @property
    def sign(self) -> float:
        """That of all its terms."""
        sign: float = self.kinds[0][0]
        return sign

    def pairs(self, sum: LikeTerms) -> Pairs:
        """Its terms in one of the sums."""
        return [pair for kind in self.kinds for pair in sum.products[kind]]


def alike(sums: Sequence[LikeTerms]) -> list[list[LikeTerms]]:
    """The sums that have terms of the same kinds, together."""
    found: dict[Any, list[LikeTerms]] = defaultdict(list)
    for sum in sums:
        found[frozenset(sum.products)].append(sum)
    return list(found.values())


def parts(groups: Groups, sums: Sequence[LikeTerms]) -> list[Part]:
    """How to add up sums that are alike: what can be computed first comes first.

    Terms of which a sum has just one of each kind are put together if there are many kinds that
    differ in nothing but the steps of the program they come from, such as those of a recursion.
    """
    found, families = [], defaultdict(list)
    for kind in sums[0].products:
        if any(len(sum.products[kind]) > 1 for sum in sums):
            found.append(Part((kind,), single=False))
        elif groups.by_depth:
            found.append(Part((kind,), single=True))
        else:
            sign, left, right = kind
            families[sign, left.op, right.op, left is groups.constants].append(kind)
    for family in families.values():
        if len(family) > FEW:
            found.append(Part(tuple(family), single=False))
        else:
            found += [Part((kind,), single=True) for kind in family]
    if groups.by_depth:
        return sorted(found, key=lambda part: part.kinds)

    def known(part: Part) -> tuple[int, ...]:
        return max([(max(a.depth, b.depth), a.number, b.number) for _, a, b in part.kinds])

    return sorted(found, key=known)
