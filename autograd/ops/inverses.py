"""Inverses, solutions of linear equations and determinants, for matrices of shape (..., n, n)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj, is_complex, real
from autograd.ops.diagonals import trace
from autograd.ops.elementwise import where
from autograd.ops.products import matmul_op
from autograd.ops.shaping import adjoint, matrix_transpose
from autograd.ops.structural import (
    as_array,
    concatenate,
    index_op,
    plain,
    reshape_op,
    shape_of,
)

_SCALE = (..., None, None)  # one number for each matrix


def square(x: ArrayLike, name: str) -> Array:
    """x as an array; ValueError if it is not a square matrix or a batch of them."""
    x = as_array(x)
    shape = shape_of(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"{name}: square matrices are needed, and the shape is {shape}")
    return x


def _inv_rule(g: Array, out: Array, a: Array) -> Array:
    t = matrix_transpose(out)
    return -matmul_op(matmul_op(t, g), t)


def _solve_b(g: Array, out: Array, a: Array, b: Array) -> Array:
    return solve_op(matrix_transpose(a), g)


def _solve_a(g: Array, out: Array, a: Array, b: Array) -> Array:
    return -matmul_op(_solve_b(g, out, a, b), matrix_transpose(out))


def _pinv_rule(g: Array, out: Array, a: Array) -> Array:
    """Golub and Pereyra (1973), for constant rank.

    Of the terms with 1 - a p and 1 - p a, one vanishes at full row rank, the other at full column
    rank. They are left out there: as differences they would be wrong by the condition number.
    """
    g = conj(g)
    gt, pt = adjoint(g), adjoint(out)
    left = matmul_op(gt, matmul_op(out, pt))
    left = left - matmul_op(a, matmul_op(out, left))
    right = matmul_op(matmul_op(pt, out), gt)
    right = right - matmul_op(matmul_op(right, out), a)
    rows, columns = shape_of(a)[-2:]
    rank = np.sum(np.real(plain(out) * matrix_transpose(plain(a))), (-2, -1))  # the trace of p a
    deficient = (rank < min(rows, columns) - 0.5)[_SCALE]
    left = left if rows > columns else where(deficient, left, 0.0)
    right = right if rows < columns else where(deficient, right, 0.0)
    return conj(left + right - matmul_op(matmul_op(pt, g), pt))


inv_op: Final = Op("inv", np.linalg.inv, (_inv_rule,))
pinv_op: Final = Op("pinv", np.linalg.pinv, (_pinv_rule,))
solve_op: Op = Op("solve", np.linalg.solve, (_solve_a, _solve_b))


@array_function
def inv(a: ArrayLike) -> Array:
    """The inverse of square matrices: a @ inv(a) = 1. To solve linear equations use `solve`.

    a and inv(a) have shape (..., n, n). With g = ∂L/∂inv(a), ∂L/∂a = -inv(a)ᵀ g inv(a)ᵀ. Raises
    LinAlgError if a is singular, and ValueError if it is not square.

    >>> import numpy as np
    >>> from autograd import inv
    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return inv_op(square(a, "inv"))


@array_function
def pinv(a: ArrayLike) -> Array:
    """The Moore-Penrose inverse, of shape (..., n, m) for matrices of shape (..., m, n).

    With p = pinv(a) and g = ∂L/∂p (Golub and Pereyra, 1973),

        ∂L/∂a = -pᵀ g pᵀ + (1 - a p) gᵀ p pᵀ + pᵀ p gᵀ (1 - p a)

    for real matrices. For complex ones g, and the result with it, is conjugated, and ᵀ is the
    conjugate transpose.

    This holds as long as the rank is constant. If a does not have full rank, pinv jumps there, and
    the derivative is that along matrices of the same rank.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.pinv(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """
    return pinv_op(as_array(a))


