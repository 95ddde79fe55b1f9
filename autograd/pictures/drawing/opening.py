"""Which components of a program a drawing opens, and which closed ones share a box."""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence

from autograd.engine.graph import Node
from autograd.lines import Line, line_of, user_line_of
from autograd.pictures.drawing.components import Component
from autograd.pictures.drawing.names import without_numbers

_MANY_ALIKE = 16
"""From so many inner components on, equal ones share a box wherever they stand."""

BESIDE = 24
"""Boxes for the operations of a component outside of its inner components."""


_NOTHING = "it has no modules that are still there, and no lines that a LineLog has followed"


def line_name(line: Line) -> str:
    """What `draw(expand=...)` calls a line: "train.py:12"."""
    return f"{os.path.basename(line.file)}:{line.lineno}"


def lines_in(component: Component) -> Callable[[Node], Line | None]:
    """The function that gives the line of an operation made directly in a component.

    Outside of all components it gives the user's line, which calls a loss, not a line of the loss.
    """
    return line_of if component.parent else user_line_of


def resolve(
    program: Component, expand: Sequence[str], roots: Iterable[str]
) -> tuple[set[str], set[str]]:
    """The names of components and of lines to open, and those of all components around them.

    A name may begin with that of the only outermost component. Raises ValueError for what is
    neither a component nor a line.
    """
    if not expand:
        return set(), set()
    holding: defaultdict[str, set[str]] = defaultdict(set)
    for component in program.walk():
        around = {component.name}
        outer = component.parent
        while outer:
            around.add(outer.name)
            outer = outer.parent
        for name in (component.name, *_lines(component)):
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


def _lines(component: Component) -> set[str]:
    line_of = lines_in(component)
    return {line_name(line) for node in component.direct if (line := line_of(node))}


def _shortened(name: str, roots: Iterable[str]) -> list[str]:
    return [name.removeprefix(f"{root}.") for root in roots]


def opened(
    program: Component, wanted: Collection[str], room: int
) -> dict[Component, Sequence[Sequence[Component]]]:
    """The components to open, and the components in each, grouped by the box that they share.

    They are those wanted and, from the outside in, those whose inner components differ. Of
    components whose names differ in numbers only, all are opened or none.
    """
    known: dict[Component, Sequence[Sequence[Component]]] = {}

    def groups(component: Component) -> Sequence[Sequence[Component]]:
        if component not in known:
            known[component] = alike(component, wanted)
        return known[component]

    found = [program]
    boxes = len(program.inner)
    level: Sequence[Component] = found
    while level:
        deeper: list[Component] = []
        rows: defaultdict[str, list[Sequence[Component]]] = defaultdict(list)
        for component in level:
            for group in groups(component):
                if group[0].name in wanted:
                    deeper.append(group[0])
                else:
                    rows[without_numbers(group[0].name)].append(group)
        for row in rows.values():
            components = [group[0] for group in row if len(group) == 1]
            inside = [len(groups(component)) for component in components]
            beside = [min(2 * len(component.direct), BESIDE) for component in components]
            more = sum(inside) + sum(beside)
            if len(components) == len(row) and min(inside) > 1 and boxes + more <= room:
                boxes += more
                deeper += components
        found += deeper
        level = deeper
    return {component: groups(component) for component in found}


def alike(component: Component, wanted: Collection[str]) -> list[list[Component]]:
    """The components in a component, grouped: those that compute the same, beside each other or
    each from the one before, as the blocks of a transformer.

    If there are many, also those between which something else is computed. Only components whose
    names differ in numbers alone are compared, as the neurons of a layer; those wanted stay alone.
    """
    names: defaultdict[str, list[Component]] = defaultdict(list)
    for inner in component.inner.values():
        name = inner.name if inner.name in wanted else without_numbers(inner.name)
        names[name].append(inner)
    groups: defaultdict[Hashable, list[Component]] = defaultdict(list)
    for name, row in names.items():
        for inner in row:
            groups[name, inner.shape if len(row) > 1 else None].append(inner)
    if all(len(group) == 1 for group in groups.values()):
        return list(groups.values())
    ranks = component.ranks
    runs: list[list[Component]] = []
    for group in groups.values():
        group.sort(key=ranks.__getitem__)  # the order of computation where ranks are equal
        before = -2
        for inner in group:
            if ranks[inner] > before + 1:
                runs.append([])
            runs[-1].append(inner)
            before = ranks[inner]
    return runs if len(runs) < _MANY_ALIKE else list(groups.values())
