"""Every function of the engine with arguments in its domain, away from kinks: one list of cases.

The tests of derivatives run over it, and so can those of whatever else transforms a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd as ad
from autograd.ops import TABLE


@dataclass(frozen=True)
class Case:
    """`f(*args)` is smooth within `radius` of its arguments, floats and arrays of float64.

    `name` is that of an operation in the table or of a public function.
    """

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    detail: str = ""
    radius: float = 0.1

    def __str__(self) -> str:
        shapes = ",".join("Value" if isinstance(x, float) else str(x.shape) for x in self.args)
        return f"{self.name}{self.detail and '-' + self.detail}-{shapes.replace(' ', '')}"


def moved(args: tuple[Any, ...], share: float) -> tuple[Any, ...]:
    """Other arguments within the case's radius: what was frozen in the recording would show."""
    rng = np.random.default_rng(1)
    return tuple(
        arg + share * (rng.random() - 0.5)
        if isinstance(arg, float)
        else arg + share * (rng.random(arg.shape) - 0.5)
        for arg in args
    )


def total(case: Case) -> Callable[..., Any]:
    """The case as a function that gives one number: its outputs with weights that differ, each by
    itself and all of them in a row with the arguments.
    """

    def f(*args: Any) -> Any:
        out = case.f(*args)
        parts = out if isinstance(out, list | tuple) else [out]
        row = ad.concatenate([ad.ravel(part) for part in (*parts, *args)])
        return sum(ad.sum(ad.sin(part * 1.3 + 0.2)) for part in parts) + ad.sum(ad.cos(row * 0.7))

    return f


# --------------------------------------------------------------------------------------------------
# Elementwise: numbers that each argument is filled with, in turn

ANY = (0.7, -1.3, 0.4, 1.6, -0.6, 2.1, -0.3)
OTHERS = (1.2, -0.8, -1.7, 0.9, 0.25, -0.45, 1.95)
"""At least 0.15 from all of ANY, and so on the same side however the two are combined."""
POSITIVE = (0.7, 1.3, 0.6, 1.9, 2.4, 0.9, 1.1)
INSIDE = (0.5, -0.4, 0.2, -0.1, 0.35, -0.55, 0.6)
ABOVE_ONE = (1.6, 2.3, 1.8, 3.1, 2.7, 1.9, 2.1)
NOT_WHOLE = (0.3, -1.6, 2.4, 1.7, -0.3, 3.35, -2.65)
MODULI = (2.7, -2.2, 1.5, 2.6, -1.7, 2.9, 2.3)

UNARY = {
    "abs": ANY,
    "arccos": INSIDE,
    "arccosh": ABOVE_ONE,
    "arcsin": INSIDE,
    "arcsinh": ANY,
    "arctan": INSIDE,
    "arctanh": INSIDE,
    "cbrt": (0.7, -1.3, 0.6, 1.6, -0.8, 2.1, -0.9),
    "ceil": NOT_WHOLE,
    "cos": ANY,
    "cosh": ANY,
    "elu": ANY,
    "erf": ANY,
    "erfc": ANY,
    "exp": ANY,
    "exp2": ANY,
    "expm1": ANY,
    "floor": NOT_WHOLE,
    "gelu": ANY,
    "hardtanh": ANY,
    "identity": ANY,
    "leaky_relu": ANY,
    "log": POSITIVE,
    "log10": POSITIVE,
    "log1p": INSIDE,
    "log2": POSITIVE,
    "mish": ANY,
    "neg": ANY,
    "reciprocal": (0.7, -1.3, 0.6, 1.6, -0.8, 2.1, -0.9),
    "relu": ANY,
    "round": NOT_WHOLE,
    "trunc": NOT_WHOLE,
    "sigmoid": ANY,
    "sign": ANY,
    "silu": ANY,
    "sin": ANY,
    "sinh": ANY,
    "softplus": ANY,
    "softsign": ANY,
    "sqrt": POSITIVE,
    "square": ANY,
    "tan": INSIDE,
    "tanh": INSIDE,
}
BINARY = {
    "add": (ANY, OTHERS),
    "arctan2": (POSITIVE, ABOVE_ONE),
    "chain_product": (ANY, OTHERS),
    "floor_divide": (ANY, MODULI),
    "div": (ANY, (0.8, -1.3, 0.75, 1.6, -0.9, 2.1, -1.1)),
    "elu": (ANY, POSITIVE),
    "heaviside": (ANY, OTHERS),
    "hypot": (POSITIVE, OTHERS),
    "leaky_relu": (ANY, INSIDE),
    "logaddexp": (ANY, OTHERS),
    "maximum": (ANY, OTHERS),
    "minimum": (ANY, OTHERS),
    "mod": (ANY, MODULI),
    "mul": (ANY, OTHERS),
    "pow": (POSITIVE, OTHERS),
    "sub": (ANY, OTHERS),
}
SHAPES = ((), (3,), (2, 3))
SHAPE_PAIRS = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((2, 1), (1, 3)),
    ((3,), (2, 3)),
    ((2, 3), ()),
    ((), (2, 3)),
)


