"""Indexing: `index`, `take`, `sort`, and `x.at[...]`, which returns a copy with entries changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op, interpreter
from autograd.ops.array_function import array_function
from autograd.ops.elementwise import where
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import (
    Shape,
    along,
    as_array,
    as_real,
    broadcast_to,
    cast,
    index_op,
    reshape_op,
    scatter_op,
    shape_of,
)

# --------------------------------------------------------------------------------------------------
# x[key]

_NODE_AS_KEY = (
    "an index must consist of plain integers, slices and booleans, and this one is a node, with "
    "respect to which indexing has no derivative: use x[node.numpy().astype(int)]"
)


_INDICES = (list, np.ndarray)


def plain_key(key: Any) -> Any:
    """The index with its lists and arrays copied, since the graph keeps it."""
    if key.__class__ is int or key.__class__ is slice:
        return key
    if isinstance(key, tuple):
        return tuple([plain_key(part) for part in key])
    if isinstance(key, Node):
        raise TypeError(_NODE_AS_KEY)
    if isinstance(key, list) and not key:
        return np.zeros(0, int)
    return np.array(key) if isinstance(key, _INDICES) else key


@array_function
def index(x: ArrayLike, key: Any) -> Array:
    """x[key], for every kind of index that NumPy has.

    The cotangent is scattered back: an entry that the key repeats gets the sum of its cotangents,
    and an entry that is not read gets 0. Raises TypeError if the index is a node.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    array([2., 0., 1.])
    """
    if interpreter().replayed:
        template, numbers = split_key(key)
        if numbers:
            return gather_op(as_array(x), *numbers, key=template)
    return index_op(as_array(x), key=plain_key(key))


def scatter(x: ArrayLike, key: Any, shape: Shape) -> Array:
    """Zeros of `shape` with x added at `key`: the transpose of indexing.

    x is broadcast to the shape of the indexed entries. Where the key repeats a position, all
    entries of x for it are summed.

    >>> import numpy as np
    >>> from autograd import scatter
    >>> scatter(np.array([1.0, 2.0, 4.0]), [0, 0, 2], (3,))
    array([3., 0., 4.])
    """
    shape = tuple(shape)
    template, numbers = split_key(key) if interpreter().replayed else (key, [])
    if numbers:
        examples = [number.primal for number in numbers]
        x = broadcast_to(as_array(x), _picked(shape, fill(template, examples)))
        return place_op(x, *numbers, key=template, shape=shape)
    key = plain_key(key)
    return scatter_op(broadcast_to(as_array(x), _picked(shape, key)), key=key, shape=shape)


def _picked(shape: Shape, key: Any) -> Shape:
    """The shape of x[key] for x of the given shape."""
    picked: Shape = np.broadcast_to(0, shape)[key].shape
    return picked


# --------------------------------------------------------------------------------------------------
# The same if integers in the key are nodes, as they may be while a program is recorded. They are
# then arguments of the operation, and a mark in the key keeps their positions.

HERE = "here"


class TrackedIndex:
    """An integer that is a node where it is part of an index."""

    @property
    def node(self) -> Node:
        """The integer as a node."""
        raise NotImplementedError


def split_key(key: Any) -> tuple[Any, list[Node]]:
    """The key with marks instead of nodes, and the nodes."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(issubclass(type(part), TrackedIndex) for part in parts):
        parts = tuple([x.node if issubclass(type(x), TrackedIndex) else x for x in parts])
    numbers = [part for part in parts if isinstance(part, Node)]
    for number in numbers:
        if number.dtype.kind == "b":
            raise TypeError(
                "a mask computed in a compiled program cannot be an index, because the shape of "
                "the result would depend on the data: use where(mask, x, 0)"
            )
        if number.dtype.kind not in "iu":
            raise TypeError(_NODE_AS_KEY)
    if not numbers:
        return key, numbers
    return tuple([HERE if isinstance(part, Node) else plain_key(part) for part in parts]), numbers


def fill(key: tuple[Any, ...], numbers: Sequence[Any]) -> tuple[Any, ...]:
    """The key with numbers in place of its marks."""
    given = iter(numbers)
    return tuple([next(given) if part is HERE else part for part in key])


def _of_first_argument(rule: Callable[..., Array]) -> Callable[[int], Any]:
    return lambda argnum: None if argnum else rule


