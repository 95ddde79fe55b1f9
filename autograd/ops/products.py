"""Products of arrays: bilinear operations, whose derivatives are products again."""

from __future__ import annotations

import math
from functools import lru_cache
from string import ascii_letters
from typing import Any, Final, TypeAlias

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj
from autograd.ops.elementwise import mul
from autograd.ops.indexing import take
from autograd.ops.op_types import Multilinear
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import as_array, index_op, normalize_axis, ravel, reshape_op, shape_of

_ROW, _COLUMN = (..., None, slice(None)), (..., None)


# --------------------------------------------------------------------------------------------------
# matmul. The engine sums cotangents over the axes of a batch that was broadcast.


def _matmul_left(g: Array, out: Array, x: Array, y: Array) -> Array:
    if y.ndim == 1:
        return index_op(g, key=_COLUMN) * y
    if x.ndim == 1:
        g = index_op(g, key=_ROW)
    return g @ y.mT


def _matmul_right(g: Array, out: Array, x: Array, y: Array) -> Array:
    if x.ndim == 1:
        return x * g if y.ndim == 1 else index_op(x, key=_COLUMN) * index_op(g, key=_ROW)
    if y.ndim == 1:
        return index_op(x.mT @ index_op(g, key=_COLUMN), key=(..., 0))
    if y.ndim == 2 < x.ndim:  # one product instead of a batch that would have to be summed
        x, g = (reshape_op(part, shape=(-1, part.shape[-1])) for part in (x, g))
    if isinstance(y, np.ndarray) and y.strides[-2] < y.strides[-1]:
        # y is a transposed view, so its cotangent is computed transposed, in the same layout.
        return (g.mT @ x).mT
    return x.mT @ g


matmul_op: Final = Multilinear("matmul", np.matmul, (_matmul_left, _matmul_right), symbol="@")


@array_function
def matmul(x: ArrayLike, y: ArrayLike) -> Array:
    """The matrix product x @ y of vectors, matrices and batches of matrices, as in NumPy.

    Shapes (..., n, k) and (..., k, m) give (..., n, m). With g = ∂L/∂(x @ y), ∂L/∂x = g yᵀ and
    ∂L/∂y = xᵀ g. Raises ValueError if the shapes do not match.

    >>> import numpy as np
    >>> from autograd import matmul
    >>> matmul(np.ones((2, 3)), np.ones(3))
    array([3., 3.])
    """
    x, y = as_array(x), as_array(y)
    try:
        return matmul_op(x, y)
    except ValueError as error:
        raise ValueError(_misfit(shape_of(x), shape_of(y))) from error


def _misfit(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    if not x or not y:
        return f"matmul: shapes {x} and {y}: a number is not a matrix; use * to scale"
    inner = y[max(-2, -len(y))]
    if x[-1] == inner:
        return f"matmul: the batch axes {x[:-2]} and {y[:-2]} of {x} and {y} do not broadcast"
    return (
        f"matmul: shapes {x} and {y} do not match: the last size of the first, {x[-1]}, must be "
        f"{inner}. Did you mean to transpose one of them?"
    )


# --------------------------------------------------------------------------------------------------
# The contraction of two arrays with letters for axes, "ij,jk->ik". No letter is repeated within an
# array, and each occurs in two of the three terms at least, so derivatives are contractions too.

_Plan: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], int, int]


@lru_cache(maxsize=1024)
def plan(subscripts: str) -> _Plan | None:
    """How to compute the contraction as a matrix product; None if it is not one."""
    x, y, out = subscripts.replace("->", ",").split(",")
    batch = [c for c in x if c in y and c in out]
    summed = [c for c in x if c in y and c not in out]
    left = [c for c in x if c not in y]
    right = [c for c in y if c not in x]
    if not summed or not (left or right):
        return None
    made = batch + left + right
    return (
        tuple([x.index(c) for c in batch + left + summed]),
        tuple([y.index(c) for c in batch + summed + right]),
        tuple([made.index(c) for c in out]),
        len(batch),
        len(summed),
    )


def _contract(x: Any, y: Any, subscripts: str) -> Any:
    found = plan(subscripts)
    if found is None:
        return np.einsum(subscripts, x, y)
    x_axes, y_axes, out_axes, batch, summed = found
    x, y = np.asarray(x).transpose(x_axes), np.asarray(y).transpose(y_axes)
    rows = x.shape[batch : x.ndim - summed]
    columns = y.shape[batch + summed :]
    inner = math.prod(y.shape[batch : batch + summed])
    left = x.reshape(*x.shape[:batch], math.prod(rows), inner)
    right = y.reshape(*y.shape[:batch], inner, math.prod(columns))
    out = np.matmul(left, right)
    return out.reshape(x.shape[:batch] + rows + columns).transpose(out_axes)


def _contract_left(g: Array, out: Array, x: Array, y: Array, subscripts: str) -> Array:
    left, right, made = subscripts.replace("->", ",").split(",")
    return einsum_op(g, y, subscripts=f"{made},{right}->{left}")


def _contract_right(g: Array, out: Array, x: Array, y: Array, subscripts: str) -> Array:
    left, right, made = subscripts.replace("->", ",").split(",")
    return einsum_op(x, g, subscripts=f"{left},{made}->{right}")


einsum_op: Final = Multilinear("einsum", _contract, (_contract_left, _contract_right))


# --------------------------------------------------------------------------------------------------
# NumPy's other products


