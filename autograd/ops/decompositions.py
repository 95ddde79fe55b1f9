"""Matrix decompositions: Cholesky, QR, eigenvectors and singular vectors, of shape (..., m, n).

Derivatives of complex matrices are those of the literature, by which ∂L/∂a is conjugated: rules
conjugate what they are given and what they give, and ᴴ, the conjugate transpose, is ᵀ of real ones.

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
from autograd.engine.operations import Op, interpreter
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import branch_on_type, conj, imag, is_complex, real
from autograd.ops.diagonals import diagonal, rows_and_columns, triu
from autograd.ops.inverses import inv_op, solve_op, square
from autograd.ops.op_types import chain_product
from autograd.ops.products import matmul_op
from autograd.ops.shaping import adjoint, matrix_transpose
from autograd.ops.structural import Shape, as_array, concatenate, index_op, reshape_op, shape_of

# NumPy's results are named tuples without public names: eigh(a).eigenvalues, svd(a).S.
_ONE = np.ones((1, 1))
_QRResult: Final[Any] = type(np.linalg.qr(_ONE))
_EighResult: Final[Any] = type(np.linalg.eigh(_ONE))
_EigResult: Final[Any] = type(np.linalg.eig(_ONE))
_SVDResult: Final[Any] = type(np.linalg.svd(_ONE))


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


def _of_triangle(step: Array, mask: Any) -> Array:
    """The cotangent of the triangle of a Hermitian matrix that is read, from that of all of it."""
    return conj((step + adjoint(step)) * mask)


def _check_phases(name: str, turn: Any) -> None:
    """Raise ValueError where a cotangent changes as eigenvectors or singular vectors are multiplied
    by complex numbers of absolute value 1, which changes nothing of the decomposition.

    turn: of which the imaginary part of the diagonal tells it.
    """
    if not is_complex(turn) or interpreter().replayed:
        return
    data: Any = getattr(turn, "primal", turn)
    angles = np.diagonal(data, 0, -2, -1).imag
    limit = 100 * np.sqrt(np.finfo(data.dtype).eps) * np.abs(data).max(initial=0.0)
    if np.abs(angles).max(initial=0.0) > limit:
        raise ValueError(
            f"{name}: complex vectors are unique up to factors of absolute value 1 only, and what "
            "is differentiated depends on these factors: compute it from absolute values, or from "
            "products of vectors with their conjugates"
        )


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
    inner = matmul_op(adjoint(out), conj(g)) * _lower(out)
    return _of_triangle(_sandwich(adjoint(inverse), inner, inverse), _lower(out))


cholesky_op: Final = Op("cholesky", np.linalg.cholesky, (_cholesky_rule,))


@array_function
def cholesky(a: ArrayLike, upper: bool = False) -> Array:
    """The lower triangular l with l @ lᴴ = a, for Hermitian (if real, symmetric) positive definite
    matrices.

    upper: lᴴ, the upper triangular factor, instead.

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
    return adjoint(cholesky_op(adjoint(a))) if upper else cholesky_op(a)


# --------------------------------------------------------------------------------------------------
# QR


def _qr_tails(a: Array) -> list[Shape]:
    m, n = shape_of(a)[-2:]
    return [(m, n), (n, n)]


def _qr_rule(g: Array, out: Array, a: Array) -> Array:
    (q, r), (gq, gr) = (_unpack(packed, _qr_tails(a)) for packed in (out, conj(g)))
    m = matmul_op(r, adjoint(gr)) - matmul_op(adjoint(gq), q)
    m = m * _lower(r)
    m = m + adjoint(m)
    return matrix_transpose(solve_op(r, adjoint(gq + matmul_op(q, m))))


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
        r = concatenate([r, matmul_op(adjoint(q), rest)], -1)
    r = triu(r)
    return r if mode == "r" else _QRResult(q, r)


# --------------------------------------------------------------------------------------------------
# Eigenvectors of Hermitian matrices


def _eigh_tails(a: Array) -> list[Shape]:
    n = shape_of(a)[-1]
    return [(n,), (n, n)]


def _eigh_rule(g: Array, out: Array, a: Array, UPLO: str) -> Array:
    (w, v), (gw, gv) = (_unpack(packed, _eigh_tails(a)) for packed in (out, conj(g)))
    turn = matmul_op(adjoint(v), gv)
    _check_phases("eigh", turn)
    turn = chain_product(turn, _gaps(real(w)))
    mask = _lower(v)
    step = _sandwich(v, _matrix(real(gw)) + turn, adjoint(v))
    return _of_triangle(step, mask.T if UPLO in "Uu" else mask)


eigh_op: Final = Op(
    "eigh", lambda a, UPLO: _pack(np.linalg.eigh(a, UPLO), a.ndim - 2), (_eigh_rule,)
)


