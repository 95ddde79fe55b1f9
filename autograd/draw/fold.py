"""Folding: which nodes of a large graph are drawn as one box, so that it can be read.

First by the part of the program that made them, then by the line, then by repeats of the same
computation. What a fold shows is in `scene`.
"""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Literal, TypeAlias

from autograd.draw.content import clip
from autograd.draw.parts import Part, tree
from autograd.draw.repeats import repeats
from autograd.draw.subject import Subject
from autograd.graph import Node
from autograd.lines import Line, line_of, user_line_of

Kind: TypeAlias = Literal["module", "line", "repeat", "leaf", "parameter"]

_FEW_LEAVES = 3
_ROOM_OUTSIDE = 24
"""Boxes for what is in no fold where there are folds beside it."""


@dataclass(eq=False)
class Fold:
    """Nodes that are drawn as one box.

    name: what `draw(expand=...)` takes to open it; "" where it cannot be opened.
    text: the class of a module, or what stands in a line.
    times: how many of the same kind it stands for.
    """

    kind: Kind
    title: str
    nodes: list[Node]
    name: str = ""
    text: str = ""
    times: int = 1


def fold(subject: Subject, expand: Sequence[str], room: int) -> dict[Node, Fold]:
    """The fold of each node that is in one, so that about `room` boxes are left.

    expand: names of parts and of lines that are to be open. Raises ValueError for one that there
        is not.
    """
    operations = [node for node in subject.nodes if node.op is not None]
    program = tree(operations, subject.scopes, subject.roots)
    named = _resolve(program, expand, subject.roots)
    wanted = named | {part.name for part in program.walk() if _holds(part, named)}
    uses = Counter(chain.from_iterable(subject.parents))
    opened = _opened(program, wanted, room)
    folds: dict[Node, Fold] = {}
    for part in opened:
        for found in _closed(part, opened, wanted):
            folds.update(dict.fromkeys(found.nodes, found))
    for part in opened:
        wide = part.name in named or not program.inner
        share = room if wide else min(room, _ROOM_OUTSIDE)
        by_line = user_line_of if part is program else line_of
        for found in _direct(part.direct, by_line, wanted, uses, folds, share):
            folds.update(dict.fromkeys(found.nodes, found))
    for found in _leaves(subject, folds, max(room // 3, 1)):
        folds.update(dict.fromkeys(found.nodes, found))
    return folds


# --------------------------------------------------------------------------------------------------
# Parts


def _resolve(program: Part, expand: Sequence[str], roots: Mapping[int, str]) -> set[str]:
    """What is given in `expand`, as parts and lines are called."""
    if not expand:
        return set()
    parts = [part.name for part in program.walk() if part.name]
    lines = {line_name(line) for node in program.operations() if (line := line_of(node))}
    known = dict.fromkeys((*parts, *sorted(lines)))
    named = set()
    for given in expand:
        # The name of the only model may be written in front.
        short = given.removeprefix(f"{next(iter(roots.values()))}.") if len(roots) == 1 else given
        name = given if given in known else short
        if name not in known:
            near = difflib.get_close_matches(given, known, 5, 0.3) or list(known)[:5]
            rest = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
            there = f"there are {', '.join(map(repr, near))}{rest}" if near else "no part is known"
            raise ValueError(f"draw: there is no {given!r} to expand; {there}")
        named.add(name)
    return named


def _holds(part: Part, named: Collection[str]) -> bool:
    """Whether a part is named, or one in it."""
    return any(inner.name in named for inner in part.walk())


def _opened(program: Part, wanted: Collection[str], room: int) -> list[Part]:
    """The parts to open: those asked for, and from the outside in what has different parts."""
    opened = [program]
    boxes = len(program.inner)
    for part in opened:  # it grows meanwhile
        alike = _alike(part, wanted)
        for group in alike:
            inner = group[0]
            if inner.name in wanted:
                opened.append(inner)
                continue
            parts = _alike(inner, wanted)
            more = len(parts) + min(2 * len(inner.direct), _ROOM_OUTSIDE)
            if len(group) == 1 and len(parts) > 1 and boxes + more <= room // 2:
                boxes += more
                opened.append(inner)
    return opened


def _alike(part: Part, wanted: Collection[str]) -> list[list[Part]]:
    """The parts in a part, those together that compute the same."""
    groups: defaultdict[str, list[Part]] = defaultdict(list)
    for inner in part.inner.values():
        # Only siblings of one list can be repeats of each other: "neurons.0", "neurons.1".
        name = inner.name if inner.name in wanted else _without_numbers(inner.name)
        groups[name].append(inner)
    alike: defaultdict[Hashable, list[Part]] = defaultdict(list)
    for name, group in groups.items():
        for inner in group:
            alike[name, inner.shape if len(group) > 1 else None].append(inner)
    return list(alike.values())


def _closed(part: Part, opened: Sequence[Part], wanted: Collection[str]) -> Iterable[Fold]:
    for group in _alike(part, wanted):
        first, last = group[0], group[-1]
        if first in opened:
            continue
        nodes = [node for inner in group for node in inner.operations()]
        title = first.name
        if len(group) > 1:
            title += f" … {last.name.rpartition('.')[2]}"
        kind = "" if first.kind == first.name else first.kind
        yield Fold("module", title, nodes, first.name, kind, len(group))


def _without_numbers(name: str) -> str:
    return re.sub(r"\d+", "*", name)


# --------------------------------------------------------------------------------------------------
# Operations that are in no closed part


def line_name(line: Line) -> str:
    """What `draw(expand=...)` calls a line: "train.py:12"."""
    return f"{os.path.basename(line.file)}:{line.lineno}"


def _direct(
    nodes: Sequence[Node],
    line_of: Callable[[Node], Line | None],
    wanted: Collection[str],
    uses: Counter[Node],
    folds: Mapping[Node, Fold],
    room: int,
) -> Iterable[Fold]:
    """Folds of operations by line, and those that no line is known of by repeats."""
    if 2 * len(nodes) <= room:
        return
    by_line: defaultdict[Line | None, list[Node]] = defaultdict(list)
    for node in nodes:
        line = line_of(node)
        by_line[None if line is None or line_name(line) in wanted else line].append(node)
    rest = by_line.pop(None, [])
    if len(by_line) > room:
        rest, by_line = list(nodes), defaultdict(list)
    for line, made in by_line.items():
        if line is not None and len(made) > 1:
            name = line_name(line)
            yield Fold("line", name, made, name, clip(line.text))
    left = room - len(by_line)
    if 2 * len(rest) > left:
        for group in repeats(rest, uses, partial(_outside, folds), left):
            if len(group) > 1:
                yield Fold("repeat", group[0].op.name, group, times=len(group))


def _outside(folds: Mapping[Node, Fold], node: Node) -> Hashable:
    return folds.get(node) or id(node.op)


# --------------------------------------------------------------------------------------------------
# Leaves


def _leaves(subject: Subject, folds: Mapping[Node, Fold], room: int) -> Iterable[Fold]:
    """Folds of leaves that are used by the same, and are called alike."""
    users: dict[Node, Any] = {}  # the only one, or a set of them
    for node, parents in zip(subject.nodes, subject.parents, strict=True):
        user = folds.get(node, node)
        for parent in parents:
            if parent.op is None:
                known = users.setdefault(parent, user)
                if isinstance(known, set):
                    known.add(user)
                elif known is not user:
                    users[parent] = {known, user}
    leaves = [node for node in subject.nodes if node.op is None]

    def pattern(leaf: Node) -> Hashable:
        return _without_numbers(subject.names.get(id(leaf), ""))

    def used_by(leaf: Node) -> Hashable:
        known = users.get(leaf)
        return frozenset(known) if isinstance(known, set) else known

    keys: Sequence[tuple[int, Callable[[Node], Hashable]]] = (
        (_FEW_LEAVES, lambda leaf: (pattern(leaf), used_by(leaf))),
        (1, lambda leaf: (pattern(leaf), used_by(leaf))),
        (1, used_by),
        (1, pattern),
        (1, lambda leaf: None),
    )
    for few, key in keys:
        groups: defaultdict[Hashable, list[Node]] = defaultdict(list)
        for leaf in leaves:
            groups[leaf in subject.parameters, key(leaf)].append(leaf)
        sizes = [len(group) for group in groups.values()]
        if sum(size if size <= few else 1 for size in sizes) <= room:
            break
    for group in groups.values():
        if len(group) > few:
            kind: Kind = "parameter" if group[0] in subject.parameters else "leaf"
            title = _common([subject.names.get(id(leaf), "") for leaf in group])
            yield Fold(kind, title, group, times=len(group))


def _common(names: Sequence[str]) -> str:
    """What names have in common, with * for numbers in which they differ: `layers.0.w.*`."""
    if not all(names):
        return ""
    words = [re.split(r"(\d+)", name) for name in names]
    if len({len(row) for row in words}) > 1:
        return ""
    columns = [set(column) for column in zip(*words, strict=True)]
    if any(len(column) > 1 for column in columns[::2]):
        return ""
    return "".join(column.pop() if len(column) == 1 else "*" for column in columns)
