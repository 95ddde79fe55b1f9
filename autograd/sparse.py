"""Products of sparse matrices with nodes, and solutions of their equations, by both arguments.

A matrix of SciPy is a constant: `A @ x`, `x @ A`. One whose entries are nodes is a `SparseMatrix`,
which `autograd.scipy.sparse` offers.
"""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

import numpy as np

from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.op_types import Linear, Multilinear
from autograd.ops.shaping import matrix_transpose
from autograd.ops.structural import as_array, index_op, scatter_op, shape_of, sum_op


def is_sparse(x: Any) -> bool:
    """Whether x is a sparse matrix or array of SciPy, or a `SparseMatrix`."""
    return hasattr(x, "tocoo")


class Held:
    """A matrix among the settings of an operation, told apart by identity."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    @property
    def T(self) -> Held:
        """The transpose."""
        return Held(self.matrix.T)


_constant_op: Linear = Linear(
    "sparse_product",
    lambda x, held: np.asarray(held.matrix @ x),
    lambda g, x, held: _constant_op(g, held=held.T),
    symbol="@",
)


def product(matrix: Any, x: Array) -> Array:
    """matrix @ x for a sparse matrix and a vector or a matrix.

    Raises ValueError where their shapes do not fit.
    """
    x = as_array(x)
    shape = shape_of(x)
    if len(shape) not in (1, 2) or shape[0] != matrix.shape[1]:
        raise ValueError(
            f"matmul: a sparse matrix of shape {tuple(matrix.shape)} and an array of shape {shape} "
            "do not match: the array must be a vector or a matrix, of as many rows as the other "
            "has columns"
        )
    if isinstance(matrix, SparseMatrix):
        return _product_op(matrix.data, x, pattern=matrix.pattern)
    return _constant_op(x, held=Held(matrix))


def reflected_product(x: Array, matrix: Any) -> Array:
    """x @ matrix for a sparse matrix and a vector or a matrix."""
    x = as_array(x)
    if len(shape_of(x)) == 1:
        return product(matrix.T, x)
    return matrix_transpose(product(matrix.T, matrix_transpose(x)))


# --------------------------------------------------------------------------------------------------
# Matrices whose entries are nodes


class Pattern:
    """Where the entries of a sparse matrix are; entries at one place add up.

    base: the pattern of which this is the transpose.
    """

    def __init__(
        self, rows: Any, columns: Any, shape: tuple[int, int], base: Pattern | None = None
    ) -> None:
        self.rows: Any = rows
        self.columns: Any = columns
        self.shape: tuple[int, int] = shape
        self.base: Any = base
        self._factors: tuple[Any, Any] | None = None

    @property
    def T(self) -> Pattern:
        """The pattern of the transpose."""
        return self.base or Pattern(self.columns, self.rows, self.shape[::-1], self)

    @cached_property
    def _by_rows(self) -> tuple[Any, Any, Any]:
        order = np.lexsort((self.columns, self.rows))
        starts = np.searchsorted(self.rows[order], np.arange(self.shape[0] + 1))
        return order, self.columns[order], starts

    def matrix(self, data: Any) -> Any:
        """SciPy's matrix of these entries."""
        if self.base is not None:
            return self.base.matrix(data).T
        order, columns, starts = self._by_rows
        entries = np.asarray(data)[order], columns, starts
        return importlib.import_module("scipy.sparse").csr_array(entries, shape=self.shape)

    def solve(self, data: Any, b: Any) -> Any:
        """The x with a x = b; the factors are kept for the equations of the transpose."""
        base, how = (self, "N") if self.base is None else (self.base, "T")
        if base._factors is None or not np.array_equal(base._factors[0], data):
            linalg = importlib.import_module("scipy.sparse.linalg")
            matrix = base.matrix(data).tocsc().astype(np.result_type(data, np.float64))
            base._factors = np.array(data), linalg.splu(matrix)
        known, factors = base._factors
        if np.iscomplexobj(b) and not np.iscomplexobj(known):
            return factors.solve(b.real.copy(), how) + 1j * factors.solve(b.imag.copy(), how)
        x = factors.solve(np.asarray(b, np.result_type(known, b, np.float64)), how)
        return x.astype(np.result_type(data, b), copy=False)


def _entries(g: Array, x: Array, pattern: Pattern) -> Array:
    """Σ g[i] x[j] over the other axis, for each entry i, j of the pattern."""
    products = index_op(g, key=pattern.rows) * index_op(x, key=pattern.columns)
    return products if products.ndim == 1 else sum_op(products, axis=1, keepdims=False)


