"""Functions of `autograd.scipy` over their domain and on its border, up to second derivatives, with
small relative errors also where the numbers themselves are small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise, product
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import autograd as ad
import autograd.scipy.special as sp
import autograd.scipy.stats as stats
from autograd import grad, jit

Formula = Callable[..., Any]
half = mp.mpf(1) / 2


def normal(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def student(df: Any, t: Any) -> Any:
    series = mp.hyp2f1(half, (df + 1) / 2, 3 * half, -t * t / df)
    return half + t * mp.gamma((df + 1) / 2) * series / (mp.sqrt(mp.pi * df) * mp.gamma(df / 2))


def scaled_i(v: Any, x: Any) -> Any:
    return mp.besseli(v, x) * mp.exp(-abs(x))


def scaled_k(v: Any, x: Any) -> Any:
    """Of order 1/2 and 5/2."""
    return mp.sqrt(mp.pi / 2 / x) * (1 if v < 1 else 1 + 3 / x + 3 / x**2)


def lower_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def upper_gamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, mp.inf, regularized=True)


GAMMA = [-20.3, -5.5, -3.0 + 1e-7, -1.5, -0.5, -1e-8, 1e-8, 0.3, 1.0, 2.0, 30.0, 170.0]
REAL = [-25.0, -8.0, -1.0, -1e-8, 0.0, 1e-8, 0.5, 3.0, 10.0, 25.0]
WIDE = [-700.0, -100.0, *REAL, 100.0, 700.0]
FAR = [-1e10, -1e5, -1e3, *WIDE, 1e3, 1e5, 1e10]
POSITIVE = [1e-8, 0.3, 1.0, 5.0, 50.0, 1e5, 1e9]
UNIT = [1e-20, 1e-5, 0.1, 0.5, 0.9, 1.0 - 1e-10]
WAVE = [-30.0, -1.0, -1e-8, 0.0, 1e-8, 1.0, 5.0, 100.0]
GROWTH = [-300.0, -30.0, -1.0, -1e-8, 0.0, 1e-8, 1.0, 30.0, 300.0]

ONE: dict[str, tuple[Formula, Sequence[float]]] = {
    "gamma": (mp.gamma, GAMMA),
    "gammaln": (lambda x: mp.log(abs(mp.gamma(x))), [*GAMMA, 1e5, 1e10]),
    "psi": (mp.digamma, [*GAMMA, 1e5, 1e10]),
    "rgamma": (mp.rgamma, [*GAMMA, -1.0, -4.0, 0.0]),
    "factorial": (mp.factorial, [0.1, 3.0, 100.0]),
    "erf": (mp.erf, REAL),
    "erfc": (mp.erfc, REAL),
    "erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), [x for x in FAR if x > -26]),
    "erfinv": (mp.erfinv, [-1.0 + 1e-10, -0.9, 0.0, 1e-10, 0.3, 0.99]),
    "erfcinv": (lambda x: mp.erfinv(1 - x), [1e-10, 0.1, 1.0, 1.5, 1.999]),
    "dawsn": (lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), [-1e5, *WIDE, 1e5]),
    "ndtr": (normal, REAL),
    "log_ndtr": (lambda x: mp.log(normal(x)), [x for x in FAR if abs(x) < 1e6]),
    "ndtri": (lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), [1e-5, 0.3, 0.5, 0.9, 1 - 1e-10]),
    "j0": (lambda x: mp.besselj(0, x), WAVE),
    "j1": (lambda x: mp.besselj(1, x), WAVE),
    "y0": (lambda x: mp.bessely(0, x), [1e-8, 1.0, 100.0]),
    "y1": (lambda x: mp.bessely(1, x), [1e-8, 1.0, 100.0]),
    "i0": (lambda x: mp.besseli(0, x), GROWTH),
    "i1": (lambda x: mp.besseli(1, x), GROWTH),
    "k0": (lambda x: mp.besselk(0, x), [1e-8, 1.0, 300.0]),
    "k1": (lambda x: mp.besselk(1, x), [1e-8, 1.0, 300.0]),
    "i0e": (lambda x: scaled_i(0, x), [-1e5, -30.0, -1.0, 0.1, 1.0, 30.0, 60.0, 1e4, 1e8]),
    "i1e": (lambda x: scaled_i(1, x), [-1e5, -30.0, -1.0, 0.1, 1.0, 30.0, 60.0, 1e4, 1e8]),
    "exprel": (lambda x: mp.expm1(x) / x, [-100.0, -3.0, -1e-8, 1e-8, 0.5, 30.0, 300.0]),
    "expit": (lambda x: 1 / (1 + mp.exp(-x)), [x for x in WIDE if abs(x) != 1e-8]),
    "log_expit": (lambda x: -mp.log1p(mp.exp(-x)), WIDE),
    "logit": (lambda x: mp.log(x / (1 - x)), UNIT),
    "entr": (lambda x: -x * mp.log(x), POSITIVE),
    "exp10": (lambda x: mp.mpf(10) ** x, [-300.0, -1.0, 0.0, 0.5, 300.0]),
    "exp2": (lambda x: mp.mpf(2) ** x, [-300.0, -1.0, 0.0, 0.5, 300.0]),
    "expm1": (mp.expm1, WIDE),
    "log1p": (mp.log1p, [-1.0 + 1e-10, -0.5, -1e-10, 0.0, 1e-10, 1.0, 1e10]),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), [-1e10, -1.0, -1e-10, 1e-10, 1.0, 1e10]),
    "sinc": (mp.sincpi, [-5.5, -1.1, -1e-8, 0.0, 1e-8, 0.5, 20.3]),
}
ORDERS: dict[str, tuple[Formula, Sequence[float], Sequence[float]]] = {
    "polygamma": (mp.polygamma, [1, 2], [-20.3, 1e-8, 0.3, 5.0, 1e5]),
    "gammainc": (
        lower_gamma,
        [0.3, 1.0, 1.5, 2.0, 3.0, 200.0],
        [1e-30, 1e-3, 0.5, 3.0, 20.0, 300.0],
    ),
    "gammaincc": (
        upper_gamma,
        [0.3, 1.0, 2.0, 20.0],
        [1e-30, 1e-3, 0.5, 3.0, 20.0, 300.0],
    ),
    "stdtr": (student, [0.5, 1.0, 20.0], [-100.0, -0.1, 0.5, 20.0]),
    "jv": (mp.besselj, [0, 0.5, 2, 3.5], [1e-8, 0.5, 3.0, 20.0, 100.0]),
    "jn": (mp.besselj, [0, 2], [1e-8, 0.5, 20.0]),
    "yv": (mp.bessely, [0.5, 2], [1e-3, 3.0, 100.0]),
    "yn": (mp.bessely, [0], [0.5, 20.0]),
    "iv": (mp.besseli, [0, 0.5, 2, 3.5], [1e-8, 0.5, 3.0, 20.0, 600.0]),
    "kv": (mp.besselk, [0.5, 2], [1e-3, 3.0, 600.0]),
    "kve": (scaled_k, [0.5, 2.5, 0.5, 2.5], [1e-2, 0.5, 3.0, 20.0, 60.0, 1e3, 1e5, 1e8]),
    "expn": (mp.expint, [0, 1, 2, 5], [1e-3, 0.5, 3.0, 40.0]),
    "ive": (scaled_i, [0, 0.5, 2, 20], [1e-2, 0.5, 3.0, 20.0, 60.0, 1e3, 1e5, 1e8]),
}
"""Functions whose first argument has no derivative."""
TWO: dict[str, tuple[Formula, Sequence[float], Sequence[float]]] = {
    "beta": (mp.beta, [0.01, 1.0, 50.0, 1e4], [0.5, 2.0, 20.0]),
    "betaln": (lambda a, b: mp.log(mp.beta(a, b)), [0.01, 1.0, 50.0, 1e9], [1e-8, 2.0, 1e5]),
    "binom": (mp.binomial, [0.5, 3.0, 60.5, 1e5], [-3.0, -1.0, -0.5, 0.0, 2.3, 3.0, 4.0, 6.5]),
    "gammainc": (lower_gamma, [0.02, 1.5, 40.0], [1e-9, 0.9, 30.0, 60.0]),
    "gammaincc": (upper_gamma, [0.3, 30.0], [0.2, 25.0, 70.0]),
    "xlogy": (lambda x, y: x * mp.log(y) if x else x, [0.0, 0.5, -2.0, 1e10], [1e-99, 0.3, 1e10]),
    "xlog1py": (
        lambda x, y: x * mp.log1p(y) if x else x,
        [0.0, 0.5, -2.0, 1e10],
        [-0.999, 1e-10, 0.3, 1e10],
    ),
    "rel_entr": (lambda x, y: x * mp.log(x / y), [1e-99, 0.3, 1e10], [1e-99, 0.3, 1e10]),
    "kl_div": (lambda x, y: x * mp.log(x / y) - x + y, [1e-9, 0.3, 1e3], [2e-9, 0.29999, 2e3]),
}


FALLS = (
    *("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "expit", "log_expit", "expm1"),
    *("gammainc", "gammaincc"),
)
"""Functions that need more digits, since their derivatives are far smaller than they are."""


def differences(f: Formula, at: Sequence[Any], orders: Sequence[int]) -> Any:
    """A partial derivative by central differences of numbers of many digits."""
    steps = _steps(at)
    stencils = [{0: {0: 1}, 1: {1: 1, -1: -1}, 2: {1: 1, 0: -2, -1: 1}}[order] for order in orders]
    total = sum(
        math.prod(weights[n] for weights, n in zip(stencils, places, strict=True))
        * f(*[x + n * step for x, n, step in zip(at, places, steps, strict=True)])
        for places in product(*stencils)
    )
    return total / scale(at, orders)


def scale(at: Sequence[Any], orders: Sequence[int]) -> Any:
    """What the differences of these orders are divided by."""
    return math.prod(
        2 * h if order == 1 else h**order for h, order in zip(_steps(at), orders, strict=True)
    )


def _steps(at: Sequence[Any]) -> list[Any]:
    return [mp.mpf(10) ** -30 * (abs(x) or 1) for x in at]


def assert_right(name: str, f: Formula, formula: Formula, points: Sequence[Any]) -> None:
    """Check the derivatives and the second derivatives of f; its values are SciPy's."""
    formula = cache(formula)  # derivatives of several orders meet at the same numbers
    columns = [np.array(column) for column in zip(*points, strict=True)]
    for orders in product(range(3), repeat=len(columns)):
        if sum(orders) not in (1, 2):
            continue
        derivative = f
        for argnum, times in enumerate(orders):
            for _ in range(times):
                derivative = grad(lambda *xs, f=derivative, n=argnum: ad.sum(f(*xs)), argnum)
        for at, found in zip(points, derivative(*columns), strict=True):
            exact_at = [mp.mpf(x) for x in at]
            exact = differences(formula, exact_at, orders)
            # How far a relative error of 1e-13 in the arguments moves the result.
            moved = differences(formula, [x * (1 + mp.mpf(1e-13)) for x in exact_at], orders)
            error, slack = abs(mp.mpf(float(found)) - exact), abs(moved - exact)
            rounding = 100 * mp.eps * abs(formula(*exact_at)) / scale(exact_at, orders)
            fits = error <= mp.mpf(1e-9) * abs(exact) + slack + rounding + 1e-300
            assert fits, (name, orders, at, float(found), float(exact))