def function(name: str) -> Callable[..., Any]:
    """What users call by a name; for what they do not, the operation in the table."""
    public: Any = getattr(ad, name) if name in ad.ops.__all__ else TABLE.get(name)
    return public or getattr(ad.linalg, name)


def fill(numbers: tuple[float, ...], shape: tuple[int, ...]) -> Any:
    """An array of the numbers, in turn."""
    return np.resize(numbers, shape)


def _number_or_array(numbers: tuple[float, ...], shape: tuple[int, ...]) -> Iterator[Any]:
    """What an argument of a shape can be: a Value is made of a float, a Tensor of an array."""
    if shape == ():
        yield numbers[0]
    yield fill(numbers, shape)


def _elementwise() -> Iterator[Case]:
    for name, numbers in UNARY.items():
        for shape in SHAPES:
            for x in _number_or_array(numbers, shape):
                yield Case(name, function(name), (x,))
    for name, (left, right) in BINARY.items():
        f = function(name)
        for shape, other in SHAPE_PAIRS:
            for x in _number_or_array(left, shape):
                for y in _number_or_array(right, other):
                    yield Case(name, f, (x, y))
        for x, y in ((left[0], right[0]), (fill(left, (3,)), fill(right, (2, 1)))):
            yield Case(name, lambda x, f=f, y=y: f(x, y), (x,), "by-constant")
            yield Case(name, lambda y, f=f, x=x: f(x, y), (y,), "of-constant")
    for x in (0.7, fill(ANY, (2, 3))):
        yield Case("pow", lambda x: x**3, (x,), "cube")
        yield Case("pow", lambda x: x**-2.0, (x,), "inverse-square")
        yield Case("pow", lambda x: x**0, (x,), "zeroth")
        yield Case("pow", lambda x: 2**x, (x,), "of-two")
        yield Case("round", lambda x: ad.round(x, 1), (x + 0.02,), "one-decimal", 0.01)
        yield Case("clip", lambda x: ad.clip(x, -0.5, 1.4), (x,))
        yield Case("clip", lambda x: ad.clip(x, None, 1.0), (x,), "above")
        yield Case("clip", lambda x: ad.clip(x, -1.0), (x,), "below")
        yield Case("heaviside", lambda x: ad.heaviside(x), (x,), "step")
        yield Case("gelu", lambda x: ad.gelu(x, "tanh"), (x,), "tanh")
        yield Case("where", lambda x, y: ad.where(True, x, y), (x, x + 1.0), "left")
        yield Case("where", lambda x, y: ad.where(False, x, y), (x, x + 1.0), "right")
        yield Case("mod", lambda x: x % 2.7, (x,), "operator")
    for x in (0.7, fill(ANY, (2, 3))):
        yield Case("real", lambda x: ad.real(x * (1 + 2j)), (x,))
        yield Case("imag", lambda x: ad.imag(x * (1 + 2j)), (x,))
        yield Case("conj", lambda x: ad.real(ad.conj(x * (1 + 2j)) * 1j), (x,))
        yield Case("angle", lambda x: ad.angle(x + 2j), (x,))
        yield Case("angle", ad.angle, (x,), "of-real")
        yield Case("angle", lambda x: ad.angle(x * 1j, deg=True), (x,), "degrees")
    for x in (MODULI[0], fill(MODULI, (2, 3))):
        yield Case("mod", lambda x: 3.9 % x, (x,), "of-constant-operator", 0.05)
    mask = np.array([[True, False, True], [False, False, True]])
    for x, y in (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2, 3))):
        yield Case(
            "where", lambda x, y: ad.where(mask, x, y), (fill(ANY, x), fill(OTHERS, y)), "mask"
        )
    yield Case("where", lambda x, y: ad.where(mask, x, y), (0.5, fill(OTHERS, (3,))), "mask")
    yield Case("clip", ad.clip, (fill(ANY, (3,)), fill((-0.95, -0.6), (2, 1)), 1.3), "by-nodes")


