"""Linear algebra on matrices and batches of them, of shape (..., n, n): `autograd.linalg`."""

from __future__ import annotations

import numpy as np

from autograd.graph import Array, Op
from autograd.ops.products import matmul_op
from autograd.ops.shaping import matrix_transpose
from autograd.ops.structural import as_array, index_op, shape_of

__all__ = ["inv", "solve"]


def _square(x: Array, name: str) -> Array:
    x = as_array(x)
    shape = shape_of(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"{name}: square matrices are needed, and this has shape {shape}")
    return x


def _inv_rule(g: Array, out: Array, a: Array) -> Array:
    t = matrix_transpose(out)
    return -matmul_op(matmul_op(t, g), t)


def _solve_b(g: Array, out: Array, a: Array, b: Array) -> Array:
    return solve_op(matrix_transpose(a), g)


def _solve_a(g: Array, out: Array, a: Array, b: Array) -> Array:
    return -matmul_op(_solve_b(g, out, a, b), matrix_transpose(out))


inv_op = Op("inv", np.linalg.inv, (_inv_rule,))
solve_op = Op("solve", np.linalg.solve, (_solve_a, _solve_b))


def inv(a: Array) -> Array:
    """The inverse of square matrices: a @ inv(a) = 1. To solve equations use `solve`.

    With g = ∂L/∂inv(a): ∂L/∂a = -inv(a)ᵀ g inv(a)ᵀ. Raises LinAlgError for a singular matrix.

    >>> import numpy as np
    >>> from autograd import inv
    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return inv_op(_square(a, "inv"))


def solve(a: Array, b: Array) -> Array:
    """The x for which a @ x = b, for a vector b of shape (n,) or matrices of shape (..., n, k).

    With g = ∂L/∂x: ∂L/∂b = solve(aᵀ, g) and ∂L/∂a = -solve(aᵀ, g) xᵀ. Raises LinAlgError for a
    singular matrix, ValueError where the shapes do not fit.

    >>> import numpy as np
    >>> from autograd import solve
    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    a, b = _square(a, "solve"), as_array(b)
    shape = shape_of(b)
    if not shape or shape[max(-2, -len(shape))] != shape_of(a)[-1]:
        raise ValueError(
            f"solve: {shape_of(a)} matrices and a right side of shape {shape} do not fit"
        )
    if len(shape) > 1:
        return solve_op(a, b)
    return index_op(solve_op(a, index_op(b, key=(slice(None), None))), key=(..., 0))
