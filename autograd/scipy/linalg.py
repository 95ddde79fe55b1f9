"""`scipy.linalg` with nodes: matrix functions, and linear equations of special form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.numpy.wrapping import wrap
from autograd.ops.complex_parts import branch_on_type, is_complex
from autograd.scipy import load

_theirs = load("linalg")
_t = ops.matrix_transpose


def _column(b: Array) -> Array:
    return ops.reshape(b, (-1, 1)) if len(ops.shape_of(b)) == 1 else b


# --------------------------------------------------------------------------------------------------
# Triangular matrices


def _solve_triangular_a(g: Array, out: Array, a: Array, b: Array, **settings: Any) -> Array:
    g = _column(_solve_triangular_b(g, out, a, b, **settings))
    step = -g @ _t(_column(out))
    step = _t(step) if settings["trans"] else step
    return (ops.tril if settings["lower"] else ops.triu)(step, 0)


def _solve_triangular_b(
    g: Array, out: Array, a: Array, b: Array, trans: bool, lower: bool
) -> Array:
    return _triangular_op(a, g, trans=not trans, lower=lower)


_triangular_op: Op = Op(
    "solve_triangular",
    lambda a, b, trans, lower: _theirs.solve_triangular(a, b, int(trans), lower),
    (_solve_triangular_a, _solve_triangular_b),
)


def _solve_triangular(
    a: Array, b: Array, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False
) -> Array:
    """The x with a x = b, aᵀ x = b or aᴴ x = b for triangular a, of which no more is read."""
    a, b = ops.array(a), ops.array(b)
    if trans in (2, "C"):
        a = ops.conj(a)
    if unit_diagonal:
        one = np.eye(ops.shape_of(a)[-1])
        a = ops.where(one == 1, 1.0, a)
    return _triangular_op(a, b, trans=trans not in (0, "N"), lower=lower)


# --------------------------------------------------------------------------------------------------
# Banded matrices: row r of `ab` is the diagonal with ab[r, j] = a[j + r - above, j].


def _bands(below: int, above: int, n: int) -> tuple[Any, Any]:
    """The row in `a` of each entry of `ab`, and whether that row exists."""
    rows = np.arange(-above, below + 1)[:, None] + np.arange(n)
    return np.clip(rows, 0, n - 1), (rows >= 0) & (rows < n)


def _transposed(ab: Array, below: int, above: int) -> Array:
    n = ops.shape_of(ab)[1]
    columns, there = _bands(above, below, n)
    rows = np.broadcast_to(np.arange(below + above, -1, -1)[:, None], columns.shape)
    return ops.where(there, ops.index(ab, (rows, columns)), 0.0)


def _solve_banded_ab(g: Array, out: Array, ab: Array, b: Array, below: int, above: int) -> Array:
    rows, there = _bands(below, above, ops.shape_of(ab)[1])
    g = _column(_solve_banded_b(g, out, ab, b, below, above))
    return ops.where(there, -ops.sum(ops.index(g, rows) * _column(out), -1), 0.0)


def _solve_banded_b(g: Array, out: Array, ab: Array, b: Array, below: int, above: int) -> Array:
    return _banded_op(_transposed(ab, below, above), g, below=above, above=below)


_banded_op: Op = Op(
    "solve_banded",
    lambda ab, b, below, above: _theirs.solve_banded((below, above), ab, b),
    (_solve_banded_ab, _solve_banded_b),
)


def _solve_banded(l_and_u: tuple[int, int], ab: Array, b: Array) -> Array:
    """The x with a x = b, for a with l diagonals below and u above the main one: the rows of ab."""
    below, above = l_and_u
    return _banded_op(ops.array(ab), ops.array(b), below=below, above=above)


# --------------------------------------------------------------------------------------------------
# Functions of matrices


def _sylvester(a: Array, b: Array, q: Array) -> Array:
    """The x with a x + x b = q."""
    return _sylvester_op(ops.array(a), ops.array(b), ops.array(q))


def _sylvester_q(g: Array, out: Array, a: Array, b: Array, q: Array) -> Array:
    return _sylvester_op(_t(a), _t(b), g)


_sylvester_op: Op = Op(
    "solve_sylvester",
    lambda a, b, q: _theirs.solve_sylvester(a, b, q),
    (
        lambda g, out, a, b, q: -_sylvester_q(g, out, a, b, q) @ _t(out),
        lambda g, out, a, b, q: -_t(out) @ _sylvester_q(g, out, a, b, q),
        _sylvester_q,
    ),
)


def _sqrtm(A: Array) -> Array:
    """The square root, which is complex where a real matrix has none that is real."""
    out = _sqrtm_op(ops.array(A))
    branch_on_type(out)
    return out


_sqrtm_op = Op(
    "sqrtm",
    lambda a: _theirs.sqrtm(a),
    (lambda g, out, a: _sylvester_op(_t(out), _t(out), g),),
)


def _expm_rule(g: Array, out: Array, a: Array) -> Array:
    """The derivative of exp at aᵀ in direction g, which is a block of exp [[aᵀ, g], [0, aᵀ]]."""
    n = ops.shape_of(a)[-1]
    above = ops.concatenate([_t(a), g], -1)
    below = ops.concatenate([ops.array(g) * 0.0, _t(a)], -1)
    return _expm_op(ops.concatenate([above, below], -2))[..., :n, n:]


_expm_op: Op = Op("expm", lambda a: _theirs.expm(a), (_expm_rule,))


def _without_draws(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`logm` estimates norms by random vectors; NumPy's generator is left as it was, since a
    function that draws cannot be compiled.
    """

    def kernel(a: Any) -> Any:
        state = np.random.get_state()  # noqa: NPY002
        try:
            return function(a)
        finally:
            np.random.set_state(state)  # noqa: NPY002

    return kernel