def between(points: Sequence[float]) -> list[float]:
    """The points, and others between them."""
    rng = np.random.default_rng(0)
    ordered = sorted(points)
    return [*points, *[low + (high - low) * rng.random() ** 2 for low, high in pairwise(ordered)]]


@pytest.mark.parametrize("name", ONE)
def test_function_of_one_number_is_right_everywhere(name: str) -> None:
    formula, points = ONE[name]
    with mp.workdps(460 if name in FALLS else 120):
        assert_right(name, getattr(sp, name), formula, [(x,) for x in between(points)])


@pytest.mark.parametrize("name", ORDERS)
def test_function_with_an_order_is_right_everywhere(name: str) -> None:
    formula, parameters, points = ORDERS[name]
    with mp.workdps(460 if name in FALLS else 160):
        for n, p in enumerate(parameters):  # which take turns at the points
            assert_right(
                name,
                lambda x, p=p: getattr(sp, name)(p, x),
                lambda x, p=p: formula(mp.mpf(p), x),
                [(x,) for x in points[n % 2 :: 2]],
            )


@pytest.mark.parametrize("name", TWO)
def test_function_of_two_numbers_is_right_everywhere(name: str) -> None:
    formula, *points = TWO[name]
    with mp.workdps(120):
        assert_right(name, getattr(sp, name), formula, [*product(*points)])