# --------------------------------------------------------------------------------------------------
# Reductions: entries at least 0.35 apart, so that their order stays

APART = np.array([0.6, -1.1, 1.35, -0.4, 2.05, -1.8, 1.0, -0.75, 0.25, 1.7, -1.45, 2.4])
MATRIX = APART[:6].reshape(2, 3)
CUBE = APART.reshape(2, 3, 2)


def _reductions() -> Iterator[Case]:
    everywhere = ("sum", "mean", "prod", "var", "std", "max", "min", "logsumexp", "median", "ptp")
    for name in everywhere:
        f = function(name)
        for x in (0.7, APART[:3], MATRIX, CUBE):
            if isinstance(x, float) and name in ("var", "std"):
                continue
            yield Case(name, f, (x,))
        for axis in (0, -1, (0, 2), (-1, 1)):
            for keepdims in (False, True):
                detail = f"axis={axis}{'-kept' * keepdims}".replace(" ", "")
                yield Case(
                    name, lambda x, f=f, a=axis, k=keepdims: f(x, a, keepdims=k), (CUBE,), detail
                )
        yield Case(name, lambda x, f=f: f(x, keepdims=True), (MATRIX,), "kept")
    for name in ("var", "std"):
        f = function(name)
        yield Case(name, lambda x, f=f: f(x, 1, ddof=1), (MATRIX,), "ddof=1")
    for name in ("cumsum", "cumprod"):
        f = function(name)
        yield Case(name, f, (APART[:4],))
        yield Case(name, f, (MATRIX,))
        for axis in (0, 1, -1):
            yield Case(name, lambda x, f=f, axis=axis: f(x, axis), (CUBE,), f"axis={axis}")
    for name in ("softmax", "log_softmax"):
        f = function(name)
        yield Case(name, f, (APART[:3],))
        for axis in (0, -1, (0, 1)):
            detail = f"axis={axis}".replace(" ", "")
            yield Case(name, lambda x, f=f, axis=axis: f(x, axis=axis), (MATRIX,), detail)
    zeros = np.array([0.5, 0.0, -1.5, 0.0])
    for name in ("prod", "cumprod"):
        yield Case(name, function(name), (zeros,), "two-zeros")
        yield Case(name, function(name), (zeros[:3],), "one-zero")
    yield Case("recurrence", TABLE["recurrence"], (APART[:5], APART[5:10]))
    yield Case("recurrence", TABLE["recurrence"], (MATRIX, MATRIX + 0.3))


# --------------------------------------------------------------------------------------------------
# Shapes, parts and indices

VECTOR = APART[:4]


