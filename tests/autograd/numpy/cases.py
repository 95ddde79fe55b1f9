"""A call of every differentiable function of NumPy, given the namespace and arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy

Case: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

V = numpy.array([0.57, 1.53, -2.1, 1.07])
W = numpy.array([1.3, -0.4, 0.26, 2.2])
A = numpy.array([[0.57, 1.53, -2.1], [1.07, 0.26, 0.77]])
B = numpy.array([[1.3, -0.4, 0.9], [2.2, -1.6, 0.31]])
S = numpy.array([[2.1, 0.5, 0.2], [0.3, 1.5, -0.4], [0.1, 0.25, 1.9]])
SPD = S @ S.T
T3 = numpy.linspace(-1.0, 2.0, 24).reshape(2, 3, 4) ** 2 + 0.1
U = numpy.array([0.31, -0.62, 0.17])
NUMPY = tuple(map(int, numpy.__version__.split(".")[:2]))


def one(function: Callable[..., Any], *arrays: Any) -> list[Case]:
    return [(function, arrays or (A,))]


def unary(name: str, *arrays: Any) -> tuple[str, list[Case]]:
    """A function of one argument, at several."""
    data = arrays or (A,)
    return name, [(lambda np, x, name=name: getattr(np, name)(x), (x,)) for x in data]


def binary(name: str, x: Any = A, y: Any = B) -> tuple[str, list[Case]]:
    return name, [(lambda np, x, y, name=name: getattr(np, name)(x, y), (x, y))]


def with_gaps(name: str) -> tuple[str, list[Case]]:
    """A function that leaves out NaN, of an array with one in it, by all its arguments."""
    gap = numpy.array([[0.0, numpy.nan, 0.0], [0.0, 0.0, 0.0]])
    settings: list[dict[str, Any]] = [{}, {"axis": 1}]
    if "cum" not in name:
        where = numpy.array([[True, True, True], [False, True, True]])
        start = {"initial": 0.8} if name in ("nansum", "nanprod") else {}
        start = {"initial": -0.3} if name in ("nanmax", "nanmin") else start
        settings += [{"axis": 1, "where": where, "keepdims": True, **start}]
    if name in ("nanvar", "nanstd"):
        settings += [{"axis": 1, "mean": numpy.array([[0.3], [-0.8]]), "correction": 1}]
    if name not in ("nanmax", "nanmin"):
        settings += [{"axis": 1, "dtype": numpy.float64}]
    return name, [
        (lambda np, x, name=name, k=k: getattr(np, name)(x + gap, **k), (A,)) for k in settings
    ]


UNIT = numpy.array([0.31, 0.62, 0.93])
PADS: list[tuple[str, dict[str, Any]]] = [
    *[(mode, {}) for mode in ("edge", "wrap", "maximum", "mean", "median", "minimum")],
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": ((1.0, -2.0), (0.5, 3.0))}),
    ("maximum", {"stat_length": 2}),
    ("minimum", {"stat_length": ((1, 2), (2, 1))}),
    ("mean", {"stat_length": (1, 2)}),
    ("constant", {"constant_values": (4.0, -1.0)}),
    ("symmetric", {"reflect_type": "odd"}),
]
"""Modes of `pad`, with their settings."""
QUANTILE_METHODS = [
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf"),
    *("hazen", "weibull", "median_unbiased", "normal_unbiased"),
    *("lower", "higher", "midpoint", "nearest"),
]


def quantile_by(method: str) -> Case:
    """The ends, places between, and those where entries meet."""
    q = numpy.array([0.0, 0.07, 0.25, 0.4, 0.5, 0.75, 0.98, 1.0])
    return lambda np, x: np.quantile(x, q, method=method), (V,)


CASES: dict[str, list[Case]] = dict(
    [
        # entry by entry
        *[unary(n, A, 0.7) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1")],
        *[unary(n, A, 0.7) for n in ("exp2", "square", "arcsinh", "arctan", "absolute", "fabs")],
        *[unary(n, A, 0.7) for n in ("negative", "positive", "sign", "floor", "ceil", "rint")],
        *[unary(n, A, 0.7) for n in ("deg2rad", "rad2deg", "degrees", "radians", "cbrt")],
        *[unary(n, A, 0.7) for n in ("reciprocal", "real", "conjugate", "sinc", "trunc", "modf")],
        *[unary(n, A, 0.7) for n in ("fix", "nan_to_num", "real_if_close", "round", "around")],
        ("imag", one(lambda np, x: np.imag(x * (1 + 2j)))),
        ("angle", one(lambda np, x: np.angle(x + 2j))),
        *[unary(n, abs(A), 0.7) for n in ("sqrt", "log", "log2", "log10", "log1p")],
        *[unary(n, A / 3, 0.7) for n in ("arcsin", "arccos", "arctanh")],
        unary("arccosh", abs(A) + 1.1, 1.7),
        *[binary(n) for n in ("add", "subtract", "multiply", "divide", "arctan2", "hypot")],
        *[binary(n) for n in ("maximum", "minimum", "fmax", "fmin", "logaddexp", "logaddexp2")],
        *[binary(n) for n in ("copysign", "heaviside", "nextafter", "remainder", "fmod")],
        *[binary(n) for n in ("floor_divide", "divmod")],
        binary("power", abs(A), B),
        binary("float_power", abs(A), B),
        ("ldexp", one(lambda np, x: np.ldexp(x, numpy.array([1, -2, 3])))),
        (
            "clip",
            one(lambda np, x: np.clip(x, -1.0, 1.2))
            + one(lambda np, x: np.clip(x, a_min=-1.0, a_max=1.2))
            + one(lambda np, x: np.clip(a=x, a_min=None, a_max=1.2)),
        ),
        ("where", one(lambda np, x, y: np.where(A > 0.6, x, y), A, B)),
        (
            "unwrap",
            one(lambda np, x: np.unwrap(5 * x, axis=1))
            + one(lambda np, x: np.unwrap(5 * x, 2.0, 0, period=4.0)),
        ),
        # reductions
        unary("median", A, V),
        *[unary(n, A, V) for n in ("ptp", "cumsum", "cumprod", "amax", "amin")],
        (
            "average",
            one(lambda np, x, w: np.average(x, 1, w, returned=True), A, abs(B))
            + one(lambda np, x, w: np.average(x, axis=1, weights=w), A, abs(U))
            + one(lambda np, x: np.average(x)),
        ),
        (
            "cov",
            one(lambda np, x: np.cov(x))
            + one(lambda np, x: np.cov(x), V)
            + one(lambda np, x, y: np.cov(x, y, bias=True), A, B)
            + one(lambda np, x: np.cov(x, rowvar=False, ddof=0))
            + one(lambda np, x, w: np.cov(x, aweights=w), A, abs(U))
            + one(lambda np, x, w: np.cov(x, None, False, True, aweights=w), A, abs(V[:2]))
            + one(lambda np, x, w: np.cov(x, fweights=numpy.array([2, 0, 3]), aweights=w), A, U**2),
        ),
        ("corrcoef", one(lambda np, x, y: np.corrcoef(x, y), V, W)),
        (
            "bincount",
            one(lambda np, w: np.bincount(numpy.array([0, 2, 2, 1]), w, 5), V)
            + one(lambda np, w: np.bincount(numpy.array([0, 2, 2, 1]), weights=w), V),
        ),
        (
            "quantile",
            one(lambda np, x: np.quantile(x, [0.1, 0.55, 1.0], axis=1))
            + one(lambda np, x: np.quantile(x, 0.3, keepdims=True))
            + one(lambda np, x, q: np.quantile(x, q, 0), T3, UNIT)
            + [quantile_by(method) for method in QUANTILE_METHODS],
        ),
        (
            "percentile",
            one(lambda np, x: np.percentile(x, 35.0, axis=(0, 1)))
            + one(lambda np, x, q: np.percentile(x, q, method="weibull"), V, 100 * UNIT),
        ),
        (
            "cumulative_sum",
            one(lambda np, x: np.cumulative_sum(x, axis=1, include_initial=True))
            + one(lambda np, x: np.cumulative_sum(x), V),
        ),
        ("cumulative_prod", one(lambda np, x: np.cumulative_prod(x, axis=0, include_initial=True))),
        *[with_gaps(n) for n in ("nansum", "nanprod", "nancumsum", "nancumprod", "nanmean")],
        *[with_gaps(n) for n in ("nanvar", "nanstd", "nanmax", "nanmin")],
        (
            "sum",
            one(lambda np, x: np.sum(x, 1, numpy.float64, keepdims=True))
            + one(lambda np, x, i: np.sum(x, axis=0, initial=i, where=B > 0), A, 0.4)
            + one(lambda np, x: np.sum(x), V),
        ),
        (
            "prod",
            one(lambda np, x: np.prod(x, axis=1))
            + one(lambda np, x, i: np.prod(x, 0, dtype=float, initial=i, where=B > 0), A, 0.4),
        ),
        (
            "max",
            one(lambda np, x: np.max(x, axis=1))
            + one(lambda np, x: np.max(x, 0, initial=0.7, where=B > 0)),
        ),
        (
            "min",
            one(lambda np, x: np.min(x, axis=1))
            + one(lambda np, x: np.min(x, 0, None, True, initial=0.7, where=B > 0)),
        ),
        (
            "mean",
            one(lambda np, x: np.mean(x, dtype=float))
            + one(lambda np, x: np.mean(x, 1, keepdims=True, where=A > 0)),
        ),
        (
            "var",
            one(lambda np, x: np.var(x, axis=1, dtype=float, ddof=1))
            + one(lambda np, x: np.var(x, 0, correction=1))
            + one(lambda np, x: np.var(x, 1, where=A > 0))
            + one(lambda np, x, m: np.var(x, 1, where=A > 0, mean=m), A, A[:, :1])
            + one(lambda np, x, m: np.var(x, 0, mean=m), A, A[:1] + 1),
        ),
        (
            "std",
            one(lambda np, x: np.std(x, axis=1, ddof=1, keepdims=True))
            + one(lambda np, x: np.std(x, 1, ddof=1, where=A > -1, keepdims=True))
            + one(lambda np, x, m: np.std(x, 1, mean=m, correction=1), A, A[:, :1]),
        ),
        (
            "ravel",
            one(lambda np, x: np.ravel(x, order="F")) + one(lambda np, x: np.ravel(x), T3),
        ),
        # calculus
        ("diff", one(lambda np, x: np.diff(x)) + one(lambda np, x: np.diff(x, 2, 0, x[:1], 0.0))),
        ("ediff1d", one(lambda np, x: np.ediff1d(x, to_begin=x[:, 0], to_end=[1.0]))),
        (
            "gradient",
            one(lambda np, x: np.gradient(x))
            + one(lambda np, x: np.gradient(x, 0.3, axis=1, edge_order=2))
            + one(lambda np, x, t: np.gradient(x, 2.0, t), A, numpy.array([0.1, 0.4, 1.0]))
            + one(lambda np, x, t: np.gradient(x, t, edge_order=2), V, numpy.cumsum(abs(W))),
        ),
        (
            "trapezoid",
            one(lambda np, y: np.trapezoid(y, dx=0.2, axis=0))
            + one(lambda np, y, x: np.trapezoid(y, x), A, numpy.cumsum(abs(B), 1))
            + one(lambda np, y, x: np.trapezoid(y, x), A, U),
        ),
        (
            "interp",
            one(
                lambda np, x, xp, fp: np.interp(x, xp, fp),
                A,
                numpy.array([-1.0, 0.4, 1.4]),
                numpy.array([2.0, -1.0, 0.5]),
            )
            + one(
                lambda np, x, xp, fp: np.interp(7 * x, xp, fp, period=2.5),
                A,
                numpy.array([1.4, 0.4, -1.0]),
                U,
            )
            + one(lambda np, x: np.interp(x, [-1.0, 1.0], [2.0, 3.0], left=-1.0, right=7.0))
            + one(lambda np, fp: np.interp([-3.0, 0.2, 5.0], [0.0, 1.0], fp, left=0.0), U[:2]),
        ),
        (
            "convolve",
            one(lambda np, x, y: np.convolve(x, y), V, U)
            + one(lambda np, x, y: np.convolve(x, y, "same"), U, V)
            + one(lambda np, x, y: np.convolve(x, y, "valid"), V, U),
        ),
        (
            "correlate",
            one(lambda np, x, y: np.correlate(x, y), V, U)
            + one(lambda np, x, y: np.correlate(x, y, "full"), U, V)
            + one(lambda np, x, y: np.correlate(x, y, "same"), V, U),
        ),
        ("polyval", one(lambda np, p, x: np.polyval(p, x), V, A)),
        ("polyadd", one(lambda np, p, q: np.polyadd(p, q), V, U)),
        ("polysub", one(lambda np, p, q: np.polysub(p, q), U, V)),
        ("polymul", one(lambda np, p, q: np.polymul(p, q), V, U)),
        ("polyder", one(lambda np, p: np.polyder(p, 2), V)),
        ("polyint", one(lambda np, p: np.polyint(p, 2, [1.0, 2.0]), V)),
        (
            "vander",
            one(lambda np, x: np.vander(x), U)
            + one(lambda np, x: np.vander(x, 2, increasing=True), V),
        ),
        # creation
        (
            "array",
            one(lambda np, x, y: np.array([[x, 1.0], [y, x * y]]), 0.3, 0.8)
            + one(lambda np, x: np.array([x, 2 * x], ndmin=4)),
        ),
        ("asarray", one(lambda np, x: np.asarray([x, 1.0]), 0.3)),
        ("asanyarray", one(lambda np, x: np.asanyarray(x))),
        ("ascontiguousarray", one(lambda np, x: np.ascontiguousarray(x))),
        ("copy", one(lambda np, x: np.copy(x))),
        ("astype", one(lambda np, x: np.astype(x, float))),
        ("full", one(lambda np, x: np.full((2, 3), x), U) + one(lambda np, x: np.full(3, x), 0.2)),
        ("full_like", one(lambda np, x: np.full_like(A, x), 0.4)),
        (
            "linspace",
            one(lambda np, x, y: np.linspace(x, y, 5, retstep=True), 0.2, 1.9)
            + one(lambda np, x, y: np.linspace(x, y, 4, endpoint=False, axis=1), U, 2 * U),
        ),
        ("logspace", one(lambda np, x, y: np.logspace(x, y, 4, base=2.0), 0.2, 1.9)),
        (
            "geomspace",
            one(lambda np, x, y: np.geomspace(x, y, 4), 0.2, 1.9)
            + one(lambda np, x, y: np.geomspace(x, y, 4), -0.2, -1.9),
        ),
        # shapes
        *[unary(n, A) for n in ("transpose", "matrix_transpose", "flip", "fliplr")],
        *[
            unary(n, A)
            for n in ("flipud", "diag", "diagonal", "trace", "tril", "triu", "atleast_3d")
        ],
        *[unary(n, A, V, 0.3) for n in ("atleast_1d", "atleast_2d")],
        *[unary(n, A, V) for n in ("sort", "diagflat")],
        (
            "reshape",
            one(lambda np, x: np.reshape(x, (3, -1)))
            + (one(lambda np, x: np.reshape(x, shape=6)) if NUMPY >= (2, 1) else [])
            + one(lambda np, x: np.reshape(x, (4, 3, 2), order="F"), T3),
        ),
        ("swapaxes", one(lambda np, x: np.swapaxes(x, 0, 2), T3)),
        ("moveaxis", one(lambda np, x: np.moveaxis(x, 0, -1), T3)),
        ("rollaxis", one(lambda np, x: np.rollaxis(x, 2), T3)),
        ("expand_dims", one(lambda np, x: np.expand_dims(x, (0, 2)))),
        ("squeeze", one(lambda np, x: np.squeeze(x[None]))),
        ("broadcast_to", one(lambda np, x: np.broadcast_to(x, (2, 3)), U)),
        ("broadcast_arrays", one(lambda np, x, y: np.broadcast_arrays(x, y), A, U)),
        (
            "meshgrid",
            one(lambda np, x, y: np.meshgrid(x, y), V, U)
            + one(lambda np, x, y: np.meshgrid(x, y, U, indexing="ij", sparse=True), V, U),
        ),
        ("concatenate", one(lambda np, x, y: np.concatenate((x, y), axis=1), A, B)),
        ("stack", one(lambda np, x, y: np.stack([x, y], axis=1), A, B)),
        ("vstack", one(lambda np, x, y: np.vstack([x, y]), A, U)),
        ("row_stack", one(lambda np, x, y: np.vstack([x, y]), A, U)),
        ("hstack", one(lambda np, x, y: np.hstack([x, y]), V, U)),
        (
            "dstack",
            one(lambda np, x, y: np.dstack([x, y]), A, B)
            + one(lambda np, x, y: np.dstack([x, y]), U, 2 * U),
        ),
        ("column_stack", one(lambda np, x, y: np.column_stack([x, y]), A.T, U)),
        (
            "block",
            one(lambda np, x, y: np.block([[x, y], [y, 2 * x]]), A, B)
            + one(lambda np, x, y: np.block([x, y, 1.0]), V, U),
        ),
        (
            "append",
            one(lambda np, x, y: np.append(x, y), A, U)
            + one(lambda np, x, y: np.append(x, y, axis=0), A, B),
        ),
        ("split", one(lambda np, x: np.split(x, [1], axis=1))),
        ("array_split", one(lambda np, x: np.array_split(x, 2, axis=1))),
        ("hsplit", one(lambda np, x: np.hsplit(x, 3))),
        ("vsplit", one(lambda np, x: np.vsplit(x, 2))),
        ("dsplit", one(lambda np, x: np.dsplit(x, 2), T3)),
        ("unstack", one(lambda np, x: np.unstack(x, axis=1))),
        ("tile", one(lambda np, x: np.tile(x, (2, 1)))),
        ("repeat", one(lambda np, x: np.repeat(x, [1, 0, 2], axis=1))),
        (
            "pad",
            one(lambda np, x: np.pad(x, ((1, 0), (0, 2))))
            + [
                (lambda np, x, mode=mode, k=k: np.pad(x, ((1, 2), (0, 2)), mode, **k), (A,))
                for mode, k in PADS
            ]
            + one(lambda np, x: np.pad(x, (1, 4), "median", stat_length=((1, 2),)), T3)
            + one(lambda np, x, c: np.pad(x, 1, constant_values=c), A, 0.7)
            + one(lambda np, x, c: np.pad(x, 2, "linear_ramp", end_values=c), A, U[:2]),
        ),
        ("roll", one(lambda np, x: np.roll(x, 2))),
        ("rot90", one(lambda np, x: np.rot90(x, 3))),
        ("resize", one(lambda np, x: np.resize(x, (4, 2)))),
        ("delete", one(lambda np, x: np.delete(x, 1, axis=1))),
        ("compress", one(lambda np, x: np.compress([True, False, True], x, axis=1))),
        ("extract", one(lambda np, x: np.extract(A > 0.5, x))),
        ("take", one(lambda np, x: np.take(x, [0, 2, 2], axis=1))),
        ("take_along_axis", one(lambda np, x: np.take_along_axis(x, numpy.argsort(A, 1), 1))),
        ("partition", one(lambda np, x: np.partition(x, 1, axis=0))),
        ("select", one(lambda np, x, y: np.select([A > 1, A > 0], [x, y], default=0.5), A, B)),
        (
            "apply_along_axis",
            one(lambda np, x: np.apply_along_axis(np.sum, 0, x))
            + one(lambda np, x: np.apply_along_axis(lambda r: np.outer(r, r), 1, x), T3),
        ),
        # products
        ("matmul", one(lambda np, x, y: np.matmul(x, y), A, B.T)),
        ("dot", one(lambda np, x, y: np.dot(x, y), A, B.T)),
        ("vdot", one(lambda np, x, y: np.vdot(x, y), A, B)),
        ("inner", one(lambda np, x, y: np.inner(x, y), A, B)),
        ("outer", one(lambda np, x, y: np.outer(x, y), V, U)),
        ("kron", one(lambda np, x, y: np.kron(x, y), A, U)),
        (
            "cross",
            one(lambda np, x, y: np.cross(x, y), A, B)
            + one(lambda np, x, y: np.cross(x, y, axisb=0), A, B.T)
            + one(lambda np, x, y: np.cross(x, y, 1, -1, 0), A, U),
        ),
        ("tensordot", one(lambda np, x, y: np.tensordot(x, y, axes=([0, 1], [0, 1])), A, B)),
        (
            "einsum",
            one(lambda np, x, y: np.einsum("ij,kj->ik", x, y), A, B)
            + one(lambda np, x, y: np.einsum(x, [0, 1], y, [2, 1], [2, 0]), A, B)
            + one(lambda np, x, y: np.einsum(x, [..., 1], y, [..., 1]), A, B),
        ),
        ("matvec", one(lambda np, x, y: np.matvec(x, y), A, U)),
        ("vecmat", one(lambda np, x, y: np.vecmat(x, y), U, S)),
        ("vecdot", one(lambda np, x, y: np.vecdot(x, y), A, B)),
    ]
)

LINALG: dict[str, list[Case]] = {
    "cholesky": one(lambda np, x: np.linalg.cholesky((x + np.transpose(x)) / 2), SPD),
    "cond": one(lambda np, x: np.linalg.cond(x), S) + one(lambda np, x: np.linalg.cond(x, 1), SPD),
    "cross": one(lambda np, x, y: np.linalg.cross(x, y), A, B),
    "det": one(lambda np, x: np.linalg.det(x), S),
    "diagonal": one(lambda np, x: np.linalg.diagonal(x, offset=1), T3),
    # They are complex in newer versions of NumPy.
    "eig": one(
        lambda np, x: np.real(np.linalg.eig(x @ numpy.diag([1.0, 2.0, 4.0])).eigenvalues), SPD
    ),
    "eigvals": one(lambda np, x: np.real(np.linalg.eigvals(x @ numpy.diag([1.0, 2.0, 4.0]))), SPD),
    "eigh": one(lambda np, x: np.linalg.eigh((x + np.transpose(x)) / 2, "U").eigenvalues, SPD),
    "eigvalsh": one(lambda np, x: np.linalg.eigvalsh((x + np.transpose(x)) / 2), SPD),
    "inv": one(lambda np, x: np.linalg.inv(x), S),
    "matmul": one(lambda np, x, y: np.linalg.matmul(x, y), A, B.T),
    "matrix_norm": one(lambda np, x: np.linalg.matrix_norm(x, ord=1, keepdims=True), T3),
    "matrix_power": one(lambda np, x: np.linalg.matrix_power(x, 3), S),
    "matrix_transpose": one(lambda np, x: np.linalg.matrix_transpose(x), T3),
    "multi_dot": one(lambda np, x, y: np.linalg.multi_dot([x, y, x]), A, B.T),
    "norm": one(lambda np, x: np.linalg.norm(x)) + one(lambda np, x: np.linalg.norm(x, 1, 0)),
    "outer": one(lambda np, x, y: np.linalg.outer(x, y), V, U),
    "pinv": one(lambda np, x: np.linalg.pinv(x)),
    "qr": one(lambda np, x: np.linalg.qr(x).R, S),
    "slogdet": one(lambda np, x: np.linalg.slogdet(x).logabsdet, S),
    "solve": one(lambda np, x, y: np.linalg.solve(x, y), S, U),
    "svd": one(lambda np, x: np.linalg.svd(x, full_matrices=False).S),
    "svdvals": one(lambda np, x: np.linalg.svdvals(x)),
    "tensordot": one(lambda np, x, y: np.linalg.tensordot(x, y, axes=1), A, S),
    "tensorinv": one(lambda np, x: np.linalg.tensorinv(np.reshape(x, (3, 1, 3)), ind=1), S),
    "tensorsolve": one(
        lambda np, x, y: np.linalg.tensorsolve(np.reshape(x, (3, 1, 3)), np.reshape(y, (3, 1))),
        S,
        U,
    ),
    "trace": one(lambda np, x: np.linalg.trace(x), T3),
    "vecdot": one(lambda np, x, y: np.linalg.vecdot(x, y), A, B),
    "vector_norm": one(lambda np, x: np.linalg.vector_norm(x, ord=3, keepdims=True))
    + one(lambda np, x: np.linalg.vector_norm(x, axis=1), T3),
}


def _parts(np: Any, z: Any) -> Any:
    """Complex results as real ones, side by side."""
    return np.stack([np.real(z), np.imag(z)]) if np.iscomplexobj(z) else z


FFT: dict[str, list[Case]] = {
    **{
        name: one(lambda np, x, name=name: _parts(np, getattr(np.fft, name)(x)))
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2")
    },
    **{
        name: one(lambda np, x, name=name: _parts(np, getattr(np.fft, name)(x, axes=(0, 1))))
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "irfft2")
    },
    "fftshift": one(lambda np, x: np.fft.fftshift(x)),
    "ifftshift": one(lambda np, x: np.fft.ifftshift(x, axes=1)),
}
