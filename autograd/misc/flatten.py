"""Flatten nested parameters into one vector, and back; both ways are differentiable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import ops, trees


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers in nested lists, tuples and dicts as one vector, and the function that turns such
    a vector back into arrays of the same shapes and structure.

    Dicts are traversed in the order of their keys, which must be sortable.

    >>> import numpy as np
    >>> from autograd.misc import flatten
    >>> row, unflatten = flatten({"w": np.ones((2, 2)), "b": 5.0})
    >>> row
    array([5., 1., 1., 1., 1.])
    >>> unflatten(row)["w"].shape
    (2, 2)
    """
    leaves, rebuild = trees.flatten(value)
    order = list(_by_key(rebuild(iter(range(len(leaves))))))
    ordered = [leaves[place] for place in order]
    row = ops.concatenate([ops.ravel(leaf) for leaf in ordered]) if leaves else np.zeros(0)

    def unflatten(row: Any) -> Any:
        parts = _cut(ops.array(row), [ops.shape_of(leaf) for leaf in ordered])
        by_place = dict(zip(order, parts, strict=True))
        return rebuild(iter([by_place[place] for place in range(len(leaves))]))

    return row, unflatten


def flatten_func(
    func: Callable[..., Any], example: Any
) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """`func` as a function from vectors to vectors, `unflatten`, and the example as a vector.

    >>> from autograd.misc.flatten import flatten_func
    >>> f, unflatten, row = flatten_func(lambda p: {"a": 2 * p["a"]}, {"a": 3.0})
    >>> f(row)
    array([6.])
    """
    row, unflatten = flatten(example)
    return lambda row, *args: flatten(func(unflatten(row), *args))[0], unflatten, row


def _by_key(tree: Any) -> Iterator[Any]:
    """The leaves, with dicts traversed in the order of their keys."""
    if isinstance(tree, dict):
        tree = [tree[key] for key in sorted(tree)]
    if isinstance(tree, list | tuple):
        for part in tree:
            yield from _by_key(part)
    elif tree is not None:
        yield tree


def _cut(row: Any, shapes: list[tuple[int, ...]]) -> Iterator[Any]:
    start = 0
    for shape in shapes:
        stop = start + math.prod(shape)
        yield ops.reshape(ops.index(row, slice(start, stop)), shape)[()]
        start = stop
