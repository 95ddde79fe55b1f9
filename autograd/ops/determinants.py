"""Determinants, differentiable to any order at regular and at singular matrices.

The derivative of det(A) is the transposed adjugate, det(A) A⁻ᵀ where A is regular.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from autograd.graph import Array, Op, tracing
from autograd.ops.diagonals import trace
from autograd.ops.inverses import inv_op, square
from autograd.ops.products import matmul_op
from autograd.ops.shaping import matrix_transpose
from autograd.ops.structural import concatenate, index_op, plain, shape_of

_REGULAR = 1e3  # a condition number up to this costs three digits at each order of derivative
_SCALE = (..., None, None)


def _adjugate(a: Array, det: Array) -> Array:
    """adj(A), which is det(A) A⁻¹ where that exists, as a smooth function of A everywhere.

    Where A is (nearly) singular, A = U B Vᵀ with constant rotations U and V, by which B is diagonal
    here and its last r entries are small. B = [[P, Q], [R, S]] has a regular P and the small
    complement C = S - R P⁻¹ Q of r rows, and det B = det P det C. Nothing is divided by C.
    """
    data = plain(a)
    n = data.shape[-1]
    try:
        inverse = inv_op(a)
        sizes = [abs(z).sum(-1).max(-1) for z in (data, plain(inverse))]
        if not np.any(sizes[0] * sizes[1] > _REGULAR):
            return index_op(det, key=_SCALE) * inverse
    except np.linalg.LinAlgError:
        if (tracer := tracing.get()) is not None:
            tracer.failed(handled=True)
    u, s, vt = np.linalg.svd(data)
    k = n - int((s * _REGULAR <= s[..., :1]).sum(-1).max())
    if k == n:
        return index_op(det, key=_SCALE) * inv_op(a)
    if k == 0:
        return _adjugate_by_powers(a)
    ut, v = np.swapaxes(u, -1, -2), np.swapaxes(vt, -1, -2)
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
    """adj(A) by Faddeev and LeVerrier's recursion, a polynomial; good for few rows or small A."""
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
    return index_op(g, key=(..., 1, None, None)) * matrix_transpose(inv_op(a))


det_op: Op = Op("det", np.linalg.det, (_det_rule,))
slogdet_op: Final = Op("slogdet", lambda a: np.stack(np.linalg.slogdet(a), -1), (_slogdet_rule,))


def det(a: Array) -> Array:
    """The determinant of square matrices.

    With g = ∂L/∂det(a): ∂L/∂a = g adj(a)ᵀ, at singular matrices too, and to any order.

    >>> import numpy as np
    >>> from autograd import det, grad
    >>> grad(det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return det_op(square(a, "det"))


def slogdet(a: Array) -> tuple[Array, Array]:
    """The sign of the determinant of square matrices, plain, and ln |det|, which cannot overflow.

    With g = ∂L/∂ln|det(a)|: ∂L/∂a = g inv(a)ᵀ. A singular matrix has sign 0 and -inf, and to ask
    for the derivative there raises LinAlgError.

    >>> import numpy as np
    >>> from autograd import grad, slogdet
    >>> grad(lambda a: slogdet(a)[1])(np.diag([2.0, 4.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    both = slogdet_op(square(a, "slogdet"))
    return plain(both)[..., 0], index_op(both, key=(..., 1))