_product_op: Multilinear = Multilinear(
    "sparse_product",
    lambda data, x, pattern: np.asarray(pattern.matrix(data) @ x),
    (
        lambda g, out, data, x, pattern: _entries(g, x, pattern),
        lambda g, out, data, x, pattern: _product_op(data, g, pattern=pattern.T),
    ),
    symbol="@",
)


def _solve_b(g: Array, out: Array, data: Array, b: Array, pattern: Pattern) -> Array:
    return _solve_op(data, g, pattern=pattern.T)


def _solve_data(g: Array, out: Array, data: Array, b: Array, pattern: Pattern) -> Array:
    return -_entries(_solve_b(g, out, data, b, pattern), out, pattern)


_solve_op: Op = Op(
    "sparse_solve", lambda data, b, pattern: pattern.solve(data, b), (_solve_data, _solve_b)
)


class SparseMatrix:
    """A sparse matrix whose entries are differentiable.

    data: the entries, an array or a node of shape (n,).
    places: their rows and their columns, of shape (n,) each. Entries at one place add up.
    shape: that of the matrix.

    `A @ x`, `x @ A`, `A.T`, `A.toarray()` and `spsolve(A, b)` are differentiable with respect to
    the entries and to x or b. Raises ValueError where the arguments do not fit.

    >>> import numpy as np
    >>> from autograd import grad
    >>> from autograd.scipy.sparse import SparseMatrix
    >>> places = np.array([0, 1]), np.array([1, 1])
    >>> x = np.array([2.0, 3.0])
    >>> grad(lambda data: (SparseMatrix(data, places, (2, 2)) @ x).sum())(np.array([1.0, 5.0]))
    array([3., 3.])
    """

    __array_ufunc__ = None  # an array beside it leaves the operator to it

    def __init__(self, data: Array, places: tuple[Any, Any], shape: tuple[int, int]) -> None:
        rows, columns = (np.asarray(part) for part in places)
        self.data: Array = as_array(data)
        if not shape_of(self.data) == rows.shape == columns.shape == (rows.size,):
            raise ValueError(
                f"SparseMatrix: data of shape {shape_of(self.data)}, rows of {rows.shape} and "
                f"columns of {columns.shape}: they must be vectors of one length"
            )
        inside = all(
            part.size == 0 or (part.min() >= 0 and part.max() < size)
            for part, size in zip((rows, columns), shape, strict=True)
        )
        if not inside:
            raise ValueError(f"SparseMatrix: an entry lies outside of the shape {shape}")
        self.pattern: Pattern = Pattern(rows, columns, (int(shape[0]), int(shape[1])))

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.pattern.shape

    @property
    def T(self) -> SparseMatrix:
        """The transpose."""
        turned = object.__new__(SparseMatrix)
        turned.data, turned.pattern = self.data, self.pattern.T
        return turned

    def __matmul__(self, x: Array) -> Array:
        return product(self, x)

    def __rmatmul__(self, x: Array) -> Array:
        return reflected_product(x, self)

    def tocoo(self) -> SparseMatrix:
        """The matrix itself, whose entries are in coordinates already."""
        return self

    def toarray(self) -> Array:
        """The matrix as an array."""
        key = (self.pattern.rows, self.pattern.columns)
        return scatter_op(self.data, key=key, shape=self.shape)


def spsolve(A: Any, b: Array) -> Array:
    """The x with A x = b for a square sparse matrix and a vector or a matrix b, by sparse LU.

    A: a sparse matrix of SciPy, which is a constant, or a `SparseMatrix`.

    The backward pass solves with the transpose, by the same factorization. Raises ValueError where
    the shapes do not fit, and RuntimeError for a singular matrix.

    >>> import numpy as np, scipy.sparse
    >>> from autograd.scipy.sparse.linalg import spsolve
    >>> spsolve(scipy.sparse.diags_array([2.0, 4.0]), np.array([1.0, 1.0]))
    array([0.5 , 0.25])
    """
    b = as_array(b)
    shape = shape_of(b)
    if A.shape[0] != A.shape[1] or len(shape) not in (1, 2) or shape[0] != A.shape[0]:
        raise ValueError(
            f"spsolve: a matrix of shape {tuple(A.shape)} and b of shape {shape} do not fit: the "
            "matrix must be square, and b a vector or a matrix of as many rows"
        )
    if not isinstance(A, SparseMatrix):
        entries = A.tocoo()
        A = SparseMatrix(entries.data, (entries.row, entries.col), A.shape)
    return _solve_op(A.data, b, pattern=A.pattern)