def _shapes() -> Iterator[Case]:
    yield Case("reshape", lambda x: ad.reshape(x, (3, 2)), (MATRIX,))
    yield Case("reshape", lambda x: ad.reshape(x, -1, 2), (MATRIX,), "open")
    yield Case("reshape", lambda x: x.reshape(2, 1), (VECTOR[:2],), "method")
    yield Case("ravel", ad.ravel, (MATRIX,))
    yield Case("ravel", ad.ravel, (0.7,))
    yield Case("transpose", ad.transpose, (MATRIX,))
    yield Case("transpose", lambda x: ad.transpose(x, (1, 2, 0)), (CUBE,), "cycle")
    yield Case("transpose", lambda x: ad.transpose(x, (-1, 0, 1)), (CUBE,), "from-the-end")
    yield Case("matrix_transpose", ad.matrix_transpose, (CUBE,))
    yield Case("swapaxes", lambda x: ad.swapaxes(x, 0, -1), (CUBE,))
    yield Case("moveaxis", lambda x: ad.moveaxis(x, (0, 1), (-1, 0)), (CUBE,))
    yield Case("expand_dims", lambda x: ad.expand_dims(x, (0, -1)), (VECTOR,))
    yield Case("squeeze", ad.squeeze, (VECTOR.reshape(1, 4, 1),))
    yield Case("squeeze", lambda x: ad.squeeze(x, -1), (VECTOR.reshape(1, 4, 1),), "axis")
    yield Case("atleast_1d", ad.atleast_1d, (0.7,))
    yield Case("atleast_2d", ad.atleast_2d, (VECTOR,))
    yield Case("broadcast_to", lambda x: ad.broadcast_to(x, (2, 4)), (VECTOR,))
    yield Case("broadcast_to", lambda x: ad.broadcast_to(x, (2, 3, 2)), (APART[:3].reshape(3, 1),))
    yield Case("broadcast_to", lambda x: ad.broadcast_to(x, 3), (0.7,))
    yield Case("sum_to", lambda x: TABLE["sum_to"](x, shape=(3, 1)), (CUBE,))
    yield Case("cast", lambda x: ad.cast(x, np.longdouble), (VECTOR,))
    yield Case("flip", ad.flip, (MATRIX,))
    yield Case("flip", lambda x: ad.flip(x, (0, 2)), (CUBE,), "axes")
    yield Case("fliplr", ad.fliplr, (MATRIX,))
    yield Case("flipud", ad.flipud, (MATRIX,))
    yield Case("roll", lambda x: ad.roll(x, 2), (MATRIX,))
    yield Case("roll", lambda x: ad.roll(x, (1, -1), (0, 1)), (CUBE,), "axes")
    yield Case("roll", lambda x: ad.roll(x, -1, 1), (MATRIX,), "axis")
    yield Case("tril", ad.tril, (MATRIX,))
    yield Case("tril", lambda x: ad.tril(x, -1), (CUBE,), "below")
    yield Case("triu", lambda x: ad.triu(x, 1), (MATRIX,))
    yield Case("diag", ad.diag, (VECTOR,))
    yield Case("diag", lambda x: ad.diag(x, -1), (VECTOR,), "below")
    yield Case("diag", ad.diag, (MATRIX,))
    yield Case("diagonal", ad.diagonal, (MATRIX,))
    yield Case("diagonal", lambda x: ad.diagonal(x, 1, 2, 1), (CUBE,), "of-axes")
    yield Case("trace", ad.trace, (MATRIX,))
    yield Case("trace", lambda x: ad.trace(x, -1), (CUBE,), "below")
    yield Case("repeat", lambda x: ad.repeat(x, 2), (MATRIX,))
    yield Case("repeat", lambda x: ad.repeat(x, [2, 0, 1], 1), (MATRIX,), "each")
    yield Case("tile", lambda x: ad.tile(x, 2), (MATRIX,))
    yield Case("tile", lambda x: ad.tile(x, (2, 1, 2)), (VECTOR,), "more-axes")
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        yield Case("pad", lambda x, mode=mode: ad.pad(x, (2, 1), mode), (MATRIX.T,), mode)
    yield Case("pad", lambda x: ad.pad(x, ((1, 0), (2, 1)), constant_values=3.0), (MATRIX,))