def _matrix_function(name: str) -> Callable[[Array], Array]:
    """A function of matrices that is a power series, whose derivative is such a block, too."""

    def rule(g: Array, out: Array, a: Array) -> Array:
        n = ops.shape_of(a)[-1]
        above = ops.concatenate([_t(a), g], -1)
        below = ops.concatenate([ops.array(g) * 0.0, _t(a)], -1)
        return op(ops.concatenate([above, below], -2))[:n, n:]

    def function(A: Array) -> Array:
        out = op(ops.array(A))
        branch_on_type(out)  # the logarithm of a real matrix may be complex
        return out

    kernel = getattr(_theirs, name)
    op: Op = Op(name, _without_draws(kernel) if name == "logm" else kernel, (rule,))
    return function


# --------------------------------------------------------------------------------------------------
# Decompositions


def _eigh(
    a: Array, b: None = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix, of which one triangle is read."""
    if b is not None or options.get("subset_by_index") or options.get("subset_by_value"):
        raise TypeError("eigh: b and subsets are not supported with nodes")
    w, v = ops.eigh(a, "UL"[lower])
    return w if eigvals_only else (w, v)


def _eig(a: Array, b: None = None, left: bool = False, right: bool = True, **options: Any) -> Any:
    """Eigenvalues and right eigenvectors, the eigenvalues as complex numbers."""
    if b is not None or left:
        raise TypeError("eig: b and left eigenvectors are not supported with nodes")
    w, v = ops.linalg.eig(a)
    return (w + 0j, v) if right else w + 0j


def _svd(a: Array, full_matrices: bool = True, compute_uv: bool = True, **options: Any) -> Any:
    """The singular value decomposition, as `numpy.linalg.svd`."""
    return ops.svd(a, full_matrices, compute_uv)


def _polar(a: Array, side: str = "right") -> tuple[Array, Array]:
    """u with orthonormal columns or rows, and Hermitian p, with a = u p, or a = p u for "left"."""
    u, s, vt = ops.svd(a, full_matrices=False)
    adjoint = ops.conj(_t(vt)) if side == "right" else u
    return u @ vt, (adjoint * s) @ ops.conj(_t(adjoint))


def _in_double_precision(a: Array) -> Array:
    a = ops.array(a)
    return ops.cast(a, np.complex128 if is_complex(a) else np.float64)


def _cho_factor(a: Array, lower: bool = False, **options: Any) -> tuple[Array, bool]:
    """The factor of `cholesky`, and whether it is the lower one."""
    return ops.cholesky(a, upper=not lower), lower


def _cho_solve(c_and_lower: tuple[Array, bool], b: Array, **options: Any) -> Array:
    """The x with a x = b, by the factor of `cho_factor`."""
    c, lower = c_and_lower
    first, last = (0, 2) if lower else (2, 0)
    return _solve_triangular(c, _solve_triangular(c, b, first, lower), last, lower)


def _solveh_banded(ab: Array, b: Array, *, lower: bool = False, **options: Any) -> Array:
    """The x with a x = b, for Hermitian a of which the diagonals on one side are the rows of ab."""
    ab = ops.array(ab)
    count, n = ops.shape_of(ab)
    sides = [ab[k] if lower else ab[count - 1 - k] for k in range(1, count)]  # outwards
    zeros = [np.zeros(k, ab.dtype) for k in range(1, count)]
    mirrored = [
        ops.concatenate([pad, ops.conj(row)[: n - len(pad)]])
        if lower
        else ops.concatenate([ops.conj(row)[len(pad) :], pad])
        for row, pad in zip(sides, zeros, strict=True)
    ]
    above, below = (mirrored, sides) if lower else (sides, mirrored)
    whole = ops.stack([*above[::-1], ops.real(ab[0 if lower else -1]), *below])
    return _solve_banded((count - 1, count - 1), whole, b)


def _cholesky_banded(ab: Array, lower: bool = False, **options: Any) -> Array:
    """The bands of the Cholesky factor of a Hermitian matrix, from its own on the same side.

    The whole matrix is made, of n² entries.
    """
    ab = ops.array(ab)
    count, n = ops.shape_of(ab)
    rows = [ab[k] if lower else ops.roll(ops.conj(ab[count - 1 - k]), -k) for k in range(count)]
    whole = sum(ops.diag(row[: n - k], -k) for k, row in enumerate(rows))
    factor = ops.cholesky(whole)
    bands = [
        ops.concatenate([ops.diagonal(factor, -k), np.zeros(k, ab.dtype)]) for k in range(count)
    ]
    if lower:
        return ops.stack(bands)
    return ops.stack([ops.roll(ops.conj(band), k) for k, band in enumerate(bands)][::-1])


def _toeplitz(c: Array, r: Array | None = None) -> Array:
    """The matrix with c[i - j] below the diagonal and r[j - i] above it, by default c̄[j - i]."""
    c = ops.ravel(c)
    r = ops.conj(c) if r is None else ops.ravel(r)
    m, n = ops.shape_of(c)[0], ops.shape_of(r)[0]
    diagonals = ops.concatenate([ops.flip(r[1:]), c])
    return ops.index(diagonals, np.arange(m)[:, None] - np.arange(n) + n - 1)


def _circulant(c: Array) -> Array:
    """The square matrix with c[(i - j) mod n]."""
    places = np.arange(ops.shape_of(c)[0])
    return ops.index(ops.array(c), (places[:, None] - places) % len(places))


def _cholesky(a: Array, lower: bool = False, check_finite: bool = True) -> Array:
    """The lower triangular l with l lᴴ = a, or by default the upper triangular lᴴ."""
    return ops.cholesky(a, upper=not lower)


def _block_diag(*arrays: Array) -> Array:
    """A block diagonal matrix."""
    blocks = [ops.atleast_2d(array) for array in arrays]
    shapes = [ops.shape_of(block) for block in blocks]
    rows = []
    for i, block in enumerate(blocks):
        line = [np.zeros((shapes[i][0], width)) for _, width in shapes]
        rows.append(ops.concatenate([*line[:i], block, *line[i + 1 :]], 1))
    return ops.concatenate(rows, 0)


globals().update(
    wrap(
        _theirs,
        {
            **{
                name: _matrix_function(name)
                for name in ("cosm", "coshm", "logm", "sinm", "sinhm", "tanm", "tanhm")
            },
            "block_diag": _block_diag,
            "cholesky_banded": _cholesky_banded,
            "cho_factor": _cho_factor,
            "cho_solve": _cho_solve,
            "circulant": _circulant,
            "eig": _eig,
            "eigh": _eigh,
            "eigvals": lambda a, **options: ops.linalg.eigvals(a) + 0j,
            "polar": _polar,
            "solveh_banded": _solveh_banded,
            "svd": _svd,
            "toeplitz": _toeplitz,
            "cholesky": _cholesky,
            "det": lambda a, **options: ops.det(_in_double_precision(a)),
            "eigvalsh": lambda a, lower=True, **options: ops.linalg.eigvalsh(a, "UL"[lower]),
            "expm": lambda A: _expm_op(ops.array(A)),
            "inv": lambda a, **options: ops.inv(a),
            "norm": lambda a, ord=None, axis=None, keepdims=False: ops.norm(a, ord, axis, keepdims),
            "pinv": lambda a, **options: ops.linalg.pinv(a),
            "solve": lambda a, b, **options: ops.solve(a, b),
            "solve_banded": _solve_banded,
            "solve_sylvester": _sylvester,
            "solve_triangular": _solve_triangular,
            "sqrtm": _sqrtm,
            "svdvals": lambda a, **options: ops.svd(a, compute_uv=False),
        },
        plain=("bandwidth", "hadamard", "hilbert", "invhilbert", "issymmetric", "pascal"),
    )
)


def __getattr__(name: str) -> Any:
    """Other names of `scipy.linalg`."""
    return getattr(_theirs, name)
