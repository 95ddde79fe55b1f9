"""Sparse matrices: constants of SciPy's in products and solutions, and matrices of node entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import autograd as ad
from autograd import Tensor, Value, check_grads, grad, jit, vmap
from autograd.scipy.sparse import SparseMatrix
from autograd.scipy.sparse.linalg import spsolve

RNG = np.random.default_rng(0)
DENSE = RNG.standard_normal((4, 4)) * (RNG.random((4, 4)) < 0.6) + np.diag([5.0, 6.0, 7.0, 8.0])
WIDE = DENSE[:3]
X, Y, MANY = RNG.standard_normal(4), RNG.standard_normal(3), RNG.standard_normal((4, 2))
ROWS, COLUMNS = (np.r_[part, 0] for part in np.nonzero(DENSE))  # the last entry is there twice
PLACES = ROWS, COLUMNS
DATA = np.r_[DENSE[np.nonzero(DENSE)], 0.3]


def dense(data: Any) -> Any:
    full = np.zeros((4, 4), data.dtype)
    np.add.at(full, PLACES, data)
    return full


@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_array, sp.coo_array, sp.csr_matrix])
def test_products_with_a_matrix_of_scipys(kind: Any) -> None:
    matrix = kind(WIDE)
    for v in (X, MANY, X * (1 + 2j)):
        np.testing.assert_allclose((matrix @ Tensor(v)).data, WIDE @ v)
        check_grads(lambda v: matrix @ v, v)
    np.testing.assert_allclose((Tensor(Y) @ matrix).data, Y @ WIDE)
    check_grads(lambda y: y @ matrix, Y)
    check_grads(lambda y: y @ matrix, MANY[:3].T)


def test_products_are_compiled_and_batched_and_follow_the_matrix() -> None:
    matrix = sp.csr_array(WIDE)
    gradient = grad(lambda x: ad.sum((matrix @ x) ** 3))
    compiled = jit(gradient)
    for x in (X, 2 * X):
        np.testing.assert_allclose(compiled(x), gradient(x))
    np.testing.assert_allclose(vmap(gradient)(np.stack([X, 2 * X]))[1], gradient(2 * X))
    matrix.data *= 2.0
    with pytest.warns(ad.JitNotice, match="have changed"):
        found = compiled(X)
    np.testing.assert_allclose(found, gradient(X))


def test_what_does_not_fit_or_is_no_product_is_refused() -> None:
    matrix = sp.csr_array(WIDE)
    for call, error, message in (
        (lambda: matrix @ Tensor(Y), ValueError, r"shape \(3, 4\) and an array of shape \(3,\)"),
        (lambda: matrix @ Value(1.0), ValueError, r"an array of shape \(\)"),
        (lambda: Tensor(WIDE) * matrix, TypeError, r"multiplied by A @ x"),
        (lambda: matrix * Tensor(X), TypeError, "cannot be put into a plain array"),
        (lambda: spsolve(matrix, Y), ValueError, "the matrix must be square"),
        (lambda: SparseMatrix(DATA, (ROWS[1:], COLUMNS), (4, 4)), ValueError, "of one length"),
        (lambda: SparseMatrix(DATA, PLACES, (3, 4)), ValueError, "outside of the shape"),
    ):
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("data", [DATA, DATA + 0.2j * RNG.standard_normal(DATA.shape)])
@pytest.mark.parametrize("b", [X, MANY, X + 1j * X[::-1]])
def test_entries_have_derivatives_in_products_and_solutions(data: Any, b: Any) -> None:
    matrix = SparseMatrix(Tensor(data), PLACES, (4, 4))
    np.testing.assert_allclose((matrix @ b).data, dense(data) @ b)
    np.testing.assert_allclose(spsolve(matrix, b).data, np.linalg.solve(dense(data), b))
    check_grads(lambda d, b: SparseMatrix(d, PLACES, (4, 4)) @ b, data, b)
    check_grads(lambda d, b: SparseMatrix(d, PLACES, (4, 4)).T @ b, data, b)
    check_grads(lambda d, b: spsolve(SparseMatrix(d, PLACES, (4, 4)), b), data, b)


def test_other_uses_of_a_matrix_of_nodes() -> None:
    np.testing.assert_array_equal(SparseMatrix(DATA, PLACES, (4, 4)).toarray(), dense(DATA))
    check_grads(lambda d: SparseMatrix(d, PLACES, (4, 4)).toarray(), DATA)
    check_grads(lambda d, x: x @ SparseMatrix(d, PLACES, (4, 4)), DATA, X)
    gradient = grad(lambda d, b: ad.sum(spsolve(SparseMatrix(d, PLACES, (4, 4)), b) ** 2), (0, 1))
    compiled = jit(gradient)
    for scale in (1.0, 1.1):
        for found, expected in zip(
            compiled(DATA * scale, X), gradient(DATA * scale, X), strict=True
        ):
            np.testing.assert_allclose(found, expected)


def test_a_solution_with_a_constant_matrix() -> None:
    for b in (X, MANY, X + 1j * X[::-1]):
        np.testing.assert_allclose(
            spsolve(sp.csc_array(DENSE), Tensor(b)).data, np.linalg.solve(DENSE, b)
        )
        check_grads(lambda b: spsolve(sp.csc_array(DENSE), b), b)
    with pytest.raises(RuntimeError, match="singular"):
        spsolve(sp.csc_array(np.ones((2, 2))), np.ones(2))