@pytest.mark.parametrize("name", ["betainc", "betaincc"])
def test_probabilities_of_the_beta_distribution_are_differentiated_by_shapes(name: str) -> None:
    """By each of the three arguments and by any two."""
    points = [(0.04, 66.0, 1e-4), (0.7, 0.9, 0.4), (20.0, 3.0, 0.9), (5.0, 40.0, 0.6)]
    sign = 1 if name == "betainc" else -1
    with mp.workdps(100):
        assert_right(
            name,
            getattr(sp, name),
            lambda a, b, x: sign * mp.betainc(a, b, 0, x, regularized=True),
            points[sign < 0 :: 2],
        )


# --------------------------------------------------------------------------------------------------
# The border of a domain, where logarithms have poles and densities begin

inf = np.inf


def of(f: Callable[..., Any], *parameters: float) -> Callable[[Any], Any]:
    return lambda x: f(x, *parameters)


BORDERS: dict[str, tuple[Callable[[Any], Any], float, tuple[float, float, float]]] = {
    "gamma density of shape 1/2": (of(stats.gamma.pdf, 0.5), 0.0, (inf, -inf, inf)),
    "gamma density of shape 1": (of(stats.gamma.pdf, 1.0), 0.0, (1.0, -1.0, 1.0)),
    "gamma density of shape 3/2": (of(stats.gamma.pdf, 1.5), 0.0, (0.0, inf, -inf)),
    "gamma density of shape 2": (of(stats.gamma.pdf, 2.0), 0.0, (0.0, 1.0, -2.0)),
    "gamma density of shape 3": (of(stats.gamma.pdf, 3.0), 0.0, (0.0, 0.0, 1.0)),
    "gamma density with a scale": (of(stats.gamma.pdf, 2.0, 1.0, 2.0), 1.0, (0.0, 0.25, -0.25)),
    "gamma probability of shape 1": (of(stats.gamma.cdf, 1.0), 0.0, (0.0, 1.0, -1.0)),
    "gamma log density of shape 1": (of(stats.gamma.logpdf, 1.0), 0.0, (0.0, -1.0, 0.0)),
    "gamma log density of shape 2": (of(stats.gamma.logpdf, 2.0), 0.0, (-inf, inf, -inf)),
    "chi2 density of 2 degrees": (of(stats.chi2.pdf, 2.0), 0.0, (0.5, -0.25, 0.125)),
    "chi2 density of 4 degrees": (of(stats.chi2.pdf, 4.0), 0.0, (0.0, 0.25, -0.25)),
    "chi2 log density of 2 degrees": (of(stats.chi2.logpdf, 2.0), 0.0, (-np.log(2), -0.5, 0.0)),
    "beta density at 0": (of(stats.beta.pdf, 2.0, 3.0), 0.0, (0.0, 12.0, -48.0)),
    "beta density at 1": (of(stats.beta.pdf, 3.0, 2.0), 1.0, (0.0, -12.0, -48.0)),
    "beta density that is not 0 at 0": (of(stats.beta.pdf, 1.0, 3.0), 0.0, (3.0, -6.0, 6.0)),
    "beta density that is not 0 at 1": (of(stats.beta.pdf, 3.0, 1.0), 1.0, (3.0, 6.0, 6.0)),
    "beta log density at 0": (of(stats.beta.logpdf, 1.0, 3.0), 0.0, (np.log(3), -2.0, -2.0)),
    "beta log density at 1": (of(stats.beta.logpdf, 3.0, 1.0), 1.0, (np.log(3), 2.0, -2.0)),
    "beta probability at 0": (of(stats.beta.cdf, 1.0, 3.0), 0.0, (0.0, 3.0, -6.0)),
    "poisson mass at 0": (lambda m: stats.poisson.pmf(0, m), 0.0, (1.0, -1.0, 1.0)),
    "poisson mass at 1": (lambda m: stats.poisson.pmf(1, m), 0.0, (0.0, 1.0, -2.0)),
    "poisson mass at 2": (lambda m: stats.poisson.pmf(2, m), 0.0, (0.0, 0.0, 1.0)),
    "poisson log mass": (lambda m: stats.poisson.logpmf(0, m), 0.0, (0.0, -1.0, 0.0)),
    "poisson probability": (lambda m: stats.poisson.cdf(1, m), 0.0, (1.0, 0.0, -1.0)),
    "xlogy": (lambda y: sp.xlogy(0.0, y), 0.0, (0.0, 0.0, 0.0)),
    "xlogy by x": (lambda x: sp.xlogy(x, 0.0), 0.0, (0.0, -inf, 0.0)),
    "xlog1py": (lambda y: sp.xlog1py(0.0, y), -1.0, (0.0, 0.0, 0.0)),
    "rel_entr": (lambda y: sp.rel_entr(0.0, y), 0.0, (0.0, 0.0, 0.0)),
    "kl_div": (lambda y: sp.kl_div(0.0, y), 0.0, (0.0, 1.0, 0.0)),
    "entr": (sp.entr, 0.0, (0.0, inf, -inf)),
    "rgamma": (sp.rgamma, 0.0, (0.0, 1.0, 2 * np.euler_gamma)),
    "binom beyond n": (lambda k: sp.binom(3.0, k), 4.0, (0.0, -0.25, 1.0416666666666667)),
    "gammainc": (lambda x: sp.gammainc(2.0, x), 0.0, (0.0, 0.0, 1.0)),
    "betainc": (lambda x: sp.betainc(2.0, 1.0, x), 0.0, (0.0, 0.0, 2.0)),
    "erf": (sp.erf, inf, (1.0, 0.0, 0.0)),
    "log_ndtr": (sp.log_ndtr, inf, (0.0, 0.0, 0.0)),
    "erfcx": (sp.erfcx, inf, (0.0, 0.0, 0.0)),
    "dawsn": (sp.dawsn, -inf, (0.0, 0.0, 0.0)),
    "expit": (sp.expit, -inf, (0.0, 0.0, 0.0)),
}


