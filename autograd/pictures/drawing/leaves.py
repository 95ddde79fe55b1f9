"""Folds of leaves that the same operations use and that have similar names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from autograd.engine.graph import Node
from autograd.pictures.drawing.content import Fold
from autograd.pictures.drawing.subject import Subject

_FEW = 3
"""Leaves that are called alike and have a box each."""

_MOST_BESIDE = 6
"""Boxes of leaves that one operation or fold has beside it."""


def folds_of_leaves(
    subject: Subject, leaves: Sequence[Node], users: Mapping[Node, Hashable], room: int
) -> Iterable[Fold]:
    """Folds of some leaves that leave about `room` boxes of them, given who uses each."""
    parameters, patterns = subject.parameters, subject.patterns
    used_alike = _grouped(leaves, lambda leaf: (leaf in parameters, users.get(leaf)))
    called_alike = [_grouped(group, patterns.__getitem__) for group in used_alike]
    groups: list[list[Node]] = []
    for group, parts in zip(used_alike, called_alike, strict=True):
        many = [part for part in parts if len(part) > _FEW]
        boxes = len(many) + sum(len(part) for part in parts if len(part) <= _FEW)
        groups += many if boxes <= _MOST_BESIDE else [group]
    folded = sum(map(len, groups))
    if len(groups) + len(leaves) - folded > room:
        groups = used_alike
    if len(groups) > room:
        groups = _grouped(leaves, lambda leaf: (leaf in parameters, patterns[leaf]))
    if len(groups) > room:
        groups = _grouped(leaves, parameters.__contains__)
    for group in groups:
        if len(group) > 1:
            title = _common([subject.names.get(id(leaf), "") for leaf in group])
            is_parameter = group[0] in parameters
            yield Fold("parameter" if is_parameter else "leaf", title, group, times=len(group))


def _grouped(leaves: Sequence[Node], key: Callable[[Node], Hashable]) -> list[list[Node]]:
    groups: defaultdict[Hashable, list[Node]] = defaultdict(list)
    for leaf in leaves:
        groups[key(leaf)].append(leaf)
    return list(groups.values())


def users_of(subject: Subject, folds: Mapping[Node, Hashable]) -> Mapping[Node, Hashable]:
    """The fold or the operation that each leaf is an argument of, or the set of them."""
    users: dict[Node, Any] = {}
    for node, parents in zip(subject.nodes, subject.parents, strict=True):
        user = folds.get(node, node)
        for parent in parents:
            if parent.op is None:
                known = users.setdefault(parent, user)
                if isinstance(known, set):
                    known.add(user)
                elif known is not user:
                    users[parent] = {known, user}
    return {leaf: frozenset(u) if isinstance(u, set) else u for leaf, u in users.items()}


def _common(names: Sequence[str]) -> str:
    """What names have in common: with * for numbers in which they differ, else their beginning.

    >>> _common(["0.w.1", "0.w.2"]), _common(["0.weight", "0.bias"]), _common(["a", "b"])
    ('0.w.*', '0.*', '')
    """
    words = [re.split(r"(\d+)", name) for name in names]
    columns = [set(column) for column in zip(*words, strict=False)]
    if len({len(row) for row in words}) == 1 and all(len(column) == 1 for column in columns[::2]):
        return "".join(column.pop() if len(column) == 1 else "*" for column in columns)
    paths = zip(*(name.split(".") for name in names), strict=False)
    same = [step[0] for step in takewhile(lambda step: len(set(step)) == 1, paths)]
    return ".".join([*same, "*"]) if same and same[0] else ""