@array_function
def solve(a: ArrayLike, b: ArrayLike) -> Array:
    """The solution x of a @ x = b, for a vector b of shape (n,) or matrices of shape (..., n, k).

    a has shape (..., n, n), and x has the shape of b, broadcast. With g = ∂L/∂x,
    ∂L/∂b = solve(aᵀ, g) and ∂L/∂a = -solve(aᵀ, g) xᵀ.

    Raises LinAlgError if a is singular, and ValueError if the shapes do not match.

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
            f"solve: shapes {shape_of(a)} of a and {shape} of b do not match in a @ x = b"
        ) from error
    return x if len(shape) > 1 else index_op(x, key=(..., 0))


@array_function
def matrix_power(a: ArrayLike, n: int) -> Array:
    """The n-th power of a square matrix, a @ a @ ... @ a, in about log₂ n products.

    For n < 0 it is a power of the inverse, and for n = 0 the identity. a and the result have shape
    (..., n, n). Raises ValueError if a is not square, and LinAlgError for n < 0 if it is singular.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5)
    array([[1., 5.],
           [0., 1.]])
    """
    matrix: Array = square(a, "matrix_power")
    if n < 0:
        matrix, n = inv_op(matrix), -n
    if n == 0:
        identity = np.eye(shape_of(matrix)[-1], dtype=matrix.dtype)
        return np.broadcast_to(identity, shape_of(matrix))
    power = matrix
    for digit in f"{n:b}"[1:]:
        power = matmul_op(power, power)
        if digit == "1":
            power = matmul_op(power, matrix)
    return power


# --------------------------------------------------------------------------------------------------
# Determinants

_REGULAR = 1e3  # a condition number up to this costs three digits at each order of derivative


def _inverse_or_nan(a: Array) -> Array:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.full_like(a, np.nan)


_inv_or_nan: Final = Op("inv", _inverse_or_nan, (_inv_rule,))


def _adjugate(a: Array, det: Array) -> Array:
    """adj(A), a smooth function of A, equal to det(A) A⁻¹ where A is regular.

    Where A is (nearly) singular, A = U B Vᵀ with constant rotations U and V, such that B is
    diagonal at A and its last r entries are small. B = [[P, Q], [R, S]] has a regular block P and
    a small complement C = S - R P⁻¹ Q of r rows, and det B = det P det C. Nothing is divided by C.
    """
    data = plain(a)
    n = data.shape[-1]
    inverse = _inv_or_nan(a)
    sizes = [abs(z).sum(-1).max(-1) for z in (data, plain(inverse))]
    if np.all(sizes[0] * sizes[1] <= _REGULAR):
        return index_op(det, key=_SCALE) * inverse
    u, s, vt = np.linalg.svd(data)
    k = n - int((s * _REGULAR <= s[..., :1]).sum(-1).max())
    if k == n:
        return index_op(det, key=_SCALE) * inverse
    if k == 0:
        return _adjugate_by_powers(a)
    ut, v = (np.conj(np.swapaxes(z, -1, -2)) for z in (u, vt))
    b = matmul_op(matmul_op(ut, a), v)
    first, rest = slice(None, k), slice(k, None)
    p, q = index_op(b, key=(..., first, first)), index_op(b, key=(..., first, rest))
    r, c = index_op(b, key=(..., rest, first)), index_op(b, key=(..., rest, rest))
    inverse = inv_op(p)
    x, y = matmul_op(inverse, q), matmul_op(r, inverse)
    c = c - matmul_op(r, x)
    adj_c = _adjugate_by_powers(c)
    det_c = trace(matmul_op(c, adj_c), 0, -2, -1) / (n - k)
    below = -matmul_op(adj_c, y)
    above = index_op(det_c, key=_SCALE) * inverse - matmul_op(x, below)
    blocks = concatenate(
        [
            concatenate([above, -matmul_op(x, adj_c)], -1),
            concatenate([below, adj_c], -1),
        ],
        -2,
    )
    scale = det_op(p) * (np.linalg.det(u) * np.linalg.det(vt))
    return index_op(scale, key=_SCALE) * matmul_op(matmul_op(v, blocks), ut)


def _adjugate_by_powers(a: Array) -> Array:
    """adj(A) by the Faddeev-LeVerrier recursion, a polynomial; good for few rows or small A."""
    n = shape_of(a)[-1]
    one = np.eye(n, dtype=a.dtype)
    m = one + 0 * a
    for step in range(1, n):
        m = matmul_op(a, m)
        m = m - index_op(trace(m, 0, -2, -1) / step, key=_SCALE) * one
    return m if n % 2 else -m


def _det_rule(g: Array, out: Array, a: Array) -> Array:
    return index_op(g, key=_SCALE) * matrix_transpose(_adjugate(a, out))


def _slogdet_rule(g: Array, out: Array, a: Array) -> Array:
    """With d ln det(a) = tr(a⁻¹ da), whose real part is that of ln |det|, and the imaginary part
    that of the angle of a complex sign.
    """
    step = index_op(g, key=(..., 1, None, None))
    if is_complex(out):
        sign, g_sign = (index_op(x, key=(..., 0, None, None)) for x in (out, g))
        step = real(step) - 1j * real(1j * g_sign * sign)
    return step * matrix_transpose(inv_op(a))


det_op: Op = Op("det", np.linalg.det, (_det_rule,))
slogdet_op: Final = Op("slogdet", lambda a: np.stack(np.linalg.slogdet(a), -1), (_slogdet_rule,))


@array_function
def det(a: ArrayLike) -> Array:
    """The determinant of square matrices, of shape (...) for a of shape (..., n, n).

    With g = ∂L/∂det(a), ∂L/∂a = g adj(a)ᵀ with the adjugate adj(a) = det(a) inv(a). It is right at
    singular matrices too, and to any order. Raises ValueError if a is not square.

    >>> import numpy as np
    >>> from autograd import det, grad
    >>> grad(det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return det_op(square(a, "det"))


_SlogdetResult: Final[Any] = type(np.linalg.slogdet(np.ones((1, 1))))  # a named tuple


def slogdet(a: ArrayLike) -> tuple[Array, Array]:
    """The sign of the determinant, which for real a is a constant, and ln |det(a)|, which does not
    overflow. The sign of a complex number z is z / |z|.

    Both have shape (...) for a of shape (..., n, n). With g = ∂L/∂ln|det(a)|, ∂L/∂a = g inv(a)ᵀ.
    For a singular matrix they are 0 and -inf, and the derivative raises LinAlgError. Raises
    ValueError if a is not square.

    >>> import numpy as np
    >>> from autograd import grad, slogdet
    >>> grad(lambda a: slogdet(a)[1])(np.diag([2.0, 4.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    both = slogdet_op(square(a, "slogdet"))
    logarithm = real(index_op(both, key=(..., 1)))
    sign = index_op(both, key=(..., 0)) if is_complex(a) else plain(both)[..., 0]
    return _SlogdetResult(sign, logarithm)
