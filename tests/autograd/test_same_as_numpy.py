"""Functions of NumPy and SciPy that read their arguments in a way of their own, in every way of
running: by themselves, on nodes, compiled and over a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
import autograd.numpy as anp
import autograd.scipy.linalg as alg
import autograd.scipy.special as asp
from autograd import Tensor, check_grads, grad, jit, vmap


def again(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`f` compiled, in its second call."""
    compiled = jit(f)
    return lambda x: [compiled(x), compiled(x)][1]


WAYS: dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = {
    "plain": lambda f: f,
    "nodes": lambda f: lambda x: ad.cast(f(Tensor(x)), float).numpy(),
    "compiled": again,
    "batch": lambda f: lambda x: vmap(f)(np.stack([x, x]))[1],
    "compiled batch": lambda f: lambda x: again(vmap(f))(np.stack([x, x]))[1],
}

# One triangle of a symmetric matrix is read; the other holds NaN.

TRIANGLES: dict[str, tuple[bool, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "eigvalsh": (True, anp.linalg.eigvalsh, np.linalg.eigvalsh),
    "eigvalsh of the upper": (
        False,
        lambda a: anp.linalg.eigvalsh(a, "U"),
        lambda a: np.linalg.eigvalsh(a, "U"),
    ),
    "eigh": (True, lambda a: anp.linalg.eigh(a)[0], lambda a: np.linalg.eigh(a)[0]),
    "eigh of the upper": (
        False,
        lambda a: anp.linalg.eigh(a, UPLO="U").eigenvectors ** 2,
        lambda a: np.linalg.eigh(a, UPLO="U").eigenvectors ** 2,
    ),
    "cholesky": (True, anp.linalg.cholesky, np.linalg.cholesky),
    "cholesky of the upper": (
        False,
        lambda a: ad.cholesky(a, upper=True),
        lambda a: scipy.linalg.cholesky(a, lower=False, check_finite=False),
    ),
    "SciPy's cholesky": (
        False,
        lambda a: alg.cholesky(a, check_finite=False),
        lambda a: scipy.linalg.cholesky(a, check_finite=False),
    ),
    "SciPy's eigvalsh": (
        False,
        lambda a: alg.eigvalsh(a, lower=False, check_finite=False),
        lambda a: scipy.linalg.eigvalsh(a, lower=False, check_finite=False),
    ),
}


@pytest.mark.parametrize("name", TRIANGLES)
@pytest.mark.parametrize("way", WAYS)
def test_only_one_triangle_is_read(name: str, way: str) -> None:
    lower, f, theirs = TRIANGLES[name]
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3, 3))
    a = a @ a.T + np.eye(3)
    a[np.triu_indices(3, 1) if lower else np.tril_indices(3, -1)] = np.nan
    np.testing.assert_allclose(WAYS[way](f)(a), theirs(a), atol=1e-12)
    slopes = grad(lambda a: ad.sum(ad.sin(f(a))))(a)
    assert np.isfinite(slopes).all()
    np.testing.assert_allclose(WAYS[way](grad(lambda a: ad.sum(ad.sin(f(a)))))(a), slopes)
    check_grads(f, np.nan_to_num(a), order=2)


# What is not finite stays where it is.

PARTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "fraction": (lambda x: anp.modf(x)[0], lambda x: np.modf(x)[0]),
    "whole": (lambda x: anp.modf(x)[1], lambda x: np.modf(x)[1]),
    "gradient": (anp.gradient, np.gradient),
    "gradient by a step": (lambda x: anp.gradient(x, 0.5), lambda x: np.gradient(x, 0.5)),
    "gradient of second order at the ends": (
        lambda x: anp.gradient(x, edge_order=2),
        lambda x: np.gradient(x, edge_order=2),
    ),
    "gradient along even coordinates": (
        lambda x: anp.gradient(x, np.arange(5) / 4),
        lambda x: np.gradient(x, np.arange(5) / 4),
    ),
    "gradient along other coordinates": (
        lambda x: anp.gradient(x, np.array([0.0, 1.0, 3.0, 4.0, 9.0])),
        lambda x: np.gradient(x, np.array([0.0, 1.0, 3.0, 4.0, 9.0])),
    ),
}
SOME = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5, 3.0])


@pytest.mark.parametrize("name", PARTS)
@settings(max_examples=20, deadline=None)
@given(x=st.lists(SOME, min_size=5, max_size=5).map(np.array))
def test_what_is_not_finite_stays_where_it_is(name: str, x: Any) -> None:
    f, theirs = PARTS[name]
    with np.errstate(all="ignore"):
        expected = theirs(x)
        for run in WAYS.values():
            np.testing.assert_allclose(run(f)(x), expected, rtol=1e-14, atol=1e-14)


# SciPy computes integers in float64, where NumPy takes the smallest type that holds them.

SPECIAL = "cbrt exp2 expm1 log1p exp10 erf gamma gammaln psi ndtr expit j0 i1 sinc round"


@pytest.mark.parametrize("name", SPECIAL.split())
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "int8", "bool", "float16", "float32"])
def test_special_functions_of_plain_arrays_have_the_type_that_scipy_gives(
    name: str, dtype: str
) -> None:
    x = np.array([1, 2, 3]).astype(dtype)
    f, theirs = getattr(asp, name), getattr(scipy.special, name)
    expected = theirs(x)
    for way in set(WAYS) - {"nodes"}:
        found = WAYS[way](f)(x)
        # Newer versions of SciPy compute small integers and float16 in float32, not in float64.
        small = np.dtype(dtype).itemsize <= 2 and found.dtype == np.float64
        assert found.dtype == expected.dtype or small, way
        np.testing.assert_allclose(
            found, expected, rtol=1e-6 if expected.dtype == np.float32 else 1e-14
        )
