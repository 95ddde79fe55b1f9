"""NumPy functions that move, join and select entries.

A function that only moves entries is called on the indices of the entries. The result says where
each entry goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array, Node
from autograd.numpy.wrapping import with_lists
from autograd.ops.predicates import nondifferentiable
from autograd.trees import map_tree

MOVES = {
    "atleast_3d": 0,
    "compress": 1,
    "delete": 0,
    "dsplit": 0,
    "extract": 1,
    "hsplit": 0,
    "resize": 0,
    "rollaxis": 0,
    "rot90": 0,
    "unstack": 0,
    "vsplit": 0,
}
"""The functions that move entries, with the position of the argument that holds the entries."""


def moving(theirs: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """A NumPy function that moves the entries of one argument, for nodes."""

    def function(*args: Any, **kwargs: Any) -> Any:
        x = ops.array(args[argnum])
        shape = ops.shape_of(x)
        numbers = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        places = theirs(*args[:argnum], numbers, *args[argnum + 1 :], **kwargs)
        entries = ops.ravel(x)
        return map_tree(lambda part: ops.index(entries, part), places)

    return function


def reshape(a: Array, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Array:
    """The entries in another shape; the last axis varies fastest, or with order "F" the first."""
    return ops.reshape(a, shape, order=order)


_MISSING: Final = object()
_where: Final = with_lists(np.where)
_NUMBERS: Final = (bool, int, float, complex)


def where(condition: Any, x: Any = _MISSING, y: Any = _MISSING) -> Any:
    """`numpy.where`, of which the arguments may be given by name, too.

    A choice between two numbers of Python by a third is a number of Python, as in HIPS autograd.
    """
    if type(x) in _NUMBERS and type(y) in _NUMBERS and type(condition) in _NUMBERS:
        chosen: Any = _where(condition, x, y)
        return chosen.item()
    return _where(condition, *[choice for choice in (x, y) if choice is not _MISSING])


def roll(a: Array, shift: Any, axis: Any = None) -> Array:
    """Shift entries along axes; those shifted beyond the end come in again at the start."""
    if not isinstance(shift, Node):
        return ops.roll(a, shift, axis)
    a = ops.array(a)
    (n,) = (math.prod(a.shape),) if axis is None else (a.shape[axis],)
    return ops.reshape(ops.take(a, (np.arange(n) - shift) % max(n, 1), axis), a.shape)


def atleast_1d(*arys: Array) -> Any:
    """Numbers as arrays of one axis; a tuple for several."""
    results = tuple([ops.atleast_1d(array) for array in arys])
    return results[0] if len(results) == 1 else results


def atleast_2d(*arys: Array) -> Any:
    """Numbers and rows as arrays of two axes; a tuple for several."""
    results = tuple([ops.atleast_2d(array) for array in arys])
    return results[0] if len(results) == 1 else results


def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    """Join two arrays along an axis; by default flatten both first."""
    return ops.concatenate([ops.array(arr), ops.array(values)], axis)


def row_stack(arrays: Sequence[Array]) -> Array:
    """Join arrays along axis 0, with vectors as rows."""
    return ops.vstack(arrays)


def column_stack(tup: Sequence[Array]) -> Array:
    """Join arrays along axis 1, with vectors as columns."""
    parts = [ops.array(part) for part in tup]
    return ops.concatenate(
        [x if len(ops.shape_of(x)) > 1 else ops.reshape(x, (-1, 1)) for x in parts], 1
    )


def dstack(tup: Sequence[Array]) -> Array:
    """Join arrays along axis 2, which is added where it is missing."""
    return ops.concatenate([moving(np.atleast_3d)(part) for part in tup], 2)


def block(arrays: Any) -> Array:
    """Join nested lists of blocks: the innermost along the last axis, and so on."""
    depth, inner = 0, arrays
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    ndim = max(depth, *[len(ops.shape_of(part)) for part in _flat(arrays)])

    def joined(part: Any, level: int) -> Array:
        if isinstance(part, list):
            return ops.concatenate([joined(p, level + 1) for p in part], level - depth)
        shape = ops.shape_of(part)
        return ops.reshape(ops.array(part), (1,) * (ndim - len(shape)) + shape)

    return joined(arrays, 0)


def _flat(nested: Any) -> list[Any]:
    return [x for part in nested for x in _flat(part)] if isinstance(nested, list) else [nested]


def broadcast_arrays(*args: Array) -> tuple[Array, ...]:
    """Broadcast arrays to a common shape."""
    shape = np.broadcast_shapes(*[ops.shape_of(arg) for arg in args])
    return tuple([ops.broadcast_to(ops.array(arg), shape) for arg in args])


def meshgrid(
    *xi: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Array, ...]:
    """The coordinates of the points of a grid, from the coordinates along each axis."""
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    grids = [
        ops.reshape(ops.array(x), tuple(-1 if a == axis else 1 for a in range(len(xi))))
        for x, axis in zip(xi, axes, strict=True)
    ]
    return tuple(grids) if sparse else broadcast_arrays(*grids)


def diagflat(v: Array, k: int = 0) -> Array:
    """The matrix with all entries of v on its k-th diagonal."""
    return ops.diag(ops.ravel(v), k)


def partition(a: Array, kth: Any, axis: int | None = -1) -> Array:
    """The entries rearranged so that the kth is the one that sorting would put there."""
    if axis is None:
        a, axis = ops.ravel(a), 0
    order = nondifferentiable(np.argpartition, a, kth=kth, axis=axis)
    return ops.take_along_axis(a, order, axis)


def select(condlist: Sequence[Any], choicelist: Sequence[Array], default: Array = 0) -> Array:
    """At each position, the entry of the first choice whose condition holds there."""
    types = [getattr(choice, "dtype", choice) for choice in (*choicelist, default)]
    chosen = ops.cast(default, np.result_type(*types))
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = ops.where(condition, choice, chosen)
    return chosen


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Array, *args: Any, **kwargs: Any
) -> Array:
    """Apply `func1d` to each one-dimensional slice along an axis."""
    rows = ops.moveaxis(ops.array(arr), axis, -1)
    outer = ops.shape_of(rows)[:-1]
    results = [ops.array(func1d(rows[i], *args, **kwargs)) for i in np.ndindex(outer)]
    inner = ops.shape_of(results[0])
    made = ops.reshape(ops.stack(results), outer + inner)
    axis %= len(outer) + 1
    sources = tuple(range(len(outer), len(outer) + len(inner)))
    return ops.moveaxis(made, sources, tuple(range(axis, axis + len(inner))))
