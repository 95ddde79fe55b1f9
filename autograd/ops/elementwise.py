"""The table of elementwise operations: each states its local derivatives, as a calculus book does.

A local derivative is a number, or a function of the result and the arguments written in operations
of this table. Reverse mode multiplies a cotangent by it, forward mode a tangent, and a drawing
prints it on the edge. Shapes do not matter here: NumPy broadcasts, `backward.project` sums back.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import Final

import numpy as np

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.op_types import Elementwise, Extremum
from autograd.ops.predicates import nondifferentiable

# The rules below name operations that are defined further down; the type checker wants these first.
abs: Elementwise
cos: Elementwise
cosh: Elementwise
exp: Elementwise
floor_divide: Elementwise
hypot: Elementwise
sigmoid: Elementwise
sign: Elementwise
sqrt: Elementwise
where: Elementwise

# --------------------------------------------------------------------------------------------------
# Arithmetic


def _pow_base(out: Array, x: Array, y: Array) -> Array:
    """y · x^(y - 1), and 0 for y = 0 also where x = 0: a constant has no slope."""
    if isinstance(y, int | float):
        return y * pow(x, y - 1) if y != 0 else mul(x, 0.0)
    constant = (y == 0) & (x == 0)  # elsewhere, y = 0 has a slope of its own: 1/x
    return where(constant, 0.0, y * pow(x, where(constant, 1.0, y - 1.0)))


def _pow_exponent(out: Array, x: Array, y: Array) -> Array:
    """x^y · ln x, and its limit 0 for y > 0 where x = 0."""
    zero = x == 0
    return where(zero, 0.0, out * log(where(zero, 1.0, x)))


add: Final = Elementwise("add", np.add, operator.add, 1, 1, symbol="+")
sub: Final = Elementwise("sub", np.subtract, operator.sub, 1, -1, symbol="-")
mul: Final = Elementwise(
    "mul", np.multiply, operator.mul, lambda out, x, y: y, lambda out, x, y: x, symbol="*"
)
div: Final = Elementwise(
    "div",
    np.divide,
    operator.truediv,
    lambda out, x, y: 1 / y,
    lambda out, x, y: -out / y,
    symbol="/",
)
mod: Final = Elementwise(
    "mod", np.remainder, operator.mod, 1, lambda out, x, y: -floor_divide(x, y), symbol="%"
)
neg: Final = Elementwise("neg", np.negative, operator.neg, -1, symbol="-")
pow: Final = Elementwise("pow", operator.pow, math.pow, _pow_base, _pow_exponent, symbol="**")

identity: Final = Elementwise(
    "identity", lambda x: x, lambda x: x, 1, doc="x itself, as a node of its own."
)

# --------------------------------------------------------------------------------------------------
# The derivative is written with the argument

square: Final = Elementwise("square", np.square, lambda x: x * x, lambda out, x: 2 * x)
log: Final = Elementwise("log", np.log, math.log, lambda out, x: 1 / x)
log2: Final = Elementwise("log2", np.log2, math.log2, lambda out, x: 1 / (x * math.log(2)))
log10: Final = Elementwise("log10", np.log10, math.log10, lambda out, x: 1 / (x * math.log(10)))
log1p: Final = Elementwise("log1p", np.log1p, math.log1p, lambda out, x: 1 / (1 + x))
sin: Final = Elementwise("sin", np.sin, math.sin, lambda out, x: cos(x))
cos = Elementwise("cos", np.cos, math.cos, lambda out, x: -sin(x))
sinh: Final = Elementwise("sinh", np.sinh, math.sinh, lambda out, x: cosh(x))
cosh = Elementwise("cosh", np.cosh, math.cosh, lambda out, x: sinh(x))
arcsin: Final = Elementwise(
    "arcsin", np.arcsin, math.asin, lambda out, x: 1 / sqrt((1 - x) * (1 + x))
)
arccos: Final = Elementwise(
    "arccos", np.arccos, math.acos, lambda out, x: -1 / sqrt((1 - x) * (1 + x))
)
arctan: Final = Elementwise("arctan", np.arctan, math.atan, lambda out, x: 1 / (1 + x * x))
arctan2: Final = Elementwise(
    "arctan2",
    np.arctan2,
    math.atan2,
    lambda out, y, x: x / hypot(x, y) / hypot(x, y),  # x² + y² might overflow
    lambda out, y, x: -(y / hypot(x, y)) / hypot(x, y),
)
arcsinh: Final = Elementwise("arcsinh", np.arcsinh, math.asinh, lambda out, x: 1 / hypot(x, 1.0))
arccosh: Final = Elementwise(
    "arccosh", np.arccosh, math.acosh, lambda out, x: 1 / (sqrt(x - 1) * sqrt(x + 1))
)
arctanh: Final = Elementwise(
    "arctanh", np.arctanh, math.atanh, lambda out, x: 1 / ((1 - x) * (1 + x))
)
erf: Final = Elementwise(
    "erf", kernels.erf, math.erf, lambda out, x: 2 / math.sqrt(math.pi) * exp(-x * x)
)
softplus: Final = Elementwise(
    "softplus",
    lambda x: np.logaddexp(kernels.as_real(x), 0),
    lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x,
    lambda out, x: sigmoid(x),
    doc="ln(1 + exp(x)), as logaddexp(0, x), which does not overflow.",
)
logaddexp: Final = Elementwise(
    "logaddexp",
    np.logaddexp,
    kernels.scalar_logaddexp,
    lambda out, x, y: exp(x - where(out == -np.inf, 0.0, out)),
    lambda out, x, y: exp(y - where(out == -np.inf, 0.0, out)),
    doc="ln(exp(x) + exp(y)) without overflow.",
)

# --------------------------------------------------------------------------------------------------
# The derivative is written with the result

exp = Elementwise("exp", np.exp, math.exp, lambda out, x: out)
exp2: Final = Elementwise("exp2", np.exp2, math.exp2, lambda out, x: out * math.log(2))
expm1: Final = Elementwise("expm1", np.expm1, math.expm1, lambda out, x: out + 1)
sqrt = Elementwise("sqrt", np.sqrt, math.sqrt, lambda out, x: 0.5 / out)
cbrt: Final = Elementwise("cbrt", np.cbrt, math.cbrt, lambda out, x: 1 / (3 * out * out))
reciprocal: Final = Elementwise(
    "reciprocal", np.reciprocal, lambda x: 1 / x, lambda out, x: -out * out
)
tan: Final = Elementwise("tan", np.tan, math.tan, lambda out, x: 1 + out * out)
tanh: Final = Elementwise("tanh", np.tanh, math.tanh, lambda out, x: 1 - out * out)
sigmoid = Elementwise(
    "sigmoid",
    kernels.sigmoid,
    lambda x: 1 / (1 + math.exp(-x)),
    lambda out, x: out * (1 - out),
    doc="1 / (1 + exp(-x)), whose derivative is σ (1 - σ).",
)
hypot = Elementwise(
    "hypot",
    np.hypot,
    math.hypot,
    lambda out, x, y: x * (out != 0) / (out + (out == 0)),  # 0 at the kink, at every order
    lambda out, x, y: y * (out != 0) / (out + (out == 0)),
)

# --------------------------------------------------------------------------------------------------
# Kinks: a slope of True or False selects, so that nothing leaks through a closed branch

abs = Elementwise("abs", np.absolute, math.fabs, lambda out, x: sign(x))
relu: Final = Elementwise(
    "relu",
    lambda x: np.maximum(x, 0),
    kernels.scalar_relu,
    lambda out, x: x > 0,
    doc="max(x, 0), whose derivative at 0 is 0.",
)
leaky_relu_op: Final = Elementwise(
    "leaky_relu",
    kernels.leaky_relu,
    lambda x, slope: x if x > 0 else slope * x,
    lambda out, x, slope: where(x > 0, 1.0, slope),
    lambda out, x, slope: where(x > 0, 0.0, x),
)
elu_op: Final = Elementwise(
    "elu",
    kernels.elu,
    lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    lambda out, x, alpha: where(x > 0, 1.0, out + alpha),
    lambda out, x, alpha: where(x > 0, 0.0, expm1(minimum(x, 0.0))),
)
at_least: Final = Elementwise(
    "at_least",
    np.maximum,
    kernels.scalar_maximum,
    lambda out, x, bound: x > bound,
    None,
    symbol="maximum",
)
at_most: Final = Elementwise(
    "at_most",
    np.minimum,
    kernels.scalar_minimum,
    lambda out, x, bound: x < bound,
    None,
    symbol="minimum",
)
maximum_op: Final = Extremum(
    "maximum", np.maximum, kernels.scalar_maximum, lambda x, y: x > y, at_least
)
minimum_op: Final = Extremum(
    "minimum", np.minimum, kernels.scalar_minimum, lambda x, y: x < y, at_most
)
where = Elementwise(
    "where",
    np.where,
    lambda c, x, y: float(x if c else y),
    None,
    lambda out, c, x, y: np.not_equal(c, 0),
    lambda out, c, x, y: np.equal(c, 0),
    doc="x where the condition c holds, else y.",
)


def maximum(x: ArrayLike, y: ArrayLike) -> Array:
    """The larger of x and y, entry by entry; NaN where either is NaN.

    At a tie x and y share the derivative equally. Where only one of them is differentiated, the
    other, a constant, takes all of it, so that `maximum(x, 0)` and `relu(x)` agree.

    >>> from autograd import grad, maximum
    >>> grad(lambda x: maximum(x, 1.0))(3.0)
    1.0
    """
    return maximum_op(x, y)


def minimum(x: ArrayLike, y: ArrayLike) -> Array:
    """The smaller of x and y, entry by entry, with ties as in `maximum`.

    >>> from autograd import grad, minimum
    >>> grad(lambda x: minimum(x, 1.0))(3.0)
    0.0
    """
    return minimum_op(x, y)


def clip(x: ArrayLike, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Array:
    """min(max(x, lower), upper); its derivative is 1 strictly inside the bounds and 0 elsewhere.

    >>> from autograd import clip, grad
    >>> clip(3.0, 0.0, 1.0), grad(lambda x: clip(x, 0.0, 1.0))(0.5)
    (1.0, 1.0)
    """
    if min is not None:
        x = maximum(x, min)
    return x if max is None else minimum(x, max)


def leaky_relu(x: ArrayLike, alpha: ArrayLike = 0.01) -> Array:
    """x where x > 0, else α x. Differentiable in α too, as PReLU needs.

    >>> from autograd import leaky_relu
    >>> leaky_relu(-2.0)
    -0.02
    """
    return leaky_relu_op(x, alpha)


def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """x where x > 0, else α (exp(x) - 1).

    >>> from autograd import elu
    >>> round(elu(-1.0), 4)
    -0.6321
    """
    return elu_op(x, alpha)


# --------------------------------------------------------------------------------------------------
# The derivative is zero wherever there is one

sign = Elementwise("sign", np.sign, kernels.scalar_sign, None)
heaviside_op: Final = Elementwise(
    "heaviside",
    np.heaviside,
    kernels.scalar_heaviside,
    None,
    lambda out, x, at_zero: x == 0,
)
floor: Final = Elementwise("floor", np.floor, lambda x: float(math.floor(x)), None)
floor_divide = Elementwise(
    "floor_divide", np.floor_divide, operator.floordiv, None, None, symbol="//"
)
ceil: Final = Elementwise("ceil", np.ceil, lambda x: float(math.ceil(x)), None)
round_op: Final = Elementwise("round", np.rint, lambda x: float(builtins.round(x)), None)
stop_gradient: Final = Elementwise(
    "stop_gradient",
    np.positive,
    operator.pos,
    None,
    doc="x itself, held constant: no derivative flows back through it.",
)


def heaviside(x: ArrayLike, at_zero: ArrayLike = 1.0) -> Array:
    """Heaviside's step H(x): 0 for x < 0, 1 for x > 0, and H(0) = `at_zero`; its derivative is 0.

    >>> from autograd import heaviside
    >>> heaviside(-2.0), heaviside(0.0), heaviside(3.0)
    (0.0, 1.0, 1.0)
    """
    return heaviside_op(x, at_zero)


def round(x: ArrayLike, decimals: int = 0) -> Array:
    """x to the nearest integer, or to so many decimals, halves to even; its derivative is 0.

    >>> from autograd import round
    >>> round(2.5), round(0.125, 2)
    (2.0, 0.12)
    """
    if getattr(x, "dtype", np.dtype(float)).kind in "iu":
        return nondifferentiable(np.round, x, decimals=decimals)
    return round_op(mul(x, 10.0**decimals)) / 10.0**decimals if decimals else round_op(x)