gather_op: Op = Op(
    "gather",
    lambda x, *numbers, key: np.asarray(x)[fill(key, numbers)],
    _of_first_argument(
        lambda g, out, x, *numbers, key: place_op(g, *numbers, key=key, shape=shape_of(x))
    ),
    symbol="[ ]",
)
place_op: Op = Op(
    "place",
    lambda x, *numbers, key, shape: kernels.scatter(x, fill(key, numbers), shape),
    _of_first_argument(lambda g, out, x, *numbers, key, shape: gather_op(g, *numbers, key=key)),
    symbol="[ ]+=",
)


# --------------------------------------------------------------------------------------------------
# x.at[...]


def _set(x: Any, values: Any, *numbers: Any, key: Any) -> Any:
    """A copy of x with `values` at x[key]; `numbers` stand in the key where nodes did."""
    out = np.array(x)
    out[fill(key, numbers) if numbers else key] = values
    return out


def _set_x(g: Array, out: Array, x: Array, values: Array, *numbers: Array, key: Any) -> Array:
    return set_op(g, 0, *numbers, key=key)


def _set_values(g: Array, out: Array, x: Array, values: Array, *numbers: Array, key: Any) -> Array:
    """If several values were written to one position, only the one that remains has an effect."""
    picked = gather_op(g, *numbers, key=key) if numbers else index_op(g, key=key)
    if not any(map(shape_of, numbers)) and kernels.reads_once(key):
        return picked
    last = nondifferentiable(_last_writes, *numbers, key=key, shape=shape_of(x))
    return where(last, picked, 0)


def _last_writes(*numbers: Any, key: Any, shape: Shape) -> Any:
    return kernels.last_writes(fill(key, numbers) if numbers else key, shape)


def _set_rule(argnum: int) -> Any:
    return {0: _set_x, 1: _set_values}.get(argnum)


set_op: Op = Op("set", _set, _set_rule, symbol="[ ]=")


def _is_mask(key: Any) -> bool:
    return isinstance(key, Node) and key.dtype.kind == "b"


class At:
    """`x.at[key]`: its methods `set` and `add` return a copy of x with the entries at key changed.

    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> x.at[0].set(5.0).tolist(), x.at[[1, 1]].add(1.0).tolist()
    ([5.0, 2.0, 3.0], [1.0, 4.0, 3.0])
    """

    __slots__ = ("key", "numbers", "x")

    def __init__(self, x: ArrayLike, key: Any = ..., numbers: Sequence[Node] = ()) -> None:
        self.x: Array = as_array(x)
        self.key: Any = key
        self.numbers: Any = numbers

    def __getitem__(self, key: Any) -> At:
        if interpreter().replayed and not _is_mask(key):
            template, numbers = split_key(key)
            if numbers:
                return At(self.x, template, numbers)
        return At(self.x, key if _is_mask(key) else plain_key(key))

    def set(self, values: ArrayLike) -> Array:
        """A copy of x with the entries at `key` replaced by `values`, which broadcast.

        If the key repeats a position, the last value remains, as in NumPy, and only it has a
        derivative. Raises ValueError if the shapes do not match.
        """
        if _is_mask(self.key):
            return self._where(values)
        x, values = self._fit(values)
        return set_op(x, values, *self.numbers, key=self.key)

    def add(self, values: ArrayLike) -> Array:
        """A copy of x with `values`, which broadcast, added to the entries at `key`.

        If the key repeats a position, all its values are added. Raises ValueError if the shapes do
        not match.
        """
        if _is_mask(self.key):
            return self._where(self.x + values)
        x, values = self._fit(values)
        if self.numbers:
            return x + place_op(values, *self.numbers, key=self.key, shape=shape_of(x))
        return x + scatter_op(values, key=self.key, shape=shape_of(x))

    def _where(self, values: ArrayLike) -> Array:
        """`values`, which are the same for all entries, where a mask that is a node holds."""
        mask, ndim = self.key, len(shape_of(self.x)) - self.key.ndim
        if len(shape_of(values)) > ndim and shape_of(values) != shape_of(self.x):
            raise TypeError(
                "x.at[mask] of a mask computed in a compiled program takes values that are the "
                "same for all entries, since their number depends on the data: use "
                "where(mask, v, x) with v of the shape of x"
            )
        return where(reshape_op(mask, shape=(*mask.shape, *(1,) * ndim)), values, self.x)

    def _fit(self, values: Array) -> tuple[Array, Array]:
        """x and the values in the dtype of x, or in float64 if real values meet integers."""
        examples = [number.primal for number in self.numbers]
        picked = _picked(shape_of(self.x), fill(self.key, examples) if examples else self.key)
        values = as_array(values)
        x = as_real(self.x) if values.dtype.kind == "f" else self.x
        values = cast(values, x.dtype)
        try:
            return x, broadcast_to(values, picked)
        except ValueError as error:
            raise ValueError(
                f"x.at[...]: values of shape {shape_of(values)} cannot be broadcast to the entries "
                f"at this index, which have shape {picked} in an array of shape {shape_of(self.x)}"
            ) from error