@array_function
def tensordot(x: ArrayLike, y: ArrayLike, axes: Any = 2) -> Array:
    """Σ x y over pairs of axes. The result has the other axes of x, then those of y.

    axes: the axes of x and of y to pair, as two numbers or two lists; or a number n, which pairs
        the last n axes of x with the first n of y.

    Raises ValueError if the sizes of paired axes differ.

    >>> import numpy as np
    >>> from autograd import tensordot
    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), ([1, 2], [1, 0])).shape
    (2, 5)
    """
    x, y = as_array(x), as_array(y)
    m, n = len(shape_of(x)), len(shape_of(y))
    first, second = (range(m - axes, m), range(axes)) if isinstance(axes, int) else axes
    pairs = [
        [normalize_axis(axis, ndim)[0] for axis in ([side] if isinstance(side, int) else side)]
        for side, ndim in ((first, m), (second, n))
    ]
    sizes = [[shape_of(z)[a] for a in side] for z, side in zip((x, y), pairs, strict=True)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"tensordot: shapes {shape_of(x)} and {shape_of(y)} do not match along axes {axes}: "
            f"the sizes are {sizes[0]} and {sizes[1]}"
        )
    left, right = list(ascii_letters[:m]), list(ascii_letters[m : m + n])
    for a, b in zip(*pairs, strict=True):
        right[b] = left[a]
    out = [c for c in left if c not in right] + [c for c in right if c not in left]
    return einsum_op(x, y, subscripts=f"{''.join(left)},{''.join(right)}->{''.join(out)}")


@array_function
def dot(x: ArrayLike, y: ArrayLike) -> Array:
    """NumPy's dot: the inner product of vectors, the product of matrices or with a number.

    For y with more than two axes, Σ over the last axis of x and the second to last of y. Raises
    ValueError if the shapes do not match.

    >>> import numpy as np
    >>> from autograd import dot, grad
    >>> grad(dot)(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    m, n = len(shape_of(x)), len(shape_of(y))
    if not m or not n:
        return mul(as_array(x), as_array(y))
    return matmul(x, y) if n <= 2 else tensordot(x, y, (-1, -2))


@array_function
def inner(x: ArrayLike, y: ArrayLike) -> Array:
    """Σ x y over the last axis of both, or x y if either is a number.

    The result has the other axes of x, then those of y. Raises ValueError if the last axes differ.

    >>> import numpy as np
    >>> from autograd import inner
    >>> inner(np.ones((2, 3)), np.ones((4, 3))).shape
    (2, 4)
    """
    if not shape_of(x) or not shape_of(y):
        return mul(as_array(x), as_array(y))
    return tensordot(x, y, (-1, -1))


@array_function
def vdot(x: ArrayLike, y: ArrayLike) -> Array:
    """Σ x̄ y over all entries of two arrays, both flattened. ValueError if their sizes differ.

    >>> import numpy as np
    >>> from autograd import vdot
    >>> float(vdot(np.ones((2, 3)), np.ones(6)))
    6.0
    """
    return matmul(conj(ravel(x)), ravel(y))


@array_function
def outer(x: ArrayLike, y: ArrayLike) -> Array:
    """All products x[i] y[j] of the entries of two arrays, both flattened.

    Sizes m and n give shape (m, n).

    >>> import numpy as np
    >>> from autograd import outer
    >>> outer(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([[ 1., 10.],
           [ 2., 20.]])
    """
    return einsum_op(ravel(x), ravel(y), subscripts="i,j->ij")


@array_function
def kron(x: ArrayLike, y: ArrayLike) -> Array:
    """The Kronecker product: x with every entry replaced by this entry times y.

    Each size of the result is the product of the sizes of x and y; missing leading axes count as 1.

    >>> import numpy as np
    >>> from autograd import kron
    >>> kron(np.array([1.0, 10.0]), np.array([1.0, 2.0]))
    array([ 1.,  2., 10., 20.])
    """
    x, y = as_array(x), as_array(y)
    ndim = max(len(shape_of(x)), len(shape_of(y)))
    sizes = [(1,) * (ndim - len(shape_of(z))) + shape_of(z) for z in (x, y)]
    x, y = (reshape_op(z, shape=shape) for z, shape in zip((x, y), sizes, strict=True))
    left, right = ascii_letters[:ndim], ascii_letters[ndim : 2 * ndim]
    pairs = "".join([a + b for a, b in zip(left, right, strict=True)])
    products = einsum_op(x, y, subscripts=f"{left},{right}->{pairs}")
    return reshape_op(products, shape=tuple([m * n for m, n in zip(*sizes, strict=True)]))


@array_function
def cross(
    x: ArrayLike,
    y: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Array:
    """The cross product of vectors with three components, and otherwise broadcast.

        cross(x, y) = (x₁y₂ - x₂y₁, x₂y₀ - x₀y₂, x₀y₁ - x₁y₀)

    axisa, axisb, axisc: the axis of the components in x, in y and in the result.
    axis: the same for all three.

    Raises ValueError if the axis of x or y has another length.

    >>> import numpy as np
    >>> from autograd import cross
    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    for own, shape in ((axisa, shape_of(x)), (axisb, shape_of(y))):
        if shape[normalize_axis(own, len(shape))[0]] != 3:
            raise ValueError(f"cross: axis {own} of shape {shape} must have length three")
    x = x if axisa == -1 else moveaxis(x, axisa, -1)
    y = y if axisb == -1 else moveaxis(y, axisb, -1)
    x1, x2 = (take(x, places, -1) for places in ([1, 2, 0], [2, 0, 1]))
    y1, y2 = (take(y, places, -1) for places in ([1, 2, 0], [2, 0, 1]))
    product = x1 * y2 - x2 * y1
    return product if axisc == -1 else moveaxis(product, -1, axisc)
