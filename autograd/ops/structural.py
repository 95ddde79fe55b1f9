"""The linear operations that all others rest on; each names its transpose.

The set is closed: sum and broadcast, index and scatter, concatenate and index, reshape and reshape,
so derivatives of any order need nothing else. The functions composed of them are in `shaping`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node, Settings
from autograd.engine.operations import Op, interpreter
from autograd.kernels import Shape as Shape
from autograd.ops.op_types import Linear
from autograd.ops.predicates import nondifferentiable

Axis: TypeAlias = int | tuple[int, ...] | None

_ARRAYS = (Node, np.ndarray, np.generic)

# Called as f(x, axis, dtype, out, keepdims): by position, which is 0.6 µs less than by name.
add_reduce: Callable[..., Any] = np.add.reduce
maximum_reduce: Callable[..., Any] = np.maximum.reduce
minimum_reduce: Callable[..., Any] = np.minimum.reduce
multiply_reduce: Callable[..., Any] = np.multiply.reduce


def as_array(x: ArrayLike) -> NDArray[Any] | np.generic | Node:
    """x itself where it is a node or an array, else an array of it, tracked parts included."""
    return x if isinstance(x, _ARRAYS) else array(x)


def as_real(x: ArrayLike) -> Array:
    """x as an array of real numbers: integers and booleans in float64."""
    x = as_array(x)
    return x if x.dtype.kind == "f" else cast_op(x, dtype=_REAL)


_REAL = np.dtype(np.float64)


def plain(x: ArrayLike) -> Any:
    """The data of x as an array, without its history: a constant of the derivative."""
    x = as_array(x)
    data = interpreter().detach(x) if isinstance(x, Node) else x
    return data if isinstance(data, Node) else np.asarray(data)


def shape_of(x: ArrayLike) -> Shape:
    """The shape of a node, an array, a number or nested lists of numbers."""
    shape: Shape | None = getattr(x, "shape", None)
    return np.shape(x) if shape is None else shape  # type: ignore[arg-type]


def normalize_axis(axis: Axis, ndim: int) -> Shape:
    """The axes as a sorted tuple of numbers from 0; None stands for all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim)
    if len(axes) == 1:
        return (axes[0] % ndim,)
    normal = tuple(sorted({a % ndim for a in axes}))
    if len(normal) != len(axes):
        raise ValueError(f"axis {axis} names an axis twice")
    return normal


# --------------------------------------------------------------------------------------------------
# Sum and broadcast


def keep_axes(reduced: ArrayLike, x: ArrayLike, axis: Axis, keepdims: bool) -> Array:
    """What a reduction of x along `axis` gave, in a shape that broadcasts against x again."""
    if keepdims or axis is None:
        return reduced
    shape = shape_of(x)
    axes = normalize_axis(axis, len(shape))
    return reshape_op(reduced, shape=tuple(1 if a in axes else n for a, n in enumerate(shape)))


def _broadcast(x: Any, shape: Shape) -> Any:
    x = np.asarray(x)
    if x.ndim:
        return np.broadcast_to(x, shape)
    view: Any = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))  # a quarter of the time
    view.flags.writeable = False
    return view


sum_op: Final = Linear(
    "sum",
    lambda x, axis, keepdims: add_reduce(x, axis, None, None, keepdims),
    lambda g, x, axis, keepdims: broadcast_to(keep_axes(g, x, axis, keepdims), shape_of(x)),
    symbol="Σ",
)
broadcast_op: Final = Linear("broadcast_to", _broadcast, lambda g, x, shape: sum_to(g, shape_of(x)))
sum_to_op: Final = Linear(
    "sum_to",
    lambda x, shape: kernels.sum_to(np.asarray(x), shape),
    lambda g, x, shape: broadcast_to(g, shape_of(x)),
)


