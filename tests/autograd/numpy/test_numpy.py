"""`autograd.numpy`: NumPy's values everywhere, and derivatives of any order or a clear refusal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd.numpy as np
from autograd import Tensor, Value, check_grads, derivative, grad, jit
from autograd.alternatives import MARKS, Mark
from autograd.trees import flatten
from tests.autograd.numpy.cases import CASES, FFT, LINALG, SPD, A, U, V

NAMESPACES = {
    "np": (numpy, MARKS["numpy"], CASES),
    "np.linalg": (numpy.linalg, MARKS["numpy.linalg"], LINALG),
    "np.fft": (numpy.fft, MARKS["numpy.fft"], FFT),
    "np.random": (numpy.random, MARKS["numpy.random"], {}),
}
EACH = [
    pytest.param(function, inputs, id=f"{space}.{name}-{number}")
    for space, (module, _, cases) in NAMESPACES.items()
    for name, uses in cases.items()
    for number, (function, inputs) in enumerate(uses)
    if hasattr(module, name)
]


def names(mark: Mark) -> list[tuple[str, str]]:
    return [(s, n) for s, (_, marks, _) in NAMESPACES.items() for n in marks if marks[n] is mark]


def numbers(result: Any) -> list[Any]:
    return [numpy.asarray(getattr(part, "primal", part)) for part in flatten(result)[0]]


def nodes(inputs: Any) -> list[Any]:
    return [Value(x) if isinstance(x, float) else Tensor(x) for x in inputs]


def pick(space: str, name: str) -> Callable[..., Any]:
    return getattr(np if space == "np" else getattr(np, space[3:]), name)


# --------------------------------------------------------------------------------------------------
# Functions with a derivative


@pytest.mark.parametrize(("space", "name"), names(Mark.DERIVATIVE))
def test_every_differentiable_function_has_a_case(space: str, name: str) -> None:
    module, _, cases = NAMESPACES[space]
    assert any(getattr(module, case, None) is getattr(module, name) for case in cases)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_values_are_numpys_with_nodes_and_without(
    function: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    expected = numbers(function(numpy, *inputs))
    for given_ in (inputs, nodes(inputs)):
        found = numbers(function(np, *given_))
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            numpy.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-14, strict=True)


CONVERSIONS = "array", "asanyarray", "asarray", "ascontiguousarray", "full", "full_like"
"""Functions that NumPy does not leave to what they are given."""


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_numpys_own_functions_take_nodes_as_these_do(
    request: pytest.FixtureRequest, function: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    if re.search(rf"\bnp\.({'|'.join(CONVERSIONS)})-", request.node.name):
        with pytest.raises(TypeError, match=r"write|Write"):
            function(numpy, *nodes(inputs))
        return
    found, expected = (flatten(function(space, *nodes(inputs)))[0] for space in (numpy, np))
    for ours, theirs in zip(found, expected, strict=True):
        assert type(ours) is type(theirs)
        numpy.testing.assert_array_equal(numbers(ours)[0], numbers(theirs)[0], strict=True)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_derivatives_are_right_at_first_and_second_order(
    function: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    check_grads(lambda *xs: function(np, *xs), *inputs, order=2, directions=1)


def test_nodes_in_a_list_are_found() -> None:
    def mean_of_parts(x: Any) -> Any:
        return np.mean([x**2, 3 * x, 1.0]) + np.max([x, -x]) + np.sum(np.array([x, x]))

    assert grad(mean_of_parts)(2.0) == pytest.approx(4 / 3 + 1 + 1 + 2)


def test_r_and_c_join_nodes() -> None:
    def joined(np: Any, x: Any) -> Any:
        return np.r_[x, 0:3, 7.0], np.c_[x, 2 * x, V]

    for ours, theirs in zip(joined(np, Tensor(V)), joined(numpy, V), strict=True):
        numpy.testing.assert_array_equal(ours.data, theirs)
    check_grads(lambda x: joined(np, x), V)
    numpy.testing.assert_array_equal(np.r_[1:4, 0.0], numpy.r_[1:4, 0.0])
    numpy.testing.assert_array_equal(np.c_[U, U], numpy.c_[U, U])
    with pytest.raises(TypeError, match="concatenate"):
        np.r_["1", Tensor(V)]


def test_arguments_go_by_numpys_names() -> None:
    x = Tensor(A)
    for found, expected in (
        (np.sum(a=x, axis=0, keepdims=True), numpy.sum(a=A, axis=0, keepdims=True)),
        (np.std(a=x, axis=1, ddof=1), numpy.std(a=A, axis=1, ddof=1)),
        (np.split(ary=x, indices_or_sections=3, axis=1)[1], numpy.split(A, 3, 1)[1]),
        (np.tile(A=x, reps=2), numpy.tile(A=A, reps=2)),
        (np.dot(a=x, b=A.T), numpy.dot(A, A.T)),
        (np.diag(v=x, k=1), numpy.diag(v=A, k=1)),
        (np.linalg.norm(x=x, ord=1, axis=0), numpy.linalg.norm(A, 1, 0)),
        (np.linalg.solve(a=x[:, :2], b=x), numpy.linalg.solve(A[:, :2], A)),
    ):
        numpy.testing.assert_allclose(found.data, expected, rtol=1e-13)
    for order in ("C", "F"):
        for method in ("reshape", "ravel", "flatten"):
            given_ = ((3, -1),) if method == "reshape" else ()
            found = getattr(x, method)(*given_, order=order)
            expected = getattr(A, method)(*given_, order=order)
            numpy.testing.assert_array_equal(found.data, expected)
    with pytest.raises(TypeError, match=r"np\.sum\(\.\.\., out=\.\.\.\): a node cannot be written"):
        np.sum(x, out=numpy.zeros(()))


def test_make_diagonal_undoes_diagonal() -> None:
    check_grads(lambda d: np.make_diagonal(d, axis1=-1, axis2=-2), A)
    made = np.make_diagonal(Tensor(A), axis1=-1, axis2=-2)
    numpy.testing.assert_array_equal(np.diagonal(made, axis1=-1, axis2=-2).data, A)
    with pytest.raises(NotImplementedError, match="offset must be 0"):
        np.make_diagonal(A)


@pytest.mark.parametrize("order", range(7))
@pytest.mark.parametrize("x", [0.0, 1e-9, 0.01, 0.3, 1.0, 2.31, -7.5])
def test_sinc_has_derivatives_of_every_order_also_at_zero(order: int, x: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(40):  # ∫₀¹ cos(πxt) dt, differentiated under the integral
        expected = mpmath.quad(
            lambda t: (mpmath.pi * t) ** order * mpmath.cos(mpmath.pi * (x * t + order / 2 * 1)),
            [0, 1],
        )
    assert derivative(np.sinc, order)(x) == pytest.approx(float(expected), rel=1e-10, abs=1e-10)


@given(
    x=arrays(float, st.integers(1, 6), elements=st.floats(-3, 3)),
    y=arrays(float, st.integers(1, 6), elements=st.floats(-3, 3)),
    mode=st.sampled_from(["full", "same", "valid"]),
    name=st.sampled_from(["convolve", "correlate"]),
)
def test_convolutions_of_any_lengths_are_numpys(x: Any, y: Any, mode: Any, name: str) -> None:
    expected = getattr(numpy, name)(x, y, mode)
    found = getattr(np, name)(Tensor(x), y, mode)
    numpy.testing.assert_allclose(found.data, expected, rtol=1e-12, atol=1e-12, strict=True)


@given(
    x=arrays(float, (2, 3), elements=st.floats(-3, 3)),
    q=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    axis=st.sampled_from([None, 0, 1, (0, 1)]),
    keepdims=st.booleans(),
)
def test_quantiles_are_numpys(x: Any, q: Any, axis: Any, keepdims: bool) -> None:
    expected = numpy.quantile(x, q, axis=axis, keepdims=keepdims)
    found = np.quantile(Tensor(x), q, axis=axis, keepdims=keepdims)
    numpy.testing.assert_allclose(found.data, expected, rtol=1e-12, atol=1e-12, strict=True)


def test_a_function_without_nodes_is_numpys_own() -> None:
    assert np.sin is numpy.sin
    assert np.pi == numpy.pi
    assert np.float32 is numpy.float32
    assert np.testing is numpy.testing
    numpy.testing.assert_array_equal(np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]])
    assert np.fft.fft(V).dtype == complex
    ours, theirs = np.random.RandomState(0), numpy.random.RandomState(0)
    numpy.testing.assert_array_equal(ours.randn(3), theirs.randn(3))
    assert np.random.rand(3).shape == (3,)


def test_calculus_says_what_does_not_fit() -> None:
    x = Tensor(V)
    with pytest.raises(TypeError, match="gradient: 2 spacings were given for 1 axes"):
        np.gradient(x, 1.0, 2.0)
    with pytest.raises(ValueError, match=r"gradient: edge_order must be .* and is 2 for 2 samples"):
        np.gradient(x[:2], edge_order=2)
    with pytest.raises(ValueError, match="'half' is not 'full', 'same' or 'valid'"):
        np.convolve(x, x, "half")


def test_one_point_and_no_weights_are_enough() -> None:
    numpy.testing.assert_array_equal(np.interp(A, [0.5], Tensor([2.0])).data, numpy.full((2, 3), 2))
    assert np.average(Tensor(V)).item() == pytest.approx(V.mean())
    assert np.corrcoef(Tensor(V)).item() == 1.0
    assert np.linalg.cond(Tensor(SPD), -2).item() == pytest.approx(numpy.linalg.cond(SPD, -2))
    assert np.array([Value(1.0)], dtype=numpy.float32).dtype == numpy.float32


# --------------------------------------------------------------------------------------------------
# Functions without


PLAIN_USES: dict[str, Callable[[Any, Any], Any]] = {
    "argwhere": lambda np, x: np.argwhere(x > 0),
    "isscalar": lambda np, x: np.isscalar(x),
    "histogram": lambda np, x: np.histogram(x)[0],
    "lexsort": lambda np, x: np.lexsort(x),
    "zeros_like": lambda np, x: np.zeros_like(x),
    "allclose": lambda np, x: np.allclose(x, x),
    "searchsorted": lambda np, x: np.searchsorted([0.0, 1.0], x),
    "nanargmax": lambda np, x: np.nanargmax(x),
    "isnan": lambda np, x: np.isnan(x),
    "argmax": lambda np, x: np.argmax([x, 2 * x], axis=0),
    "iscomplexobj": lambda np, x: np.iscomplexobj(x),
    "argpartition": lambda np, x: np.argpartition(x, 1),
    "matrix_rank": lambda np, x: np.linalg.matrix_rank(x),
}


@pytest.mark.parametrize("name", PLAIN_USES)
def test_functions_without_derivative_give_plain_results(name: str) -> None:
    found = PLAIN_USES[name](np, Tensor(A))
    assert not isinstance(found, Value | Tensor)
    numpy.testing.assert_array_equal(found, PLAIN_USES[name](numpy, A), strict=True)


def test_whole_numbers_made_of_nodes_are_plain_and_may_be_indices() -> None:
    def between(x: Any) -> Any:
        i = np.floor(x).astype(int)
        assert type(i) is numpy.ndarray
        return np.sum(V[i] + (x - i) * (V[i + 1] - V[i]))

    x = numpy.array([0.5, 2.25])
    numpy.testing.assert_allclose(grad(between)(x), [V[1] - V[0], V[3] - V[2]])
    assert np.astype(Tensor(x), bool).dtype == bool


@pytest.mark.parametrize(("space", "name"), names(Mark.REFUSED))
def test_functions_that_cannot_be_differentiated_raise_their_names(space: str, name: str) -> None:
    for arguments in ((Tensor(A),), ([Value(1.0)],)):
        with pytest.raises(TypeError, match=rf"\b{name} has no derivative rule"):
            pick(space, name)(*arguments)


def test_refusals_say_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"numpy\.random\.normal .* mean \+ std \* randn"):
        np.random.normal(Value(0.0), 1.0)
    with pytest.raises(TypeError, match=r"numpy\.linalg\.lstsq .* solve\(a\.T @ a"):
        np.linalg.lstsq(Tensor(A), V[:2])
    with pytest.raises(ValueError, match="'middle' is none of NumPy's"):
        np.quantile(Tensor(V), 0.5, method="middle")
    with pytest.raises(ValueError, match="between 0 and 1"):
        np.quantile(Tensor(V), 1.5)


# --------------------------------------------------------------------------------------------------
# The page of the documentation


DOCS = Path(__file__).resolve().parents[3] / "docs"


def marks_on(page: str) -> dict[tuple[str, str], str]:
    """What a page says of each function."""
    marks, space, kind = {}, "", ""
    for line in page.splitlines():
        if line.startswith("## "):
            space = line.strip("# `")
        elif line.startswith("**"):
            kind = line.split("**")[1]
        for name in line.split("`")[1::2] if kind and not line.startswith(("#", "**")) else ():
            marks[space, name] = kind
    return marks


def test_the_page_says_what_the_functions_do() -> None:
    made = subprocess.run(
        [sys.executable, DOCS / "numpy_functions.py"],
        env={**os.environ, "PYTHONPATH": str(DOCS.parent), "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    on_page, now = marks_on((DOCS / "numpy_functions.md").read_text("utf-8")), marks_on(made)
    both = on_page.keys() & now.keys()  # another NumPy has other names
    assert len(both) > 400
    assert {name: on_page[name] for name in both} == {name: now[name] for name in both}
    assert {name for _, name in now} >= {"sum", "fft", "einsum", "eig", "normal"}


def test_leading_zeros_of_a_product_of_polynomials_have_derivatives() -> None:
    p, q, powers = numpy.array([0.0, 0.0, 2.0]), numpy.array([0.0, 3.0]), numpy.array([4.0, 2, 1])
    slope = grad(lambda p: np.polyval(np.polymul(p, q), 2.0))
    for g in (slope, jit(slope)):
        numpy.testing.assert_allclose(g(p), numpy.polyval(q, 2.0) * powers)
