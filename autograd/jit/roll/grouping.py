"""From a program of numbers to groups: like operations on like arguments, sums in like parts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from autograd.jit.roll.blocks import sizes_of_products
from autograd.jit.roll.groups import Groups, Node, Rows
from autograd.jit.roll.like_terms import LikeTerms, Pairs, Part, alike, parts
from autograd.jit.roll.origins import Origins
from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.sums import Addends, Sums
from autograd.jit.terms import Terms
from autograd.ops.elementwise import add, mul, neg, sub
from autograd.ops.kinds import chain

_PRODUCTS = (mul, chain)


def grouped(terms: Terms, program: Scalars, sums: Sums, by_depth: bool) -> Groups:
    """The program in groups; new constants are put into `terms`."""
    return _Grouping(terms, program, sums, by_depth).groups


class _Grouping:
    def __init__(self, terms: Terms, program: Scalars, found: Sums, by_depth: bool) -> None:
        self.groups = Groups(terms, by_depth)
        self._program = program
        self._node: dict[int, Node] = {}
        """The node in a group for each of the program, besides steps of sums and their products."""
        self._counts: set[Node] = set()
        """Nodes that are booleans or integers: what is added up has to be real."""
        self._inner = self._products_of_sums(found)
        self._leaves()
        for nodes in self._levels(found):
            for node in nodes:
                op = program.ops[node]
                if op is not None and node not in found.found:
                    args = [self._node[arg] for arg in program.args[node]]
                    self._node[node] = self.groups.elementwise(op, args)
                    if program.terms[node].dtype.kind == "b":
                        self._counts.add(self._node[node])
            self._sums({node: found.found[node] for node in nodes if node in found.found})
        self.groups.outputs = [self._node[output] for output in program.outputs]

    def _products_of_sums(self, found: Sums) -> set[int]:
        """The products that are used in one sum only."""
        ops, uses = self._program.ops, self._program.uses
        inner = set()
        for addends in found.found.values():
            for node, count in Counter([node for _, node in addends]).items():
                if ops[node] in _PRODUCTS and uses[node] == count:
                    inner.add(node)
        return inner

    def _levels(self, found: Sums) -> list[list[int]]:
        """What has to be computed, by how many steps from the leaves. A sum is one step."""
        program = self._program
        depth = [0] * len(program.ops)
        levels: dict[int, list[int]] = defaultdict(list)
        for node, op in enumerate(program.ops):
            if op is None or node in found.steps:
                continue
            if node in found.found:
                depth[node] = 1 + max([depth[arg] for _, arg in found.found[node]])
            else:
                depth[node] = max([depth[arg] for arg in program.args[node]])
                if node in self._inner:
                    continue
                depth[node] += 1
            levels[depth[node]].append(node)
        return [levels[n] for n in sorted(levels)]

    def _leaves(self) -> None:
        terms, groups = self._program.terms, self.groups
        leaves = [node for node, op in enumerate(self._program.ops) if op is None]
        leaves.sort(key=lambda node: terms[node].number)  # inputs in the order they are given in
        origins = Origins()
        for node in leaves:
            term = terms[node]
            if term.constant:
                self._node[node] = groups.constant(float(term.example))
            else:
                array, places = origins.of(term)
                is_entry = array is not term
                self._node[node] = (
                    groups.entry(array, int(places)) if is_entry else groups.input(term)
                )
            if term.dtype.kind != "f":
                self._counts.add(self._node[node])

    # ----------------------------------------------------------------------------------------------
    # Sums

    def _sums(self, found: dict[int, Addends]) -> None:
        """Those of one level: like terms become scalar products, and the rest is added to them."""
        batches = alike([self._like_terms(node, addends) for node, addends in found.items()])
        plans = [parts(self.groups, batch) for batch in batches]
        rows: dict[tuple[Hashable, ...], list[tuple[LikeTerms, Part]]] = defaultdict(list)
        for batch, plan in zip(batches, plans, strict=True):
            for part in plan:
                if not part.single:
                    rows[part.kinds] += [(sum, part) for sum in batch]
        products: dict[tuple[int, Part], Node] = {}
        for same in rows.values():
            factors = [_rows(part.pairs(sum)) for sum, part in same]
            sizes = sizes_of_products(factors, self.groups.values)
            for (sum, part), row, size in zip(same, factors, sizes, strict=True):
                products[sum.node, part] = self.groups.scalar_product(row, size)
        for batch, plan in zip(batches, plans, strict=True):
            multiplied = {part: self._multiplied(part, batch) for part in plan if part.single}
            shifted = any(sum.constant for sum in batch)
            for sum in batch:
                addends = [(1.0, self.groups.constant(sum.constant))] if shifted else []
                for part in plan:
                    if part.single:
                        ((left, right),) = part.pairs(sum)
                        sign = multiplied[part]
                        if sign:
                            addends.append((sign, right))
                        else:
                            product = self.groups.elementwise(mul, (left, right))
                            addends.append((part.sign, product))
                    else:
                        addends.append((part.sign, products[sum.node, part]))
                self._node[sum.node] = self._added(addends)

    def _like_terms(self, node: int, addends: Addends) -> LikeTerms:
        program, groups = self._program, self.groups
        found = LikeTerms(node)
        multiples: dict[Node, float] = {}
        seen = Counter([addend for _, addend in addends])
        for sign, addend in addends:
            if program.terms[addend].constant:
                found.constant += sign * float(program.terms[addend].example)
                continue
            if addend in self._inner:
                left, right = program.args[addend]
                sign, left = self._without_sign(sign, left)
                sign, right = self._without_sign(sign, right)
                if right in groups.values:
                    left, right = right, left
                if left in groups.values:
                    multiples[right] = multiples.get(right, 0.0) + sign * groups.values[left]
                    continue
                if seen[addend] == 1:
                    found.add(groups, sign, left, right)
                    continue
                self._node[addend] = groups.elementwise(mul, (left, right))
            held = self._node[addend]
            multiples[held] = multiples.get(held, 0.0) + sign
        for held, factor in multiples.items():
            found.add(groups, 1.0, groups.constant(factor), held)
        return found

    def _without_sign(self, sign: float, factor: int) -> tuple[float, Node]:
        """The factor of a product without changes of its sign, which the product takes over."""
        program = self._program
        while program.ops[factor] is neg and program.args[factor][0] in self._node:
            sign, (factor,) = -sign, program.args[factor]
        return sign, self._node[factor]

    def _multiplied(self, part: Part, batch: Sequence[LikeTerms]) -> float | None:
        """The sign of a term that is a node times 1 or -1, if it is the same in all the sums."""
        pairs = [part.pairs(sum)[0] for sum in batch]
        factors = {self.groups.values.get(left) for left, _ in pairs}
        if factors not in ({1.0}, {-1.0}) or any(right in self._counts for _, right in pairs):
            return None
        return factors.pop()

    def _added(self, addends: list[tuple[float, Node]]) -> Node:
        first = next((n for n, (sign, _) in enumerate(addends) if sign > 0), None)
        if first is None:
            first, (_, held) = 0, addends[0]
            addends[0] = (1.0, self.groups.elementwise(neg, (held,)))
        _, total = addends.pop(first)
        for sign, addend in addends:
            total = self.groups.elementwise(add if sign > 0 else sub, (total, addend))
        return total


def _rows(pairs: Pairs) -> Rows:
    return tuple([left for left, _ in pairs]), tuple([right for _, right in pairs])
