"""`autograd.scipy` in `jit` and `vmap`: no function needs plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy
import pytest

import autograd.numpy as np
from autograd import Tensor, Value, grad, jit, vmap
from autograd.trees import map_tree
from tests.autograd.numpy.test_compiled import compiled_and_batched, same
from tests.autograd.scipy.test_scipy import EACH, ours, theirs

pytestmark = [
    pytest.mark.filterwarnings("ignore::autograd.JitNotice"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_every_function_of_scipy(function: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
    compiled_and_batched(lambda *xs: function(ours, *xs), lambda *xs: function(theirs, *xs), inputs)


COUNTS = numpy.array([1, 3, 0, 2])
MEANS = numpy.array([0.5, 1.2, 2.3, 0.1])
X = numpy.array([0.4, -1.2, 2.3, 0.1])
WITH_DATA: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{
        f"poisson.{name}": (
            lambda sp, k, m, name=name: getattr(sp.stats.poisson, name)(k, m),
            (COUNTS, MEANS),
        )
        for name in ("pmf", "logpmf", "cdf", "logcdf", "sf", "logsf")
    },
    "poisson, shifted": (lambda sp, k, m, s: sp.stats.poisson.pmf(k, m, s), (COUNTS, MEANS, 1)),
    "poisson.ppf": (lambda sp, q, m: sp.stats.poisson.ppf(q, m), (MEANS / 3, MEANS)),
    "poisson.isf": (lambda sp, q, m: sp.stats.poisson.isf(q, m), (MEANS / 3, MEANS)),
    "logsumexp": (lambda sp, a, b: sp.special.logsumexp(a, b=b), (X, COUNTS)),
    "its sign": (
        lambda sp, a, b: sp.special.logsumexp(a, b=b, axis=0, return_sign=True),
        (X, numpy.array([0.0, 1.0, -1.0, 2.0])),
    ),
    "a normal density of lower dimension": (
        lambda sp, x, c: sp.stats.multivariate_normal.logpdf(x, None, c, allow_singular=True),
        (numpy.array([1.0, 1.0]), numpy.ones((2, 2))),
    ),
}


@pytest.mark.parametrize("name", WITH_DATA)
def test_counts_and_factors_are_arguments_too(name: str) -> None:
    """Of which no derivative is asked."""
    f, inputs = WITH_DATA[name]
    expected = f(theirs, *inputs)
    same(jit(lambda *xs: f(ours, *xs))(*inputs), expected)
    for axes in product((0, None), repeat=len(inputs)):
        if any(axis == 0 for axis in axes):
            pairs = zip(inputs, axes, strict=True)
            args = [x if axis is None else numpy.stack([x, x]) for x, axis in pairs]
            batched = vmap(lambda *xs: f(ours, *xs), axes)(*args)
            same(map_tree(lambda part: numpy.asarray(part)[1], batched), expected)


def test_a_compiled_likelihood_of_counts_follows_them() -> None:
    step = jit(grad(lambda m, k: ours.stats.poisson.logpmf(k, m).sum()))
    for k in (COUNTS, COUNTS[::-1].copy()):
        numpy.testing.assert_allclose(step(MEANS, k), k / MEANS - 1)


@pytest.mark.parametrize(
    ("f", "parameters", "x"),
    [
        (ours.special.jv, (1.5,), 2.0),
        (ours.special.kv, (1.0,), 2.0),
        (ours.special.ive, (1.0,), 2.0),
        (ours.special.gammainc, (1.7,), 2.0),
        (ours.special.betainc, (1.7, 2.6), 0.3),
        (ours.special.stdtr, (3.5,), 0.3),
        (ours.special.stdtrit, (3.5,), 0.3),
        (ours.special.gammaincinv, (1.7,), 0.3),
    ],
)
def test_parameters_may_be_nodes(f: Any, parameters: tuple[float, ...], x: float) -> None:
    value, last = f(*parameters, x), len(parameters)
    slope = grad(f, last)(*parameters, x)
    assert jit(f)(*parameters, x) == value
    assert f(*map(Value, (*parameters, x))).item() == value
    assert jit(grad(f, last))(*parameters, x) == pytest.approx(slope, rel=1e-13)
    assert jit(grad(grad(f, last), last))(*parameters, x) == pytest.approx(
        grad(grad(f, last), last)(*parameters, x), rel=1e-12
    )
    batch = [numpy.full(2, part) for part in (*parameters, x)]
    numpy.testing.assert_allclose(vmap(grad(f, last))(*batch), slope)


@pytest.mark.parametrize("name", ["jv", "kv", "ive", "stdtr", "stdtrit"])
def test_a_parameter_without_a_derivative_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(TypeError, match="has no derivative with respect to"):
        grad(getattr(ours.special, name))(1.5, 0.3)


OF_A_MATRIX: dict[str, Callable[[Any], Any]] = {
    "eigvals": np.linalg.eigvals,
    "eig": lambda a: np.linalg.eig(a)[0],
    "sqrtm": ours.linalg.sqrtm,
    "logm": ours.linalg.logm,
}
REAL, TURN = numpy.array([[4.0, 1.0], [0.3, 2.0]]), numpy.array([[-1.0, 0.5], [-3.0, -2.0]])
NEGATIVE = numpy.array([[-1.0, 0.5], [0.0, -4.0]])


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("name", OF_A_MATRIX)
def test_results_may_be_real_at_one_call_and_complex_at_the_next(name: str, native: bool) -> None:
    if native:
        pytest.importorskip("llvmlite")
    f = OF_A_MATRIX[name]
    complex_one = TURN if name.startswith("eig") else NEGATIVE
    for g in (f, lambda a: np.exp(f(a)), grad(lambda a: np.sum(np.abs(f(a)) ** 2))):
        for matrices in ((REAL, complex_one, REAL), (complex_one, REAL, complex_one)):
            compiled = jit(g, native=native)
            for a in matrices:
                found, expected = compiled(a), g(Tensor(a)).data  # new NumPys' `eig` is complex
                assert found.dtype == expected.dtype
                numpy.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
