"""The basic linear operations; each names its transpose.

The set is closed: sum and broadcast, index and scatter, concatenate and index, reshape and reshape.
So derivatives of any order need nothing else.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Args, Array, Derivatives, Node, Nodes, Settings
from autograd.engine.operations import Op, Shares, interpreter
from autograd.kernels import Shape as Shape
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import is_complex, real
from autograd.ops.op_types import Linear
from autograd.ops.predicates import nondifferentiable

Axis: TypeAlias = int | tuple[int, ...] | None

_PLAIN = (np.ndarray, np.generic)
_ARRAYS = (Node, *_PLAIN)

# Called as f(x, axis, dtype, out, keepdims): by position, which is 0.6 µs less than by name.
add_reduce: Callable[..., Any] = np.add.reduce
maximum_reduce: Callable[..., Any] = np.maximum.reduce
minimum_reduce: Callable[..., Any] = np.minimum.reduce
multiply_reduce: Callable[..., Any] = np.multiply.reduce


def as_array(x: ArrayLike) -> NDArray[Any] | np.generic | Node:
    """x if it is a node or an array, else `array(x)`."""
    return x if isinstance(x, _ARRAYS) else array(x)


def as_real(x: ArrayLike) -> Array:
    """x as an array of floating-point numbers; integers and booleans become float64."""
    x = as_array(x)
    return x if x.dtype.kind in "fc" else cast_op(x, dtype=_REAL)


_REAL = np.dtype(np.float64)


def plain(x: ArrayLike) -> Any:
    """The data of x as an array, which is constant for the derivative."""
    x = as_array(x)
    data = interpreter().detach(x) if isinstance(x, Node) else x
    return data if isinstance(data, Node) else np.asarray(data)


def shape_of(x: ArrayLike) -> Shape:
    """The shape of a node, an array, a number or nested lists of numbers."""
    shape: Shape | None = getattr(x, "shape", None)
    return np.shape(x) if shape is None else shape  # type: ignore[arg-type]


def normalize_axis(axis: Axis, ndim: int) -> Shape:
    """The axes as a sorted tuple of non-negative numbers; None stands for all axes."""
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
        raise ValueError(f"axis={axis} repeats an axis")
    return normal


# --------------------------------------------------------------------------------------------------
# Sum and broadcast


def keep_axes(reduced: ArrayLike, x: ArrayLike, axis: Axis, keepdims: bool) -> Array:
    """The result of a reduction of x along `axis`, in a shape that broadcasts against x."""
    if keepdims or axis is None:
        return reduced
    shape = shape_of(x)
    axes = normalize_axis(axis, len(shape))
    return reshape_op(reduced, shape=tuple(1 if a in axes else n for a, n in enumerate(shape)))


def _broadcast(x: Any, shape: Shape) -> Any:
    """`numpy.broadcast_to`, in a quarter of its time."""
    x = np.asarray(x)
    ahead = len(shape) - x.ndim
    if ahead < 0 or not x.flags.forc:
        return np.broadcast_to(x, shape)
    strides = [0] * ahead
    for own, size, stride in zip(x.shape, shape[ahead:], x.strides, strict=True):
        if own != 1 and own != size:
            return np.broadcast_to(x, shape)  # which raises
        strides.append(0 if own == 1 else stride)
    view: Any = np.ndarray(shape, x.dtype, x, 0, strides)
    view.flags.writeable = False
    return view


def repeat_along(g: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """The cotangent of x from that of its sum along `axis`."""
    shape = shape_of(x)
    g = keep_axes(g, x, axis, keepdims) if shape_of(g) else g
    if isinstance(g, _PLAIN) and math.prod(shape) <= _SMALL:  # a copy takes less time than a view
        repeated = np.empty(shape, g.dtype)
        repeated[...] = g
        return repeated
    return broadcast_to(g, shape)


_SMALL: Final = 1000


sum_op: Final = Linear(
    "sum",
    lambda x, axis, keepdims: add_reduce(x, axis, None, None, keepdims),
    repeat_along,
    symbol="Σ",
)
broadcast_op: Final = Linear("broadcast_to", _broadcast, lambda g, x, shape: sum_to(g, shape_of(x)))
sum_to_op: Final = Linear(
    "sum_to",
    lambda x, shape: kernels.sum_to(np.asarray(x), shape),
    lambda g, x, shape: broadcast_to(g, shape_of(x)),
)


@array_function
def sum(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> Array:
    """Σ x over all entries, or along the given axes.

    The derivative with respect to each entry is 1. `keepdims` keeps the reduced axes with length
    one.

    >>> import numpy as np
    >>> from autograd import grad, sum
    >>> grad(lambda x: sum(x**2))(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    return sum_op(as_array(x), axis=axis, keepdims=keepdims)


def broadcast_to(x: ArrayLike, shape: int | Shape) -> Array:
    """Broadcast x to `shape` without copying. The cotangent is summed over the repetitions.

    Raises ValueError if x does not broadcast to `shape`.

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
        raise ValueError(
            f"broadcast_to: shape {shape_of(x)} does not broadcast to {shape}"
        ) from error


def sum_to(x: ArrayLike, shape: Shape) -> Array:
    """Sum x over the axes along which `shape` broadcasts to x.shape: the broadcast's transpose."""
    return x if shape_of(x) == shape else sum_to_op(x, shape=shape)


# --------------------------------------------------------------------------------------------------
# The same entries in another shape or dtype


def inverse_order(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    """The inverse of a permutation of axes; None, which reverses them, is its own inverse."""
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
    lambda g, x, dtype: project(g, getattr(x, "dtype", _REAL)),
)


@array_function
def reshape(x: ArrayLike, *shape: int | Sequence[int], order: str = "C") -> Array:
    """The entries of x in another shape, given as a tuple or as several numbers.

    One size may be -1, and follows from the others. In order "C" the last axis varies fastest, and
    in order "F" the first. The cotangent is reshaped back. Raises ValueError if the number of
    entries differs, and for another order.

    >>> import numpy as np
    >>> from autograd import reshape
    >>> reshape(np.arange(6.0), (2, -1)).shape
    (2, 3)
    """
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    x = as_array(x)
    if _is_reversed("reshape", order):
        return transpose(reshape(transpose(x), *shape[::-1]))
    try:
        return reshape_op(x, shape=shape)
    except ValueError as error:
        raise ValueError(
            f"reshape: the {math.prod(shape_of(x))} entries of shape {shape_of(x)} do not fill "
            f"shape {shape}"
        ) from error


@array_function
def ravel(x: ArrayLike, order: str = "C") -> Array:
    """x flattened to one axis. In order "C" the last axis varies fastest, in order "F" the first.

    Raises ValueError for another order.

    >>> import numpy as np
    >>> from autograd import ravel
    >>> ravel(np.zeros((2, 3))).shape
    (6,)
    """
    return reshape_op(transpose(x) if _is_reversed("ravel", order) else as_array(x), shape=(-1,))


def _is_reversed(name: str, order: Any) -> bool:
    """Whether the first axis varies fastest; ValueError for orders that depend on the memory."""
    if order not in ("C", "F"):
        raise ValueError(f"{name}: order={order!r} must be 'C' or 'F'")
    return order == "F"


@array_function
def transpose(x: ArrayLike, axes: Sequence[int] | None = None) -> Array:
    """Permute the axes; by default reverse them. The cotangent is permuted back.

    Raises ValueError if `axes` is not a permutation of the axes.

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
            f"transpose: axes {axes} are not a permutation of those of shape {shape_of(x)}"
        ) from error


def cast(x: ArrayLike, dtype: DTypeLike) -> Array:
    """x in another dtype. The cotangent is cast back.

    A node that is cast to an integer type or bool becomes plain data, which has no derivative.

    >>> import numpy as np
    >>> from autograd import cast
    >>> cast(np.ones(2), np.float32).dtype
    dtype('float32')
    """
    own = getattr(x, "dtype", None)
    if own is not None and own == dtype:  # a dtype equals None if it is float64
        return x
    dtype = np.dtype(dtype)
    return (
        nondifferentiable(as_integers, x, dtype=dtype)
        if dtype.kind in "iub"
        else cast_op(x, dtype=dtype)
    )


def project(x: ArrayLike, dtype: np.dtype[Any]) -> Array:
    """x in another floating-point type, and its real part alone if that type is real."""
    return cast(real(x) if dtype.kind != "c" and is_complex(x) else x, dtype)


def as_integers(x: Any, dtype: Any) -> Any:
    """Plain x in an integer type, or bool."""
    return np.asarray(x, dtype)


def along(x: ArrayLike, axis: int | None) -> tuple[Array, int]:
    """x and the axis as a non-negative number; with axis=None, x flattened and axis 0."""
    if axis is None:
        return ravel(x), 0
    x = as_array(x)
    return x, normalize_axis(axis, len(shape_of(x)))[0]


# --------------------------------------------------------------------------------------------------
# Index and scatter


class _Index(Linear):
    """Read entries. Cotangents of many readings of one array are put in place all at once."""

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        (x,) = node.args
        if active is None or x in active:
            yield 0, Entries(node.settings["key"], g, x.shape)


index_op: Linear = _Index(
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


class Entries:
    """A cotangent of an array that grows by those of entries which were read, one by one.

    To put each in place by itself, among zeros, would take as long as the whole array is.
    """

    __slots__ = ("parts", "rest", "shape")

    def __init__(self, key: Any, g: Array, shape: Shape) -> None:
        self.parts: list[tuple[Any, Array]] = [(key, g)]
        self.rest: Array = None  # what has been added that is of the whole array
        self.shape: Shape = shape

    def after(self, before: Array | None) -> Entries:
        """The sum of what there was before, which may be such a sum, and of this."""
        if before.__class__ is Entries:
            before.parts += self.parts
            return before
        self.rest = before
        return self

    def __add__(self, other: Array) -> Entries:
        self.rest = other if self.rest is None else self.rest + other
        return self

    def total(self) -> Array:
        """The cotangent."""
        total = self._placed()
        return total if self.rest is None else self.rest + total

    def __array__(self, *settings: Any, **keywords: Any) -> NDArray[Any]:
        """For those who look on."""
        total = self.total()
        return np.array(total.primal if isinstance(total, Node) else total, *settings, **keywords)

    def _placed(self) -> Array:
        parts, shape = self.parts, self.shape
        if len(parts) == 1:
            ((key, g),) = parts
            return scatter_op(g, key=key, shape=shape)
        if not any(isinstance(g, Node) for _, g in parts):
            return kernels.scatter_all(parts, shape)
        # A large part is placed by itself, as a slice and not as a list of places: that takes no
        # longer than 4 Σ sizes. The others are placed together.
        size = math.prod(shape)
        placed, small = [], []
        for key, g in parts:
            entries = math.prod(shape_of(g))
            if entries > 1 and 4 * entries >= size:
                placed.append(scatter_op(g, key=key, shape=shape))
            else:
                small.append((key, g))
        if small:
            places = np.arange(size).reshape(shape)
            key = np.concatenate([places[key].ravel() for key, _ in small])
            row = concatenate([ravel(g) for _, g in small])
            placed.append(reshape(scatter_op(row, key=key, shape=(size,)), shape))
        return functools.reduce(operator.add, placed)


# --------------------------------------------------------------------------------------------------
# Joining


class _Concatenate(Op):
    """Join arrays along an axis. Cotangents are cut out of g, and tangents are joined.

    All at once: to find the place of one argument takes time for all those before it.
    """

    has_jvp = True

    @staticmethod
    def places(args: Sequence[Array], axis: int) -> Iterator[tuple[slice, ...]]:
        """The index of each argument in the result."""
        before = (slice(None),) * (axis % len(shape_of(args[0])))
        ends = accumulate([shape_of(arg)[axis] for arg in args], initial=0)
        return ((*before, slice(start, stop)) for start, stop in pairwise(ends))

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        places = self.places(args, node.settings["axis"])
        for argnum, (arg, place) in enumerate(zip(node.args, places, strict=True)):
            if isinstance(arg, Node) and (active is None or arg in active):
                yield argnum, index_op(g, key=place)

    def push(self, node: Node, tangents: Derivatives, out: Array, args: Args) -> Iterator[Array]:
        parts = [
            tangents[arg]
            if isinstance(arg, Node) and arg in tangents
            else np.zeros(shape_of(arg), out.dtype)
            for arg in node.args
        ]
        yield self(*parts, **node.settings)

    def vjp(self, argnum: int, g: Array, out: Array, args: Args, settings: Settings) -> Array:
        return index_op(g, key=list(self.places(args, settings["axis"]))[argnum])


concatenate_op: Final = _Concatenate("concatenate", lambda *args, axis: np.concatenate(args, axis))


def concatenate(arrays: Sequence[ArrayLike], axis: int | None = 0) -> Array:
    """Join arrays along an existing axis; with axis=None, flatten them first.

    Each array gets its part of the cotangent. Raises ValueError for no arrays, for numbers, and for
    shapes that differ in another axis.

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
            why = "a number has no axis; use stack"
        else:
            why = f"all arrays must have an axis {axis}, and may differ in this axis only"
        raise ValueError(f"concatenate: shapes {shapes}: {why}") from error


def stack(arrays: Sequence[ArrayLike], axis: int = 0) -> Array:
    """Join arrays of the same shape along a new axis. Raises ValueError if the shapes differ.

    >>> import numpy as np
    >>> from autograd import stack
    >>> stack([np.zeros(2), np.ones(2)], axis=1).shape
    (2, 2)
    """
    parts = [as_array(part) for part in arrays]
    shapes = {shape_of(part) for part in parts}
    if len(shapes) != 1:
        given = [shape_of(part) for part in parts]
        raise ValueError(f"stack: all arrays must have the same shape, and they have {given}")
    shape = shapes.pop()
    (axis,) = normalize_axis(axis, len(shape) + 1)
    shape = (*shape[:axis], 1, *shape[axis:])
    return concatenate_op(*[reshape_op(part, shape=shape) for part in parts], axis=axis)


_LISTS: Final = (list, tuple)


def array(data: Any) -> Array:
    """An array from nested lists, which may hold nodes: their cotangents are the entries of g.

    `np.array` would take nodes out of the graph. Raises ValueError for rows of different shapes,
    and TypeError for a generator.

    >>> from autograd import array, grad, sin
    >>> grad(lambda t: array([[t, 0.0], [sin(t), t]]).sum())(0.0)
    3.0
    """
    if isinstance(data, Node):
        return data
    if isinstance(data, _LISTS) and holds_node(data):
        return stack([array(part) for part in data])
    if isinstance(data, Iterator):  # NumPy would make an array of one object of it
        raise TypeError(
            f"a {type(data).__name__} is not an array: make a list of it first. For Python's sum, "
            "max or min, which `from autograd import *` hides, import builtins"
        )
    return np.asarray(data)


def holds_node(data: Any) -> bool:
    """Whether `data` is a node, or a nested list or tuple with a node in it."""
    if not isinstance(data, _LISTS):
        return isinstance(data, Node)
    for part in data:
        if isinstance(part, Node) or (isinstance(part, _LISTS) and holds_node(part)):
            return True
    return False
