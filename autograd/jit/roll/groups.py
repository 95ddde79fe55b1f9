"""Groups of nodes that are computed alike, each by one operation on arrays."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from autograd.engine.operations import Op
from autograd.jit.terms import Term, Terms
from autograd.ops.elementwise import mul, pow

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
