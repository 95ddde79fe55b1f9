"""Linear algebra, as `autograd.linalg`: the names of `numpy.linalg` that have a derivative."""

from autograd.ops.decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd
from autograd.ops.inverses import det, inv, matrix_power, pinv, slogdet, solve
from autograd.ops.norms import norm

__all__ = [
    "cholesky",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
]