def _parts() -> Iterator[Case]:
    yield Case("concatenate", lambda x, y: ad.concatenate([x, y]), (MATRIX, CUBE[0].T))
    yield Case(
        "concatenate", lambda x, y: ad.concatenate([x, y, x], 1), (MATRIX, CUBE[0].T), "axis=1"
    )
    yield Case("concatenate", lambda x, y: ad.concatenate([x, y], None), (MATRIX, VECTOR), "flat")
    yield Case("concatenate", lambda x: ad.concatenate([x, np.ones(2)]), (VECTOR,), "constant")
    yield Case("stack", lambda x, y: ad.stack([x, y, x], 1), (VECTOR, VECTOR[::-1].copy()))
    yield Case("stack", lambda x, y: ad.stack([x, y]), (0.7, 1.2))
    yield Case("array", lambda x, y: ad.array([[x, 1.0], [y, x * y]]), (0.7, -1.2))
    yield Case("array", lambda x: ad.array([x, np.ones(4), [1.0, 2.0, 3.0, 4.0]]), (VECTOR,))
    yield Case("vstack", lambda x, y: ad.vstack([x, y]), (APART[:3], MATRIX))
    yield Case("hstack", lambda x, y: ad.hstack([x, y]), (CUBE[:, 0], MATRIX))
    yield Case("hstack", lambda x, y: ad.hstack([x, y]), (VECTOR, 0.7))
    yield Case("split", lambda x: ad.split(x, 3, 1), (MATRIX,))
    yield Case("split", lambda x: ad.split(x, [1, 3]), (VECTOR,), "places")
    yield Case("array_split", lambda x: ad.array_split(x, 3), (VECTOR,))


def _indices() -> Iterator[Case]:
    keys = {
        "number": 1,
        "slice": slice(None, None, -2),
        "ellipsis": (..., 0),
        "new-axis": (None, 1),
        "list-repeated": [1, 0, 1, 1],
        "pairs-repeated": ([0, 1, 0], [2, 2, 2]),
        "mixed": (slice(None), [0, 0, 2]),
        "mask": MATRIX > 0,
        "nothing": (slice(0, 0),),
    }
    for detail, key in keys.items():
        yield Case("index", lambda x, key=key: x[key], (MATRIX,), detail)
        yield Case("set", lambda x, key=key: ad.ops.At(x)[key].set(2.0), (MATRIX,), detail)
        shape = MATRIX[key].shape
        values = fill(OTHERS, shape)
        yield Case("At", lambda x, v, key=key: ad.ops.At(x)[key].set(v), (MATRIX, values), detail)
        yield Case(
            "At", lambda x, v, key=key: ad.ops.At(x)[key].add(v), (MATRIX, values), f"add-{detail}"
        )
    yield Case("index", lambda x: x[1, :, [0, 1, 1]], (CUBE,), "apart")
    yield Case("At", lambda x, v: x * ad.ops.At(x)[0].set(v), (MATRIX, 0.7), "broadcast")
    for key, shape in (([2, 0, 2, 2], (3,)), (slice(1, 5), (6,)), (([1, 1, 0, 1],), (2,))):
        yield Case("scatter", lambda x, k=key, s=shape: ad.scatter(x, k, s), (VECTOR,), str(key))
    places = np.array([1, 0, 1])
    yield Case("gather", lambda x: TABLE["gather"](x, places, key=("here",)), (MATRIX,))
    yield Case(
        "gather", lambda x: TABLE["gather"](x, places, key=(slice(None), "here")), (MATRIX,), "axis"
    )
    yield Case(
        "place", lambda x: TABLE["place"](x, places, key=("here",), shape=(3,)), (VECTOR[:3],)
    )
    yield Case("take", lambda x: ad.take(x, [0, 4, 4]), (MATRIX,))
    yield Case("take", lambda x: ad.take(x, [[0, 1], [-1, 0]], 1), (MATRIX,), "axis=1")
    yield Case("take", lambda x: ad.take(x, [5, -7], 1, mode="wrap"), (MATRIX,), "wrap")
    yield Case("take", lambda x: ad.take(x, [5, -7], 1, mode="clip"), (MATRIX,), "clip")
    order = np.argsort(MATRIX, axis=1)
    yield Case("take_along_axis", lambda x: ad.take_along_axis(x, order, 1), (MATRIX,))
    yield Case(
        "take_along_axis", lambda x: ad.take_along_axis(x, [0, 0, 3], None), (MATRIX,), "flat"
    )
    yield Case("sort", ad.sort, (CUBE,))
    yield Case("sort", lambda x: ad.sort(x, 0), (CUBE,), "axis=0")
    yield Case("sort", lambda x: ad.sort(x, None), (CUBE,), "flat")


