"""Group a program of numbers: like operations on like arguments, and like parts of sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from autograd.engine.operations import Op
from autograd.jit.roll.scalars import Addends, Chain, Scalars, chains
from autograd.jit.terms import Origins, Term, Terms
from autograd.ops.elementwise import add, mul, neg, pow, sub
from autograd.ops.op_types import chain_product

Node: TypeAlias = int
Rows: TypeAlias = tuple[tuple[Node, ...], tuple[Node, ...]]
"""The factors of a scalar product, left and right."""


@dataclass(eq=False, slots=True)
class Group:
    """Nodes that are computed alike from `args`, which has an entry for each of them.

    An entry holds the arguments of `op`, or the `Rows` of a scalar product where `op` is None.
    Constants and inputs are groups of depth 0, whose entries are terms; so are numbers that stand
    in an array already, whose entries are pairs of the array and the place.
    """

    number: int
    op: Op | None
    depth: int
    index: int
    """The creation number of the recorded node that it began with; -1 for leaves."""
    nodes: list[Node] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)
    chained: bool = False
    """Whether each entry is that of a chain of `op`, which makes several nodes."""

    def chains(self) -> Iterator[tuple[Sequence[Node], Sequence[Node]]]:
        """The arguments of each chain, and its nodes."""
        start = 0
        for args in self.args:
            stop = start + len(args) - 1
            yield args, self.nodes[start:stop]
            start = stop


class Groups:
    """The nodes of a program, numbered, and their groups.

    By depth, nodes of one depth and operation are a group; else they have to take their arguments
    from the same groups, too.
    """

    def __init__(self, terms: Terms, by_depth: bool) -> None:
        self.by_depth = by_depth
        self.of: list[Group] = []
        """The group of each node."""
        self.values: dict[Node, float] = {}
        """The numbers that constant nodes are."""
        self.outputs: list[Node] = []
        self.index = -1
        """Given to new groups as theirs."""
        self._terms = terms
        self._by_key: dict[Hashable, Group] = {}
        self._made: dict[Hashable, Node] = {}
        self.inputs: Group = self._group("inputs", None, 0)
        self.constants: Group = self._group("constants", None, 0)

    def in_order(self) -> list[Group]:
        """All groups, arguments first."""
        return sorted(self._by_key.values(), key=lambda group: (group.depth, group.number))

    def input(self, term: Term) -> Node:
        """The node of a number that is given."""
        return self._new(self.inputs, term)

    def entry(self, array: Term, place: int) -> Node:
        """The node of a number in an array that is given."""
        return self._new(self._group(array, None, 0), (array, place))

    def constant(self, value: float) -> Node:
        """The node of a constant; equal ones are one."""
        term = self._terms.constant(value)
        if term not in self._made:
            self._made[term] = self._new(self.constants, term)
            self.values[self._made[term]] = value
        return self._made[term]

    def elementwise(self, op: Op, args: Sequence[Node]) -> Node:
        """The node of `op(*args)`."""
        of = self.of
        if op is mul and of[args[0]].number > of[args[1]].number:
            args = (args[1], args[0])
        key = (op, *args)
        if key not in self._made:
            depth = 1 + max([of[arg].depth for arg in args])
            like: tuple[Any, ...] = (op, depth)
            if not self.by_depth:
                like = (op, *[of[arg].number for arg in args])
            if op is pow:  # a power that is known is cheaper than one that differs
                like = (*like, self.values.get(args[1]))
            self._made[key] = self._new(self._group(like, op, depth), args)
        return self._made[key]

    def chain(self, op: Op, args: Sequence[Node]) -> Sequence[Node]:
        """The nodes op(args[0], args[1]), op(op(args[0], args[1]), args[2]), ..."""
        depth = 1 + max([self.of[arg].depth for arg in args])
        like: Hashable = depth
        if not self.by_depth:
            like = frozenset([self.of[arg].number for arg in args])
        group = self._group(("chain", op, like), op, depth)
        group.chained = True
        group.args.append(args)
        nodes = range(len(self.of), len(self.of) + len(args) - 1)
        group.nodes += nodes
        self.of += [group] * len(nodes)
        return nodes

    def scalar_product(self, rows: Rows) -> Node:
        """The node of Σ left · right."""
        left, right = ({self.of[node] for node in row} for row in rows)
        depth = 1 + max([group.depth for group in left | right])
        key: Hashable = ("products", depth)
        if not self.by_depth:
            sides = [frozenset([group.number for group in side]) for side in (left, right)]
            key = ("products", *sides)
        return self._new(self._group(key, None, depth), rows)

    def _group(self, key: Hashable, op: Op | None, depth: int) -> Group:
        if key not in self._by_key:
            self._by_key[key] = Group(len(self._by_key), op, depth, self.index)
        return self._by_key[key]

    def _new(self, group: Group, args: Any) -> Node:
        node = len(self.of)
        group.nodes.append(node)
        group.args.append(args)
        self.of.append(group)
        return node


# --------------------------------------------------------------------------------------------------
# The groups of a program

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
