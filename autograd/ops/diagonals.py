"""Diagonals and triangles, composed of indexing, scattering and masks."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.elementwise import where
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import (
    as_array,
    index_op,
    reshape_op,
    scatter_op,
    shape_of,
    sum_op,
)

_IN_PLACE: Final = (0, 1), (-2, -1)


@array_function
def tril(x: ArrayLike, k: int = 0) -> Array:
    """x with zeros above the k-th diagonal of its last two axes.

    The result has the shape of x. Raises ValueError for less than two axes.

    >>> import numpy as np
    >>> from autograd import tril
    >>> tril(np.ones((2, 2)))
    array([[1., 0.],
           [1., 1.]])
    """
    x = as_array(x)
    return where(np.tri(*rows_and_columns(x, "tril"), k, bool), x, False)


@array_function
def triu(x: ArrayLike, k: int = 0) -> Array:
    """x with zeros below the k-th diagonal of its last two axes.

    The result has the shape of x. Raises ValueError for less than two axes.

    >>> import numpy as np
    >>> from autograd import triu
    >>> triu(np.ones((2, 2)))
    array([[1., 1.],
           [0., 1.]])
    """
    x = as_array(x)
    return where(np.tri(*rows_and_columns(x, "triu"), k - 1, bool), False, x)


def rows_and_columns(x: ArrayLike, name: str) -> tuple[int, int]:
    """The sizes of the last two axes; ValueError if there are fewer."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ValueError(f"{name}: at least two axes are needed, and the shape is {shape}")
    return shape[-2], shape[-1]


@array_function
def diagonal(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The entries x[i, i + offset] along two axes, which become the last axis of the result.

    Raises ValueError for less than two axes.

    >>> import numpy as np
    >>> from autograd import diagonal
    >>> diagonal(np.arange(4.0).reshape(2, 2))
    array([0., 3.])
    """
    x = as_array(x)
    rows_and_columns(x, "diagonal")
    if len(shape_of(x)) > 2 or (axis1, axis2) not in _IN_PLACE:
        x = moveaxis(x, (axis1, axis2), (-2, -1))
    *batch, rows, columns = shape_of(x)
    # In a row after row, the diagonal is a slice, which is placed faster than indices are.
    n = len(range(max(-offset, 0), min(rows, columns - offset)))
    start = offset if offset >= 0 else -offset * columns
    entries = reshape_op(x, shape=(*batch, rows * columns))
    return index_op(entries, key=(..., slice(start, start + n * (columns + 1), columns + 1)))


@array_function
def diag(x: ArrayLike, k: int = 0) -> Array:
    """The k-th diagonal of a matrix, or the matrix with a vector on its k-th diagonal.

    A vector of n entries gives shape (n + |k|, n + |k|). Raises ValueError for other shapes.

    >>> import numpy as np
    >>> from autograd import diag
    >>> diag(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    x = as_array(x)
    shape = shape_of(x)
    if len(shape) == 2:
        return diagonal(x, k)
    if len(shape) != 1:
        raise ValueError(f"diag: a vector or a matrix is needed, and the shape is {shape}")
    size = shape[0] + abs(k)
    start = k if k >= 0 else -k * size
    places = slice(start, start + shape[0] * (size + 1), size + 1)
    return reshape_op(scatter_op(x, key=places, shape=(size * size,)), shape=(size, size))


@array_function
def trace(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The sum of a diagonal: Σᵢ x[i, i + offset] over two axes, which the result does not have.

    Raises ValueError for less than two axes.

    >>> import numpy as np
    >>> from autograd import grad, trace
    >>> grad(trace)(np.ones((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return sum_op(diagonal(x, offset, axis1, axis2), axis=-1, keepdims=False)
