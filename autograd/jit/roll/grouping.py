"""Group a program of numbers: like operations on like arguments, and like parts of sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from autograd.jit.roll.groups import Groups, Node, Rows
from autograd.jit.roll.scalars import Addends, Chain, Scalars, chains
from autograd.jit.roll.views import Origins
from autograd.jit.terms import Terms
from autograd.ops.elementwise import add, mul, neg, sub
from autograd.ops.op_types import chain_product

_PRODUCTS = (mul, chain_product)


def grouped(terms: Terms, program: Scalars, by_depth: bool) -> Groups:
    """The program in groups; new constants are put into `terms`."""
    groups = Groups(terms, by_depth)
    grouping = _Grouping(groups, program)
    grouping.add_leaves()
    inner = _products_of_sums(program)
    levels, chained = _levels(program, inner)
    for level in levels:
        alone = [n for n in level if n not in program.sums and n not in chained]
        grouping.add_elementwise(alone)
        grouping.add_chains([chained[n] for n in level if n in chained and chained[n][0][0] == n])
        grouping.add_sums({n: program.sums[n] for n in level if n in program.sums}, inner)
    groups.outputs = [grouping.node[output] for output in program.outputs]
    return groups


def _products_of_sums(program: Scalars) -> set[int]:
    """The products that are used in one sum only."""
    inner = set()
    for addends in program.sums.values():
        for node, count in Counter([node for _, node in addends]).items():
            if program.ops[node] in _PRODUCTS and program.uses[node] == count:
                inner.add(node)
    return inner


def _levels(program: Scalars, inner: set[int]) -> tuple[list[list[int]], dict[int, Chain]]:
    """The nodes to compute, by their number of steps from the leaves; and the chains of nodes.

    A sum is one step, and so is a chain; additions on the way and the products inside are none.
    """
    depth = [0 if op is None else -1 for op in program.ops]
    chained = chains(program, inner)
    levels: dict[int, list[int]] = defaultdict(list)

    def needed(node: int) -> Iterable[int]:
        if node in chained:
            return chained[node][1]
        if node in program.sums:
            return [arg for _, arg in program.sums[node]]
        return program.args[node]

    for root in range(len(depth)):
        if depth[root] >= 0 or root in program.steps:
            continue
        waiting = [root]
        begun: set[int] = set()  # the first nodes of chains that wait for what they take
        while waiting:
            node = waiting[-1]
            args = needed(node)
            before = [depth[arg] for arg in args]
            if min(before) >= 0 or depth[node] >= 0:
                waiting.pop()
                if depth[node] < 0:
                    step = node not in inner
                    depth[node] = step + max(before)
                    if step:
                        levels[depth[node]].append(node)
                continue
            if node in chained:
                begun.add(chained[node][0][0])
            missing = [arg for arg, known in zip(args, before, strict=True) if known < 0]
            if any(arg in chained and chained[arg][0][0] in begun for arg in missing):
                for first in begun:  # one takes what depends on it
                    for member in chained[first][0]:
                        del chained[member]
                waiting, begun = [root], set()
            else:
                waiting += missing
    return [levels[n] for n in sorted(levels)], chained


class _Grouping:
    def __init__(self, groups: Groups, program: Scalars) -> None:
        self.node: dict[int, Node] = {}
        """The node in a group for each of the program, besides the insides of sums."""
        self._groups = groups
        self._program = program
        self._counts: set[Node] = set()
        """Nodes that are booleans or integers: what is added up has to be real."""

    def add_leaves(self) -> None:
        """The inputs in the order they are given in, the constants, and the entries of arrays."""
        terms, groups = self._program.terms, self._groups
        leaves = [node for node, op in enumerate(self._program.ops) if op is None]
        leaves.sort(key=lambda node: terms[node].number)
        origins = Origins()
        for leaf in leaves:
            term = terms[leaf]
            if term.constant:
                self.node[leaf] = groups.constant(float(term.example))
                continue
            array, places = origins[term]
            inside = array is not term
            self.node[leaf] = groups.entry(array, int(places)) if inside else groups.input(term)
            if term.dtype.kind != "f":
                self._counts.add(self.node[leaf])

    def add_elementwise(self, nodes: Sequence[int]) -> None:
        """Operations whose arguments have been added."""
        program = self._program
        for node in nodes:
            op, term = program.ops[node], program.terms[node]
            assert op is not None
            self._groups.index = term.index
            args = [self.node[arg] for arg in program.args[node]]
            self.node[node] = self._groups.elementwise(op, args)
            if term.dtype.kind == "b":
                self._counts.add(self.node[node])

    def add_chains(self, chains: Sequence[Chain]) -> None:
        """Chains whose arguments have been added."""
        program = self._program
        for nodes, taken in chains:
            self._groups.index = program.terms[nodes[0]].index
            op = program.ops[nodes[0]]
            assert op is not None
            made = self._groups.chain(op, [self.node[arg] for arg in taken])
            self.node.update(zip(nodes, made, strict=True))

    def add_sums(self, sums: dict[int, Addends], inner: set[int]) -> None:
        """The sums of one level: like terms are scalar products, to which the rest is added."""
        batches = alike([self._like_terms(node, addends, inner) for node, addends in sums.items()])
        for batch in batches:
            plan = parts(self._groups, batch)
            signs = {part: self._sign_of_single(part, batch) for part in plan if part.single}
            shifted = any(sum.constant for sum in batch)
            for sum in batch:
                self._groups.index = self._program.terms[sum.node].index
                addends = [(1.0, self._groups.constant(sum.constant))] if shifted else []
                for part in plan:
                    if not part.single:
                        product = self._groups.scalar_product(_rows(part.pairs(sum)))
                        addends.append((part.sign, product))
                        continue
                    ((left, right),) = part.pairs(sum)
                    sign = signs[part]
                    if sign is None:
                        addends.append((part.sign, self._groups.elementwise(mul, (left, right))))
                    else:
                        addends.append((sign, right))
                self.node[sum.node] = self._added(addends)

    def _like_terms(self, node: int, addends: Addends, inner: set[int]) -> LikeTerms:
        program, groups = self._program, self._groups
        groups.index = program.terms[node].index
        like_terms = LikeTerms(node)
        multiples: dict[Node, float] = {}
        seen = Counter([addend for _, addend in addends])
        for sign, addend in addends:
            if program.terms[addend].constant:
                like_terms.constant += sign * float(program.terms[addend].example)
                continue
            if addend in inner:
                sign, left, right = self._factors(sign, addend)
                if left in groups.values:
                    multiples[right] = multiples.get(right, 0.0) + sign * groups.values[left]
                    continue
                if seen[addend] == 1:
                    like_terms.add(groups, sign, left, right)
                    continue
                factor_node = groups.elementwise(mul, (left, right))
            else:
                factor_node = self.node[addend]
            multiples[factor_node] = multiples.get(factor_node, 0.0) + sign
        for factor_node, factor in multiples.items():
            like_terms.add(groups, 1.0, groups.constant(factor), factor_node)
        return like_terms

    def _factors(self, sign: float, product: int) -> tuple[float, Node, Node]:
        """The factors of a product, a constant first, without changes of their sign, which the
        product takes over.
        """
        program, factors = self._program, []
        for factor in program.args[product]:
            while program.ops[factor] is neg and program.args[factor][0] in self.node:
                sign, (factor,) = -sign, program.args[factor]
            factors.append(self.node[factor])
        left, right = factors
        return (sign, right, left) if right in self._groups.values else (sign, left, right)

    def _sign_of_single(self, part: Part, batch: Sequence[LikeTerms]) -> float | None:
        """The sign of a term that is a node times 1 or -1, the same in all the sums; else None."""
        pairs = [part.pairs(sum)[0] for sum in batch]
        factors = {self._groups.values.get(left) for left, _ in pairs}
        if factors not in ({1.0}, {-1.0}) or any(right in self._counts for _, right in pairs):
            return None
        return factors.pop()

    def _added(self, addends: list[tuple[float, Node]]) -> Node:
        """A sum one by one, beginning with one that is not to be subtracted."""
        groups = self._groups
        first = next((n for n, (sign, _) in enumerate(addends) if sign > 0), 0)
        sign, total = addends.pop(first)
        if sign < 0:
            total = groups.elementwise(neg, (total,))
        for sign, addend in addends:
            total = groups.elementwise(add if sign > 0 else sub, (total, addend))
        return total


def _rows(pairs: Pairs) -> Rows:
    return tuple([left for left, _ in pairs]), tuple([right for _, right in pairs])


# --------------------------------------------------------------------------------------------------
# The terms of sums by kind: like terms can be added up as one scalar product

Pairs: TypeAlias = list[tuple[Node, Node]]
"""Products of two factors each."""

Kind: TypeAlias = tuple[Any, ...]
"""What like terms have in common: their sign, and the groups that their factors come from."""

FEW = 2
"""At most so many kinds of one term each are added one by one."""


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
        """The common sign of its terms."""
        sign: float = self.kinds[0][0]
        return sign

    def pairs(self, sum: LikeTerms) -> Pairs:
        """Its terms in one of the sums."""
        return [pair for kind in self.kinds for pair in sum.products[kind]]


def alike(sums: Sequence[LikeTerms]) -> list[list[LikeTerms]]:
    """The sums that have terms of the same kinds, together."""
    batches: dict[Any, list[LikeTerms]] = defaultdict(list)
    for sum in sums:
        batches[frozenset(sum.products)].append(sum)
    return list(batches.values())


def parts(groups: Groups, sums: Sequence[LikeTerms]) -> list[Part]:
    """The parts of sums that are alike, in the order in which they can be computed.

    Terms of which a sum has just one of each kind are put together if there are many kinds that
    differ in nothing but the steps of the program they come from, such as those of a recursion.
    """
    plan, families = [], defaultdict(list)
    for kind in sums[0].products:
        if any(len(sum.products[kind]) > 1 for sum in sums):
            plan.append(Part((kind,), single=False))
        elif groups.by_depth:
            plan.append(Part((kind,), single=True))
        else:
            sign, left, right = kind
            families[sign, left.op, right.op, left is groups.constants].append(kind)
    for family in families.values():
        if len(family) > FEW:
            plan.append(Part(tuple(family), single=False))
        else:
            plan += [Part((kind,), single=True) for kind in family]
    if groups.by_depth:
        return sorted(plan, key=lambda part: part.kinds)

    def known(part: Part) -> tuple[int, ...]:
        return max([(max(a.depth, b.depth), a.number, b.number) for _, a, b in part.kinds])

    return sorted(plan, key=known)
