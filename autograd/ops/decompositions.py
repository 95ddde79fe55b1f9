"""Matrix decompositions: Cholesky, QR, eigenvectors and singular vectors, of shape (..., m, n).

An operation has one output, so the factors of a decomposition are packed into one array along the
last axis. Its rule unpacks the factors and their cotangents in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.diagonals import rows_and_columns, tril, triu
from autograd.ops.inverses import inv_op, solve_op, square
from autograd.ops.op_types import chain_product
from autograd.ops.products import matmul_op
from autograd.ops.shaping import matrix_transpose
from autograd.ops.structural import Shape, as_array, concatenate, index_op, reshape_op, shape_of


def _pack(factors: Sequence[Any], lead: int) -> Any:
    """Pack arrays into one: flatten all axes but the first `lead`, and concatenate."""
    rows = [f.reshape(*f.shape[:lead], math.prod(f.shape[lead:])) for f in factors]
    return np.concatenate(rows, -1)


def _unpack(packed: Array, tails: Sequence[Shape]) -> list[Array]:
    """Undo `_pack`."""
    batch = shape_of(packed)[:-1]
    factors = []
    start = 0
    for tail in tails:
        stop = start + math.prod(tail)
        part = index_op(packed, key=(..., slice(start, stop)))
        factors.append(reshape_op(part, shape=batch + tail))
        start = stop
    return factors


def _lower(x: Array) -> Any:
    """The lower triangle and half the diagonal, as a mask for matrices like x."""
    n = shape_of(x)[-1]
    return np.tri(n, dtype=x.dtype) - np.eye(n, dtype=x.dtype) / 2


def _sandwich(x: Array, middle: Array, y: Array) -> Array:
    return matmul_op(matmul_op(x, middle), y)


def _matrix(values: Array) -> Array:
    """Diagonal matrices."""
    return index_op(values, key=(..., None)) * np.eye(shape_of(values)[-1], dtype=values.dtype)


def _gaps(values: Array) -> Array:
    """1 / (values[j] - values[i]), and 0 on the diagonal."""
    one = np.eye(shape_of(values)[-1], dtype=values.dtype)
    gaps = index_op(values, key=(..., None, slice(None))) - index_op(values, key=(..., None))
    return (1 - one) / (gaps + one)


# --------------------------------------------------------------------------------------------------
# Cholesky


def _cholesky_rule(g: Array, out: Array, a: Array) -> Array:
    inverse = inv_op(out)
    t = matrix_transpose
    step = _sandwich(t(inverse), matmul_op(t(out), g) * _lower(out), inverse)
    return (step + t(step)) * _lower(out)


cholesky_op: Final = Op("cholesky", np.linalg.cholesky, (_cholesky_rule,))


def cholesky(a: ArrayLike, upper: bool = False) -> Array:
    """The lower triangular l with l @ lᵀ = a, for symmetric positive definite matrices.

    upper: lᵀ, the upper triangular factor, instead.

    As in NumPy only the lower triangle of a is read, or with `upper` the upper one, and so ∂L/∂a
    has no other entries: with g = ∂L/∂l it is Φ(s + sᵀ) for s = l⁻ᵀ Φ(lᵀ g) l⁻¹, where Φ takes the
    lower triangle and half the diagonal (Murray, 2016, arXiv:1602.07527). Raises LinAlgError where
    a is not positive definite.

    >>> import numpy as np
    >>> from autograd import cholesky
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    a = square(a, "cholesky")
    t = matrix_transpose
    return t(cholesky_op(t(a))) if upper else cholesky_op(a)


# --------------------------------------------------------------------------------------------------
# QR


def _qr_tails(a: Array) -> list[Shape]:
    m, n = shape_of(a)[-2:]
    return [(m, n), (n, n)]


def _qr_rule(g: Array, out: Array, a: Array) -> Array:
    (q, r), (gq, gr) = (_unpack(packed, _qr_tails(a)) for packed in (out, g))
    t = matrix_transpose
    m = matmul_op(r, t(gr)) - matmul_op(t(gq), q)
    m = tril(m) + t(tril(m, -1))
    return t(solve_op(r, t(gq + matmul_op(q, m))))


qr_op: Final = Op("qr", lambda a: _pack(np.linalg.qr(a), a.ndim - 2), (_qr_rule,))


def qr(a: ArrayLike, mode: str = "reduced") -> Any:
    """q with orthonormal columns and upper triangular r with q @ r = a; with mode "r", r alone.

    For a of shape (..., m, n) and k = min(m, n), q has shape (..., m, k) and r (..., k, n).

    For m >= n, ∂L/∂a = (g_q + q S) r⁻ᵀ, where the symmetric matrix S has the lower triangle of
    r gᵣᵀ - g_qᵀ q (Walter and Lehmann, 2010). If the first k columns are linearly dependent, q is
    not unique, and the derivative raises LinAlgError, or is huge because of rounding.

    Raises ValueError for modes without derivative, and for arrays with less than two axes.

    >>> import numpy as np
    >>> from autograd import qr
    >>> q, r = qr(np.array([[3.0, 1.0], [4.0, 2.0]]))
    >>> np.allclose(q @ r, [[3.0, 1.0], [4.0, 2.0]])
    True
    """
    a = as_array(a)
    m, n = rows_and_columns(a, "qr")
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise ValueError(f"qr: mode {mode!r} has no derivative; use 'reduced' or 'r'")
    if m >= n:
        q, r = _unpack(qr_op(a), _qr_tails(a))
    else:  # the first m columns determine q
        first, rest = (index_op(a, key=(..., part)) for part in (slice(m), slice(m, None)))
        q, r = qr(first)
        r = concatenate([r, matmul_op(matrix_transpose(q), rest)], -1)
    r = triu(r)
    return r if mode == "r" else (q, r)


