"""Which part of a program, such as a module of `nn`, made which node: the latest runs of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol
from weakref import ref

from autograd.engine.graph import next_index


class Owner(Protocol):
    """A part of a program, which names its inner parts and its parameters."""

    def named_modules(self) -> Mapping[str, Any]:
        """Its inner parts by path, and itself under ""."""

    def named_parameters(self, *, frozen: bool) -> Mapping[str, Any]:
        """Its leaves by path."""


class Scope(NamedTuple):
    """One run of a part: the nodes numbered `first` to `last` were made in it.

    path: of the part within `root`, such as "layers.0"; "" for the root itself.
    kind: the name of its class.
    root: the outermost part that ran.
    """

    path: str
    kind: str
    root: Owner
    first: int
    last: int


MOST = 10_000
"""The number of runs to remember; each takes a hundred bytes."""

_recent: deque[tuple[ref[Owner], int, int]] = deque(maxlen=MOST)

begin_scope: Callable[[], int] = next_index
"""Call it before a part runs, and give the result to `end_scope`."""


def end_scope(owner: Owner, first: int) -> None:
    """All nodes since `first = begin_scope()` were made in `owner`."""
    _recent.append((ref(owner), first, next_index()))


def scopes(first: int, last: int) -> list[Scope]:
    """The remembered runs that made some of the nodes `first` to `last`, outer ones first.

    Parts that no longer exist have no names and are left out.
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