def eigh(a: ArrayLike, UPLO: str = "L") -> tuple[Array, Array]:
    """Eigenvalues w, ascending, and eigenvectors, the columns of v, of Hermitian matrices, which
    are symmetric if they are real.

    UPLO: "L" or "U", the triangle of a that is read.

    a v = v diag(w). As in NumPy only one triangle is read, and so ∂L/∂a has no other entries: with
    F[i, j] = 1/(w[j] - w[i]) and s = v (diag(g_w) + F ∘ vᴴ g_v) vᴴ it is the triangle of s + sᴴ,
    and half its diagonal. For a that is computed as a symmetric matrix this makes no difference.
    Where eigenvalues coincide, a derivative that needs more than the eigenvalues at first order is
    inf or nan: the eigenvectors are not unique there. Complex ones are unique up to phases only,
    and a gradient that depends on these raises ValueError.

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
    return _EighResult(real(w), v)


@array_function
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
# Eigenvectors of any square matrix


def _eig_rule(g: Array, out: Array, a: Array) -> Array:
    (w, v), (gw, gv) = (_unpack(packed, _eigh_tails(a)) for packed in (out, g))
    t = matrix_transpose(v)
    turn = matmul_op(t, gv)
    _check_phases("eig", turn)
    lengths = matmul_op(t, conj(v)) * index_op(real(_diagonal(turn)), key=(..., None, slice(None)))
    turn = chain_product(turn - lengths, _gaps(w))
    return solve_op(t, matmul_op(_matrix(gw) + turn, t))


def _diagonal(x: Array) -> Array:
    return diagonal(x, 0, -2, -1)


def _eig(a: Any) -> Any:
    """Real where it can be: newer versions of NumPy give complex numbers always."""
    w, v = np.linalg.eig(a)
    if a.dtype.kind == "f" and not w.imag.any():
        w, v = w.real, v.real
    return _pack((w, v), a.ndim - 2)


eig_op: Final = Op("eig", _eig, (_eig_rule,))


def eig(a: ArrayLike) -> tuple[Array, Array]:
    """Eigenvalues w and eigenvectors, the columns of v, of length 1, of square matrices.

    a v = v diag(w). They are complex unless a is real and all eigenvalues are. With F[i, j] =
    1/(w[j] - w[i]) and g the cotangents, ∂L/∂a = v⁻ᵀ (diag(g_w) + F ∘ (vᵀ g_v - vᵀ v̄ D)) vᵀ, where
    D = Re diag(vᵀ g_v) keeps the length (Boeddeker et al., 2017, arXiv:1701.00392). Complex
    eigenvectors are unique up to phases only, and a gradient that depends on these raises
    ValueError. Where eigenvalues coincide, derivatives of eigenvectors are inf or nan. Raises
    LinAlgError for the derivative of a matrix that has no basis of eigenvectors.

    >>> import numpy as np
    >>> from autograd import grad, linalg
    >>> grad(lambda a: linalg.eig(a)[0][0])(np.array([[2.0, 1.0], [0.0, 3.0]]))
    array([[ 1.,  0.],
           [-1.,  0.]])
    """
    a = square(a, "eig")
    packed = eig_op(a)
    if not is_complex(a):
        branch_on_type(packed)
    return _EigResult(*_unpack(packed, _eigh_tails(a)))


@array_function
def eigvals(a: ArrayLike) -> Array:
    """The eigenvalues of square matrices, in no order; see `eig`.

    >>> import numpy as np
    >>> from autograd import linalg
    >>> linalg.eigvals(np.array([[2.0, 1.0], [0.0, 3.0]]))
    array([2., 3.])
    """
    return eig(a)[0]


# --------------------------------------------------------------------------------------------------
# Singular vectors


def _svd_tails(a: Array) -> list[Shape]:
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    return [(m, k), (k,), (k, n)]


def _svd_rule(g: Array, out: Array, a: Array) -> Array:
    (u, s, vt), (gu, gs, gvt) = (_unpack(packed, _svd_tails(a)) for packed in (out, conj(g)))
    t, s = adjoint, real(s)
    gaps = _gaps(s * s)
    turn_u, turn_v = matmul_op(t(u), gu), matmul_op(vt, t(gvt))
    _check_phases("svd", turn_u + turn_v)
    row, column = index_op(s, key=(..., None, slice(None))), index_op(s, key=(..., None))
    middle = chain_product(turn_u - t(turn_u), gaps) * row + column * chain_product(
        turn_v - t(turn_v), gaps
    )
    diagonal_part = real(gs)
    if is_complex(u):  # the phases of u, against which those of v turn
        angles = imag(_diagonal(turn_u))
        diagonal_part = diagonal_part + 1j * chain_product(angles, 1 / s)
    step = _sandwich(u, middle + _matrix(diagonal_part), vt)
    if shape_of(u)[-2] > shape_of(s)[-1]:  # u can also move out of its own span
        away = chain_product(gu - matmul_op(u, turn_u), 1 / row)
        step = step + matmul_op(away, vt)
    if shape_of(vt)[-1] > shape_of(s)[-1]:
        away = chain_product(gvt - matmul_op(t(turn_v), vt), 1 / column)
        step = step + matmul_op(u, away)
    return conj(step)


svd_op: Final = Op(
    "svd",
    lambda a: _pack(np.linalg.svd(a, full_matrices=False), a.ndim - 2),
    (_svd_rule,),
)


def svd(a: ArrayLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition a = u diag(s) vᴴ; without `compute_uv`, s alone.

    For a of shape (..., m, n) and k = min(m, n), full_matrices=False gives u, s and vᴴ of shapes
    (..., m, k), (..., k) and (..., k, n), with s in descending order. The further columns of u and
    v that NumPy adds by default are not unique and have no derivative, so a matrix that is not
    square requires full_matrices=False, and raises ValueError otherwise.

    With F[i, j] = 1/(s[j]² - s[i]²), J = F ∘ (uᵀ g_u - g_uᵀ u), and K likewise for v
    (Townsend, 2016),

        ∂L/∂a = u (J S + S K + diag(g_s)) vᵀ + (1 - u uᵀ) g_u S⁻¹ vᵀ + u S⁻¹ g_vᵀ (1 - v vᵀ)

    for real matrices. Complex singular vectors are unique up to phases only, and a gradient that
    depends on these raises ValueError.

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
    u, s, vt = _unpack(svd_op(a), _svd_tails(a))
    return _SVDResult(u, real(s), vt) if compute_uv else real(s)