@pytest.mark.parametrize("name", BORDERS)
def test_border_has_the_derivatives_from_inside(name: str) -> None:
    f, x, expected = BORDERS[name]
    found = [f(x), grad(f)(x), grad(grad(f))(x)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    compiled = [jit(f)(x), jit(grad(f))(x), jit(grad(grad(f)))(x)]
    np.testing.assert_allclose(compiled, found, rtol=1e-15)
    column = np.array([x, x])
    np.testing.assert_array_equal(grad(lambda x: ad.sum(f(x)))(column), found[1])


LOGS: dict[str, tuple[Callable[[Any], Any], Formula, float]] = {
    "gamma": (of(stats.gamma.logcdf, 2.5), lambda x: -mp.gammainc(2.5, x, regularized=True), 90.0),
    "chi2": (
        of(stats.chi2.logsf, 5.0),
        lambda x: -mp.gammainc(2.5, 0, x / 2, regularized=True),
        0.1,
    ),
    "beta": (
        of(stats.beta.logsf, 2.5, 0.7),
        lambda x: -mp.betainc(2.5, 0.7, 0, x, regularized=True),
        0.01,
    ),
    "t": (of(stats.t.logcdf, 3.5), lambda x: -student(3.5, -x), 200.0),
    "normal": (stats.norm.logcdf, lambda x: -normal(-x), 9.0),
    "poisson": (
        lambda m: stats.poisson.logcdf(30, m),
        lambda m: -mp.gammainc(31, 0, m, regularized=True),
        2.0,
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_logarithm_of_almost_certain_events_keeps_its_digits(name: str) -> None:
    f, minus_the_rest, x = LOGS[name]
    with mp.workdps(120):
        for order in range(3):
            exact = differences(lambda x: mp.log1p(minus_the_rest(x)), [mp.mpf(x)], [order])
            assert float(f(x)) == pytest.approx(float(exact), rel=1e-10)
            f = grad(f)


RARE: dict[str, tuple[Callable[[Any], Any], Formula, list[float]]] = {
    "gamma above": (
        of(stats.gamma.logsf, 2.5),
        lambda x: mp.log(mp.gammainc(2.5, x)),
        [500.0, 700.0, 1000.0],
    ),
    "gamma below": (
        of(stats.gamma.logcdf, 30.0),
        lambda x: mp.log(mp.gammainc(30, 0, x)),
        [1e-20, 1e-6],
    ),
    "chi2": (of(stats.chi2.logsf, 5.0), lambda x: mp.log(mp.gammainc(2.5, x / 2)), [1000.0]),
    "beta above": (
        of(stats.beta.logsf, 50.0, 70.0),
        lambda x: mp.log(mp.betainc(70, 50, 0, 1 - x)),
        [0.999, 1 - 2.0**-20],
    ),
    "beta below": (
        of(stats.beta.logcdf, 50.0, 70.0),
        lambda x: mp.log(mp.betainc(50, 70, 0, x)),
        [1e-10, 1e-4],
    ),
    "t": (
        of(stats.t.logcdf, 30.0),
        lambda x: mp.log(mp.betainc(15, half, 0, 30 / (30 + x * x))),
        [-1e20, -1e10],
    ),
    "poisson above": (
        lambda m: stats.poisson.logsf(100, m),
        lambda m: mp.log(mp.gammainc(101, 0, m)),
        [1e-3, 0.1],
    ),
    "poisson below": (
        lambda m: stats.poisson.logcdf(3, m),
        lambda m: mp.log(mp.gammainc(4, m)),
        [400.0, 1000.0],
    ),
}


@pytest.mark.parametrize("name", RARE)
def test_logarithm_of_rare_events_has_derivatives_where_their_probability_is_no_float(
    name: str,
) -> None:
    f, formula, places = RARE[name]
    first, second = grad(f), grad(grad(f))
    for x in places:
        with mp.workdps(700):
            step = mp.mpf(x) * mp.mpf(10) ** -40
            low, middle, high = (formula(mp.mpf(x) + n * step) for n in (-1, 0, 1))
            exact = [float((high - low) / (2 * step)), float((high - 2 * middle + low) / step**2)]
        found = [first(x), second(x)]
        np.testing.assert_allclose(found, exact, rtol=1e-9)
        np.testing.assert_allclose([jit(first)(x), jit(second)(x)], found, rtol=1e-14)


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_error_functions_of_complex_numbers_are_differentiated(name: str) -> None:
    ad.check_grads(getattr(sp, name), np.array([0.3 - 0.2j, 1.0 + 0.5j]))
