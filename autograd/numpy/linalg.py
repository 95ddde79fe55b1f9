"""`numpy.linalg` with nodes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.numpy.wrapping import wrap
from autograd.ops import Axis

if TYPE_CHECKING:
    from numpy.linalg import *  # noqa: F403


def _multi_dot(arrays: Sequence[Array]) -> Array:
    product = ops.array(arrays[0])
    for array in arrays[1:]:
        product = product @ array
    return product


def _cond(x: Array, p: Any = None) -> Array:
    if p in (None, 2, -2):
        s = ops.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return ops.norm(x, p, (-2, -1)) * ops.norm(ops.inv(x), p, (-2, -1))


def _tensorinv(a: Array, ind: int = 2) -> Array:
    shape = ops.shape_of(a)
    rows = math.prod(shape[ind:])
    return ops.reshape(ops.inv(ops.reshape(a, (rows, -1))), shape[ind:] + shape[:ind])


def _tensorsolve(a: Array, b: Array, axes: Sequence[int] | None = None) -> Array:
    ndim = len(ops.shape_of(a))
    if axes is not None:
        a = ops.moveaxis(a, axes, range(ndim - len(axes), ndim))
    shape = ops.shape_of(a)[len(ops.shape_of(b)) :]
    size = math.prod(shape)
    return ops.reshape(ops.solve(ops.reshape(a, (-1, size)), ops.ravel(b)), shape)


def _matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    return ops.norm(x, ord, (-2, -1), keepdims)


def _vector_norm(x: Array, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Array:
    if axis is None or isinstance(axis, tuple):
        shape = ops.shape_of(x)
        axes = range(len(shape)) if axis is None else axis
        rows = ops.moveaxis(x, axes, range(len(axes)))
        rows = ops.reshape(rows, (-1, *ops.shape_of(rows)[len(axes) :]))
        found = ops.norm(rows, ord, 0)
        return ops.expand_dims(found, tuple(axes)) if keepdims else found
    return ops.norm(x, ord, axis, keepdims)


def vec_dot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Σ x̄1 x2 along an axis."""
    products = ops.conj(x1) * x2
    return ops.cast(ops.sum(products, axis), products.dtype)


def mat_vec(x1: Array, x2: Array, /) -> Array:
    """The product of matrices and vectors; the last axis of x2 is that of the vectors."""
    return ops.matmul(x1, ops.expand_dims(x2, -1))[..., 0]


def vec_mat(x1: Array, x2: Array, /) -> Array:
    """The product of conjugated vectors and matrices; the vectors lie along the last axis of x1."""
    return ops.matmul(ops.expand_dims(ops.conj(x1), -2), x2)[..., 0, :]


def T(x: Array) -> Array:
    """Matrices transposed: the last two axes change places."""
    return ops.swapaxes(x, -1, -2)


_dot = partial(ops.einsum, "...ij,...jk->...ik")


def _svd(
    a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    return ops.svd(a, full_matrices, compute_uv)


_COMPOSED = {
    "cholesky": ops.cholesky,
    "cond": _cond,
    "cross": lambda x1, x2, /, *, axis=-1: ops.cross(x1, x2, axis=axis),
    "diagonal": lambda x, /, *, offset=0: ops.diagonal(x, offset, -2, -1),
    "eig": ops.linalg.eig,
    "eigh": ops.eigh,
    "eigvals": ops.linalg.eigvals,
    "eigvalsh": ops.linalg.eigvalsh,
    "matmul": ops.matmul,
    "matrix_norm": _matrix_norm,
    "matrix_transpose": ops.matrix_transpose,
    "multi_dot": _multi_dot,
    "outer": ops.outer,
    "qr": ops.qr,
    "slogdet": ops.slogdet,
    "svd": _svd,
    "svdvals": lambda x, /: ops.svd(x, compute_uv=False),
    "tensordot": lambda x1, x2, /, *, axes=2: ops.tensordot(x1, x2, axes),
    "tensorinv": _tensorinv,
    "tensorsolve": _tensorsolve,
    "trace": lambda x, /, *, offset=0: ops.trace(x, offset, -2, -1),
    "vecdot": vec_dot,
    "vector_norm": _vector_norm,
}

globals().update(
    wrap(
        np.linalg,
        _COMPOSED,
        plain=("matrix_rank",),
        advice="For least squares use solve(a.T @ a, a.T @ b).",
    )
)
