"""Repeats of the same computation, found from the graph alone, without comparing numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence

from autograd.engine.graph import Node

_DEEPEST = 9
"""How far back the computations of two operations are compared at most."""


def repeats(
    nodes: Sequence[Node],
    uses: Counter[Node],
    outside: Callable[[Node], Hashable],
    room: int,
) -> list[list[Node]]:
    """The nodes in groups that take about `room` boxes, as finely as that allows.

    First a chain of one operation, such as the sum of a hundred terms, is one thing, and so are
    uses of one leaf by one operation, such as those of a weight at each step of a loop. Then
    things of the same operation and shape are equal; then those of them whose arguments are equal,
    and so on further back until nothing changes. Where that has no end, as along a loop, things of
    the same operation and shape stay together.

    nodes: in the order of their creation.
    uses: how often each node is an argument.
    outside: of what kind an argument is that is none of the nodes.
    """
    chains = _of_the_same(_sharing_leaves(chains_of(nodes, uses)), outside)
    sources = _sources(chains, outside)
    kinds = _numbered([(chain[0].op.name, chain[0].shape) for chain in chains])
    if _boxes(kinds, chains) > room:
        kinds = _numbered([chain[0].op.name for chain in chains])
    together: set[int] = set()
    while True:
        finer, endless = _refined(kinds, sources, chains, together, room)
        if not endless:
            break
        together |= endless
    groups: defaultdict[int, list[Node]] = defaultdict(list)
    for kind, chain in zip(finer, chains, strict=True):
        groups[kind] += chain
    return list(groups.values())


def _refined(
    coarse: Sequence[int],
    sources: Sequence[Collection[int]],
    chains: Sequence[Sequence[Node]],
    together: Collection[int],
    room: int,
) -> tuple[Sequence[int], set[int]]:
    """Kinds told apart by their sources, and by theirs, but for those that stay together.

    Also gives the coarse kinds that were still changing when it had to end.
    """
    kinds, changing = coarse, [set[int]()]
    for _ in range(_DEEPEST):
        finer = _numbered(
            [
                whole if whole in together else (kind, _kinds_of(args, kinds))
                for whole, kind, args in zip(coarse, kinds, sources, strict=True)
            ]
        )
        pairs = set(zip(coarse, kinds, finer, strict=True))
        split = Counter(kind for _, kind, _ in pairs)
        changing.append({whole for whole, kind, _ in pairs if split[kind] > 1})
        if not changing[-1]:
            return finer, set()
        if _boxes(finer, chains) > room:
            break
        kinds = finer
    return kinds, set().union(*changing[-3:])


def _kinds_of(sources: Collection[int], kinds: Sequence[int]) -> frozenset[int]:
    """The kinds of sources; what is outside has negative numbers, which are its kinds."""
    return frozenset([kinds[at] if at >= 0 else at for at in sources])


def _sources(
    chains: Sequence[Sequence[Node]], outside: Callable[[Node], Hashable]
) -> list[set[int]]:
    """The places of the chains that each is computed from, and negative numbers for the outside."""
    place = {node: number for number, chain in enumerate(chains) for node in chain}
    sources: list[set[int]] = []
    known: dict[Hashable, int] = {}
    for number, chain in enumerate(chains):
        args: set[int] = set()
        for node in chain:
            for parent in node.parents:
                at = place.get(parent)
                if at is None:
                    args.add(~known.setdefault(outside(parent), len(known)))
                elif at != number:
                    args.add(at)
        sources.append(args)
    return sources


def chains_of(nodes: Sequence[Node], uses: Counter[Node]) -> list[list[Node]]:
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


def _of_the_same(
    chains: Sequence[Sequence[Node]], outside: Callable[[Node], Hashable]
) -> list[list[Node]]:
    """The chains, those as one that are of the same operation on the very same sources.

    Nothing could tell them apart later, as the products of one number with many weights, and
    without them a large network has few things left to compare.
    """
    joined: defaultdict[Hashable, list[Node]] = defaultdict(list)
    for chain, sources in zip(chains, _sources(chains, outside), strict=True):
        joined[chain[0].op.name, chain[0].shape, frozenset(sources)] += chain
    return list(joined.values())


def _numbered(keys: list[Hashable]) -> list[int]:
    """The same number for equal keys, from 0 up."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _boxes(kinds: Sequence[int], chains: Sequence[Sequence[Node]]) -> int:
    """What the groups take: a box for a fold, two for an operation and its result."""
    size: Counter[int] = Counter()
    for kind, chain in zip(kinds, chains, strict=True):
        size[kind] += len(chain)
    return sum(2 if number == 1 else 1 for number in size.values())
