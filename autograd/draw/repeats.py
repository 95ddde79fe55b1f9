"""Repeats: operations that compute the same from the same, found without comparing numbers.

It is how a program is folded of which nothing is known but its graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from autograd.graph import Node

_DEEPEST = 9
"""How far back the computations of two operations are compared at most."""


def repeats(
    nodes: Sequence[Node],
    uses: Counter[Node],
    outside: Callable[[Node], Hashable],
    room: int,
) -> list[list[Node]]:
    """The nodes in groups that take about `room` boxes at most, as finely as that allows.

    First a chain of one operation, such as the sum of a hundred terms, is one thing, and so are
    uses of one leaf by one operation, such as those of a weight at each step of a loop. Then
    things of the same operation are equal; then those of them that have the same shape and whose
    arguments are equal, and so on further back, as long as there is room.

    nodes: in the order of their creation.
    uses: how often each node is an argument.
    outside: of what kind an argument is that is none of the nodes.
    """
    chains = _sharing_leaves(_chains(nodes, uses))
    place = {node: number for number, chain in enumerate(chains) for node in chain}
    kinds = _numbered([chain[0].op.name for chain in chains])
    sources: list[set[int]] = []
    known: dict[Hashable, int] = {}
    for number, chain in enumerate(chains):
        args: set[int] = set()
        for node in chain:
            for parent in node.parents:
                at = place.get(parent)
                if at is None:  # what is outside gets negative numbers
                    args.add(~known.setdefault(outside(parent), len(known)))
                elif at != number:
                    args.add(at)
        sources.append(args)
    for _ in range(_DEEPEST):
        finer = _numbered(
            [
                (kind, chain[0].shape, frozenset([kinds[at] if at >= 0 else at for at in args]))
                for kind, chain, args in zip(kinds, chains, sources, strict=True)
            ]
        )
        if _boxes(finer, chains) > room or max(finer) == max(kinds):
            break
        kinds = finer
    groups: defaultdict[int, list[Node]] = defaultdict(list)
    for kind, chain in zip(kinds, chains, strict=True):
        groups[kind] += chain
    return list(groups.values())


def _chains(nodes: Sequence[Node], uses: Counter[Node]) -> list[list[Node]]:
    """Runs of one operation on its own result that nothing else uses."""
    chain_of: dict[Node, list[Node]] = {}
    for node in nodes:
        joined: list[Node] = []
        for parent in node.parents:
            before = chain_of.get(parent)
            if (
                before is not None
                and before is not joined
                and parent.op.name == node.op.name
                and parent.shape == node.shape
                and uses[parent] == 1
            ):
                if len(before) < len(joined):
                    before, joined = joined, before
                for other in joined:
                    chain_of[other] = before
                before += joined
                joined = before
        joined.append(node)
        chain_of[node] = joined
    return list({id(chain): chain for chain in chain_of.values()}.values())


def _sharing_leaves(chains: list[list[Node]]) -> list[list[Node]]:
    """The chains, those as one that are of the same operation on the same leaf."""
    joined: list[list[Node]] = []
    place: dict[Hashable, int] = {}
    for chain in chains:
        kind = (chain[0].op.name, chain[0].shape)
        leaves = {arg for node in chain for arg in node.parents if arg.op is None}
        keys = [(kind, leaf) for leaf in leaves]
        known = [place[key] for key in keys if key in place]
        at = min(known, default=len(joined))
        if at == len(joined):
            joined.append([])
        joined[at] += chain
        place.update(dict.fromkeys(keys, at))
    return joined


def _numbered(keys: list[Hashable]) -> list[int]:
    """The same number for equal keys, from 0 up."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _boxes(kinds: list[int], chains: list[list[Node]]) -> int:
    """What the groups take: a box for a fold, two for an operation and its result."""
    size: Counter[int] = Counter()
    for kind, chain in zip(kinds, chains, strict=True):
        size[kind] += len(chain)
    return sum(2 if number == 1 else 1 for number in size.values())