# --------------------------------------------------------------------------------------------------
# Products and linear algebra

SQUARE = np.array([[2.1, 0.3, -0.4], [0.5, 1.7, 0.2], [-0.3, 0.6, 2.6]])
SQUARES = np.stack([SQUARE, SQUARE.T + 0.2 * np.eye(3)])


def _products() -> Iterator[Case]:
    shapes = (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 2)),
        ((2, 2, 3), (3, 2)),
        ((2, 3), (2, 3, 2)),
        ((2, 1, 2, 3), (3, 3, 2)),
        ((3,), (2, 3, 2)),
        ((2, 2, 3), (3,)),
    )
    for left, right in shapes:
        yield Case("matmul", ad.matmul, (fill(ANY, left), fill(OTHERS, right)))
    matrix = fill(OTHERS, (3, 2))
    yield Case("matmul", lambda x: x @ matrix, (MATRIX,), "by-constant")
    yield Case("matmul", lambda x: matrix @ x, (MATRIX,), "of-constant")
    turned = fill(OTHERS, (2, 3)).T
    yield Case("matmul", lambda x, y: x @ (y.T + turned), (MATRIX, MATRIX + 0.1), "transposed")

    for name, pairs in {
        "dot": (((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((), (3,))),
        "inner": (((3,), (3,)), ((2, 3), (2, 2, 3)), ((2,), ())),
        "outer": (((3,), (2,)), ((2, 2), (3,))),
        "vdot": (((3,), (3,)), ((2, 3), (3, 2))),
        "kron": (((2,), (3,)), ((2, 3), (3, 2)), ((2, 2), (3,))),
        "cross": (((3,), (3,)), ((2, 3), (3,))),
    }.items():
        for left, right in pairs:
            yield Case(name, function(name), (fill(ANY, left), fill(OTHERS, right)))
    for axes in (0, 1, ([1], [0]), ((-1, 0), (0, 2))):
        shape = (3, 2, 2) if axes == 1 or axes == ([1], [0]) else (3, 1, 2)
        args = (MATRIX, fill(OTHERS, shape))
        yield Case(
            "tensordot",
            lambda x, y, a=axes: ad.tensordot(x, y, a),
            args,
            f"{axes}".replace(" ", ""),
        )
    yield Case("cross", lambda x, y: ad.cross(x, y, axis=0), (MATRIX.T, MATRIX.T[:, :1]), "axis=0")
    for subscripts, *shapes in (
        ("ij->ji", (2, 3)),
        ("ij->", (2, 3)),
        ("ij->j", (2, 3)),
        ("ii->i", (3, 3)),
        ("ii", (3, 3)),
        ("ij,jk", (2, 3), (3, 2)),
        ("ij,jk->ki", (2, 3), (3, 2)),
        ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
        ("...ij,...j->...i", (2, 2, 3), (3,)),
        ("i,j->ij", (2,), (3,)),
        ("i,i->i", (3,), (3,)),
        ("ij,j->", (2, 3), (3,)),
        ("ij,ij->", (2, 3), (2, 3)),
        ("ijk,i->k", (2, 2, 3), (2,)),
        ("i,j,k->kij", (2,), (3,), (2,)),
        ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
        ("iij,j->i", (2, 2, 3), (3,)),
    ):
        args = tuple([fill(ANY[n:] + ANY[:n], shape) for n, shape in enumerate(shapes)])
        yield Case("einsum", lambda *xs, s=subscripts: ad.einsum(s, *xs), args, subscripts)


def _windows() -> Iterator[Case]:
    """Images of 2 channels, with entries at least 0.15 apart."""
    apart = np.random.default_rng(0).permutation(2 * 2 * 5 * 4) * 0.15 - 6.0
    images = apart.reshape(2, 2, 5, 4)
    yield Case("sliding_window_view", lambda x: ad.sliding_window_view(x, (2, 2), (1, 0)), (CUBE,))
    yield Case("sliding_window_view", lambda x: ad.sliding_window_view(x, 2), (VECTOR,), "vector")
    yield Case("max_pool", lambda x: ad.max_pool(x, (2, 2)), (images,), "", 0.05)
    yield Case(
        "max_pool",
        lambda x: ad.max_pool(x, (3, 2), 1, (1, 0), (1, 2)),
        (images,),
        "overlapping",
        0.05,
    )
    yield Case(
        "max_pool",
        lambda x: ad.max_pool(x, (2, 2), (3, 3), 1, ceil_mode=True),
        (images,),
        "over-the-end",
        0.05,
    )
    yield Case("avg_pool", lambda x: ad.avg_pool(x, (2, 3), (2, 1)), (images,))
    yield Case(
        "avg_pool", lambda x: ad.avg_pool(x, (3,), 2, 1, ceil_mode=True), (MATRIX,), "over-the-end"
    )
    yield Case("avg_pool", lambda x: ad.avg_pool(x, (2,), 1, 1, False), (MATRIX,), "without-pad")
    images = fill(ANY, (2, 2, 4, 3))
    for detail, shape, settings in (
        ("", (3, 2, 2, 2), {}),
        ("strided", (1, 2, 3, 2), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}),
        ("same", (2, 1, 2, 3), {"padding": "same", "groups": 2}),
    ):
        args = (images, fill(OTHERS, shape))
        yield Case("conv", lambda x, w, s=settings: ad.conv(x, w, **s), args, detail)
    yield Case("conv", ad.conv, (MATRIX, fill(OTHERS, (2, 2, 2))), "of-one-vector")
    # The operations that are derivatives of these.
    geometry = (3,), ((1, 1),), ((2,), (2,), (1,)), 1
    for name, shapes in (
        ("conv_input", ((1, 2, 2), (2, 3, 2))),
        ("conv_weights", ((1, 3, 3), (1, 2, 2))),
    ):
        args = tuple([fill(numbers, s) for numbers, s in zip((ANY, OTHERS), shapes, strict=True)])
        yield Case(name, lambda *xs, op=TABLE[name]: op(*xs, geometry=geometry), args)
    windows = (2,), (1,), (1,)
    top = TABLE["window_max"](MATRIX, windows=windows)
    for name, args in (("give_largest", (top,)), ("take_largest", (MATRIX,))):
        f = TABLE[name]
        yield Case(name, lambda g, f=f: f(g, MATRIX, top, windows=windows), args)
    add = TABLE["overlap_add"]
    yield Case("overlap_add", lambda g: add(g, windows=windows, shape=(4,)), (MATRIX,))


def adjoint(a: Any) -> Any:
    return ad.conj(ad.matrix_transpose(a))


def symmetric(a: Any) -> Any:
    return (a + adjoint(a)) / 2


def _from_eigh(a: Any) -> Any:
    """What does not depend on the signs of the eigenvectors, or on their phases."""
    w, v = ad.eigh(symmetric(a))
    weights = np.array([0.5, -1.0, 2.0])
    return w, (v * weights) @ adjoint(v)


def _from_eig(a: Any) -> Any:
    w, v = ad.linalg.eig(a)
    return w, (v * np.array([0.5, -1.0, 2.0])) @ adjoint(v)


def _from_svd(a: Any) -> Any:
    """What does not depend on the signs of the singular vectors."""
    u, s, vt = ad.svd(a, full_matrices=False)
    weights = np.array([0.5, -1.0, 2.0])[: s.shape[-1]]
    return s, (u * weights) @ vt


def _linear_algebra() -> Iterator[Case]:
    for name in ("inv", "det", "slogdet"):
        yield Case(name, function(name), (SQUARE,))
        yield Case(name, function(name), (SQUARES,))
    singular = SQUARE.copy()
    singular[2] = singular[0] - singular[1]
    yield Case("det", ad.det, (singular,), "of-zero")
    yield Case("solve", ad.solve, (SQUARE, VECTOR[:3]))
    yield Case("solve", ad.solve, (SQUARE, MATRIX.T))
    yield Case("solve", ad.solve, (SQUARES, CUBE.reshape(2, 3, 2)))
    yield Case("solve", ad.solve, (SQUARES, MATRIX.T), "broadcast")
    for a in (SQUARE, SQUARES):
        yield Case("cholesky", lambda a: ad.cholesky(symmetric(a)), (a,))
        yield Case("eigh", _from_eigh, (a,))
        yield Case("eigvalsh", lambda a: ad.linalg.eigvalsh(symmetric(a)), (a,))
        yield Case("qr", ad.qr, (a,))
    spread = SQUARE + np.diag([0.0, 1.0, 3.0])  # with real eigenvalues far apart
    yield Case("eig", _from_eig, (spread,))
    yield Case("eigvals", ad.linalg.eigvals, (spread,))
    tall = SQUARES[..., :2]
    yield Case("qr", ad.qr, (tall,))
    yield Case("qr", ad.qr, (MATRIX,))
    yield Case("qr", lambda a: ad.qr(a, "r"), (tall,), "r")
    for a in (SQUARE, tall, MATRIX, SQUARES):
        yield Case("svd", _from_svd, (a,))
        yield Case("svd", lambda a: ad.svd(a, compute_uv=False), (a,), "values")
    for a in (SQUARE, tall, MATRIX):
        yield Case("pinv", ad.linalg.pinv, (a,))
    for power in (-2, -1, 0, 1, 2, 3, 7):
        yield Case(
            "matrix_power", lambda a, n=power: ad.linalg.matrix_power(a, n), (SQUARE,), f"{power}"
        )
    for order in (None, 1, 2, 3, 1.5, 2.5, -1, np.inf, -np.inf):
        yield Case("norm", lambda x, o=order: ad.norm(x, o), (VECTOR,), f"{order}")
        yield Case("norm", lambda x, o=order: ad.norm(x, o, axis=1), (CUBE,), f"{order}-axis=1")
    for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        yield Case(
            "norm", lambda x, o=order: ad.norm(x, o, axis=(0, 1)), (SQUARE,), f"{order}-matrix"
        )
    yield Case("norm", ad.norm, (CUBE,))
    yield Case("norm", lambda x: ad.norm(x, axis=(0, 2), keepdims=True), (CUBE,), "kept")
    yield Case("norm", lambda x: ad.norm(x, 2, (0, 2), True), (CUBE[:, :2],), "kept-spectral")


def parts(z: Any) -> list[Any]:
    return [ad.real(z), ad.imag(z)] if np.iscomplexobj(z) else [z]


def _fourier() -> Iterator[Case]:
    square = APART.reshape(3, 4)
    for name in ad.fft.__all__:
        f = getattr(ad.fft, name)
        args = (square,) if "2" in name or name.endswith("n") else (APART[:5],)
        yield Case(name, lambda x, f=f: parts(f(x)), args)
        if "shift" in name:
            yield Case(name, lambda x, f=f: f(x, 1), (square,), "axis=1")
            continue
        if "2" in name or name.endswith("n"):
            for s in ((2, 5), (4, 3)):
                yield Case(
                    name, lambda x, f=f, s=s: parts(f(x, s, (1, 0), "ortho")), args, f"s={s}"
                )
            continue
        for n in (4, 5, 8):
            for axis, norm in ((0, "forward"), (1, "ortho")):
                detail = f"n={n}-axis={axis}"
                yield Case(
                    name,
                    lambda x, f=f, n=n, a=axis, m=norm: parts(f(x, n, a, m)),
                    (CUBE,),
                    detail,
                )
        if name in ("irfft", "hfft"):  # the imaginary parts count, but for those that must be 0
            yield Case(name, lambda x, f=f: f(x * (1 + 2j)), (APART[:4],), "complex")
            yield Case(name, lambda x, f=f: f(x * (1 + 2j), 5), (APART[:4],), "complex-odd")


def _kind(case: Case) -> tuple[Any, ...]:
    """What makes a case another one than in its shapes."""
    numbers = all(isinstance(x, float) for x in case.args)
    return case.name, case.detail, numbers, len({np.shape(x) for x in case.args})


CASES = [
    *_elementwise(),
    *_reductions(),
    *_shapes(),
    *_parts(),
    *_indices(),
    *_products(),
    *_windows(),
    *_linear_algebra(),
    *_fourier(),
]

KINDS = list({_kind(case): case for case in CASES}.values())
"""One case of each way to use each operation, for what does not depend on shapes."""