# --------------------------------------------------------------------------------------------------
# Eigenvectors of symmetric matrices


def _eigh_tails(a: Array) -> list[Shape]:
    n = shape_of(a)[-1]
    return [(n,), (n, n)]


def _eigh_rule(g: Array, out: Array, a: Array, UPLO: str) -> Array:
    (w, v), (gw, gv) = (_unpack(packed, _eigh_tails(a)) for packed in (out, g))
    turn = chain_product(matmul_op(matrix_transpose(v), gv), _gaps(w))
    step = _sandwich(v, _matrix(gw) + turn, matrix_transpose(v))
    mask = _lower(v)
    return (step + matrix_transpose(step)) * (mask.T if UPLO in "Uu" else mask)


eigh_op: Final = Op(
    "eigh", lambda a, UPLO: _pack(np.linalg.eigh(a, UPLO), a.ndim - 2), (_eigh_rule,)
)


def eigh(a: ArrayLike, UPLO: str = "L") -> tuple[Array, Array]:
    """Eigenvalues w, ascending, and eigenvectors, the columns of v, of symmetric matrices.

    UPLO: "L" or "U", the triangle of a that is read.

    a v = v diag(w). As in NumPy only one triangle is read, and so ∂L/∂a has no other entries: with
    F[i, j] = 1/(w[j] - w[i]) and s = v (diag(g_w) + F ∘ vᵀ g_v) vᵀ it is the triangle of s + sᵀ,
    and half its diagonal. For a that is computed as a symmetric matrix this makes no difference.
    Where eigenvalues coincide, a derivative that needs more than the eigenvalues at first order is
    inf or nan: the eigenvectors are not unique there.

    >>> import numpy as np
    >>> from autograd import eigh, grad
    >>> w, v = eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> w
    array([1., 3.])
    >>> grad(lambda a: eigh(a)[0][1])(np.array([[2.0, 1.0], [1.0, 2.0]])).round(12)
    array([[0.5, 0. ],
           [1. , 0.5]])
    """
    a = square(a, "eigh")
    w, v = _unpack(eigh_op(a, UPLO=UPLO), _eigh_tails(a))
    return w, v


def eigvalsh(a: ArrayLike, UPLO: str = "L") -> Array:
    """The eigenvalues of symmetric matrices, in ascending order; see `eigh`.

    For a of shape (..., n, n) the result has shape (..., n). Raises ValueError if a is not square.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.eigvalsh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    array([1., 3.])
    """
    return eigh(a, UPLO)[0]


# --------------------------------------------------------------------------------------------------
# Singular vectors


def _svd_tails(a: Array) -> list[Shape]:
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    return [(m, k), (k,), (k, n)]


def _svd_rule(g: Array, out: Array, a: Array) -> Array:
    (u, s, vt), (gu, gs, gvt) = (_unpack(packed, _svd_tails(a)) for packed in (out, g))
    t = matrix_transpose
    gaps = _gaps(s * s)
    turn_u, turn_v = matmul_op(t(u), gu), matmul_op(vt, t(gvt))
    row, column = index_op(s, key=(..., None, slice(None))), index_op(s, key=(..., None))
    middle = chain_product(turn_u - t(turn_u), gaps) * row + column * chain_product(
        turn_v - t(turn_v), gaps
    )
    step = _sandwich(u, middle + _matrix(gs), vt)
    if shape_of(u)[-2] > shape_of(s)[-1]:  # u can also move out of its own span
        away = chain_product(gu - matmul_op(u, turn_u), 1 / row)
        step = step + matmul_op(away, vt)
    if shape_of(vt)[-1] > shape_of(s)[-1]:
        away = chain_product(gvt - matmul_op(t(turn_v), vt), 1 / column)
        step = step + matmul_op(u, away)
    return step


svd_op: Final = Op(
    "svd",
    lambda a: _pack(np.linalg.svd(a, full_matrices=False), a.ndim - 2),
    (_svd_rule,),
)


def svd(a: ArrayLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition a = u diag(s) vᵀ; without `compute_uv`, s alone.

    For a of shape (..., m, n) and k = min(m, n), full_matrices=False gives u, s and vᵀ of shapes
    (..., m, k), (..., k) and (..., k, n), with s in descending order. The further columns of u and
    v that NumPy adds by default are not unique and have no derivative, so a matrix that is not
    square requires full_matrices=False, and raises ValueError otherwise.

    With F[i, j] = 1/(s[j]² - s[i]²), J = F ∘ (uᵀ g_u - g_uᵀ u), and K likewise for v
    (Townsend, 2016),

        ∂L/∂a = u (J S + S K + diag(g_s)) vᵀ + (1 - u uᵀ) g_u S⁻¹ vᵀ + u S⁻¹ g_vᵀ (1 - v vᵀ).

    If singular values coincide or are 0, the singular vectors are not unique, and their
    derivatives, as well as the second derivatives of s, are inf or nan.

    >>> import numpy as np
    >>> from autograd import grad, svd
    >>> u, s, vt = svd(np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]), full_matrices=False)
    >>> s
    array([2., 1.])
    >>> grad(lambda a: svd(a, compute_uv=False).sum())(np.diag([2.0, 1.0]))
    array([[1., 0.],
           [0., 1.]])
    """
    a = as_array(a)
    m, n = rows_and_columns(a, "svd")
    if full_matrices and compute_uv and m != n:
        raise ValueError(
            f"svd: a matrix of {m} rows and {n} columns needs full_matrices=False, because the "
            "further columns of the full u or v are not unique and have no derivative"
        )
    factors = _unpack(svd_op(a), _svd_tails(a))
    return tuple(factors) if compute_uv else factors[1]
