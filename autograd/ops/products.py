"""Products of arrays: bilinear operations, whose derivatives are products again."""

from __future__ import annotations

import numpy as np

from autograd.graph import Array, Op, Settings
from autograd.ops.shaping import expand_dims, swapaxes
from autograd.ops.structural import as_array, reshape, shape_of


class Multilinear(Op):
    """An operation that is linear in each argument: a tangent takes its argument's place."""

    has_jvp = True

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self(*args[:argnum], t, *args[argnum + 1 :], **settings)


# --------------------------------------------------------------------------------------------------
# matmul. `backward.project` sums over the axes of a batch that was broadcast.


def _matmul_left(g: Array, out: Array, x: Array, y: Array) -> Array:
    if len(y.shape) == 1:
        return expand_dims(g, -1) * y
    if len(x.shape) == 1:
        g = expand_dims(g, -2)
    return matmul_op(g, swapaxes(y, -1, -2))


def _matmul_right(g: Array, out: Array, x: Array, y: Array) -> Array:
    if len(x.shape) == 1:
        step = expand_dims(x, -1) * expand_dims(g, -2) if len(y.shape) > 1 else x * g
        return step
    if len(y.shape) == 1:
        step = matmul_op(swapaxes(x, -1, -2), expand_dims(g, -1))
        return reshape(step, step.shape[:-1])
    return matmul_op(swapaxes(x, -1, -2), g)


matmul_op = Multilinear("matmul", np.matmul, (_matmul_left, _matmul_right), symbol="@")


def matmul(x: Array, y: Array) -> Array:
    """The matrix product x @ y, of vectors, matrices and batches of them as in NumPy.

    With g = ∂L/∂(x @ y): ∂L/∂x = g yᵀ and ∂L/∂y = xᵀ g. Shapes (..., n, k) and (..., k, m) give
    (..., n, m). Raises ValueError where the inner sizes differ.

    >>> import numpy as np
    >>> from autograd import matmul
    >>> matmul(np.ones((2, 3)), np.ones(3))
    array([3., 3.])
    """
    x, y = as_array(x), as_array(y)
    if not shape_of(x) or not shape_of(y):
        raise ValueError("matmul: a number has no rows or columns; use * to scale")
    inner = shape_of(y)[-2] if len(shape_of(y)) > 1 else shape_of(y)[0]
    if shape_of(x)[-1] != inner:
        raise ValueError(
            f"matmul: shapes {shape_of(x)} and {shape_of(y)} do not fit: the last size of the "
            f"first, {shape_of(x)[-1]}, is not {inner}. Transpose one of them?"
        )
    return matmul_op(x, y)
