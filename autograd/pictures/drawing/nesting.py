"""Nesting: which boxes a drawing that can be opened has, and the groups that it opens them in.

As `fold` does, it takes modules first, then lines, then repeats of the same computation.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from autograd.engine.graph import Node
from autograd.pictures.drawing.components import Component
from autograd.pictures.drawing.content import Fold, Group
from autograd.pictures.drawing.fold import beside, closed
from autograd.pictures.drawing.leaves import folds_of_leaves, users_of
from autograd.pictures.drawing.opening import BESIDE, alike, lines_in, opened, resolve
from autograd.pictures.drawing.subject import Subject

MOST = 1200
"""Boxes in all groups together; what would need more cannot be opened."""

_LONGEST = 64
"""Operations of a line or of a repeat that can be opened, and equal modules shown one by one."""

_FEW = 40
"""Boxes of a graph that is open from the beginning."""


@dataclass
class Nesting:
    """The folds of the nodes that can never be seen alone, and the group of each node and fold."""

    folds: dict[Node, Fold] = field(default_factory=dict)
    groups: dict[Node | Fold, Group] = field(default_factory=dict)


def nested(
    subject: Subject, expand: Sequence[str], room: int, is_open: bool | None, split: bool
) -> Nesting:
    """The groups of a graph.

    expand: names of the modules and lines to open; without any, as many are open at first as
        there is room for, from the outside in.
    is_open: whether all are open at first; None for all of a small graph.
    split: whether operations beside modules are all seen, however many they are.
    """
    program = subject.program
    n_operations = sum(node.op is not None for node in subject.nodes)
    _, wanted = resolve(program, expand, subject.roots.values())
    everything = bool(is_open)
    if is_open is None:
        everything = 2 * n_operations <= _FEW and not wanted
    if wanted:
        begin = {inner for inner in program.walk() if inner.name in wanted}
    else:
        begin = set(opened(program, (), room // 3))
    uses = Counter(chain.from_iterable(subject.parents))
    found = Nesting()
    coming: deque[tuple[Component, Group | None]] = deque([(program, None)])
    boxes = 0

    def make(fold: Fold, path: str, outer: Group | None, open: bool) -> Group:
        group = Group(fold, path, outer, open)
        found.groups.update(dict.fromkeys(fold.nodes, group))
        return group

    def outside(node: Node) -> Hashable:
        known = found.folds.get(node) or found.groups.get(node)
        return known or (None if node.op is None else node.op.name)

    while coming:
        component, group = coming.popleft()
        for row, fold in closed(alike(component, wanted)):
            outer = group
            if 1 < len(row) <= _LONGEST:
                outer = make(fold, "", group, everything or any(inner in begin for inner in row))
            singles = closed([inner] for inner in row) if len(row) <= _LONGEST else ()
            for (inner,), single in singles:
                more = min(2 * len(inner.direct), BESIDE) + len(inner.inner)
                if boxes + more <= MOST:
                    boxes += more
                    is_wanted = everything or inner in begin
                    coming.append((inner, make(single, inner.name, outer, is_wanted)))
                else:
                    _close(single, outer, found)
            if len(row) > _LONGEST:
                _close(fold, group, found)
        share = 2 * n_operations if split and group is None else BESIDE
        for fold in beside(component.direct, lines_in(component), (), uses, outside, share):
            if len(fold.nodes) <= _LONGEST and boxes + 2 * len(fold.nodes) <= MOST:
                boxes += 2 * len(fold.nodes)
                make(fold, "", group, everything or fold.title in expand)
            else:
                _close(fold, group, found)
    _put_leaves(subject, found)
    return found


def _close(fold: Fold, group: Group | None, found: Nesting) -> None:
    """The nodes can only be seen as one box."""
    found.folds.update(dict.fromkeys(fold.nodes, fold))
    if group is not None:
        found.groups[fold] = group


def _put_leaves(subject: Subject, found: Nesting) -> None:
    """A parameter stands in the innermost group with all its uses, any other leaf outside."""
    places: dict[Node, Group | None] = {}
    for node, parents in zip(subject.nodes, subject.parents, strict=True):
        fold = found.folds.get(node)
        group = found.groups.get(node if fold is None else fold)
        for leaf in parents:
            if leaf in subject.parameters:
                places[leaf] = _around_both(places.get(leaf, group), group)
    inside: defaultdict[Group | None, list[Node]] = defaultdict(list)
    for node in subject.nodes:
        if node.op is None:
            inside[places.get(node)].append(node)
    seen: dict[Node, Fold | Group] = {**found.groups, **found.folds}  # type: ignore[dict-item]
    users = users_of(subject, seen)
    for group, leaves in inside.items():
        if group is not None:
            found.groups.update(dict.fromkeys(leaves, group))
        for fold in folds_of_leaves(subject, leaves, users, BESIDE):
            _close(fold, group, found)


def _around_both(one: Group | None, other: Group | None) -> Group | None:
    if one is other or one is None:
        return one
    if other is None:
        return None
    outer = set(one.around())
    return next((group for group in other.around() if group in outer), None)
