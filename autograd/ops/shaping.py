"""Functions that rearrange entries, composed of linear operations.

All are linear, and the cotangent goes back by the inverse rearrangement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj
from autograd.ops.op_types import Linear
from autograd.ops.structural import (
    Axis,
    as_array,
    concatenate,
    index_op,
    inverse_order,
    normalize_axis,
    reshape_op,
    shape_of,
    transpose,
    transpose_op,
)

# --------------------------------------------------------------------------------------------------
# Axes


@array_function
def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> Array:
    """Exchange two axes. The cotangent is exchanged back.

    >>> import numpy as np
    >>> from autograd import swapaxes
    >>> swapaxes(np.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    axes = list(range(len(shape_of(x))))
    first, second = (normalize_axis(axis, len(axes))[0] for axis in (axis1, axis2))
    axes[first], axes[second] = second, first
    return transpose(x, axes)


@array_function
def matrix_transpose(x: ArrayLike) -> Array:
    """Exchange the last two axes: shape (..., m, n) becomes (..., n, m).

    Raises ValueError for less than two axes.

    >>> import numpy as np
    >>> from autograd import matrix_transpose
    >>> matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    x = as_array(x)
    ndim = x.ndim
    if ndim == 2:
        return transpose_op(x, axes=None)
    if ndim < 2:
        raise ValueError(
            f"matrix_transpose: at least two axes are needed, and the shape is {x.shape}"
        )
    return transpose_op(x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


@array_function
def adjoint(x: ArrayLike) -> Array:
    """The conjugate transpose of matrices; for real ones `matrix_transpose`."""
    return conj(matrix_transpose(x))


@array_function
def moveaxis(x: ArrayLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """Move axes to other positions; the others keep their order.

    Raises ValueError if source and destination differ in length.

    >>> import numpy as np
    >>> from autograd import moveaxis
    >>> moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    ndim = len(shape_of(x))
    sources, places = (
        [normalize_axis(a, ndim)[0] for a in ([axes] if isinstance(axes, int) else axes)]
        for axes in (source, destination)
    )
    if len(sources) != len(places):
        raise ValueError(f"moveaxis: {source} and {destination} differ in length")
    order = [a for a in range(ndim) if a not in sources]
    for place, origin in sorted(zip(places, sources, strict=True)):
        order.insert(place, origin)
    return transpose(x, order)


@array_function
def expand_dims(x: ArrayLike, axis: int | Sequence[int]) -> Array:
    """Insert axes of length one, at these positions in the result.

    >>> import numpy as np
    >>> from autograd import expand_dims
    >>> expand_dims(np.zeros(3), (0, -1)).shape
    (1, 3, 1)
    """
    shape = list(shape_of(x))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for a in normalize_axis(axes, len(shape) + len(axes)):
        shape.insert(a, 1)
    return reshape_op(as_array(x), shape=tuple(shape))


@array_function
def squeeze(x: ArrayLike, axis: Axis = None) -> Array:
    """Remove axes of length one: the given ones, by default all.

    Raises ValueError if a given axis is longer.

    >>> import numpy as np
    >>> from autograd import squeeze
    >>> squeeze(np.zeros((1, 3, 1)), 0).shape
    (3, 1)
    """
    shape = shape_of(x)
    drop = normalize_axis(axis, len(shape))
    if axis is None:
        drop = tuple(a for a in drop if shape[a] == 1)
    elif any(shape[a] != 1 for a in drop):
        raise ValueError(f"squeeze: axis {axis} of shape {shape} does not have length one")
    kept = tuple(size for a, size in enumerate(shape) if a not in drop)
    return reshape_op(as_array(x), shape=kept)


@array_function
def atleast_1d(x: ArrayLike) -> Array:
    """x with at least one axis: a number becomes an array of shape (1,).

    >>> from autograd import atleast_1d
    >>> atleast_1d(3.0).shape
    (1,)
    """
    return _at_least(x, 1)


@array_function
def atleast_2d(x: ArrayLike) -> Array:
    """x with at least two axes: shape (n,) becomes (1, n).

    >>> import numpy as np
    >>> from autograd import atleast_2d
    >>> atleast_2d(np.zeros(3)).shape
    (1, 3)
    """
    return _at_least(x, 2)


def _at_least(x: Array, ndim: int) -> Array:
    x = as_array(x)
    shape = shape_of(x)
    return x if len(shape) >= ndim else reshape_op(x, shape=(1,) * (ndim - len(shape)) + shape)


def join_axes(x: ArrayLike, axis: Axis) -> Array:
    """x with the given axes joined into one, which is the last."""
    order, kept = _named_last(x, axis)
    shape = shape_of(x)
    moved = transpose_op(x, axes=order)
    last = math.prod([shape[a] for a in order[kept:]])
    return reshape_op(moved, shape=(*[shape[a] for a in order[:kept]], last))


def part_axes(joined: ArrayLike, x: ArrayLike, axis: Axis) -> Array:
    """Undo `join_axes` of x, for an array of the shape that it returned."""
    order, _ = _named_last(x, axis)
    shape = shape_of(x)
    moved = reshape_op(joined, shape=tuple([shape[a] for a in order]))
    return transpose_op(moved, axes=inverse_order(order))


def _named_last(x: Array, axis: Axis) -> tuple[tuple[int, ...], int]:
    """The axes of x with the given ones last, and the number of the others."""
    ndim = len(shape_of(x))
    axes = normalize_axis(axis, ndim)
    others = [a for a in range(ndim) if a not in axes]
    return (*others, *axes), len(others)


# --------------------------------------------------------------------------------------------------
# Order


@array_function
def flip(x: ArrayLike, axis: Axis = None) -> Array:
    """Reverse the entries along the given axes, by default all.

    >>> import numpy as np
    >>> from autograd import flip
    >>> flip(np.array([1.0, 2.0, 3.0]))
    array([3., 2., 1.])
    """
    ndim = len(shape_of(x))
    axes = normalize_axis(axis, ndim)
    key = tuple([slice(None, None, -1 if a in axes else None) for a in range(ndim)])
    return index_op(as_array(x), key=key)


@array_function
def fliplr(x: ArrayLike) -> Array:
    """Reverse the entries along axis 1.

    >>> from autograd import fliplr
    >>> fliplr([[1.0, 2.0]])
    array([[2., 1.]])
    """
    return flip(x, 1)


@array_function
def flipud(x: ArrayLike) -> Array:
    """Reverse the entries along axis 0.

    >>> from autograd import flipud
    >>> flipud([1.0, 2.0])
    array([2., 1.])
    """
    return flip(x, 0)


roll_op: Linear = Linear(
    "roll",
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda g, x, shift, axis: roll_op(
        g, shift=tuple([-s for s in shift]) if isinstance(shift, tuple) else -shift, axis=axis
    ),
)


@array_function
def roll(x: ArrayLike, shift: int | tuple[int, ...], axis: Axis = None) -> Array:
    """Shift entries along axes; those shifted beyond the end come in again at the start.

    With axis=None, x is shifted as if it were flattened. The cotangent is shifted back.

    >>> import numpy as np
    >>> from autograd import roll
    >>> roll(np.array([1.0, 2.0, 3.0]), 1)
    array([3., 1., 2.])
    """
    return roll_op(as_array(x), shift=shift, axis=axis)


# --------------------------------------------------------------------------------------------------
# Parts


def split(x: ArrayLike, sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """Split x along an axis into a number of equal parts, or at the given positions.

    Raises ValueError if the parts are not equal; `array_split` lets them differ by one.

    >>> import numpy as np
    >>> from autograd import split
    >>> [part.shape for part in split(np.zeros((6, 2)), 3)]
    [(2, 2), (2, 2), (2, 2)]
    """
    size = shape_of(x)[normalize_axis(axis, len(shape_of(x)))[0]]
    if isinstance(sections, int) and (sections < 1 or size % sections):
        raise ValueError(
            f"split: {size} entries along axis {axis} of shape {shape_of(x)} do not make "
            f"{sections} equal parts; use array_split for parts that differ by one"
        )
    return array_split(x, sections, axis)


def array_split(x: ArrayLike, sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """Split x along an axis into a number of parts whose sizes differ by one at most, or at the
    given positions. Raises ValueError for less than one part.

    >>> import numpy as np
    >>> from autograd import array_split
    >>> [part.size for part in array_split(np.zeros(7), 3)]
    [3, 2, 2]
    """
    x = as_array(x)
    (axis,) = normalize_axis(axis, len(shape_of(x)))
    size = shape_of(x)[axis]
    if isinstance(sections, int):
        if sections < 1:
            raise ValueError(
                f"array_split: the number of parts must be positive, and is {sections}"
            )
        short, longer = divmod(size, sections)
        cuts = [part * short + min(part, longer) for part in range(1, sections)]
    else:
        cuts = [int(place) for place in sections]
    before = (slice(None),) * axis
    return [
        index_op(x, key=(*before, slice(start, stop)))
        for start, stop in zip([0, *cuts], [*cuts, None], strict=True)
    ]


# --------------------------------------------------------------------------------------------------
# Joining


def vstack(arrays: Sequence[ArrayLike]) -> Array:
    """Join arrays along axis 0; arrays of shape (n,) are rows of shape (1, n).

    Raises ValueError if the other axes differ.

    >>> import numpy as np
    >>> from autograd import vstack
    >>> vstack([np.zeros(2), np.ones(2)])
    array([[0., 0.],
           [1., 1.]])
    """
    return concatenate([atleast_2d(part) for part in arrays])


def hstack(arrays: Sequence[ArrayLike]) -> Array:
    """Join arrays along axis 1, or along axis 0 if they have only one.

    Raises ValueError if the other axes differ.

    >>> import numpy as np
    >>> from autograd import hstack
    >>> hstack([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """
    parts = [atleast_1d(part) for part in arrays]
    return concatenate(parts, 1 if parts and len(shape_of(parts[0])) > 1 else 0)
