"""A zero that does not depend on the numbers nearby stays 0, also times ∞; any other gives NaN."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
import autograd.numpy as anp
from autograd import (
    Tensor,
    checkpoint,
    derivative,
    elementwise_grad,
    exp,
    grad,
    gradients,
    hessian,
    jacobian,
    jit,
    jvp,
    log,
    sin,
    sqrt,
    tanh,
    taylor,
    vjp,
    vmap,
    where,
)
from autograd.scipy import special

# where(condition, inside, outside), points outside, where inside has slopes of inf or nan, and the
# derivative of the outside there.
MASKED: dict[str, tuple[Callable[[Any], Any], list[float], float]] = {
    "x ln x": (lambda x: where(x > 0, x * log(x), 0.0), [0.0, -1.0], 0.0),
    "ln x": (lambda x: where(x > 0, log(x), 0.0), [0.0, -1.0], 0.0),
    "square root": (lambda x: where(x > 0, sqrt(x), x), [0.0, -1.0], 1.0),
    "sinc": (lambda x: where(x != 0, sin(x) / x, 1.0), [0.0], 0.0),
    "overflow": (lambda x: where(x < 1, exp(x), 1.0), [2000.0], 0.0),
    "power": (lambda x: where(x > 0, x**1.5, 0.0), [-1.0, 0.0], 0.0),
}


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_masked_branch_leaks_no_nan(name: str, order: int) -> None:
    f, points, slope = MASKED[name]
    expected = slope if order == 1 else 0.0
    with np.errstate(all="ignore"):
        of_array = derivative(f, order)(np.array([*points, 0.5]))
        of_numbers = [derivative(f, order)(point) for point in points]
        inside = derivative(f, order)(0.5)
    np.testing.assert_array_equal(of_array[:-1], expected)
    np.testing.assert_array_equal(of_numbers, expected)
    np.testing.assert_allclose(of_array[-1], inside)
    assert np.isfinite(inside)


@pytest.mark.parametrize("name", MASKED)
def test_nor_does_it_in_forward_mode(name: str) -> None:
    f, points, slope = MASKED[name]
    x = np.array(points)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(jvp(f, x, np.ones_like(x))[1], slope)


@pytest.mark.parametrize(
    ("f", "order", "expected"),
    [
        (tanh, 5, 16.0),
        (lambda x: (x * x) * (x * x), 4, 24.0),
        (lambda x: x**4, 4, 24.0),
        (lambda x: sin(x * x), 2, 2.0),
        (lambda x: sin(x * x), 6, -120.0),
    ],
)
def test_a_slope_that_happens_to_be_zero_ends_no_path(f: Any, order: int, expected: float) -> None:
    assert derivative(f, order)(0.0) == pytest.approx(expected)
    np.testing.assert_allclose(derivative(f, order)(np.zeros(2)), expected)


def test_a_true_nan_is_not_hidden() -> None:
    assert np.isnan(grad(lambda x: sqrt(x * x))(0.0))
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda x: (x * np.array([np.nan])).sum())(1.0))


# --------------------------------------------------------------------------------------------------
# All ways to mask, all slopes that are not finite, all ways to run

# Functions, and points where a derivative is not finite.
INFINITE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "sqrt": (sqrt, 0.0),
    "sqrt of a negative number": (sqrt, -1.0),
    "log": (log, 0.0),
    "x**0.5": (lambda x: x**0.5, 0.0),
    "x**1.5": (lambda x: x**1.5, 0.0),
    "x**-1": (lambda x: x**-1.0, 0.0),
    "1 / x": (lambda x: 1 / x, 0.0),
    "sin(x) / x": (lambda x: sin(x) / x, 0.0),
    "arccos": (ad.arccos, 1.0),
    "cbrt": (ad.cbrt, 0.0),
    "exp": (exp, 2000.0),
    "norm": (lambda x: ad.norm(ad.array([x, x]), axis=0), 0.0),
}
NEVER = 1e9  # greater than all points
# Functions of f and x that f has no influence on, and whose derivative is 3.
MASKS: dict[str, Callable[[Callable[[Any], Any], Any], Any]] = {
    "where": lambda f, x: where(x > NEVER, f(x), 3 * x),
    "where beside others": lambda f, x: where(x < NEVER, x * x, f(x)) - x * x + 3 * x,
    "where in where": lambda f, x: where(x > NEVER, where(x > NEVER, f(x), x), x) + 2 * x,
    "relu": lambda f, x: where(x > NEVER, ad.relu(f(x)), 0.0) + 3 * x,
    "maximum": lambda f, x: ad.maximum(where(x > NEVER, f(x), -1.0), 0.0) + 3 * x,
    "clip": lambda f, x: ad.clip(where(x > NEVER, f(x), 5.0), 0.0, 1.0) + 3 * x,
    "a factor of 0": lambda f, x: 0.0 * where(x > NEVER, f(x), 1.0) + 3 * x,
    "a factor of False": lambda f, x: (x > NEVER) * where(x > NEVER, f(x), 1.0) + 3 * x,
    "a masked factor": lambda f, x: where(x > NEVER, x, 0.0) * where(x > NEVER, f(x), 1.0) + 3 * x,
    "an index": lambda f, x: ad.stack([3 * x, f(x)])[0],
    "at": lambda f, x: ad.array([f(x), 3 * x]).at[0].set(0.0).sum(0),
    "max": lambda f, x: ad.max(ad.array([where(x > NEVER, f(x), -9.0), 3 * x + 9e9]), 0),
    "sort": lambda f, x: ad.sort(ad.array([where(x > NEVER, f(x), -9.0), 3 * x]), 0)[1],
    "inside": lambda f, x: where(x > NEVER, f(where(x > NEVER, x, 0.0)), 0.0) + 3 * x,
}


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jvp(f, x, np.ones(np.shape(getattr(x, "primal", x)))[()])[1]


WAYS: dict[str, Callable[[Callable[[Any], Any], Any], list[Any]]] = {
    "numbers": lambda f, x: [f(x)],
    "arrays": lambda f, x: list(f(np.array([x, x]))),
    "compiled": lambda f, x: [jit(f)(x), *jit(f)(np.array([x, x]))],
    "batched": lambda f, x: list(vmap(f)(np.array([x, x]))),
    "compiled batches": lambda f, x: list(jit(vmap(f))(np.array([x, x]))),
    "recomputed": lambda f, x: list(f(np.array([x, x]))),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("mask", MASKS)
def test_what_is_masked_stays_masked_in_every_mode_and_every_way_to_run(
    mask: str, order: int
) -> None:
    masks = MASKS[mask]
    names = INFINITE if order == 1 else ("sqrt", "log", "x**1.5", "exp")
    ways = WAYS if order == 1 else ("numbers", "arrays", "compiled")
    for (f, x), way in itertools.product([INFINITE[name] for name in names], ways):

        def g(x: Any, f: Any = f, way: str = way) -> Any:
            return masks(checkpoint(f) if way == "recomputed" else f, x)

        for modes in itertools.product((elementwise_grad, forward), repeat=order):
            run = g
            for mode in modes:
                run = mode(run)
            with np.errstate(all="ignore"):
                found = WAYS[way](run, x)
            np.testing.assert_array_equal(found, 3.0 if order == 1 else 0.0)


# Functions of x with a smooth derivative at a point where the chain rule meets 0 · ∞ by accident.
ACCIDENTS: dict[str, tuple[Callable[[Any, Any], Any], float]] = {
    "cos(sqrt(x))": (lambda m, x: m.cos(m.sqrt(x)), 0.0),
    "sqrt(x)**2": (lambda m, x: m.sqrt(x) ** 2, 0.0),
    "sqrt(x) * sqrt(x)": (lambda m, x: m.sqrt(x) * m.sqrt(x), 0.0),
    "exp(log(x))": (lambda m, x: m.exp(m.log(x)), 0.0),
    "cosh(sqrt(x))": (lambda m, x: m.cosh(m.sqrt(x)), 0.0),
    "1 / (1 / x)": (lambda m, x: 1 / (1 / x), 0.0),
    "sin(sqrt(x)) * sqrt(x)": (lambda m, x: m.sin(m.sqrt(x)) * m.sqrt(x), 0.0),
    "(x**0.5)**2": (lambda m, x: (x**0.5) ** 2, 0.0),
    "cos(arccos(x))": (lambda m, x: m.cos(m.arccos(x)), 1.0),
    "arccos(x)**2": (lambda m, x: m.arccos(x) ** 2, 1.0),
    "tanh(arctanh(x))": (lambda m, x: m.tanh(m.arctanh(x)), 1.0),
    "sqrt(x**4)": (lambda m, x: m.sqrt(x**4), 0.0),
    "log(1 + exp(log(x)))": (lambda m, x: m.log(1 + m.exp(m.log(x))), 0.0),
    "abs(sqrt(x))**2": (lambda m, x: abs(m.sqrt(x)) ** 2, 0.0),
    "hypot": (lambda m, x: m.hypot(m.sqrt(x), m.sqrt(x)) ** 2, 0.0),
    "x * sqrt(x)": (lambda m, x: x * m.sqrt(x), 0.0),
}
ONLY_HERE: dict[str, tuple[Callable[[Any], Any], tuple[float, float]]] = {
    "prod": (lambda x: ad.prod(ad.array([sqrt(x)] * 2), axis=0), (1.0, 0.0)),
    "cumprod": (lambda x: ad.cumprod(ad.array([sqrt(x)] * 2), axis=0)[1], (1.0, 0.0)),
    "einsum": (
        lambda x: ad.einsum("i...,i...->...", ad.array([sqrt(x)]), ad.array([sqrt(x)])),
        (1.0, 0.0),
    ),
    "logsumexp": (lambda x: ad.logsumexp(ad.array([log(x), 0 * x]), axis=0), (1.0, -1.0)),
    "softmax": (lambda x: ad.softmax(ad.array([log(x), 0 * x]), axis=0)[0], (1.0, -2.0)),
    "softplus": (lambda x: ad.softplus(log(x)), (1.0, -1.0)),
    "logaddexp": (lambda x: ad.logaddexp(log(x), 0.0), (1.0, -1.0)),
    "var": (lambda x: ad.var(ad.array([sqrt(x), -sqrt(x)]), axis=0), (1.0, 0.0)),
    "norm squared": (lambda x: ad.norm(ad.array([x, x]), axis=0) ** 2, (0.0, 4.0)),
    "std squared": (lambda x: ad.std(ad.array([x, -x]), axis=0) ** 2, (0.0, 2.0)),
    "hypot squared": (lambda x: ad.hypot(x, x) ** 2, (0.0, 4.0)),
}


def _right(f: Callable[[Any, Any], Any], x: float) -> list[float]:
    """The first two derivatives, by one-sided differences in 60 digits."""
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -20 * (1 if x == 0 else -1)
        mp: Any = mpmath.mp.clone()
        mp.arccos, mp.arctanh = mpmath.acos, mpmath.atanh
        first = [(f(mp, x + k * h) - f(mp, x + (k - 1) * h)) / h for k in (2, 3, 4)]
        return [float(2 * first[0] - first[1]), float((first[1] - first[0]) / h)]


def _is_honest(found: Any, right: float) -> bool:
    return all(not np.isfinite(x) or abs(x - right) < 1e-9 for x in np.ravel(found))


@pytest.mark.parametrize("name", [*ACCIDENTS, *ONLY_HERE])
def test_zero_times_infinity_by_accident_is_never_a_finite_wrong_number(name: str) -> None:
    if name in ACCIDENTS:
        smooth, x = ACCIDENTS[name]
        f, right = (lambda x: smooth(ad, x)), _right(smooth, x)
    else:
        (f, right), x = ONLY_HERE[name], 0.0  # type: ignore[assignment]
    for order in (1, 2):
        for modes in itertools.product((elementwise_grad, forward), repeat=order):
            run = f
            for mode in modes:
                run = mode(run)
            for way in ("numbers", "arrays", "compiled", "batched"):
                with np.errstate(all="ignore"):
                    found = WAYS[way](run, x)
                assert _is_honest(found, right[order - 1]), (order, way, found, right)
        with np.errstate(all="ignore"):
            found = [taylor(f, kind(x), order=order)[-1] * order for kind in (float, np.array)]
        assert all(_is_honest(c, right[order - 1]) for c in found)


# Steps that compose to functions with and without masks, in mpmath and here.
STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "sqrt": lambda m, x: m.sqrt(x),
    "square": lambda m, x: x * x,
    "cube": lambda m, x: x**3,
    "cos": lambda m, x: m.cos(x),
    "sin": lambda m, x: m.sin(x),
    "exp": lambda m, x: m.exp(x),
    "log": lambda m, x: m.log(x),
    "cosh": lambda m, x: m.cosh(x),
    "inverse": lambda m, x: 1 / x,
    "double": lambda m, x: 2 * x,
    "less one": lambda m, x: x - 1,
    "from one": lambda m, x: 1 - x,
    "closed": lambda m, x: x + (0 * x if m is not ad else where(x > NEVER, sqrt(x - NEVER), 0.0)),
}


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=5),
    x=st.sampled_from([0.0, 1.0]),
    order=st.sampled_from([1, 2]),
    way=st.sampled_from(sorted(WAYS)),
    modes=st.tuples(*[st.sampled_from([elementwise_grad, forward])] * 2),
)
def test_compositions_give_the_limit_or_a_number_that_is_not_finite(
    names: list[str], x: float, order: int, way: str, modes: Any
) -> None:
    def f(m: Any, x: Any) -> Any:
        for name in names:
            x = STEPS[name](m, x)
        return x

    try:
        with mpmath.workdps(60):
            right = _right(f, x)[order - 1]
            beside = [_right(f, x + s * 1e-9)[order - 1] for s in (1, -1)]
    except (ValueError, ZeroDivisionError, TypeError, OverflowError):
        return
    if not np.isfinite(right) or min(abs(b - right) for b in beside) > 1e-4 * (1 + abs(right)):
        return  # there is no derivative, or 60 digits are too few
    run: Any = lambda x: f(ad, x)  # noqa: E731
    for mode in modes[:order]:
        run = mode(run)
    with np.errstate(all="ignore"):
        for found in np.ravel(WAYS[way](run, x)):
            assert not np.isfinite(found) or abs(found - right) <= 1e-3 * (1 + abs(right))


# --------------------------------------------------------------------------------------------------
# What makes a zero a strong one


def test_a_seed_of_zero_takes_no_part() -> None:
    x = np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(vjp(sqrt, x)[1](np.array([0.0, 1.0]))[0], [0.0, 0.25])
        np.testing.assert_array_equal(jvp(sqrt, x, np.array([0.0, 1.0]))[1], [0.0, 0.25])
        for mode in ("forward", "reverse"):
            rows = jacobian(sqrt, mode=mode)(x)
            np.testing.assert_array_equal(rows, [[np.inf, 0.0], [0.0, 0.25]])
            np.testing.assert_array_equal(jit(jacobian(sqrt, mode=mode))(x), rows)


def test_a_constant_factor_of_zero_closes_and_one_that_is_differentiated_does_not() -> None:
    def f(x: Any, mask: Any) -> Any:
        return (mask * sqrt(x)).sum()

    x, mask = np.array([0.0, 4.0]), np.array([0.0, 1.0])
    with np.errstate(all="ignore"):
        for run in (lambda f: f, jit):
            np.testing.assert_array_equal(run(grad(f))(x, mask), [0.0, 0.25])
            by_x, by_mask = run(grad(f, (0, 1)))(x, mask)
            np.testing.assert_array_equal(by_x, [np.nan, 0.25])
            np.testing.assert_array_equal(by_mask, [0.0, 2.0])
            mixed = run(grad(lambda m: grad(f)(x, m).sum()))(mask)
            np.testing.assert_array_equal(mixed, [np.inf, 0.25])


def test_nan_of_one_entry_does_not_spread_to_others() -> None:
    x = np.array([0.0, 4.0, -1.0])
    with np.errstate(all="ignore"):
        for run in (lambda f: f, jit):
            found = run(grad(lambda x: (where(x >= 0, sqrt(x), 0.0) ** 2).sum()))(x)
            np.testing.assert_array_equal(found, [np.nan, 1.0, 0.0])
            second = run(hessian(lambda x: (where(x > 0, sqrt(x), 0.0) ** 2).sum()))(x)
            np.testing.assert_allclose(second, np.zeros((3, 3)), atol=1e-12)


def test_an_inner_result_that_is_constant_is_still_a_variable_to_differentiate_by() -> None:
    x = Tensor([0.0, 4.0])
    y = where(np.zeros(2, bool), x, 0.0)
    with np.errstate(all="ignore"):
        by_x, by_y = gradients((y * 3 + sqrt(x) * y).sum(), [x, y])
    np.testing.assert_array_equal(by_y, [3.0, 5.0])
    assert by_x[1] == 0.0


def test_in_a_compiled_program_a_constant_to_differentiate_by_is_a_variable() -> None:
    with np.errstate(all="ignore"):
        f = jit(lambda y: y * grad(lambda x: ad.cos(sqrt(x)) * y)(0.0))
        assert np.isnan([f(1.0), f(2.0)]).all()
        g = jit(lambda y: y + grad(lambda x: where(x > 0, sqrt(x), 0.0) * y)(0.0))
        assert (g(1.0), g(2.0)) == (1.0, 2.0)


def test_a_rule_that_needs_plain_data_still_gives_what_it_did() -> None:
    def slope(out: Any, x: Any) -> Any:
        assert type(x) is np.ndarray
        return np.full(x.shape, np.nan)

    op = ad.custom_op(np.copy, derivative=slope)
    assert np.isnan(grad(lambda x: (op(x) * sqrt(x)).sum())(np.ones(2))).all()


# Rows of data that are missing: NaN in them is masked behind a function of each row.

ROWS: dict[str, Callable[[Any], Any]] = {
    **{
        f.__name__: f
        for f in (ad.arctan, ad.erf, ad.exp, ad.sigmoid, ad.sin, ad.softplus, ad.square, ad.tanh)
    },
    **{
        f.__name__: lambda x, f=f: f(x, 1)
        for f in (ad.cumsum, ad.cumprod, ad.softmax, ad.log_softmax)
    },
    **{
        f.__name__: lambda x, f=f: f(x, 1, keepdims=True)
        for f in (ad.logsumexp, ad.max, ad.mean, ad.min, ad.prod, ad.std, ad.sum, ad.var)
    },
    "norm": lambda x: ad.norm(x, axis=1, keepdims=True),
    "recurrence": lambda x: ad.ops.TABLE["recurrence"](x, x * x),
    "sinc": anp.sinc,
    "sort": lambda x: ad.sort(x, 1),
    "a parameter": lambda x: special.hyp0f1(1.3, x) + special.gammainc(1.7, ad.abs(x)),
    "read one by one": lambda x: ad.array([[v * ad.exp(v) for v in row] for row in x]),
}
MISSING = np.array([[0.3, -1.2, 0.7], [np.nan, 2.0, np.inf], [1.5, 0.4, -0.2], [np.nan] * 3])
HERE = np.array([[True], [False], [True], [False]])


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", ROWS)
def test_missing_rows_have_no_derivative_and_no_influence(name: str) -> None:
    f = ROWS[name]

    def loss(x: Any) -> Any:
        return ad.sum(ad.where(HERE, ad.sin(f(x)), 0.0))

    def slope(x: Any) -> Any:
        return ad.sum(grad(loss)(x) * np.arange(12.0).reshape(4, 3))

    clean = np.where(HERE, MISSING, 0.5)
    for g in (grad(loss), grad(slope)):
        expected = np.where(HERE, g(clean), 0.0)
        np.testing.assert_allclose(g(MISSING), expected, rtol=1e-12, atol=1e-14)
        compiled = jit(g)
        np.testing.assert_allclose(compiled(clean)[HERE[:, 0]], expected[HERE[:, 0]], rtol=1e-12)
        np.testing.assert_allclose(compiled(MISSING), expected, rtol=1e-12, atol=1e-14)
