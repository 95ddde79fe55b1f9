"""Inverses of matrices and the solution of linear equations, of shape (..., n, n) each."""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd.graph import Array, Op
from autograd.ops.products import matmul_op
from autograd.ops.shaping import matrix_transpose
from autograd.ops.structural import as_array, index_op, reshape_op, shape_of


def square(x: Array, name: str) -> Array:
    """x as an array, if it is a square matrix or a batch of them; else ValueError."""
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


def _pinv_rule(g: Array, out: Array, a: Array) -> Array:
    """Golub and Pereyra (1973), of constant rank."""
    gt, pt = matrix_transpose(g), matrix_transpose(out)
    left = matmul_op(gt, matmul_op(out, pt))
    right = matmul_op(matmul_op(pt, out), gt)
    left = left - matmul_op(a, matmul_op(out, left))
    right = right - matmul_op(matmul_op(right, out), a)
    return left + right - matmul_op(matmul_op(pt, g), pt)


inv_op: Final = Op("inv", np.linalg.inv, (_inv_rule,))
pinv_op: Final = Op("pinv", np.linalg.pinv, (_pinv_rule,))
solve_op: Op = Op("solve", np.linalg.solve, (_solve_a, _solve_b))


def inv(a: Array) -> Array:
    """The inverse of square matrices: a @ inv(a) = 1. To solve equations use `solve`.

    With g = ∂L/∂inv(a): ∂L/∂a = -inv(a)ᵀ g inv(a)ᵀ. Raises LinAlgError for a singular matrix.

    >>> import numpy as np
    >>> from autograd import inv
    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return inv_op(square(a, "inv"))


def pinv(a: Array) -> Array:
    """Moore and Penrose's inverse of matrices of shape (..., m, n), by singular values.

    With p = pinv(a) and g = ∂L/∂p, after Golub and Pereyra (1973),

        ∂L/∂a = -pᵀ g pᵀ + (1 - a p) gᵀ p pᵀ + pᵀ p gᵀ (1 - p a).

    That holds as long as the rank stays: where it is not full, pinv jumps beside a, and the
    derivative is that within the matrices of this rank.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.pinv(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """
    return pinv_op(as_array(a))


def solve(a: Array, b: Array) -> Array:
    """The x for which a @ x = b, for a vector b of shape (n,) or matrices of shape (..., n, k).

    With g = ∂L/∂x: ∂L/∂b = solve(aᵀ, g) and ∂L/∂a = -solve(aᵀ, g) xᵀ. Raises LinAlgError for a
    singular matrix, ValueError where the shapes do not fit.

    >>> import numpy as np
    >>> from autograd import solve
    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    a, b = square(a, "solve"), as_array(b)
    shape = shape_of(b)
    columns = b if len(shape) > 1 else reshape_op(b, shape=(*shape, 1))
    try:
        x = solve_op(a, columns)
    except np.linalg.LinAlgError:
        raise
    except ValueError as error:
        raise ValueError(
            f"solve: matrices of shape {shape_of(a)} and a right side of shape {shape} do not fit"
        ) from error
    return x if len(shape) > 1 else index_op(x, key=(..., 0))


def matrix_power(a: Array, n: int) -> Array:
    """a @ a @ ... of n square matrices a, in about log₂ n products; inverses for a negative n.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5)
    array([[1., 5.],
           [0., 1.]])
    """
    a = square(a, "matrix_power")
    if n < 0:
        a, n = inv_op(a), -n
    if n == 0:
        return np.broadcast_to(np.eye(shape_of(a)[-1], dtype=a.dtype), shape_of(a))
    power = a
    for digit in f"{n:b}"[1:]:
        power = matmul_op(power, power)
        if digit == "1":
            power = matmul_op(power, a)
    return power
