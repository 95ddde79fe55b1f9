"""Operations that move, copy or add up entries. All are linear, and each names its transpose.

The set is closed: sum and broadcast, index and scatter, concatenate and index, reshape and reshape,
so derivatives of any order need nothing else.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd import kernels
from autograd.graph import Array, Node, Op, Settings

Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = "int | tuple[int, ...] | None"


class Linear(Op):
    """A linear operation of one argument: the tangent goes through the operation itself, the
    cotangent through its transpose, `transpose(g, x, **settings)`, where `x` gives shape and dtype.
    """

    def __init__(
        self, name: str, kernel: Callable[..., Any], transpose: Callable[..., Array], symbol: str = ""
    ) -> None:
        def vjp(g: Array, out: Array, x: Array, **settings: Any) -> Array:
            return transpose(g, x, **settings)

        super().__init__(name, kernel, (vjp,), symbol=symbol)

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self(t, **settings)


def shape_of(x: Array) -> Shape:
    """The shape of a node, an array, a number or nested lists of numbers."""
    shape: Shape | None = getattr(x, "shape", None)
    return np.shape(x) if shape is None else shape


def normalize_axis(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes as a sorted tuple of numbers from 0; None stands for all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim)
    normal = tuple(sorted({a % ndim for a in axes}))
    if len(normal) != len(axes):
        raise ValueError(f"axis {axis} names an axis twice")
    return normal


# --------------------------------------------------------------------------------------------------
# Sum and broadcast


def _spread(g: Array, x: Array, axis: tuple[int, ...], keepdims: bool) -> Array:
    """Give every entry that was added up the cotangent of its sum."""
    shape = shape_of(x)
    if not keepdims and shape_of(g):
        g = reshape(g, tuple(1 if a in axis else size for a, size in enumerate(shape)))
    return broadcast_to(g, shape)


sum_op = Linear(
    "sum",
    lambda x, axis, keepdims: np.add.reduce(x, axis=axis, keepdims=keepdims),
    _spread,
    symbol="Σ",
)
broadcast_op = Linear(
    "broadcast_to", lambda x, shape: np.broadcast_to(x, shape), lambda g, x, shape: sum_to(g, x.shape)
)
sum_to_op = Linear(
    "sum_to",
    lambda x, shape: kernels.sum_to(np.asarray(x), shape),
    lambda g, x, shape: broadcast_to(g, x.shape),
)


def sum(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Σ x over all entries or along `axis`.

    >>> import numpy as np
    >>> from autograd import grad, sum
    >>> grad(lambda x: sum(x**2))(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    x = as_array(x)
    return sum_op(x, axis=normalize_axis(axis, len(shape_of(x))), keepdims=keepdims)


def broadcast_to(x: Array, shape: int | Shape) -> Array:
    """Repeat x, without copying, to `shape`. The transpose sums the repetitions."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return x if shape_of(x) == shape else broadcast_op(as_array(x), shape=shape)


def sum_to(x: Array, shape: Shape) -> Array:
    """Sum x over the axes along which `shape` would be broadcast to x.shape: the transpose of it."""
    return x if shape_of(x) == shape else sum_to_op(x, shape=shape)


# --------------------------------------------------------------------------------------------------
# The same entries in another shape or number type

reshape_op = Linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda g, x, shape: reshape(g, x.shape),
)
transpose_op = Linear(
    "transpose",
    lambda x, axes: np.transpose(x, axes),
    lambda g, x, axes: transpose(g, tuple(np.argsort(axes).tolist())),
    symbol="T",
)
cast_op = Linear(
    "cast", lambda x, dtype: np.asarray(x, dtype), lambda g, x, dtype: cast(g, x.dtype)
)


def reshape(x: Array, *shape: Any) -> Array:
    """The entries of x, in C order, in another shape; one size may be -1.

    >>> import numpy as np
    >>> from autograd import reshape
    >>> reshape(np.arange(6.0), (2, -1)).shape
    (2, 3)
    """
    x = as_array(x)
    new = shape[0] if len(shape) == 1 and not isinstance(shape[0], int | np.integer) else shape
    return reshape_op(x, shape=tuple(int(size) for size in new))


def ravel(x: Array) -> Array:
    """The entries of x in one axis."""
    return reshape(x, (-1,))


def transpose(x: Array, axes: Sequence[int] | None = None) -> Array:
    """Permute the axes; without `axes`, reverse them.

    >>> import numpy as np
    >>> from autograd import transpose
    >>> transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    x = as_array(x)
    ndim = len(shape_of(x))
    order = range(ndim)[::-1] if axes is None else axes
    if sorted(a % ndim if -ndim <= a < ndim else -1 for a in order) != list(range(ndim)):
        raise ValueError(f"transpose: axes {axes} do not permute the axes of shape {shape_of(x)}")
    return transpose_op(x, axes=tuple(a % ndim for a in order))


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Exchange two axes."""
    axes = list(range(len(shape_of(x))))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes)


