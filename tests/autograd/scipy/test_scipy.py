"""`autograd.scipy`: SciPy's values everywhere, and derivatives of any order or a clear refusal."""

from __future__ import annotations

import builtins
import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.special
import scipy.stats

import autograd.numpy as np
import autograd.scipy.fft
import autograd.scipy.integrate
import autograd.scipy.interpolate
import autograd.scipy.linalg
import autograd.scipy.ndimage
import autograd.scipy.special
import autograd.scipy.stats
from autograd import Node, Tensor, Value, check_grads, grad, hessian, jacobian, jit, vmap
from autograd.numpy.wrapping import MARKS, Mark
from autograd.scipy.integrate import odeint
from autograd.scipy.stats import multivariate_normal
from tests.autograd.numpy.cases import SPD, A, S, U
from tests.autograd.numpy.test_numpy import nodes, numbers

ours, theirs = autograd.scipy, scipy

P = numpy.array([0.37, 1.53, 2.1, 0.8])
Q = numpy.array([1.3, 0.4, 0.26, 2.2])
UNIT = numpy.array([0.11, 0.5, 0.83])
REAL = numpy.array([-1.7, -0.3, 0.6, 2.1])
SIMPLEX = numpy.array([0.2, 0.5, 0.3])
BANDS = numpy.array([[0.0, 0.4, -0.3, 0.7], [2.1, 3.0, -2.6, 2.2], [0.5, -0.8, 0.3, 0.0]])

WAVES = numpy.cos(numpy.arange(12.0) ** 2).reshape(3, 4)
FILTER = numpy.array([[0.4, -0.3, 1.1], [0.7, 0.9, -0.2]])

SCALES = numpy.diag([1.0, 2.0, 4.0])
LARGE = numpy.array([[0.0], [8.0]])

SPECIAL: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("gamma", "gammaln", "loggamma", "psi", "digamma", "rgamma"), (P,)),
    **dict.fromkeys(("factorial", "gammasgn", "entr", "y0", "y1", "k0", "k1"), (P,)),
    **dict.fromkeys(("k0e", "k1e"), (P,)),
    **dict.fromkeys(("beta", "betaln", "xlogy", "xlog1py", "rel_entr", "kl_div"), (P, Q)),
    **dict.fromkeys(("erf", "erfc", "erfcx", "dawsn", "ndtr", "log_ndtr", "expit"), (REAL,)),
    **dict.fromkeys(("log_expit", "exp10", "exp2", "expm1", "cbrt", "sinc", "round"), (REAL,)),
    **dict.fromkeys(("j0", "j1", "i0", "i1", "i0e", "i1e", "logsumexp", "softmax"), (REAL,)),
    "exprel": (REAL,),
    **dict.fromkeys(("erfinv", "erfcinv", "ndtri", "logit", "log1p"), (UNIT,)),
    "binom": (P + 2, Q),
    **dict.fromkeys(("expi", "exp1", "spence", "sici", "shichi"), (P,)),
    **dict.fromkeys(("erfi", "fresnel", "airy", "wrightomega"), (REAL,)),
    **dict.fromkeys(("ellipk", "ellipe"), (numpy.array([-0.7, 0.0, 0.4]),)),
    "poch": (P, Q),
    **dict.fromkeys(("huber", "pseudo_huber"), (Q, REAL)),
    "log_softmax": (A,),
}
"""Functions of all their arguments."""

