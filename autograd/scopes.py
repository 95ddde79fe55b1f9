"""Which part of a program made which node: a note of each run of a part, in a log that forgets.

What a part is (a module of `nn`) is its owner's business; who shows it is elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol
from weakref import ref

from autograd.engine.graph import next_index


class Owner(Protocol):
    """A part of a program that has names for the parts in it and for its parameters."""

    def named_modules(self) -> Mapping[str, Any]:
        """The parts in it by their paths, itself under "" among them."""

    def named_parameters(self, *, frozen: bool) -> Mapping[str, Any]:
        """The leaves it holds by their paths."""


class Scope(NamedTuple):
    """One run of a part: the nodes numbered `first` to `last` were made in it.

    path: where the part stands in the outermost one, "layers.0"; "" for the outermost itself.
    kind: the name of its class.
    root: the outermost part that was running.
    """

    path: str
    kind: str
    root: Owner
    first: int
    last: int


MOST = 10_000
"""Runs remembered; each takes a hundred bytes."""

_recent: deque[tuple[ref[Owner], int, int]] = deque(maxlen=MOST)

begin_scope: Callable[[], int] = next_index
"""Called before a part runs; the number is for `end_scope`."""


def end_scope(owner: Owner, first: int) -> None:
    """Note that all nodes made since `first = begin_scope()` were made in `owner`."""
    _recent.append((ref(owner), first, next_index()))


def scopes(first: int, last: int) -> list[Scope]:
    """The remembered runs that made some of the nodes `first` to `last`, outer before inner ones.

    Parts that are gone have no names any more and are left out.
    """
    found = []
    for reference, begun, ended in reversed(_recent.copy()):  # in the order in which they ended
        if ended < first:
            break
        owner = reference()
        if begun <= last and owner is not None:
            found.append((begun, ended, owner))
    named = []
    paths: dict[int, dict[int, str]] = {}
    root, root_ends = None, -1
    for begun, ended, owner in sorted(found, key=lambda run: run[0]):
        if begun > root_ends or root is None:
            root, root_ends = owner, ended
        if id(root) not in paths:
            paths[id(root)] = {id(part): path for path, part in root.named_modules().items()}
        kind = type(owner).__name__
        named.append(Scope(paths[id(root)].get(id(owner), kind), kind, root, begun, ended))
    return named