def sum(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Σ x over all entries, or along the axis or axes named.

    `keepdims` leaves the axes summed over in the result, with length one.

    >>> import numpy as np
    >>> from autograd import grad, sum
    >>> grad(lambda x: sum(x**2))(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    return sum_op(as_array(x), axis=axis, keepdims=keepdims)


def broadcast_to(x: ArrayLike, shape: int | Shape) -> Array:
    """Repeat x, without copying, to `shape`. The transpose sums the repetitions.

    >>> import numpy as np
    >>> from autograd import broadcast_to, grad
    >>> grad(lambda x: broadcast_to(x, (3, 2)).sum())(np.ones(2))
    array([3., 3.])
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if shape_of(x) == shape:
        return x
    try:
        return broadcast_op(as_array(x), shape=shape)
    except ValueError as error:
        raise ValueError(f"broadcast_to: {shape_of(x)} cannot be repeated to {shape}") from error


def sum_to(x: ArrayLike, shape: Shape) -> Array:
    """Sum x over the axes along which `shape` is broadcast to x.shape: the transpose of that."""
    return x if shape_of(x) == shape else sum_to_op(x, shape=shape)


# --------------------------------------------------------------------------------------------------
# The same entries in another shape or number type


def inverse_order(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    """The permutation of axes that undoes another; None reverses them, and is its own inverse."""
    if axes is None:
        return None
    normal = [a % len(axes) for a in axes]
    return tuple(sorted(range(len(axes)), key=normal.__getitem__))


reshape_op: Linear = Linear(
    "reshape",
    lambda x, shape: np.asarray(x).reshape(shape),
    lambda g, x, shape: reshape_op(g, shape=shape_of(x)),
)
transpose_op: Linear = Linear(
    "transpose",
    lambda x, axes: np.asarray(x).transpose(axes),
    lambda g, x, axes: transpose_op(g, axes=inverse_order(axes)),
    symbol="T",
)
cast_op: Final = Linear(
    "cast",
    lambda x, dtype: np.asarray(x, dtype),
    lambda g, x, dtype: cast(g, getattr(x, "dtype", np.float64)),
)


def reshape(x: ArrayLike, *shape: int | Sequence[int], order: str = "C") -> Array:
    """The entries of x in another shape, given as a tuple or as several numbers.

    One size may be -1: it follows from the others. The last axis runs fastest, or with order "F"
    the first. Raises ValueError where the sizes differ.

    >>> import numpy as np
    >>> from autograd import reshape
    >>> reshape(np.arange(6.0), (2, -1)).shape
    (2, 3)
    """
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    x = as_array(x)
    if order == "F":
        return transpose(reshape(transpose(x), *shape[::-1]))
    try:
        return reshape_op(x, shape=shape)
    except ValueError as error:
        raise ValueError(
            f"reshape: the entries of shape {shape_of(x)} do not fill shape {shape}"
        ) from error


def ravel(x: ArrayLike, order: str = "C") -> Array:
    """The entries of x in one axis; the last axis runs fastest, or with order "F" the first.

    >>> import numpy as np
    >>> from autograd import ravel
    >>> ravel(np.zeros((2, 3))).shape
    (6,)
    """
    return reshape_op(transpose(x) if order == "F" else as_array(x), shape=(-1,))


def transpose(x: ArrayLike, axes: Sequence[int] | None = None) -> Array:
    """Permute the axes; without `axes`, reverse them.

    >>> import numpy as np
    >>> from autograd import transpose
    >>> transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    x = as_array(x)
    try:
        return transpose_op(x, axes=None if axes is None else tuple(axes))
    except ValueError as error:
        raise ValueError(
            f"transpose: axes {axes} do not permute those of shape {shape_of(x)}"
        ) from error


def cast(x: ArrayLike, dtype: DTypeLike) -> Array:
    """x in another floating-point type; cotangents are cast back. Of a node in an integer type, or
    bool, plain data: they have no derivative.

    >>> import numpy as np
    >>> from autograd import cast
    >>> cast(np.ones(2), np.float32).dtype
    dtype('float32')
    """
    if getattr(x, "dtype", None) == dtype:
        return x
    dtype = np.dtype(dtype)
    return (
        nondifferentiable(as_integers, x, dtype=dtype)
        if dtype.kind in "iub"
        else cast_op(x, dtype=dtype)
    )


def as_integers(x: Any, dtype: Any) -> Any:
    """The plain numbers x in an integer type, or bool."""
    return np.asarray(x, dtype)


def along(x: ArrayLike, axis: int | None) -> tuple[Array, int]:
    """x as an array, and the number of the axis from 0; without an axis, x as one row."""
    if axis is None:
        return ravel(x), 0
    x = as_array(x)
    return x, normalize_axis(axis, len(shape_of(x)))[0]


# --------------------------------------------------------------------------------------------------
# Index and scatter

index_op: Linear = Linear(
    "index",
    lambda x, key: np.asarray(x)[key],
    lambda g, x, key: scatter_op(g, key=key, shape=shape_of(x)),
    symbol="[ ]",
)
scatter_op: Linear = Linear(
    "scatter",
    kernels.scatter,
    lambda g, x, key, shape: index_op(g, key=key),
    symbol="[ ]+=",
)


# --------------------------------------------------------------------------------------------------
# Joining


class _Concatenate(Op):
    """Arrays joined along an axis; cotangents are cut out of g, tangents padded with zeros."""

    has_jvp = True

    @staticmethod
    def place(argnum: int, args: Sequence[Array], axis: int) -> tuple[slice, ...]:
        """Where in the result an argument stands."""
        start = builtins.sum([shape_of(arg)[axis] for arg in args[:argnum]])
        shape = shape_of(args[argnum])
        return (slice(None),) * (axis % len(shape)) + (slice(start, start + shape[axis]),)

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array:
        return index_op(g, key=self.place(argnum, args, settings["axis"]))

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array:
        key = self.place(argnum, args, settings["axis"])
        return scatter_op(t, key=key, shape=shape_of(out))


concatenate_op: Final = _Concatenate("concatenate", lambda *args, axis: np.concatenate(args, axis))


def concatenate(arrays: Sequence[ArrayLike], axis: int | None = 0) -> Array:
    """Join arrays along an axis they have; with `axis=None`, all their entries in one row.

    Raises ValueError for no arrays, numbers, and shapes that differ elsewhere than in `axis`.

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
    try:
        return concatenate_op(*parts, axis=axis)
    except ValueError as error:
        shapes = [shape_of(part) for part in parts]
        if not all(shapes):
            why = "a number has no axis to join along; use stack"
        else:
            why = f"there must be an axis {axis}, and the shapes may differ in it alone"
        raise ValueError(f"concatenate: shapes {shapes}: {why}") from error


def stack(arrays: Sequence[ArrayLike], axis: int = 0) -> Array:
    """Join arrays of one shape along a new axis. Raises ValueError where the shapes differ.

    >>> import numpy as np
    >>> from autograd import stack
    >>> stack([np.zeros(2), np.ones(2)], axis=1).shape
    (2, 2)
    """
    parts = [as_array(part) for part in arrays]
    shapes = {shape_of(part) for part in parts}
    if len(shapes) != 1:
        given = [shape_of(part) for part in parts]
        raise ValueError(f"stack: arrays of one shape are needed, not of {given}")
    shape = shapes.pop()
    (axis,) = normalize_axis(axis, len(shape) + 1)
    shape = (*shape[:axis], 1, *shape[axis:])
    return concatenate_op(*[reshape_op(part, shape=shape) for part in parts], axis=axis)


def array(data: Any) -> Array:
    """An array from nested lists that may hold nodes: the way to build a tensor of tracked parts.

    `np.array` cannot: it would have to cut the parts out of the graph. Raises ValueError for rows
    of different shapes, and TypeError for a generator.

    >>> from autograd import array, grad, sin
    >>> grad(lambda t: array([[t, 0.0], [sin(t), t]]).sum())(0.0)
    3.0
    """
    if isinstance(data, Node):
        return data
    if isinstance(data, list | tuple) and holds_node(data):
        return stack([array(part) for part in data])
    if isinstance(data, Iterator):  # NumPy would make an array of one object of it
        raise TypeError(
            f"a {type(data).__name__} is not an array: make a list of it first; or Python's own "
            "sum, max or min is meant, which `from autograd import *` hides (import builtins)"
        )
    return np.asarray(data)


def holds_node(data: Any) -> bool:
    """Whether `data` is a node, or a list or tuple with a node in it."""
    if isinstance(data, list | tuple):
        return any(holds_node(part) for part in data)
    return isinstance(data, Node)
