"""Integers, booleans and small floats: with respect to them a derivative is that at the same point
in float64, and what is computed of plain ones is what NumPy computes, in type and value.

In all ways of running: plainly, in an eager derivative, under `jit` and under `vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import special

import autograd as ad
import autograd.numpy as anp
import autograd.scipy.stats as stats
from autograd import grad, jit, vmap
from autograd.ops import TABLE
from tests.autograd.cases import BINARY, CASES, Case

pytestmark = [
    pytest.mark.filterwarnings("ignore::autograd.JitNotice"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

TYPES = ("int64", "int32", "uint8", "bool", "float32")


def of_type(x: Any, dtype: str) -> Any:
    """Numbers like those of a case, in another type."""
    if dtype.startswith("float"):
        return np.asarray(x, dtype)
    whole = np.rint(np.multiply(x, 2))
    return np.greater(x, 0.5) if dtype == "bool" else np.abs(whole).astype(dtype)


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        tree = [*tree.values()]
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in leaves(part)]
    return [np.asarray(tree)]


def same(found: Any, expected: Any, rtol: float = 1e-9) -> None:
    """Alike in number type, shape and value."""
    pairs = zip(leaves(found), leaves(expected), strict=True)
    for one, other in pairs:
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_allclose(one.astype(float), other.astype(float), rtol=rtol, atol=rtol)


def tolerance(*arrays: Any) -> float:
    """How well numbers agree that are computed in these types."""
    exact = {"float16": 4e-3, "float32": 2e-5}
    return max(exact.get(leaf.dtype.name, 1e-9) for leaf in leaves(arrays))


def typed_cases(*more: str) -> dict[str, list[tuple[Case, str]]]:
    """For each operation its cases with types in turn, and more of them where there are few."""
    pairs: dict[str, list[tuple[Case, str]]] = {}
    types = TYPES + more
    for turn, name in enumerate(dict.fromkeys(case.name for case in CASES)):
        cases = [case for case in CASES if case.name == name]
        pairs[name] = [
            (cases[number % len(cases)], types[(number + (turn if more else 0)) % len(types)])
            for number in range(max(len(cases), len(TYPES)))
        ]
    return pairs


def second(f: Callable[..., Any], *args: Any) -> Any:
    """What `f` compiled gives at its second call."""
    compiled = jit(f)
    compiled(*args)
    return compiled(*args)


def batched(f: Callable[..., Any], *args: Any) -> Any:
    """What `f` gives in a batch of two like examples, for the last of them."""
    found = vmap(f)(*[np.stack([arg, arg]) for arg in args])
    return [leaf[-1] for leaf in leaves(found)]


WAYS: dict[str, Callable[..., Any]] = {
    "eager": lambda f, *args: f(*args),
    "jit": second,
    "vmap": batched,
    "jit-vmap": lambda f, *args: batched(jit(f), *args),
}


# --------------------------------------------------------------------------------------------------
# Derivatives


def total(case: Case) -> Callable[..., Any]:
    """The case as a function that gives one number."""

    def f(*args: Any) -> Any:
        out = case.f(*args)
        parts = out if isinstance(out, list | tuple) else [out]
        return sum(ad.sum(ad.sin(part * 1.3 + 0.2)) for part in parts)

    return f


@pytest.mark.parametrize(
    ("case", "dtype"), [pair for pairs in typed_cases().values() for pair in pairs], ids=str
)
def test_derivative_at_integers_is_that_at_floats(case: Case, dtype: str) -> None:
    gradient = grad(total(case), range(len(case.args)))
    args = [of_type(arg, dtype) for arg in case.args]
    try:
        expected = gradient(*[arg.astype(float) for arg in args])
    except np.linalg.LinAlgError:  # these integers make a matrix of a kind that it is not for
        return
    rtol = 1e-9
    if dtype == "float32":
        # A power of a matrix loses digits, and float32 has few.
        expected, rtol = [g.astype(dtype) for g in expected], 1e-3
    for run in (WAYS["eager"], second, batched):
        same(run(gradient, *args), expected, rtol)


def cubes(x: Any) -> Any:
    return np.sum(x * x * x / 7 + np.sin(x[::-1]) * x)


X = np.array([3, 1, 2])
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": grad(cubes),
    "value_and_grad": ad.value_and_grad(cubes),
    "elementwise_grad": ad.elementwise_grad(lambda x: np.sin(x) / 3),
    "derivative of order 2": ad.derivative(lambda x: np.sin(x) / 3, 2),
    "vjp": lambda x: ad.vjp(lambda x: np.sin(x) / 3, x)[1](np.array([1, 0, 2]))[0],
    "jvp": lambda x: ad.jvp(lambda x: np.sin(x) / 3, (x,), (np.array([1, 0, 2]),)),
    "jacobian": ad.jacobian(lambda x: np.sin(x)[:2] * x[2] / 3),
    "jacobian in forward mode": ad.jacobian(lambda x: np.sin(x) * x[2] / 3, mode="forward"),
    "hessian": ad.hessian(cubes),
    "hvp": lambda x: ad.hvp(cubes, x, np.array([1, 0, 2])),
    "grad of grad": grad(lambda x: (grad(cubes)(x) ** 2).sum()),
    "in a dict": lambda x: grad(lambda p: cubes(p["w"]) * p["b"][0])({"w": x, "b": [x[0]]}),
    "in an inner grad": lambda x: grad(lambda t: (t * x / 3).sum())(1.0),
    "of a checkpoint": grad(ad.checkpoint(cubes)),
}


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("way", WAYS)
def test_every_derivative_at_integers_is_that_at_floats(name: str, dtype: str, way: str) -> None:
    f, x = TRANSFORMS[name], X.astype(dtype)
    same(leaves(WAYS[way](f, x)), leaves(f(x.astype(float))))


@pytest.mark.parametrize("x", [np.int64(3), np.uint8(3), np.array(3), np.float32(3), np.bool(True)])
def test_numpy_numbers_are_differentiated_as_reals(x: Any) -> None:
    def f(x: Any) -> Any:
        return np.sin(x) * x / 3

    expected = np.asarray(grad(f)(float(x)), np.result_type(x, 0.0))
    assert grad(f)(x).dtype == expected.dtype
    for run in (grad(f), lambda x: second(grad(f), x), lambda x: batched(grad(f), np.asarray(x))):
        same(run(x), expected, tolerance(expected))


def test_value_at_integers_is_real_where_it_is_differentiated() -> None:
    for run in (ad.value_and_grad, lambda f: jit(ad.value_and_grad(f))):
        value, slope = run(lambda x: (x * x).sum())(np.array([200, 3], np.uint8))
        assert (value, slope.tolist(), slope.dtype) == (40009.0, [400.0, 6.0], float)


def test_derivative_of_what_is_whole_is_zero_and_real() -> None:
    for f in (lambda x: x.astype(int), lambda x: x > 1, lambda x: ad.cast(x, np.int8)):
        for mode in ("reverse", "forward"):
            matrix = jit(ad.jacobian(lambda x, f=f: f(x), mode=mode))(np.array([1.5, 2.5]))
            same(matrix, np.zeros((2, 2)))


def test_gradients_by_a_node_of_integers_is_refused() -> None:
    with pytest.raises(TypeError, match=r"an input of int64 has no derivative.*astype\(float\)"):
        jit(lambda x: ad.gradients(np.sin(x).sum(), x))(X)


# --------------------------------------------------------------------------------------------------
# Rules with plain integers among their arguments

EXTREMES = {
    "uint8": (200, 0, 1),
    "int8": (-128, 127, 0),
    "int64": (-3, 2**40, 0),
    "bool": (1, 0, 1),
}


@pytest.mark.parametrize("dtype", EXTREMES)
@pytest.mark.parametrize("name", BINARY)
def test_derivative_beside_plain_integers_is_that_beside_floats(name: str, dtype: str) -> None:
    f = getattr(ad, name, TABLE.get(name))
    x = np.array([0.3, -1.7, 12.6])
    whole = np.array(EXTREMES[dtype], dtype)
    for order in (f, lambda x, y: f(y, x)):
        expected = grad(lambda x, y, f=order: f(x, y).sum())(x, whole.astype(float))
        gradient = grad(lambda x, y, f=order: f(x, y).sum())
        for run in (WAYS["eager"], second):
            same(run(gradient, x, whole), expected)


@pytest.mark.eager
def test_density_of_counts_does_not_wrap_around() -> None:
    counts = np.array([255, 3], np.uint8)
    for density in (lambda m, k: stats.poisson.logpmf(k, m), stats.norm.logpdf, stats.t.logpdf):
        gradient = grad(lambda m, k, f=density: f(m, k).sum())
        expected = gradient(np.array([200.0, 2.0]), counts.astype(float))
        same(gradient(np.array([200.0, 2.0]), counts), expected)


def test_reals_put_among_integers_stay_real() -> None:
    def f(v: Any) -> Any:
        return ad.ops.At(np.array([1, 2, 3]))[0].set(v).sum() ** 2

    assert grad(f)(2.5) == jit(grad(f))(2.5) == 15.0
    same(ad.ops.At(X)[0].add(0.5), np.array([3.5, 1.0, 2.0]))


# --------------------------------------------------------------------------------------------------
# Plain integers


OF_MORE_TYPES = typed_cases("float16", "int8", "uint64")


@pytest.mark.parametrize("name", OF_MORE_TYPES)
def test_compiled_and_batched_operations_have_the_type_of_plain_ones(name: str) -> None:
    cases, given, results = [], [], []
    for case, dtype in OF_MORE_TYPES[name]:
        args = [of_type(arg, dtype) for arg in case.args]
        try:
            expected = case.f(*args)
        except (TypeError, ValueError):  # such as a difference of booleans
            continue
        same(batched(case.f, *args), expected, tolerance(expected, args))
        cases.append(case)
        given.append(args)
        results.append(expected)

    def all_of_them(*given: Any) -> Any:
        return [case.f(*args) for case, args in zip(cases, given, strict=True)]

    if cases:
        found = second(all_of_them, *given)
        for one, expected, args in zip(found, results, given, strict=True):
            same(one, expected, tolerance(expected, args))


UNARY = """
absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh exp exp2 expm1 fabs floor
isfinite log log10 log1p log2 negative positive reciprocal rint sign sin sinh sqrt square tan tanh
"""
WHOLE = """
all any argmax argmin argsort count_nonzero cumprod cumsum diag max mean median min prod ptp round
sort std sum trace tril triu var linalg.norm linalg.det linalg.inv
"""
SETTINGS: dict[str, Callable[[Any, Any], Any]] = {
    "argmax by place": lambda np, x: np.argmax(x, 0),
    "any by place": lambda np, x: np.any(x, 1),
    "mean of rows": lambda np, x: np.mean(x, axis=1, keepdims=True),
    "spread of columns": lambda np, x: np.std(x, 0),
    "largest column": lambda np, x: np.linalg.norm(x, 1),
    "largest entries": lambda np, x: np.linalg.norm(x, np.inf, axis=0),
    "3-norm": lambda np, x: np.linalg.norm(x, 3, axis=0),
    "sum as floats": lambda np, x: np.sum(x * 0.1),
    "einsum of one": lambda np, x: np.einsum("ij->i", x),
    "einsum of two": lambda np, x: np.einsum("ij,kj->ik", x, x),
    "product": lambda np, x: x @ x.T,
    "cast": lambda np, x: x.astype(np.int8) * 2,
    "cast and back": lambda np, x: x.astype(float).astype(np.int32),
    "entries": lambda np, x: x[0, 0] * x[1, 1] - x[0, 1] * 0.5,
    "index": lambda np, x: x[x[1, 1] * 0],
    "choice": lambda np, x: np.where(x > 1, x, 0),
    "choice among floats": lambda np, x: np.where(x > 1, x, 2.5),
    "choice of numbers": lambda np, x: np.where(x > 1, 1, 0),
    "mask times number": lambda np, x: (x > 1) * 3,
    "mask mean": lambda np, x: (x > 1).mean(),
    "clip": lambda np, x: np.clip(x, 0.5, 2.5),
    "joined with floats": lambda np, x: np.concatenate([x, x * 0.5]),
    "negative in a sum": lambda np, x: 2.5 + (-x),
    "negative in a difference": lambda np, x: np.float64(2.5) - (-x),
    "multiple of a negative": lambda np, x: -(-x * 2.5),
    "negative of a multiple": lambda np, x: -(x * np.array([200], np.uint8)),
    "sigmoid written out": lambda np, x: 1 / (1 + np.exp(-1.0 * x)),
    "sum of two large": lambda np, x: x + 2**53 == 2**53 + 3,
    "constant that a float does not hold": lambda np, x: x + np.full((3, 3), 2**53 + 1),
}
ONLY_OURS: dict[str, Callable[[Any, Any], Any]] = {
    "nansum": lambda np, x: np.nansum(x),
    "nanmax": lambda np, x: np.nanmax(x),
    "nanmean": lambda np, x: np.nanmean(x),
    "nan_to_num": lambda np, x: np.nan_to_num(x),
    "average": lambda np, x: np.average(x),
    "weighted average": lambda np, x: np.average(x, weights=x + 1),
    "full_like": lambda np, x: np.full_like(x, 2.7),
    "sum where": lambda np, x: np.sum(x, where=x > 1),
    "mean where": lambda np, x: np.mean(x, where=x > 0),
    "sum from": lambda np, x: np.sum(x, initial=5),
    "max from": lambda np, x: np.max(x, where=x > 1, initial=x.dtype.type(1)),
}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "**": lambda x, y: x**y,
    "==": lambda x, y: x == y,
    "<": lambda x, y: x < y,
    "arctan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "maximum": np.maximum,
    "heaviside": np.heaviside,
    "float_power": np.float_power,
}
OTHERS: tuple[Any, ...] = (
    *(2, -1, 300, 2.0, -1.0, 0.5, 2**53 + 1, 2**70),
    *(np.int8(3), np.float32(1.5), np.array([1, 2, 3], np.uint8), np.array([1.5, 2, 3])),
)
SMALL = np.array([[2, 1, 0], [3, 1, 1], [2, 3, 1]])
LARGE = np.array([[200, 100, 3], [0, 127, 255], [90, 1, 77]])


def as_numpy(
    f: Callable[[Any], Any],
    theirs: Callable[[Any], Any] | None = None,
    arrays: Sequence[Any] = (SMALL, LARGE),
) -> None:
    """Check that compiled and batched `f` of plain arrays gives what NumPy does, or raises."""
    given, results = [], []
    for dtype, array in product(("int64", "int8", "uint8", "uint64", "bool", "float32"), arrays):
        x = array.astype(dtype)
        try:
            results.append((theirs or f)(x))
        except (TypeError, ValueError, IndexError, OverflowError, np.linalg.LinAlgError):
            continue
        given.append(x)
    for run in (second, batched) if given else ():
        found = run(lambda *xs: [f(x) for x in xs], *given)
        for one, expected, x in zip(found, results, given, strict=True):
            same(one, expected, tolerance(expected, x))


@pytest.mark.parametrize("name", (UNARY + WHOLE).split())
def test_function_of_plain_integers_is_that_of_numpy(name: str) -> None:
    module = np.linalg if "." in name else np
    as_numpy(getattr(module, name.rpartition(".")[2]))


@pytest.mark.parametrize("name", SETTINGS)
def test_expression_of_plain_integers_is_that_of_numpy(name: str) -> None:
    as_numpy(lambda x: SETTINGS[name](np, x))


@pytest.mark.parametrize("name", ONLY_OURS)
def test_function_of_autograd_numpy_keeps_integers_as_numpy_does(name: str) -> None:
    f = ONLY_OURS[name]
    as_numpy(lambda x: f(anp, x), lambda x: f(np, x))


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_between_integers_and_numbers_is_that_of_numpy(name: str) -> None:
    f = OPERATORS[name]
    # Early NumPy 2 squares for x**2.0 whatever the type, and so gives int8 of booleans.
    squares = name == "**" and np.lib.NumpyVersion(np.__version__) < "2.4.0"
    for other in OTHERS:
        if squares and other is OTHERS[3]:
            continue
        as_numpy(lambda x, y=other: f(x, y), arrays=[LARGE])
        as_numpy(lambda x, y=other: f(y, x), arrays=[SMALL])


FORMULAS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sigmoid": (ad.sigmoid, special.expit),
    "softplus": (ad.softplus, lambda x: np.logaddexp(0, x)),
    "elu": (ad.elu, lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
    "erf": (ad.erf, special.erf),
    "softmax": (ad.softmax, lambda x: special.softmax(x, -1)),
    "log_softmax": (ad.log_softmax, lambda x: special.log_softmax(x, -1)),
    "logsumexp": (ad.logsumexp, special.logsumexp),
    "norm": (ad.norm, np.linalg.norm),
    "norm of order 3": (lambda x: ad.norm(x, 3, 0), lambda x: np.linalg.norm(x, 3, 0)),
    "mean": (ad.mean, np.mean),
    "var": (ad.var, np.var),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", ["int64", "uint8", "int8", "bool"])
def test_formula_of_plain_integers_is_computed_in_float64(name: str, dtype: str) -> None:
    ours, theirs = FORMULAS[name]
    for array in (SMALL, LARGE, -LARGE, LARGE * 2**46):
        x = array.astype(dtype)
        for run in (WAYS["eager"], second, batched):
            same(run(ours, x), theirs(x.astype(float)))


def test_mean_of_float16_is_summed_in_float32() -> None:
    half = np.full(3000, 30.0, np.float16)
    for run in (WAYS["eager"], second, batched):
        same(run(ad.mean, half), np.mean(half))


def test_accidental_zero_times_infinity_at_integers_is_nan_in_every_way_of_running() -> None:
    """√x sin(0.3 √x) has the slope 0.3 at 0, where the chain rule has 0 · ∞."""
    gradient = grad(lambda x: anp.sum(anp.sin(0.3 * anp.sqrt(x)) * anp.sqrt(x)))
    for dtype in ("int64", "uint8", "float64"):
        x = np.array([0, 2], dtype)
        for run in (WAYS["eager"], second, batched):
            assert np.isnan(np.ravel(run(gradient, x))).tolist() == [True, False]


def test_ramp_of_small_integers_does_not_wrap_around() -> None:
    x, ends = np.arange(9, dtype=np.uint8).reshape(3, 3) + 200, np.array([11, 7], np.uint8)
    for run in (WAYS["eager"], second, batched):
        found = run(lambda x, c: anp.pad(x, 2, "linear_ramp", end_values=c), x, ends)
        same(found, np.pad(x, 2, "linear_ramp", end_values=ends))
