"""Like operations on like arguments, in groups that can be computed by one array operation each.

How a group's arrays are laid out, and by which operations it is computed, is not decided here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.graph import Op
from autograd.jit.roll.blocks import shape_of_blocks
from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.sums import Addends, sums
from autograd.jit.terms import Term, Terms
from autograd.ops.elementwise import add, mul, neg, sub
from autograd.ops.kinds import chain

PRODUCTS = (mul, chain)

FEW = 2
"""So many terms of a kind that others of a sum lack are added one by one."""


@dataclass(eq=False, slots=True)
class Group:
    """Nodes that are computed alike.

    `args` has, for each node, the nodes that a given operation takes; where `op` is None, two rows
    of equal length whose scalar product the node is. The group of constants and that of inputs
    have depth 0, and the terms for arguments.
    """

    number: int
    op: Op | None
    depth: int
    nodes: list[int] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)


class Groups:
    """A scalar program in groups. Sums have become scalar products, where they have like terms.

    With `by_depth`, the depth and the operation make a group; else the groups of the arguments and
    the operation do.
    """

    def __init__(self, terms: Terms, program: Scalars, by_depth: bool) -> None:
        self.of: list[Group] = []
        """The group of each node."""
        self._terms = terms
        self._program = program
        self._by_depth = by_depth
        self._by_key: dict[Hashable, Group] = {}
        self._made: dict[Hashable, int] = {}
        self._node: dict[int, int] = {}
        self._values: dict[int, float] = {}
        self.constants = self._group("constants", None, 0)
        self.inputs = self._group("inputs", None, 0)
        self._run()
        self.outputs = [self._node[output] for output in program.outputs]

    def in_order(self) -> list[Group]:
        """All groups, arguments first."""
        return sorted(self._by_key.values(), key=lambda group: (group.depth, group.number))

    # ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        program = self._program
        added, steps = sums(program)
        absorbed = set()
        for addends in added.values():
            for node, count in Counter([node for _, node in addends]).items():
                if program.ops[node] in PRODUCTS and program.uses[node] == count:
                    absorbed.add(node)
        depth = [0] * len(program.ops)
        levels: dict[int, list[int]] = defaultdict(list)
        for node, op in enumerate(program.ops):
            if op is None:
                self._leaf(node)
            elif node in added:
                depth[node] = 1 + max([depth[arg] for _, arg in added[node]])
            elif node not in steps:
                depth[node] = max([depth[arg] for arg in program.args[node]])
                depth[node] += node not in absorbed
            if op is not None and node not in steps and node not in absorbed:
                levels[depth[node]].append(node)
        for _, nodes in sorted(levels.items()):
            for node in nodes:
                if node not in added:
                    args = [self._node[arg] for arg in program.args[node]]
                    self._node[node] = self._elementwise(program.ops[node], args)
            self._sums({node: added[node] for node in nodes if node in added}, absorbed)

    def _leaf(self, node: int) -> None:
        term = self._program.terms[node]
        if term.constant:
            self._node[node] = self._constant(float(term.example))
        else:
            self._node[node] = self._new(self.inputs, term)

    def _constant(self, value: float) -> int:
        term = self._terms.constant(float(value))
        if term not in self._made:
            self._made[term] = self._new(self.constants, term)
            self._values[self._made[term]] = value
        return self._made[term]

    def _group(self, key: Hashable, op: Op | None, depth: int) -> Group:
        if key not in self._by_key:
            self._by_key[key] = Group(len(self._by_key), op, depth)
        return self._by_key[key]

    def _new(self, group: Group, args: Any) -> int:
        group.nodes.append(len(self.of))
        group.args.append(args)
        self.of.append(group)
        return group.nodes[-1]

    def _elementwise(self, op: Op | None, args: Sequence[int]) -> int:
        if op is mul and self.of[args[0]].number > self.of[args[1]].number:
            args = (args[1], args[0])
        made = (op, *args)
        if made not in self._made:
            depth = 1 + max([self.of[arg].depth for arg in args])
            like = (depth,) if self._by_depth else tuple([self.of[arg].number for arg in args])
            self._made[made] = self._new(self._group((op, *like), op, depth), args)
        return self._made[made]

    # ----------------------------------------------------------------------------------------------

    def _sums(self, added: dict[int, Addends], absorbed: set[int]) -> None:
        """Make the sums of one level, those with terms of the same kinds alike."""
        alike: dict[Hashable, list[_Sum]] = defaultdict(list)
        for node, addends in added.items():
            collected = self._collected(node, addends, absorbed)
            alike[collected.kinds()].append(collected)
        rows: dict[Hashable, list[tuple[_Sum, _Pairs]]] = defaultdict(list)
        plans = []
        for batch in alike.values():
            plan = self._plan(batch)
            plans.append((batch, plan))
            for kinds in plan:
                if any(len(s.pairs[kind]) > 1 for s in batch for kind in kinds) or len(kinds) > 1:
                    for s in batch:
                        pairs = [pair for kind in kinds for pair in s.pairs[kind]]
                        rows[kinds].append((s, pairs))
        products: dict[tuple[int, Hashable], int] = {}
        for kinds, found in rows.items():
            for s, made in zip(
                (s for s, _ in found),
                self._scalar_products([p for _, p in found]),
                strict=True,
            ):
                products[s.node, kinds] = made
        for batch, plan in plans:
            self._combine(batch, plan, products)

    def _collected(self, node: int, addends: Addends, absorbed: set[int]) -> _Sum:
        """The terms of a sum by kind, each as a pair of factors; constants in one number."""
        program = self._program
        constant, has_constant = 0.0, False
        multiples: dict[int, float] = {}
        pairs: dict[Hashable, _Pairs] = defaultdict(list)
        seen: Counter[int] = Counter([addend for _, addend in addends])
        for sign, addend in addends:
            factor = addend
            coefficient = sign
            if addend in absorbed:
                left, right = program.args[addend]
                if program.terms[left].constant:
                    coefficient, factor = sign * float(program.terms[left].example), right
                elif program.terms[right].constant:
                    coefficient, factor = sign * float(program.terms[right].example), left
                elif seen[addend] == 1:
                    a, b = self._node[left], self._node[right]
                    if self.of[a].number > self.of[b].number:
                        a, b = b, a
                    pairs[self._kind(sign, a, b)].append((a, b))
                    continue
                else:
                    self._node[addend] = self._elementwise(mul, (self._node[left], self._node[right]))
            elif program.terms[addend].constant:
                constant += sign * float(program.terms[addend].example)
                has_constant = True
                continue
            held = self._node[factor]
            multiples[held] = multiples.get(held, 0.0) + coefficient
        for held, coefficient in multiples.items():
            pair = (self._constant(coefficient), held)
            pairs[self._kind(1.0, *pair)].append(pair)
        return _Sum(node, pairs, constant if has_constant else None)

    def _kind(self, sign: float, a: int, b: int) -> Hashable:
        left, right = self.of[a], self.of[b]
        if self._by_depth:
            return (sign, left is self.constants)
        return (sign, left, right)

    def _plan(self, batch: list[_Sum]) -> list[tuple[Hashable, ...]]:
        """Which kinds of terms are added up together, first what is known first."""
        kinds = list(batch[0].pairs)
        if self._by_depth:
            return [(kind,) for kind in sorted(kinds)]
        single = [kind for kind in kinds if all(len(s.pairs[kind]) == 1 for s in batch)]
        families: dict[Hashable, list[Hashable]] = defaultdict(list)
        for kind in single:
            sign, left, right = kind
            families[sign, left.op, right.op, left is self.constants].append(kind)
        plan = [(kind,) for kind in kinds if kind not in single]
        for family in families.values():
            plan += [tuple(family)] if len(family) > FEW else [(kind,) for kind in family]

        def known(part: tuple[Any, ...]) -> tuple[int, ...]:
            return max((max(a.depth, b.depth), a.number, b.number) for _, a, b in part)

        return sorted(plan, key=known)

    def _scalar_products(self, rows: list[_Pairs]) -> list[int]:
        made = []
        for pairs, like in zip(rows, shape_of_blocks(rows, set(self.constants.nodes)), strict=True):
            args = tuple(zip(*pairs, strict=True))
            groups = {self.of[arg] for side in args for arg in side}
            depth = 1 + max([group.depth for group in groups])
            if self._by_depth:
                key: Hashable = ("products", depth)
            else:
                sides = [frozenset([self.of[arg].number for arg in side]) for side in args]
                key = ("products", *sides, like)
            made.append(self._new(self._group(key, None, depth), args))
        return made

    def _combine(
        self,
        batch: list[_Sum],
        plan: list[tuple[Hashable, ...]],
        products: dict[tuple[int, Hashable], int],
    ) -> None:
        """Add up what has been made of the kinds of terms, and the constant."""
        coefficients = {
            kinds: {self._coefficient(s.pairs[kinds[0]]) for s in batch}
            for kinds in plan
        }
        for s in batch:
            parts: list[tuple[float, int]] = []
            if s.constant is not None:
                parts.append((1.0, self._constant(s.constant)))
            for kinds in plan:
                sign = kinds[0][0]
                made = products.get((s.node, kinds))
                if made is None:
                    ((a, b),) = s.pairs[kinds[0]]
                    same = coefficients[kinds]
                    if same in ({1.0}, {-1.0}):
                        (sign,), made = same, b
                    else:
                        made = self._elementwise(mul, (a, b))
                parts.append((sign, made))
            self._node[s.node] = self._added(parts)

    def _coefficient(self, pairs: _Pairs) -> float | None:
        """The constant by which a single term is multiplied."""
        a = pairs[0][0]
        group = self.of[a]
        if group is not self.constants or len(pairs) > 1:
            return None
        return self._values[a]

    def _added(self, parts: list[tuple[float, int]]) -> int:
        first = next((n for n, (sign, _) in enumerate(parts) if sign > 0), None)
        if first is None:
            parts[0] = (1.0, self._elementwise(neg, (parts[0][1],)))
        _, total = parts.pop(first or 0)
        for sign, part in parts:
            total = self._elementwise(add if sign > 0 else sub, (total, part))
        return total


_Pairs = list[tuple[int, int]]


@dataclass(slots=True)
class _Sum:
    node: int
    pairs: dict[Any, _Pairs]
    constant: float | None

    def kinds(self) -> Hashable:
        return frozenset(self.pairs), self.constant is None