Use = tuple[Callable[..., Any], tuple[Any, ...]]
USES: dict[str, list[Use]] = {
    **{
        f"fft.{name}": [
            (lambda sp, x, name=name: abs(getattr(sp.fft, name)(x)), (WAVES,)),
        ]
        for name in (
            *("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "irfft", "rfft2", "irfft2"),
            *("rfftn", "irfftn", "hfft", "ihfft", "fftshift", "ifftshift"),
            *("dctn", "idctn", "dstn", "idstn"),
        )
    },
    **{
        f"fft.{name}": [
            (
                lambda sp, x, name=name, how=how: getattr(sp.fft, name)(
                    x, *how[:-1], orthogonalize=how[-1]
                ),
                (BANDS,),
            )
            for kind in (1, 2, 3, 4)
            for how in (
                (kind, None, -1, None, None),
                (kind, 4, 0, "ortho", None),
                (kind, 3, 1, "forward", True),
            )
        ]
        for name in ("dct", "idct", "dst", "idst")
    },
    **{
        f"ndimage.{name}": [
            (
                lambda sp, x, w, name=name, mode=mode, shift=shift: getattr(sp.ndimage, name)(
                    x, w, mode=mode, cval=0.3, origin=shift
                ),
                (WAVES, weights),
            )
            for mode, weights in (
                *(("reflect", FILTER), ("constant", FILTER), ("mirror", FILTER[:, :1])),
                *(("nearest", FILTER[:, :2]), ("wrap", FILTER), ("grid-mirror", FILTER)),
            )
            for shift in (0, (-1, 0))
        ]
        for name in ("correlate", "convolve")
    },
    **{
        f"ndimage.{name}": [
            (
                lambda sp, x, w, name=name, axis=axis, shift=shift: getattr(sp.ndimage, name)(
                    x, w, axis, origin=shift
                ),
                (WAVES, weights),
            )
            for axis, weights, shift in ((-1, UNIT, 1), (0, FILTER[0], -1))
        ]
        for name in ("correlate1d", "convolve1d")
    },
    "ndimage.gaussian_filter1d": [
        (lambda sp, x: sp.ndimage.gaussian_filter1d(x, 0.8, 0, 1, mode="wrap"), (WAVES,))
    ],
    "ndimage.gaussian_filter": [
        (lambda sp, x, how=how: sp.ndimage.gaussian_filter(x, **how), (WAVES,))
        for how in (
            {"sigma": 1.2, "truncate": 2.0},
            {"sigma": (0.7, 0.0), "order": (1, 0), "mode": ["mirror", "nearest"]},
            {"sigma": 0.9, "radius": 3, "axes": (1,)},
        )
    ],
    "ndimage.map_coordinates": [
        (
            lambda sp, x, at, mode=mode: sp.ndimage.map_coordinates(
                x, at, order=1, mode=mode, cval=0.4
            ),
            (WAVES, numpy.array([[0.3, 1.6, -0.4, 1.9], [2.7, 0.2, 1.1, 3.3]])),
        )
        for mode in ("constant", "nearest")
    ],
    "special.polygamma": [(lambda sp, x: sp.special.polygamma(2, x), (P,))],
    "special.multigammaln": [(lambda sp, x: sp.special.multigammaln(x, 3), (3.3,))],
    "special.gammainc": [(lambda sp, a, x: sp.special.gammainc(a, x), (Q, P))],
    "special.gammaincc": [(lambda sp, a, x: sp.special.gammaincc(a, x), (Q, P))],
    **{
        f"special.{name}": [
            (lambda sp, a, x, name=name: getattr(sp.special, name)(a, x), (Q[:3], UNIT))
        ]
        for name in ("gammaincinv", "gammainccinv")
    },
    **{
        f"special.{name}": [
            (lambda sp, a, b, x, name=name: getattr(sp.special, name)(a, b, x), (1.7, 0.6, UNIT))
        ]
        for name in ("betainc", "betaincc", "betaincinv", "betainccinv")
    },
    **{
        f"special.{name}": [
            (lambda sp, x, name=name: getattr(sp.special, name)(x, 0.4), (UNIT,)),
        ]
        for name in (
            *("ellipkinc", "ellipeinc", "boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p"),
        )
    },
    **{
        f"special.{name}": [(lambda sp, x, name=name: getattr(sp.special, name)(1.3, x), (P,))]
        for name in ("hyp0f1", "zeta")
    },
    **{
        f"special.{name}": [(lambda sp, x, name=name: getattr(sp.special, name)(0.7, 1.3, x), (P,))]
        for name in ("hyp1f1", "hyperu")
    },
    "special.hyp2f1": [(lambda sp, x: sp.special.hyp2f1(0.7, 1.3, 2.1, x), (UNIT - 0.5,))],
    **{
        f"special.{name}": [(lambda sp, x, name=name: abs(getattr(sp.special, name)(x)), (P,))]
        for name in ("lambertw", "wofz")
    },
    **{
        f"special.{name}": [(lambda sp, x, name=name: abs(getattr(sp.special, name)(1.3, x)), (P,))]
        for name in ("hankel1", "hankel2")
    },
    **{
        f"linalg.{name}": [
            (lambda sp, x, name=name: getattr(sp.linalg, name)(x / 4), (S + numpy.eye(3),))
        ]
        for name in ("cosm", "coshm", "sinm", "sinhm", "tanm", "tanhm")
    },
    "linalg.cho_factor": [
        (lambda sp, a: numpy.triu(numpy.ones((3, 3))) * sp.linalg.cho_factor(a)[0], (SPD,))
    ],
    "linalg.cho_solve": [
        (
            lambda sp, a, b, lower=lower: sp.linalg.cho_solve(sp.linalg.cho_factor(a, lower), b),
            (SPD, SIMPLEX),
        )
        for lower in (False, True)
    ],
    "linalg.cholesky_banded": [
        (
            lambda sp, ab, lower=lower, edge=edge: (
                edge * sp.linalg.cholesky_banded(ab, lower=lower)
            ),
            (bands,),
        )
        for lower, edge, bands in (
            (False, numpy.array([[0.0, 1.0, 1.0, 1.0], [1.0] * 4]), abs(BANDS[:2])),
            (True, numpy.array([[1.0] * 4, [1.0, 1.0, 1.0, 0.0]]), abs(BANDS[1:])),
        )
    ],
    "linalg.circulant": [(lambda sp, c: sp.linalg.circulant(c), (P,))],
    "linalg.toeplitz": [
        (lambda sp, c: sp.linalg.toeplitz(c), (P,)),
        (lambda sp, c, r: sp.linalg.toeplitz(c, r), (P, UNIT)),
    ],
    "linalg.eig": [(lambda sp, a: abs(sp.linalg.eig(a @ SCALES)[0]), (SPD,))],
    "linalg.eigvals": [(lambda sp, a: abs(sp.linalg.eigvals(a @ SCALES)), (SPD,))],
    "linalg.eigh": [(lambda sp, a: sp.linalg.eigh(a, lower=False)[0], (SPD,))],
    "linalg.svd": [(lambda sp, a: sp.linalg.svd(a)[1], (S,))],
    "linalg.polar": [
        (lambda sp, a, side=side: sp.linalg.polar(a, side), (S,)) for side in ("left", "right")
    ],
    "linalg.solveh_banded": [
        (lambda sp, ab, b: sp.linalg.solveh_banded(ab, b), (BANDS[:2] + LARGE, P)),
        (
            lambda sp, ab, b: sp.linalg.solveh_banded(ab, b, lower=True),
            (BANDS[1:] + LARGE[::-1], P),
        ),
    ],
    "integrate.quad": [
        (
            lambda sp, a, b, p: sp.integrate.quad(
                lambda t, p, c: c * p[0] / (1 + p[1] * t * t), a, b, args=(p, 1.5)
            )[0],
            (0.2, 1.7, UNIT),
        )
    ],
    "special.stdtr": [(lambda sp, x: sp.special.stdtr(3.5, x), (REAL,))],
    "special.stdtrit": [(lambda sp, x: sp.special.stdtrit(3.5, x), (UNIT,))],
    **{
        f"special.{name}": [(lambda sp, x, name=name: getattr(sp.special, name)(2, x), (P,))]
        for name in ("jn", "jv", "jve", "yn", "yv", "yve", "iv", "ive", "kn", "kv", "kve", "expn")
    },
    "special.logsumexp": [
        (lambda sp, x: sp.special.logsumexp(x, axis=1, keepdims=True), (A,)),
        (lambda sp, x, b: sp.special.logsumexp(x, axis=1, b=b), (A, abs(A) + 0.1)),
        (lambda sp, x: sp.special.logsumexp(x, b=A > 0), (A,)),
        (lambda sp, x: sp.special.logsumexp(x, 1, A, False, True)[0], (A,)),
    ],
    "special.softmax": [(lambda sp, x: sp.special.softmax(x, axis=0), (A,))],
    # linear algebra
    "linalg.inv": [(lambda sp, x: sp.linalg.inv(x), (S,))],
    "linalg.det": [(lambda sp, x: sp.linalg.det(x), (S,))],
    "linalg.solve": [(lambda sp, x, y: sp.linalg.solve(x, y), (S, U))],
    "linalg.norm": [(lambda sp, x: sp.linalg.norm(x), (A,))],
    "linalg.pinv": [(lambda sp, x: sp.linalg.pinv(x), (A,))],
    "linalg.svdvals": [(lambda sp, x: sp.linalg.svdvals(x), (A,))],
    "linalg.eigvalsh": [(lambda sp, x: sp.linalg.eigvalsh(x + x.T), (S,))],
    "linalg.cholesky": [
        (lambda sp, x, low=low: sp.linalg.cholesky(x @ x.T, low), (S,)) for low in (True, False)
    ],
    "linalg.block_diag": [(lambda sp, x, y: sp.linalg.block_diag(x, y, [[1.0]]), (A, U))],
    "linalg.expm": [(lambda sp, x: sp.linalg.expm(x), (S,))],
    "linalg.sqrtm": [(lambda sp, x: sp.linalg.sqrtm(x), (S,))],
    "linalg.solve_sylvester": [
        (lambda sp, a, b, q: sp.linalg.solve_sylvester(a, b, q), (S, A[:, :2] + 2, A.T))
    ],
    "linalg.solve_triangular": [
        *[
            (
                lambda sp, a, b, lower=lower, trans=trans: sp.linalg.solve_triangular(
                    a, b, trans=trans, lower=lower
                ),
                (S, b),
            )
            for lower in (True, False)
            for trans in (0, 1, "T")
            for b in (U, A.T)
        ],
        (lambda sp, a, b: sp.linalg.solve_triangular(a, b, unit_diagonal=True), (S, U)),
    ],
    "linalg.solve_banded": [
        (lambda sp, ab, b: sp.linalg.solve_banded((1, 1), ab, b), (BANDS, P)),
        (lambda sp, ab, b: sp.linalg.solve_banded((0, 2), ab + 0.9, b), (BANDS, P)),
        (lambda sp, ab, b: sp.linalg.solve_banded((1, 1), ab, b), (BANDS, numpy.outer(P, U))),
    ],
    # distributions
    **{
        f"stats.norm.{name}": [
            (lambda sp, *a, name=name: getattr(sp.stats.norm, name)(*a), (REAL, 0.3, 1.4)),
            (lambda sp, x, name=name: getattr(sp.stats.norm, name)(x), (REAL,)),
        ]
        for name in ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")
    },
    **{
        f"stats.{family}.{name}": [
            (
                lambda sp, *a, family=family, name=name, shapes=shapes: getattr(
                    getattr(sp.stats, family), name
                )(a[0], *shapes, *a[1:]),
                (UNIT if name in ("ppf", "isf") else x, 0.1, 1.4),
            )
        ]
        for family, x, shapes in (
            ("norm", REAL, ()),
            ("t", REAL, (3.5,)),
            ("gamma", P, (1.7,)),
            ("chi2", P, (3.3,)),
            ("beta", UNIT, (1.7, 2.6)),
        )
        for name in ("cdf", "logcdf", "sf", "logsf", "ppf", "isf")
        if name in ("ppf", "isf") or family not in ("norm", "t")
    },
    **{
        f"stats.t.{name}": [
            (
                lambda sp, *a, name=name: getattr(sp.stats.t, name)(a[0], 3.5, *a[1:]),
                (REAL, 0.3, 1.4),
            )
        ]
        for name in ("cdf", "logcdf", "sf", "logsf")
    },
    **{
        f"stats.t.{name}": [
            (lambda sp, *a, name=name: getattr(sp.stats.t, name)(*a), (REAL, 3.5, 0.3, 1.4))
        ]
        for name in ("pdf", "logpdf")
    },
    **{
        f"stats.{family}.{name}": [
            (
                lambda sp, *a, family=family, name=name: getattr(getattr(sp.stats, family), name)(
                    *a
                ),
                arguments,
            )
        ]
        for family, arguments in {
            "gamma": (P, 1.7),
            "chi2": (P, 3.3),
            "beta": (UNIT, 1.7, 2.6),
            "dirichlet": (SIMPLEX, Q[:3]),
        }.items()
        for name in ("pdf", "logpdf")
        if family != "dirichlet"  # SciPy refuses the steps of differences off the simplex
    },
    **{
        f"stats.poisson.{name}": [
            (lambda sp, mu, name=name: getattr(sp.stats.poisson, name)(K, mu), (Q,))
        ]
        for name in ("pmf", "logpmf", "cdf", "logcdf", "sf", "logsf")
    },
    "stats.multivariate_normal": [
        (lambda sp, x, m, r: sp.stats.multivariate_normal.pdf(x, m, r @ r.T), (A, U, S)),
        (lambda sp, x, m, r: sp.stats.multivariate_normal.logpdf(x, m, r @ r.T), (U, Q[:3], S)),
        (lambda sp, r: sp.stats.multivariate_normal.entropy(U, r @ r.T), (S,)),
        (lambda sp, x, v: sp.stats.multivariate_normal.logpdf(x, 0.5, v), (REAL, 1.3)),
        (lambda sp, x, v: sp.stats.multivariate_normal.logpdf(x, U, v), (A, 1.3)),
        (lambda sp, x, v: sp.stats.multivariate_normal.logpdf(x, U, v), (A, Q[:3])),
    ],
}
KNOTS = numpy.array([-1.0, 0.2, 0.9, 1.4, 2.9, 3.3])
HEIGHTS = numpy.array([0.3, 1.1, -0.4, -0.9, 0.7, 2.2])
TABLE = numpy.stack([HEIGHTS, numpy.cos(HEIGHTS), numpy.sin(3 * HEIGHTS)])
SPOTS = numpy.array([[-0.7, 0.5, 3.1], [2.2, -1.6, 4.0]])  # the last ones are outside
ENDS: list[Any] = ["not-a-knot", "natural", "clamped", ((1, 0.4), "natural"), ((2, -0.3), (1, 0.8))]


def closed(y: Any) -> Any:
    """The samples and the first one again."""
    return numpy.concatenate([y, y[:1]]) if isinstance(y, numpy.ndarray) else np.append(y, y[0])


GRID = ([0.0, 0.7, 1.6], [2.0, 0.9, 0.4, -1.0])
PLACES = numpy.array([[0.3, 0.6], [1.2, -0.4], [1.5, 1.7]])
BEYOND = numpy.array([[-0.2, 0.6], [1.2, 2.4]])
USES.update(
    {
        "interpolate.CubicSpline": [
            *[
                (
                    lambda sp, y, t, e=e: sp.interpolate.CubicSpline(KNOTS, y, bc_type=e)(t),
                    (HEIGHTS, SPOTS),
                )
                for e in ENDS
            ],
            (
                lambda sp, y, t: sp.interpolate.CubicSpline(KNOTS, closed(y), 0, "periodic")(t),
                (HEIGHTS[:5], SPOTS),
            ),
            (
                lambda sp, y, t: sp.interpolate.CubicSpline(KNOTS, y, 1, "clamped", False)(t),
                (TABLE, SPOTS[:, :1]),
            ),
            (
                lambda sp, y, t: sp.interpolate.CubicSpline(KNOTS, y, 1).derivative()(t, 1),
                (TABLE, SPOTS[0]),
            ),
            (
                lambda sp, y, a, b: sp.interpolate.CubicSpline(KNOTS, y).integrate(a, b),
                (HEIGHTS, -0.4, 2.7),
            ),
        ],
        "interpolate.CubicHermiteSpline": [
            (
                lambda sp, y, d, t: sp.interpolate.CubicHermiteSpline(KNOTS, y, d)(t),
                (HEIGHTS, HEIGHTS[::-1].copy(), SPOTS),
            )
        ],
        "interpolate.PchipInterpolator": [
            (lambda sp, y, t: sp.interpolate.PchipInterpolator(KNOTS, y, 1)(t), (TABLE, SPOTS[0])),
            (lambda sp, y, t: sp.interpolate.pchip(KNOTS[:2], y)(t), (HEIGHTS[:2], 0.1)),
        ],
        "interpolate.Akima1DInterpolator": [
            (
                lambda sp, y, t, m=m: sp.interpolate.Akima1DInterpolator(KNOTS, y, 1, method=m)(t),
                (TABLE, SPOTS[0]),
            )
            for m in ("akima", "makima")
        ],
        "interpolate.PPoly": [
            (
                lambda sp, c, t: sp.interpolate.PPoly(c, KNOTS[:4], "periodic")(t),
                (TABLE[:, :3], SPOTS),
            ),
            (
                lambda sp, c, t: sp.interpolate.PPoly(c, KNOTS[:4]).antiderivative(2)(t),
                (TABLE[:, :3], SPOTS),
            ),
        ],
        "interpolate.BSpline": [
            (
                lambda sp, c, t: sp.interpolate.BSpline(numpy.arange(9.0) ** 1.2, c, 2)(t),
                (HEIGHTS, SPOTS + 4),
            )
        ],
        "interpolate.make_interp_spline": [
            *[
                (
                    lambda sp, y, t, k=k, e=e: sp.interpolate.make_interp_spline(
                        KNOTS, y, k, None, e, 1
                    )(t),
                    (TABLE, SPOTS[0]),
                )
                for k, e in ((1, None), (2, None), (3, "natural"), (5, None))
            ],
            (
                lambda sp, y, t: sp.interpolate.make_interp_spline(
                    KNOTS, y, 3, None, ([(1, 0.4)], [(2, -0.2)])
                )(t),
                (HEIGHTS, SPOTS),
            ),
            (
                lambda sp, y, t: sp.interpolate.make_interp_spline(
                    KNOTS, closed(y), 3, None, "periodic"
                )(t),
                (HEIGHTS[:5], SPOTS),
            ),
        ],
        "interpolate.interp1d": [
            (
                lambda sp, y, t, kind=kind: sp.interpolate.interp1d(
                    KNOTS[::-1], y, kind, fill_value=(0.3, -0.8), bounds_error=False
                )(t),
                (TABLE, SPOTS),
            )
            for kind in ("linear", "quadratic", "cubic", 5)
        ]
        + [
            (
                lambda sp, y, t: sp.interpolate.interp1d(KNOTS, y, fill_value="extrapolate")(t),
                (HEIGHTS, SPOTS),
            )
        ],
        "interpolate.RegularGridInterpolator": [
            (
                lambda sp, v, x: sp.interpolate.RegularGridInterpolator(GRID, v)(x),
                (WAVES, PLACES),
            ),
            (
                lambda sp, v, x: sp.interpolate.RegularGridInterpolator(
                    GRID, v, bounds_error=False, fill_value=None
                )(x),
                (numpy.stack([WAVES, WAVES**2], -1), BEYOND),
            ),
        ],
    }
)
K = numpy.array([0, 3, 1, 2])
for _name, _inputs in SPECIAL.items():
    USES.setdefault(f"special.{_name}", []).append(
        (lambda sp, *a, name=_name: getattr(sp.special, name)(*a), _inputs)
    )
EACH = [
    pytest.param(function, inputs, id=f"{name}-{number}")
    for name, uses in USES.items()
    for number, (function, inputs) in enumerate(uses)
]


@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_values_are_scipys_with_nodes_and_without(
    function: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    expected = numbers(function(theirs, *inputs))
    for given in (inputs, nodes(inputs)):
        for found, wanted in zip(numbers(function(ours, *given)), expected, strict=True):
            numpy.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)
            assert found.shape == wanted.shape


@pytest.mark.parametrize(("function", "inputs"), EACH)
def test_derivatives_are_right_at_first_and_second_order(
    function: Callable[..., Any], inputs: tuple[Any, ...]
) -> None:
    check_grads(lambda *xs: function(ours, *xs), *inputs, order=2, directions=1)


@pytest.mark.parametrize(
    "module", ["special", "linalg", "integrate", "fft", "ndimage", "interpolate"]
)
def test_every_differentiable_function_has_a_case(module: str) -> None:
    marks = MARKS[f"scipy.{module}"]
    tested = {name.split(".")[1] for name in USES if name.startswith(module)} | {
        "odeint",
        "logm",
        "solve_ivp",
    }
    assert {name for name in marks if marks[name] is Mark.DERIVATIVE} <= tested


@pytest.mark.parametrize(
    "module", ["special", "linalg", "integrate", "fft", "ndimage", "interpolate"]
)
def test_all_other_functions_raise_their_names(module: str) -> None:
    marks = MARKS[f"scipy.{module}"]
    refused = [name for name in marks if marks[name] is Mark.REFUSED]
    assert refused
    for name in refused:
        with pytest.raises(TypeError, match=rf"scipy\.{module}\.{name} has no derivative rule"):
            getattr(getattr(ours, module), name)(Tensor(S))


TIMES = numpy.linspace(0.0, 1.5, 4)
IVP = {"rtol": 1e-10, "atol": 1e-12}


def swing(t: Any, y: Any, p: Any) -> Any:
    return np.array([y[1] * p[0], -p[1] * np.sin(y[0]) * (1 + 0.1 * t)])


@pytest.mark.parametrize("times", [TIMES, TIMES[::-1], TIMES[1:]])
def test_solve_ivp_is_scipys_and_its_derivatives_are_right(times: Any) -> None:
    ends = (0.0, 1.5) if times[-1] == 1.5 else (1.5, 0.0)
    y0, p = numpy.array([0.3, 0.8]), numpy.array([1.1, 0.7])

    def solution(sp: Any, y0: Any, p: Any) -> Any:
        return sp.integrate.solve_ivp(swing, ends, y0, t_eval=times, args=(p,), **IVP).y

    found = solution(ours, Tensor(y0), p).data
    numpy.testing.assert_allclose(found, solution(theirs, y0, p), atol=1e-8)
    check_grads(lambda y0, p: solution(ours, y0, p), y0, p, order=1, directions=1)


def test_solve_ivp_of_complex_numbers_and_by_its_own_steps() -> None:
    matrix = numpy.array([[1.0, 0.5], [0.5, -1.0]])

    def occupied(w: Any) -> Any:
        start = numpy.array([1.0 + 0j, 0.0])
        found = autograd.scipy.integrate.solve_ivp(
            lambda t, y, w: -1j * (w * matrix + t * numpy.eye(2)[::-1]) @ y,
            (0.0, w), start, args=(w,), **IVP,
        )  # fmt: skip
        return np.abs(found.y[0, -1]) ** 2

    check_grads(occupied, 0.7, order=1, directions=1)
    with pytest.raises(TypeError, match="events, dense_output"):
        autograd.scipy.integrate.solve_ivp(swing, (0, Value(1.0)), [0.0, 1.0], dense_output=True)


def test_an_integral_to_infinity_and_what_is_refused() -> None:
    quad = autograd.scipy.integrate.quad

    def gauss(p: Any) -> Any:
        return quad(lambda t, p: np.exp(-p * t * t), -numpy.inf, numpy.inf, args=(p,))[0]

    root = numpy.sqrt(numpy.pi)
    assert grad(gauss)(2.0) == pytest.approx(-root / 2 * 2.0**-1.5, rel=1e-9)
    assert grad(grad(gauss))(2.0) == pytest.approx(3 / 4 * root * 2.0**-2.5, rel=1e-9)
    assert grad(lambda b: quad(lambda t: 1 / t, 3.0, b)[0])(5.0) == pytest.approx(0.2)
    for end, start in ((numpy.inf, 1.0), (1.0, -numpy.inf)):
        found = grad(lambda p, a=start, b=end: quad(lambda t, p: p / (1 + t * t), a, b, (p,))[0])(
            2.0
        )
        assert found == pytest.approx(numpy.arctan(end) - numpy.arctan(start))
    with pytest.raises(TypeError, match=r"read|float\(x\)"):
        grad(lambda p: quad(lambda t: p * t, 0.0, 1.0)[0])(1.0)
    with pytest.raises(TypeError, match="weights are not supported"):
        quad(np.sin, Value(0.0), 1.0, weight="cos")


def test_the_logarithm_of_a_matrix() -> None:  # in SciPy it draws random numbers, which jit refuses
    a = S + numpy.eye(3)
    numpy.testing.assert_allclose(ours.linalg.logm(Tensor(a)).data, theirs.linalg.logm(a))
    check_grads(lambda a: ours.linalg.logm(a), a, order=2, directions=1)
    check_grads(lambda a: ours.linalg.logm(a), a * (1 + 0.2j), order=2, directions=1)


def test_what_has_no_formula_raises_by_that_argument_alone() -> None:
    with pytest.raises(TypeError, match=r"scipy\.special\.jv has no derivative with respect to v"):
        grad(lambda v: autograd.scipy.special.jv(v, 1.0))(2.0)
    assert grad(lambda x: autograd.scipy.special.jv(0.0, x))(1.0) == pytest.approx(
        -scipy.special.j1(1.0)
    )


def test_splines_of_higher_order_are_refused() -> None:
    with pytest.raises(TypeError, match=r"map_coordinates: with nodes, order=1"):
        autograd.scipy.ndimage.map_coordinates(Tensor(WAVES), numpy.ones((2, 1)))
    with pytest.raises(ValueError, match="origin 2 is outside of the weights"):
        autograd.scipy.ndimage.correlate(Tensor(WAVES), FILTER, origin=2)
    with pytest.raises(ValueError, match="mode 'edge' is not one of reflect"):
        autograd.scipy.ndimage.correlate(Tensor(WAVES), FILTER, mode="edge")


def test_a_dirichlet_density_is_differentiated_by_point_and_concentrations() -> None:
    dirichlet = autograd.scipy.stats.dirichlet
    alpha, k = Q[:3], SIMPLEX
    assert dirichlet.logpdf(Tensor(k), alpha).item() == pytest.approx(
        scipy.stats.dirichlet.logpdf(k, alpha)
    )
    assert dirichlet.pdf(Tensor(k[:2]), alpha).item() == pytest.approx(
        scipy.stats.dirichlet.pdf(k[:2], alpha)
    )
    rows = numpy.array([SIMPLEX, SIMPLEX[::-1]]).T
    numpy.testing.assert_allclose(
        dirichlet.logpdf(rows, Tensor(alpha)).data, scipy.stats.dirichlet.logpdf(rows, alpha)
    )
    by_alpha = grad(lambda a: dirichlet.logpdf(k, a))(alpha)
    psi = scipy.special.psi
    numpy.testing.assert_allclose(by_alpha, numpy.log(k) + psi(alpha.sum()) - psi(alpha))
    numpy.testing.assert_allclose(
        grad(lambda x: dirichlet.logpdf(x, alpha))(k), (alpha - 1) / k, rtol=1e-12
    )
    check_grads(lambda a: dirichlet.pdf(k, a), alpha)


def test_densities_and_their_derivatives_are_zero_off_the_support() -> None:
    x = numpy.array([-0.5, 0.5, 1.5])
    beta, gamma = autograd.scipy.stats.beta, autograd.scipy.stats.gamma
    for density, expected in (
        (lambda x: beta.pdf(x, 2.0, 3.0), scipy.stats.beta.pdf(x, 2.0, 3.0)),
        (lambda x: gamma.pdf(x, 2.0), scipy.stats.gamma.pdf(x, 2.0)),
    ):
        numpy.testing.assert_allclose(density(Tensor(x)).data, expected)
        slope = grad(lambda x, density=density: np.sum(density(x)))(x)
        numpy.testing.assert_array_equal(slope[expected == 0], 0.0)
    assert autograd.scipy.stats.poisson.pmf(-1, Value(2.0)).item() == 0.0
    assert autograd.scipy.stats.poisson.cdf(-1, Value(2.0)).item() == 0.0


def test_a_singular_covariance_is_taken_where_it_is_allowed() -> None:
    root = numpy.array([[1.0, 0.2], [0.3, 1.5], [0.7, -0.4]])
    x = root @ numpy.array([0.4, -1.1])
    expected = scipy.stats.multivariate_normal.logpdf(x, None, root @ root.T, allow_singular=True)

    def density(root: Any) -> Any:
        mean = root @ np.array([0.4, -1.1]) - x  # stays 0 along the singular direction
        return multivariate_normal.logpdf(x, mean, root @ root.T, allow_singular=True)

    assert density(Tensor(root)).item() == pytest.approx(expected)
    assert multivariate_normal.logpdf(x, np.zeros(3), root @ root.T, True) == pytest.approx(
        expected
    )


def test_what_distributions_have_besides_is_scipys_and_refuses_nodes() -> None:
    norm = autograd.scipy.stats.norm
    assert norm.ppf(0.975) == scipy.stats.norm.ppf(0.975)
    assert norm.rvs(size=3, random_state=0).shape == (3,)
    with pytest.raises(TypeError, match=r"scipy\.stats\.norm\.moment has no derivative rule"):
        norm.moment(Value(0.5))
    with pytest.raises(AttributeError):
        norm.nothing  # noqa: B018


@pytest.mark.parametrize("name", autograd.scipy.stats.__all__)
def test_modules_of_distributions_can_be_imported_as_hips_programs_do(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inspect.ismodule(getattr(autograd.scipy.stats, name))
    for loaded in list(sys.modules):
        if loaded.startswith("autograd.scipy.stats"):
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.delattr(autograd.scipy, "stats")
    module = importlib.import_module(f"autograd.scipy.stats.{name}")
    assert module is getattr(sys.modules["autograd.scipy.stats"], name)
    assert module.__name__ == f"autograd.scipy.stats.{name}"


def test_one_thread_can_load_a_distribution_while_another_loads_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load, loaded = autograd.scipy.load, []

    def import_norm() -> None:
        loaded.append(importlib.import_module("autograd.scipy.stats.norm"))

    def load_slowly(name: str) -> Any:
        monkeypatch.setattr(autograd.scipy, "load", load)
        other = threading.Thread(target=import_norm)
        other.start()
        other.join(timeout=5.0)
        return load(name)

    for name in list(sys.modules):
        if name.startswith("autograd.scipy.stats"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(autograd.scipy, "stats")
    monkeypatch.setattr(autograd.scipy, "load", load_slowly)
    stats = importlib.import_module("autograd.scipy.stats")
    assert loaded == [stats.norm]


def test_without_scipy_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("scipy", "autograd.scipy")):
            monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def missing(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "scipy":
            raise ModuleNotFoundError("No module named 'scipy'", name="scipy")
        return real(name, *args)

    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r'special needs SciPy: pip install "wengert\[scipy\]"'):
        importlib.import_module("autograd.scipy.special")


def test_a_mask_as_factors_of_logsumexp_leaves_the_type() -> None:
    def f(x: Any) -> Any:
        return ours.special.logsumexp(x, b=A > 0)

    x = A.astype(numpy.float32)
    expected = theirs.special.logsumexp(x, b=A > 0)
    for found in (f(x), f(Tensor(x)).numpy(), jit(f)(x), vmap(f)(numpy.stack([x, x]))[1]):
        numpy.testing.assert_allclose(found, expected, rtol=1e-6, strict=True)


def test_the_determinant_is_in_double_precision() -> None:
    for a in (SPD.astype(numpy.float32), SPD.astype(numpy.complex64)):
        expected, found = theirs.linalg.det(a), ours.linalg.det(Tensor(a))
        assert found.dtype == expected.dtype
        assert abs(found.numpy() - expected) <= 1e-6 * abs(expected)
        assert grad(lambda a: numpy.real(ours.linalg.det(a)))(a).dtype == a.dtype


# --------------------------------------------------------------------------------------------------
# Differential equations

EXACT = {"rtol": 1e-11, "atol": 1e-11}


def decay(y: Any, t: Any, rate: Any) -> Any:
    return -rate * y


def pendulum(y: Any, t: Any, length: Any, drive: Any) -> Any:
    angle, speed = y
    return [speed, -np.sin(angle) / length + drive["amplitude"] * np.cos(drive["pace"] * t)]


def test_odeint_gives_scipys_solution() -> None:
    t = numpy.linspace(0.0, 2.0, 5)
    for rate in (0.7, Value(0.7)):
        found = odeint(decay, U, t, (rate,))
        expected = scipy.integrate.odeint(decay, U, t, (0.7,))
        numpy.testing.assert_array_equal(found.data if isinstance(found, Node) else found, expected)


def test_odeint_is_differentiated_exactly_by_start_times_and_arguments() -> None:
    t = numpy.array([0.1, 0.6, 1.7])

    def solution(y0: Any, t: Any, rate: Any) -> Any:
        return odeint(decay, y0, t, (rate,), **EXACT)

    def formula(y0: Any, t: Any, rate: Any) -> Any:
        return y0 * np.exp(-rate * (t - t[0]))[:, None]

    for argnum in range(3):
        numpy.testing.assert_allclose(
            jacobian(solution, argnum)(U, t, 0.7),
            jacobian(formula, argnum)(U, t, 0.7),
            rtol=1e-8,
            atol=1e-9,
        )
    second = hessian(lambda rate: np.sum(solution(U, t, rate)))(0.7)
    expected = hessian(lambda rate: np.sum(formula(U, t, rate)))(0.7)
    numpy.testing.assert_allclose(second, expected, rtol=1e-7)


def test_odeint_takes_nested_arguments_explicit_times_and_lists_of_slopes() -> None:
    t = numpy.array([0.0, 0.4, 1.1])
    drive = {"amplitude": 0.8, "pace": 1.9}
    check_grads(
        lambda y0, t, length, drive: odeint(pendulum, y0, t, (length, drive), **EXACT),
        numpy.array([0.6, -0.2]),
        t,
        1.3,
        drive,
        order=1,
        directions=1,
    )
    swapped = odeint(
        lambda t, y, *rest: pendulum(y, t, *rest),
        Tensor([0.6, -0.2]),
        t,
        (1.3, drive),
        tfirst=True,
        **EXACT,
    )
    expected = scipy.integrate.odeint(pendulum, [0.6, -0.2], t, (1.3, drive), **EXACT)
    numpy.testing.assert_allclose(swapped.data, expected, rtol=1e-9)


def test_odeint_takes_a_single_number_as_its_start() -> None:
    end = grad(lambda y0: odeint(decay, y0, np.array([0.0, 1.0]), (0.5,), **EXACT)[-1, 0])(2.0)
    assert end == pytest.approx(numpy.exp(-0.5), rel=1e-8)


def test_odeint_says_what_it_cannot_do() -> None:
    rate = Value(0.5)
    t = numpy.array([0.0, 1.0])
    with pytest.raises(TypeError, match="reads a node from outside"):
        odeint(lambda y, t: -rate * y, Tensor(U), t)
    with pytest.raises(TypeError, match="full_output is not supported"):
        odeint(decay, Tensor(U), t, (0.5,), full_output=True)


def test_a_differential_equation_of_one_number() -> None:
    t = numpy.linspace(0.0, 1.0, 4)

    def path(y0: Any, rate: Any) -> Any:
        return odeint(lambda y, t, rate: -rate * y, y0, t, args=(rate,))

    expected = scipy.integrate.odeint(lambda y, t: -0.7 * y, 2.0, t)
    numpy.testing.assert_allclose(path(Tensor(2.0), 0.7).data, expected, rtol=1e-7)
    by_start, by_rate = grad(lambda y0, rate: path(y0, rate)[-1, 0], (0, 1))(2.0, 0.7)
    assert by_start == pytest.approx(numpy.exp(-0.7), rel=1e-6)
    assert by_rate == pytest.approx(-2.0 * numpy.exp(-0.7), rel=1e-6)


@pytest.mark.parametrize("name", ["correlate", "correlate1d", "convolve", "convolve1d"])
@pytest.mark.parametrize("turns", [(1, 1j), (1j, 1), (1j, 1j)])
def test_filters_of_complex_numbers_are_those_of_scipy(name: str, turns: tuple[Any, ...]) -> None:
    weights = FILTER if "1d" not in name else FILTER[0]
    x, w = (real + turn * real**2 for real, turn in zip((WAVES, weights), turns, strict=True))
    right = getattr(scipy.ndimage, name)(x, w)
    f = getattr(autograd.scipy.ndimage, name)
    numpy.testing.assert_allclose(f(Tensor(x), w).data, right, rtol=1e-12)
    numpy.testing.assert_allclose(jit(f)(x, w), right, rtol=1e-12)
    check_grads(f, x, w, directions=1)


@pytest.mark.parametrize("dtype", [bool, numpy.uint8, numpy.int32])
def test_filters_of_integers_are_refused_where_scipy_would_round(dtype: Any) -> None:
    image, theirs = numpy.ones((3, 4), dtype), autograd.scipy.ndimage
    for f, more in (
        (theirs.correlate, FILTER),
        (theirs.convolve, FILTER),
        (theirs.convolve1d, FILTER[0]),
        (theirs.gaussian_filter, 1.0),
        (theirs.gaussian_filter1d, 1.0),
        (lambda x, at: theirs.map_coordinates(x, at, order=1), numpy.ones((2, 3))),
    ):
        with pytest.raises(TypeError, match=r"\.astype\(float\)"):
            jit(lambda x, f=f, more=more: f(x, more))(image)
    with pytest.raises(TypeError, match=r"\.astype\(float\)"):
        grad(lambda w: np.sum(theirs.correlate(image, w)))(FILTER)
