"""Which components of a program a drawing opens, and which closed ones share a box."""

from __future__ import annotations

import difflib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from autograd.engine.graph import Node
from autograd.lines import Line, line_of, user_line_of
from autograd.pictures.drawing.parts import Component

_MANY_ALIKE = 16
"""Parts in a part, from which on those that compute the same are one, though in a sequence."""

BESIDE = 24
"""Boxes for operations of a part that are not in its inner parts."""


_NOTHING = "it has no modules that are still there, and no lines that a LineLog has followed"


def line_name(line: Line) -> str:
    """What `draw(expand=...)` calls a line: "train.py:12"."""
    return f"{os.path.basename(line.file)}:{line.lineno}"


def lines_in(part: Component) -> Callable[[Node], Line | None]:
    """What gives the line of an operation made directly in a part.

    Outside of all parts it is the user's own, which calls a loss, and not a line of the loss.
    """
    return line_of if part.parent else user_line_of


def without_numbers(name: str) -> str:
    """The same for names that differ in numbers only."""
    return re.sub(r"\d+", "*", name)


def resolve(
    program: Component, expand: Sequence[str], roots: Iterable[str]
) -> tuple[set[str], set[str]]:
    """The names of parts and of lines to open, and those of all parts that hold them.

    The name of the only outermost part may be written in front of the name of a part in it.
    Raises ValueError for what is neither a part nor a line.
    """
    if not expand:
        return set(), set()
    holding: defaultdict[str, set[str]] = defaultdict(set)
    for part in program.walk():
        around = {part.name}
        outer = part.parent
        while outer:
            around.add(outer.name)
            outer = outer.parent
        for name in (part.name, *_lines(part)):
            holding[name] |= around
    known = [name for name in holding if name]
    named = set()
    for given in expand:
        found = [name for name in (given, *_shortened(given, roots)) if name in known]
        if not found:
            near = difflib.get_close_matches(given, known, 5, 0.3) or known[:5]
            there = f"there are {', '.join(map(repr, near))}" if near else _NOTHING
            rest = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
            raise ValueError(f"draw: {given!r} cannot be expanded; {there}{rest}")
        named.add(found[0])
    return named, set().union(*(holding[name] for name in named))


def _lines(part: Component) -> set[str]:
    line_of = lines_in(part)
    return {line_name(line) for node in part.direct if (line := line_of(node))}


def _shortened(name: str, roots: Iterable[str]) -> list[str]:
    return [name.removeprefix(f"{root}.") for root in roots]


def opened(
    program: Component, wanted: Collection[str], room: int
) -> dict[Component, Sequence[Sequence[Component]]]:
    """The parts to open, and the parts in each, those together that are drawn as one.

    They are those wanted, and from the outside in those that have different parts in them. Of
    parts of the same name but for its numbers, all are opened or none.
    """
    known: dict[Component, Sequence[Sequence[Component]]] = {}

    def groups(part: Component) -> Sequence[Sequence[Component]]:
        if part not in known:
            known[part] = alike(part, wanted)
        return known[part]

    found = [program]
    boxes = len(program.inner)
    level: Sequence[Component] = found
    while level:
        deeper: list[Component] = []
        rows: defaultdict[str, list[Sequence[Component]]] = defaultdict(list)
        for part in level:
            for group in groups(part):
                if group[0].name in wanted:
                    deeper.append(group[0])
                else:
                    rows[without_numbers(group[0].name)].append(group)
        for row in rows.values():
            parts = [group[0] for group in row if len(group) == 1]
            inside = [len(groups(part)) for part in parts]
            beside = [min(2 * len(part.direct), BESIDE) for part in parts]
            more = sum(inside) + sum(beside)
            if len(parts) == len(row) and min(inside) > 1 and boxes + more <= room:
                boxes += more
                deeper += parts
        found += deeper
        level = deeper
    return {part: groups(part) for part in found}


def alike(part: Component, wanted: Collection[str]) -> list[list[Component]]:
    """The parts in a part, those together that compute the same beside each other.

    Where there are many, also those that compute the same one after the other. Only parts whose
    names differ in numbers alone are compared, as the neurons of a layer; those wanted stay alone.
    """
    names: defaultdict[str, list[Component]] = defaultdict(list)
    for inner in part.inner.values():
        name = inner.name if inner.name in wanted else without_numbers(inner.name)
        names[name].append(inner)
    groups: defaultdict[Hashable, list[Component]] = defaultdict(list)
    for name, row in names.items():
        for inner in row:
            groups[name, inner.shape if len(row) > 1 else None].append(inner)
    if all(len(group) == 1 for group in groups.values()):
        return list(groups.values())
    ranks = _ranks(part)
    beside: defaultdict[Hashable, list[Component]] = defaultdict(list)
    for key, group in groups.items():
        for inner in group:
            beside[key, ranks[inner]].append(inner)
    found = beside if len(beside) < _MANY_ALIKE else groups
    return list(found.values())


def _ranks(part: Component) -> Mapping[Component, int]:
    """How many other parts' results each part in a part is computed from, one after the other.

    Operations directly in the part between them count as parts.
    """
    owner: dict[Node, Component | Node] = {node: node for node in part.direct}
    for inner in part.inner.values():
        owner.update(dict.fromkeys(inner.operations(), inner))
    ranks: defaultdict[Any, int] = defaultdict(int)
    for node in sorted(owner, key=attrgetter("index")):
        here = owner[node]
        for parent in node.parents:
            before = owner.get(parent, here)
            if before is not here and ranks[before] >= ranks[here]:
                ranks[here] = ranks[before] + 1
    return ranks
