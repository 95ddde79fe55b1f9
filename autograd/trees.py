"""Nested lists, tuples and dicts: flattening them into leaves, and rebuilding them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Rebuild: TypeAlias = Callable[[Iterator[Any]], Any]
"""Puts leaves into a nesting of lists, tuples and dicts."""
_CONTAINERS = (list, tuple, dict)


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves of nested lists, tuples, named tuples and dicts, and a function that rebuilds the
    same structure from other leaves. Anything else is a leaf, except that a None in a container
    belongs to the structure: it stands for a part that is missing.

    >>> leaves, rebuild = flatten({"w": 1.0, "layers": [2.0, (3.0,)]})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild(iter("abc"))
    {'w': 'a', 'layers': ['b', ('c',)]}
    """
    if not isinstance(tree, _CONTAINERS):
        return [tree], next
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Rebuild:
    if not isinstance(tree, _CONTAINERS):
        if tree is None:
            return lambda new: None
        leaves.append(tree)
        return next
    kind: Any = type(tree)
    if isinstance(tree, dict):
        keys = list(tree)
        parts = [_flatten(part, leaves) for part in tree.values()]
        first = (tree.default_factory,) if isinstance(tree, defaultdict) else ()
        return lambda new: kind(*first, {k: part(new) for k, part in zip(keys, parts, strict=True)})
    parts = [_flatten(part, leaves) for part in tree]
    if hasattr(tree, "_fields"):
        return lambda new: kind(*[part(new) for part in parts])
    return lambda new: kind([part(new) for part in parts])


def map_tree(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `f` to every leaf, and keep the structure."""
    leaves, rebuild = flatten(tree)
    return rebuild(map(f, leaves))
