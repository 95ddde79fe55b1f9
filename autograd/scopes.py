"""Which part of a program, such as a module of `nn`, made which node: the latest runs of each."""

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
    runs = []
    for reference, begin, end in reversed(_recent.copy()):  # in the order in which they ended
        if end < first:
            break
        owner = reference()
        if begin <= last and owner is not None:
            runs.append((begin, end, owner))
    scopes = []
    paths: dict[int, dict[int, str]] = {}
    root, root_end = None, -1
    for begin, end, owner in sorted(runs, key=lambda run: run[0]):
        if begin > root_end or root is None:
            root, root_end = owner, end
        if id(root) not in paths:
            paths[id(root)] = {id(part): path for path, part in root.named_modules().items()}
        kind = type(owner).__name__
        scopes.append(Scope(paths[id(root)].get(id(owner), kind), kind, root, begin, end))
    return scopes