# --------------------------------------------------------------------------------------------------
# Selecting along an axis


@array_function
def take(x: ArrayLike, indices: Any, axis: int | None = None, mode: str = "raise") -> Array:
    """The entries of x at the given indices along an axis; by default, of x flattened.

    indices: integers of any shape, which replaces the axis in the shape of the result.
    mode: what to do with an index outside the axis: "raise" raises IndexError, "wrap" wraps around,
        and "clip" takes the nearest end (for negative indices the first).

    An entry that is taken several times gets the sum of its cotangents. Raises ValueError for
    another mode.

    >>> import numpy as np
    >>> from autograd import grad, take
    >>> grad(lambda x: take(x, [0, 2, 2]).sum())(np.ones(3))
    array([1., 0., 2.])
    """
    x, axis = along(x, axis)
    size = shape_of(x)[axis]
    numbers = indices
    if not isinstance(indices, Node):
        numbers = np.array(indices) if np.size(indices) else np.array(indices, int)
    if mode == "wrap":
        numbers = numbers % size
    elif mode == "clip":
        numbers = np.clip(numbers, 0, size - 1)
    elif mode != "raise":
        raise ValueError(f"take: mode {mode!r} is not one of 'raise', 'wrap', 'clip'")
    if isinstance(numbers, Node):
        return index(x, (slice(None),) * axis + (numbers,))
    return index_op(x, key=(slice(None),) * axis + (numbers,) if axis else numbers)


@array_function
def take_along_axis(x: ArrayLike, indices: Any, axis: int | None = -1) -> Array:
    """Select entries along one axis, with indices that differ from place to place.

    `indices` has as many axes as x, and broadcasts against x in the other axes; the results of
    `argsort` and `argmax(keepdims=True)` are of this form. With axis=None, x is flattened.

    Raises ValueError for another number of axes.

    >>> import numpy as np
    >>> from autograd import take_along_axis
    >>> take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1], [0]]), axis=1)
    array([[2.],
           [3.]])
    """
    x, axis = along(x, axis)
    shape = shape_of(x)
    indices = indices if isinstance(indices, Node) else np.array(indices)
    if indices.ndim != len(shape):
        raise ValueError(
            f"take_along_axis: indices of shape {indices.shape} must have as many axes as x, which "
            f"has shape {shape}"
        )
    key = list(np.ogrid[tuple([slice(size) for size in shape])])
    key[axis] = indices
    return index(x, tuple(key))


# --------------------------------------------------------------------------------------------------
# Order


def argsort(x: ArrayLike, axis: int | None = -1) -> Any:
    """The indices that sort x along an axis: plain integers, without derivative.

    Equal entries keep their order. With axis=None, x is flattened. The result has the shape of x.

    >>> import numpy as np
    >>> from autograd import argsort
    >>> argsort(np.array([3.0, 1.0, 2.0]))
    array([1, 2, 0])
    """
    return nondifferentiable(np.argsort, as_array(x), axis=axis, kind="stable")


@array_function
def sort(x: ArrayLike, axis: int | None = -1) -> Array:
    """x sorted in ascending order along an axis, with NaN last. With axis=None, x is flattened.

    The cotangent of each entry goes to where it came from. Equal entries keep their order, which
    decides between them. The result has the shape of x.

    >>> import numpy as np
    >>> from autograd import grad, sort
    >>> grad(lambda x: sort(x) @ np.array([1.0, 2.0, 3.0]))(np.array([3.0, 1.0, 2.0]))
    array([3., 1., 2.])
    """
    return take_along_axis(x, argsort(x, axis), axis)