def moveaxis(x: Array, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """Move axes to other places; the rest keep their order."""
    ndim = len(shape_of(x))
    sources = [source] if isinstance(source, int) else list(source)
    places = [destination] if isinstance(destination, int) else list(destination)
    if len(sources) != len(places):
        raise ValueError(f"moveaxis: {source} and {destination} differ in length")
    order = [a for a in range(ndim) if a not in {s % ndim for s in sources}]
    for place, origin in sorted(zip((p % ndim for p in places), sources, strict=True)):
        order.insert(place, origin % ndim)
    return transpose(x, order)


def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    """Insert axes of length one, numbered as they are in the result."""
    shape = list(shape_of(x))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in normalize_axis(axes, len(shape) + len(axes)):
        shape.insert(a, 1)
    return reshape(x, tuple(shape))


def squeeze(x: Array, axis: Axis = None) -> Array:
    """Drop axes of length one, all or those named."""
    shape = shape_of(x)
    if axis is None:
        drop = {a for a, size in enumerate(shape) if size == 1}
    else:
        drop = set(normalize_axis(axis, len(shape)))
        if any(shape[a] != 1 for a in drop):
            raise ValueError(f"squeeze: axis {axis} of shape {shape} is not of length one")
    return reshape(x, tuple(size for a, size in enumerate(shape) if a not in drop))


def cast(x: Array, dtype: Any) -> Array:
    """x in another floating-point type; cotangents are cast back."""
    return x if getattr(x, "dtype", None) == dtype else cast_op(x, dtype=np.dtype(dtype))


def as_array(x: Array) -> Array:
    """x itself where it is a node or an array, else an array of it, tracked parts included."""
    return x if isinstance(x, Node | np.ndarray | np.generic) else array(x)


# --------------------------------------------------------------------------------------------------
# Index and scatter


def _is_basic(key: Any) -> bool:
    """Whether NumPy takes a view for this key, so that no entry is read twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(
        part is None or part is Ellipsis or isinstance(part, slice | int | np.integer)
        for part in parts
        if not isinstance(part, bool)
    ) and not any(isinstance(part, bool) for part in parts)


def _scatter(x: Any, key: Any, shape: Shape) -> Any:
    x = np.asarray(x)
    out = np.zeros(shape, x.dtype)
    if _is_basic(key):
        out[key] = x
    else:
        np.add.at(out, key, x)
    return out


index_op = Linear(
    "index", lambda x, key: x[key], lambda g, x, key: scatter(g, key, x.shape), symbol="[ ]"
)
scatter_op = Linear("scatter", _scatter, lambda g, x, key, shape: index(g, key), symbol="[ ]+=")


def index(x: Array, key: Any) -> Array:
    """x[key], with every key that NumPy knows. Entries read twice get both cotangents."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, Node) for part in parts):
        raise TypeError(
            "an index must be plain integers, slices or booleans, and this one is a node, which "
            "has no derivative as an index: use x[node.numpy().astype(int)]"
        )
    if isinstance(key, list):
        key = np.asarray(key)
    return index_op(x, key=key)


def scatter(x: Array, key: Any, shape: Shape) -> Array:
    """Zeros of `shape` with x added at [key]: the transpose of indexing."""
    return scatter_op(x, key=key, shape=shape)


# --------------------------------------------------------------------------------------------------
# Joining and running sums


def _concatenate_rule(argnum: int) -> Callable[..., Array]:
    def rule(g: Array, out: Array, *args: Array, axis: int) -> Array:
        start = builtins.sum(shape_of(arg)[axis] for arg in args[:argnum])
        stop = start + shape_of(args[argnum])[axis]
        return index(g, (slice(None),) * axis + (slice(start, stop),))

    return rule


concatenate_op = Op(
    "concatenate", lambda *args, axis: np.concatenate(args, axis=axis), _concatenate_rule
)


def concatenate(arrays: Sequence[Array], axis: int | None = 0) -> Array:
    """Join arrays along an axis they have; with `axis=None`, all their entries in one row.

    >>> import numpy as np
    >>> from autograd import concatenate
    >>> concatenate([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """
    parts = [as_array(part) for part in arrays]
    if not parts:
        raise ValueError("concatenate: at least one array is needed")
    if axis is None:
        parts, axis = [ravel(part) for part in parts], 0
    if not shape_of(parts[0]):
        raise ValueError("concatenate: 0-d arrays have no axis to join along; use stack")
    axis = normalize_axis(axis, len(shape_of(parts[0])))[0]
    return concatenate_op(*parts, axis=axis)


def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Join arrays of one shape along a new axis.

    >>> import numpy as np
    >>> from autograd import stack
    >>> stack([np.zeros(2), np.ones(2)], axis=1).shape
    (2, 2)
    """
    parts = [as_array(part) for part in arrays]
    shapes = {shape_of(part) for part in parts}
    if len(shapes) != 1:
        raise ValueError(f"stack: the shapes differ: {[shape_of(part) for part in parts]}")
    return concatenate([expand_dims(part, axis) for part in parts], axis)


def array(data: Any) -> Array:
    """An array from nested lists that may hold nodes: the way to build a tensor of tracked parts.

    `np.array` cannot: it would have to cut the parts out of the graph.

    >>> import numpy as np
    >>> from autograd import array, grad
    >>> grad(lambda t: array([[t, 0.0], [np.sin(t), t]]).sum())(0.0)
    3.0
    """
    if isinstance(data, Node):
        return data
    if isinstance(data, list | tuple) and _holds_node(data):
        return stack([array(part) for part in data])
    return np.asarray(data)


def _holds_node(data: Any) -> bool:
    if isinstance(data, list | tuple):
        return any(_holds_node(part) for part in data)
    return isinstance(data, Node)


cumsum_op = Linear(
    "cumsum",
    lambda x, axis: np.cumsum(x, axis=axis),
    lambda g, x, axis: flip(cumsum(flip(g, axis), axis), axis),
)


def cumsum(x: Array, axis: int | None = None) -> Array:
    """Running sums along `axis`, or over all entries in one row."""
    if axis is None:
        x, axis = ravel(x), 0
    return cumsum_op(x, axis=normalize_axis(axis, len(shape_of(x)))[0])


def flip(x: Array, axis: Axis = None) -> Array:
    """Reverse the entries along axes, all or those named."""
    axes = normalize_axis(axis, len(shape_of(x)))
    key = tuple(slice(None, None, -1 if a in axes else None) for a in range(len(shape_of(x))))
    return index(x, key)
