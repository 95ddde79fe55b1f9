"""Folding: which nodes of a large graph share one box, so that the drawing can be read.

First those of one module, then those of one line, then repeats of the same computation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import chain

from autograd.engine.graph import Node
from autograd.lines import Line
from autograd.pictures.drawing.components import Component
from autograd.pictures.drawing.content import Fold, clip
from autograd.pictures.drawing.leaves import folds_of_leaves, users_of
from autograd.pictures.drawing.opening import BESIDE, line_name, lines_in, opened, resolve
from autograd.pictures.drawing.repeats import chains_of, repeats
from autograd.pictures.drawing.subject import Subject

_CLOSELY = 12
"""The same as `BESIDE`, where it is to be folded closely."""

_LONG = 8
"""Operations of a chain, such as a sum of terms, that are one box beside others."""


def fold(subject: Subject, expand: Sequence[str], room: int, closely: bool) -> dict[Node, Fold]:
    """The fold of each node that is in one, so that about `room` boxes are left.

    expand: names of components and of lines to open. Raises ValueError for one that there
        is not.
    closely: fold also what there would be room for.
    """
    program = subject.program
    named, wanted = resolve(program, expand, subject.roots.values())
    folds: dict[Node, Fold] = {}
    components = opened(program, wanted, room // 3)
    for groups in components.values():
        for _, found in closed(group for group in groups if group[0] not in components):
            folds.update(dict.fromkeys(found.nodes, found))
    room_beside = _CLOSELY if closely else BESIDE if program.inner else room
    uses = Counter(chain.from_iterable(subject.parents))

    def outside(node: Node) -> Hashable:
        return folds.get(node) or (None if node.op is None else node.op.name)

    for component in components:
        share = room if _asked_for(component, named) else room_beside
        for found in beside(component.direct, lines_in(component), named, uses, outside, share):
            folds.update(dict.fromkeys(found.nodes, found))
    leaves = [node for node in subject.nodes if node.op is None]
    for found in folds_of_leaves(subject, leaves, users_of(subject, folds), max(room // 3, 1)):
        folds.update(dict.fromkeys(found.nodes, found))
    return folds


def _asked_for(component: Component, named: Collection[str]) -> bool:
    """Whether a component, or a line in it, is to be open by name."""
    if component.name in named:
        return True
    line_of = lines_in(component)
    made = (line_of(node) for node in component.direct) if named else ()
    return any(line is not None and line_name(line) in named for line in made)


def closed(
    groups: Iterable[Sequence[Component]],
) -> Iterable[tuple[Sequence[Component], Fold]]:
    """The fold of each group of components, where they are not open."""
    for group in groups:
        first, last = group[0], group[-1]
        nodes = [node for component in group for node in component.operations()]
        title = first.name
        if len(group) > 1:
            title += f" … {last.name.rpartition('.')[2]}"
        kind = "" if first.kind == first.name else first.kind
        yield group, Fold("module", title, nodes, kind, len(group))


def beside(
    nodes: Sequence[Node],
    line_of: Callable[[Node], Line | None],
    named: Collection[str],
    uses: Counter[Node],
    outside: Callable[[Node], Hashable],
    room: int,
) -> Iterable[Fold]:
    """Folds of operations by line, and of those whose line is open or not known by repeats."""
    if 2 * len(nodes) <= room:
        for group in chains_of(nodes, uses) if room <= BESIDE else ():
            if len(group) >= _LONG:
                yield Fold("repeat", group[0].op.name, group, times=len(group))
        return
    made: defaultdict[Line, list[Node]] = defaultdict(list)
    rest = []
    for node in nodes:
        line = line_of(node)
        if line is None or line_name(line) in named:
            rest.append(node)
        else:
            made[line].append(node)
    if len(made) > room:
        made.clear()
        rest = list(nodes)
    for line, group in made.items():
        if len(group) > 1:
            yield Fold("line", line_name(line), group, clip(line.text))
    left = room - len(made)
    if 2 * len(rest) > left:
        for group in repeats(rest, uses, outside, left):
            if len(group) > 1:
                yield Fold("repeat", group[0].op.name, group, times=len(group))
