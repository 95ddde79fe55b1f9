"""The table of elementwise operations: each states its local derivatives, as a calculus book does.

A local derivative is a number, or a function of the result and the arguments written in operations
of this table. Reverse mode multiplies a cotangent by it, forward mode multiplies a tangent, and a
drawing prints it on the edge. NumPy broadcasts the arguments, and the engine sums the cotangents
back to their shapes. `Doc` states the same in formulas, for the docstring; tests hold the two
together.
"""

from __future__ import annotations

import builtins
import math
import operator
from math import inf
from typing import Any, Final

import numpy as np

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.engine.operations import interpreter
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj, imag, is_complex, real
from autograd.ops.docstrings import Doc
from autograd.ops.op_types import Elementwise, Extremum, chain_product
from autograd.ops.predicates import nondifferentiable

# Rules below use operations that are defined further down, so the type checker needs them here.
abs: Elementwise
cos: Elementwise
cosh: Elementwise
exp: Elementwise
floor_divide: Elementwise
hypot: Elementwise
sigmoid: Elementwise
sign_op: Elementwise
sqrt: Elementwise
where: Elementwise

# --------------------------------------------------------------------------------------------------
# Arithmetic

_SMALLEST: Final[dict[Any, Any]] = {
    np.dtype(kind): np.finfo(kind).smallest_subnormal for kind in ("f2", "f4")
}


def over_norm(x: Array, norm: Array) -> Array:
    """x / norm, and 0 where the norm of x is 0: the number chosen at a kink.

    0 is divided by the smallest number there, so that the derivative of the result is infinite: it
    is not a zero that does not depend on the numbers nearby.
    """
    smallest = _SMALLEST.get(getattr(norm, "dtype", None), 5e-324)
    zero = norm == 0
    if is_complex(x):  # by which NumPy divides 0j to nan
        return where(zero, norm / where(zero, smallest, 1.0), x / where(zero, 1.0, norm))
    return x / where(zero, smallest, norm)


def share_over_norm(g: Array, norm: Array) -> Array:
    """`over_norm` of a cotangent or tangent: a strong zero stays 0, also over NaN."""
    running = interpreter()
    if not (running.careful or running.replayed):  # then no zero is known to be strong
        return over_norm(g, norm)
    finite = norm - norm == 0
    quotient = over_norm(g, where(finite, norm, 1.0))
    return chain_product(quotient, 1 / where(finite, 1.0, norm))


def _pow_base(out: Array, x: Array, y: Array) -> Array:
    """y · x^(y - 1), and 0 where y = 0 for any x, since x^0 is constant."""
    if isinstance(y, int | float):
        if y != 0 and x.__class__ is float:
            try:
                return y * math.pow(x, y - 1)
            except (ArithmeticError, ValueError):
                return y * pow(x, y - 1)
        if y == 2:  # the most frequent one, in half the time
            return y * x
        return y * pow(x, y - 1) if y != 0 else 0.0
    constant = (y == 0) & ((x == 0) | (x != x))  # elsewhere y = 0 has the derivative 1/x in y
    return where(constant, 0.0, y * pow(x, where(constant, 1.0, y - 1.0)))


def _pow_exponent(out: Array, x: Array, y: Array) -> Array:
    """x^y · ln x, and its limit 0 for y > 0 where x = 0."""
    zero = x == 0
    base = where(zero, 1.0, x)
    return where(zero, 0.0, out * log(base + 0j if is_complex(out) else base))


def _abs_rule(out: Array, x: Array) -> Array:
    """sign(x), or the conjugate of x / |x|, of whose products the real part is taken; 0 at 0."""
    return over_norm(conj(x), out) if is_complex(x) else sign_op(x)


def _arcsinh_rule(out: Array, x: Array) -> Array:
    return 1 / (sqrt(1 + x * x) if is_complex(x) else hypot(x, 1.0))


# fmt: off
add: Final = Elementwise(
    "add", np.add, operator.add, 1, 1, symbol="+",
    doc=Doc("The sum of x and y, as the operator `+`.", "x + y", ("1", "1"),
            examples={(2.0, 3.0): (5.0, 1.0, 1.0)}),
)
sub: Final = Elementwise(
    "sub", np.subtract, operator.sub, 1, -1, symbol="-",
    doc=Doc("The difference of x and y, as the operator `-`.", "x - y", ("1", "-1"),
            examples={(2.0, 3.0): (-1.0, 1.0, -1.0)}),
)
mul: Final = Elementwise(
    "mul", np.multiply, operator.mul, lambda out, x, y: y, lambda out, x, y: x, symbol="*",
    doc=Doc("The product of x and y, as the operator `*`.", "x * y", ("y", "x"),
            examples={(2.0, 3.0): (6.0, 3.0, 2.0)}),
)
div: Final = Elementwise(
    "div", np.divide, operator.truediv, lambda out, x, y: 1 / y, lambda out, x, y: -out / y,
    symbol="/",
    doc=Doc("The quotient of x and y, as the operator `/`.", "x / y", ("1 / y", "-x / y**2"),
            "y != 0", "Division by zero does not raise: 1 / 0 is inf and 0 / 0 is nan.",
            {(3.0, 2.0): (1.5, 0.5, -0.75)}),
)
mod: Final = Elementwise(
    "mod", np.remainder, operator.mod, 1, lambda out, x, y: -floor_divide(x, y), symbol="%",
    doc=Doc("The remainder of x / y, as the operator `%`.", "x - y * floor(x / y)",
            ("1", "-floor(x / y)"), "y != 0",
            "It has the sign of y, and jumps where x / y is an integer. The derivatives there are\n"
            "those that the formulas give.",
            {(7.0, 3.0): (1.0, 1.0, -2.0)}),
)
neg: Final = Elementwise(
    "neg", np.negative, operator.neg, -1, symbol="-",
    doc=Doc("The negative of x, as the operator `-`.", "-x", "-1", examples={2.0: (-2.0, -1.0)}),
)
pow: Final = Elementwise(
    "pow", operator.pow, math.pow, _pow_base, _pow_exponent, symbol="**",
    doc=Doc("x to the power of y, as the operator `**`.", "x**y",
            ("y * x**(y - 1) if y != 0 else 0", "x**y * log(x) if x != 0 else 0"),
            "x > 0 or (y == floor(y) and (x != 0 or y >= 0)) or (x == 0 and y > 0)",
            "For x < 0 only integers y give a number, and the derivative with respect to y is nan.",
            {(2.0, 3.0): (8.0, 12.0, 5.545177444479562), (0.0, 2.0): (0.0, 0.0, 0.0)}),
)
identity: Final = Elementwise(
    "identity", lambda x: x, lambda x: x, 1,
    doc=Doc("x itself, as a node of its own.", "x", "1", examples={2.0: (2.0, 1.0)}),
)

# --------------------------------------------------------------------------------------------------
# The derivative is written with the argument

square: Final = Elementwise(
    "square", np.square, lambda x: x * x, lambda out, x: 2 * x,
    doc=Doc("The square of x.", "x**2", "2 * x", examples={3.0: (9.0, 6.0)}),
)
log: Final = Elementwise(
    "log", np.log, math.log, lambda out, x: 1 / x,
    doc=Doc("The natural logarithm of x.", "", "1 / x", "x > 0",
            "At 0 it is -inf, with the derivative inf.",
            {1.0: (0.0, 1.0), 0.0: (-inf, inf)}),
)
log2: Final = Elementwise(
    "log2", np.log2, math.log2, lambda out, x: 1 / (x * math.log(2)),
    doc=Doc("The logarithm of x to base 2.", "log(x) / log(2)", "1 / (x * log(2))", "x > 0",
            "At 0 it is -inf, with the derivative inf.",
            {1.0: (0.0, 1.4426950408889634), 0.0: (-inf, inf)}),
)
log10: Final = Elementwise(
    "log10", np.log10, math.log10, lambda out, x: 1 / (x * math.log(10)),
    doc=Doc("The logarithm of x to base 10.", "log(x) / log(10)", "1 / (x * log(10))", "x > 0",
            "At 0 it is -inf, with the derivative inf.",
            {1.0: (0.0, 0.43429448190325176), 0.0: (-inf, inf)}),
)
log1p: Final = Elementwise(
    "log1p", np.log1p, math.log1p, lambda out, x: 1 / (1 + x),
    doc=Doc("The natural logarithm of 1 + x, exact also for tiny x.", "log(1 + x)", "1 / (1 + x)",
            "x > -1", "At -1 it is -inf, with the derivative inf.",
            {0.0: (0.0, 1.0), -1.0: (-inf, inf)}),
)
sin: Final = Elementwise(
    "sin", np.sin, math.sin, lambda out, x: cos(x),
    doc=Doc("The sine of x, in radians.", "", "cos(x)", note="At ±inf it is nan.",
            examples={0.0: (0.0, 1.0)}),
)
cos = Elementwise(
    "cos", np.cos, math.cos, lambda out, x: -sin(x),
    doc=Doc("The cosine of x, in radians.", "", "-sin(x)", note="At ±inf it is nan.",
            examples={0.0: (1.0, 0.0)}),
)
sinh: Final = Elementwise(
    "sinh", np.sinh, math.sinh, lambda out, x: cosh(x),
    doc=Doc("The hyperbolic sine of x.", "(exp(x) - exp(-x)) / 2", "cosh(x)",
            note="It overflows to ±inf where abs(x) is greater than about 710.",
            examples={0.0: (0.0, 1.0), inf: (inf, inf)}),
)
cosh = Elementwise(
    "cosh", np.cosh, math.cosh, lambda out, x: sinh(x),
    doc=Doc("The hyperbolic cosine of x.", "(exp(x) + exp(-x)) / 2", "sinh(x)",
            note="It overflows to inf where abs(x) is greater than about 710.",
            examples={0.0: (1.0, 0.0), -inf: (inf, -inf)}),
)
arcsin: Final = Elementwise(
    "arcsin", np.arcsin, math.asin, lambda out, x: 1 / sqrt((1 - x) * (1 + x)),
    doc=Doc("The angle in [-π/2, π/2] whose sine is x.", "", "1 / sqrt(1 - x**2)", "-1 <= x <= 1",
            "The derivative is inf at ±1.",
            {0.0: (0.0, 1.0), 1.0: (1.5707963267948966, inf)}),
)
arccos: Final = Elementwise(
    "arccos", np.arccos, math.acos, lambda out, x: -1 / sqrt((1 - x) * (1 + x)),
    doc=Doc("The angle in [0, π] whose cosine is x.", "", "-1 / sqrt(1 - x**2)", "-1 <= x <= 1",
            "The derivative is -inf at ±1.",
            {0.0: (1.5707963267948966, -1.0), 1.0: (0.0, -inf)}),
)
arctan: Final = Elementwise(
    "arctan", np.arctan, math.atan, lambda out, x: 1 / (1 + x * x),
    doc=Doc("The angle in [-π/2, π/2] whose tangent is x.", "", "1 / (1 + x**2)",
            note="It is ±π/2 at ±inf, with the derivative 0.",
            examples={0.0: (0.0, 1.0), inf: (1.5707963267948966, 0.0)}),
)
arctan2: Final = Elementwise(
    "arctan2", np.arctan2, math.atan2,
    lambda out, y, x: x / hypot(x, y) / hypot(x, y),  # x² + y² might overflow
    lambda out, y, x: -(y / hypot(x, y)) / hypot(x, y),
    doc=Doc("The angle in [-π, π] of the point (x, y), counted from the positive x axis.", "",
            ("x / (x**2 + y**2)", "-y / (x**2 + y**2)"),
            note="On the negative x axis it jumps from π to -π. At the origin it is 0, and its\n"
            "derivatives are nan.",
            examples={(1.0, 0.0): (1.5707963267948966, 0.0, -1.0), (0.0, 2.0): (0.0, 0.5, 0.0)}),
)
arcsinh: Final = Elementwise(
    "arcsinh", np.arcsinh, math.asinh, _arcsinh_rule,
    doc=Doc("The number whose hyperbolic sine is x.", "log(x + sqrt(x**2 + 1))",
            "1 / sqrt(x**2 + 1)",
            examples={0.0: (0.0, 1.0), inf: (inf, 0.0)}),
)
arccosh: Final = Elementwise(
    "arccosh", np.arccosh, math.acosh, lambda out, x: 1 / (sqrt(x - 1) * sqrt(x + 1)),
    doc=Doc("The non-negative number whose hyperbolic cosine is x.", "log(x + sqrt(x**2 - 1))",
            "1 / sqrt(x**2 - 1)", "x >= 1", "The derivative is inf at 1.",
            {1.0: (0.0, inf), inf: (inf, 0.0)}),
)
arctanh: Final = Elementwise(
    "arctanh", np.arctanh, math.atanh, lambda out, x: 1 / ((1 - x) * (1 + x)),
    doc=Doc("The number whose hyperbolic tangent is x.", "log((1 + x) / (1 - x)) / 2",
            "1 / (1 - x**2)", "-1 < x < 1", "At ±1 it is ±inf, with the derivative inf.",
            {0.0: (0.0, 1.0), 1.0: (inf, inf)}),
)
erf: Final = Elementwise(
    "erf", kernels.erf, math.erf, lambda out, x: 2 / math.sqrt(math.pi) * exp(-x * x),
    doc=Doc("The error function: 2/√π times the integral of exp(-t²) for t from 0 to x.", "",
            "2 / sqrt(pi) * exp(-x**2)", note="It is ±1 at ±inf, with the derivative 0.",
            examples={0.0: (0.0, 1.1283791670955126), inf: (1.0, 0.0)}),
)
erfc: Final = Elementwise(
    "erfc", kernels.erfc, math.erfc, lambda out, x: -2 / math.sqrt(math.pi) * exp(-x * x),
    doc=Doc("The complement of the error function, exact also where it is nearly 0.", "1 - erf(x)",
            "-2 / sqrt(pi) * exp(-x**2)",
            examples={0.0: (1.0, -1.1283791670955126), inf: (0.0, 0.0)}),
)
softsign: Final = Elementwise(
    "softsign", kernels.softsign, kernels.scalar_softsign, lambda out, x: square(1 / (1 + abs(x))),
    doc=Doc("A sigmoid from -1 to 1 that approaches them slowly.", "x / (1 + abs(x))",
            "1 / (1 + abs(x))**2", note="It is ±1 at ±inf, with the derivative 0.",
            examples={0.0: (0.0, 1.0), 3.0: (0.75, 0.0625), -inf: (-1.0, 0.0)}),
)
softplus: Final = Elementwise(
    "softplus",
    lambda x: np.logaddexp(kernels.as_real(x), 0),
    lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x,
    lambda out, x: sigmoid(x),
    doc=Doc("A smooth `relu(x)`, computed as `logaddexp(x, 0)`, which does not overflow.",
            "log(1 + exp(x))", "1 / (1 + exp(-x))",
            examples={0.0: (0.6931471805599453, 0.5), 1000.0: (1000.0, 1.0)}),
)
logaddexp: Final = Elementwise(
    "logaddexp", np.logaddexp, kernels.scalar_logaddexp,
    lambda out, x, y: exp(x - where(out == -np.inf, 0.0, out)),
    lambda out, x, y: exp(y - where(out == -np.inf, 0.0, out)),
    doc=Doc("The logarithm of a sum of exponentials, without overflow.", "log(exp(x) + exp(y))",
            ("exp(x) / (exp(x) + exp(y))", "exp(y) / (exp(x) + exp(y))"),
            examples={(0.0, 0.0): (0.6931471805599453, 0.5, 0.5),
                      (1000.0, -inf): (1000.0, 1.0, 0.0)}),
)

# --------------------------------------------------------------------------------------------------
# The derivative is written with the result

exp = Elementwise(
    "exp", np.exp, math.exp, lambda out, x: out,
    doc=Doc("The exponential function of x.", "e**x", "exp(x)",
            note="It overflows to inf where x is greater than about 709.78.",
            examples={0.0: (1.0, 1.0), -inf: (0.0, 0.0)}),
)
exp2: Final = Elementwise(
    "exp2", np.exp2, math.exp2, lambda out, x: out * math.log(2),
    doc=Doc("2 to the power of x.", "2**x", "2**x * log(2)", note="It overflows to inf at 1024.",
            examples={0.0: (1.0, 0.6931471805599453), -inf: (0.0, 0.0)}),
)
expm1: Final = Elementwise(
    "expm1", np.expm1, math.expm1, lambda out, x: exp(x),  # out + 1 is 0 far left
    doc=Doc("The exponential function of x minus 1, exact also for tiny x.", "exp(x) - 1", "exp(x)",
            note="It overflows to inf where x is greater than about 709.78.",
            examples={0.0: (0.0, 1.0), -inf: (-1.0, 0.0)}),
)
sqrt = Elementwise(
    "sqrt", np.sqrt, math.sqrt, lambda out, x: 0.5 / out,
    doc=Doc("The non-negative square root of x.", "", "1 / (2 * sqrt(x))", "x >= 0",
            "The derivative is inf at 0.",
            {4.0: (2.0, 0.25), 0.0: (0.0, inf)}),
)
cbrt: Final = Elementwise(
    "cbrt", np.cbrt, math.cbrt, lambda out, x: 1 / (3 * out * out),
    doc=Doc("The real cube root of x, which has the sign of x.", "", "1 / (3 * cbrt(x)**2)",
            note="The derivative is inf at 0.",
            examples={1.0: (1.0, 0.3333333333333333), 0.0: (0.0, inf)}),
)
reciprocal: Final = Elementwise(
    "reciprocal", np.reciprocal, lambda x: 1 / x, lambda out, x: -out * out,
    doc=Doc("The reciprocal of x.", "1 / x", "-1 / x**2", "x != 0",
            "At 0 it is inf, with the derivative -inf.",
            {2.0: (0.5, -0.25), 0.0: (inf, -inf)}),
)
tan: Final = Elementwise(
    "tan", np.tan, math.tan, lambda out, x: 1 + out * out,
    doc=Doc("The tangent of x, in radians.", "sin(x) / cos(x)", "1 + tan(x)**2",
            note="Near its poles it is large but finite, as no float is an odd multiple of π/2.\n"
            "At ±inf it is nan.",
            examples={0.0: (0.0, 1.0)}),
)
tanh: Final = Elementwise(
    "tanh", np.tanh, math.tanh, lambda out, x: 1 - out * out,
    doc=Doc("The hyperbolic tangent of x.", "sinh(x) / cosh(x)", "1 - tanh(x)**2",
            note="It is ±1 at ±inf, with the derivative 0.",
            examples={0.0: (0.0, 1.0), inf: (1.0, 0.0)}),
)
sigmoid = Elementwise(
    "sigmoid", kernels.sigmoid, lambda x: 1 / (1 + math.exp(-x)), lambda out, x: out * (1 - out),
    doc=Doc("The logistic function of x, which does not overflow.", "1 / (1 + exp(-x))",
            "sigmoid(x) * (1 - sigmoid(x))",
            note="It is 0 at -inf and 1 at inf, with the derivative 0.",
            examples={0.0: (0.5, 0.25), -1000.0: (0.0, 0.0)}),
)
hypot = Elementwise(
    "hypot", np.hypot, math.hypot,
    lambda out, x, y: over_norm(x, out),
    lambda out, x, y: over_norm(y, out),
    doc=Doc("The length of the vector (x, y).", "sqrt(x**2 + y**2)",
            ("x / hypot(x, y) if x or y else 0", "y / hypot(x, y) if x or y else 0"),
            note="It has a kink at the origin, where the derivatives are taken as 0, and\n"
            "second derivatives are inf or nan.",
            examples={(3.0, 4.0): (5.0, 0.6, 0.8), (0.0, 0.0): (0.0, 0.0, 0.0)}),
)

# --------------------------------------------------------------------------------------------------
# Kinks: a local derivative of True or False selects, so nothing leaks through a masked branch

abs = Elementwise(
    "abs", np.absolute, math.fabs, _abs_rule,
    doc=Doc("The absolute value of x.", "x if x >= 0 else -x", "sign(x)",
            note="It has a kink at 0, where the derivative is taken as 0.",
            examples={-2.0: (2.0, -1.0), 0.0: (0.0, 0.0)}),
)
relu: Final = Elementwise(
    "relu", lambda x: np.maximum(x, 0), kernels.scalar_relu, lambda out, x: x > 0,
    doc=Doc("The rectifier: the positive part of x.", "x if x > 0 else 0", "1 if x > 0 else 0",
            note="It has a kink at 0, where the derivative is taken as 0. `maximum(x, 0)` and\n"
            "`where(x > 0, x, 0)` agree.",
            examples={3.0: (3.0, 1.0), 0.0: (0.0, 0.0)}),
)
leaky_relu_op: Final = Elementwise(
    "leaky_relu", kernels.leaky_relu, lambda x, slope: x if x > 0 else slope * x,
    lambda out, x, slope: where(x > 0, 1.0, slope),
    lambda out, x, slope: where(x > 0, 0.0, x),
)
elu_op: Final = Elementwise(
    "elu", kernels.elu, lambda x, alpha: x if x > 0 else alpha * math.expm1(x),
    lambda out, x, alpha: where(x > 0, 1.0, alpha * exp(where(x > 0, 0.0, x))),
    lambda out, x, alpha: where(x > 0, 0.0, expm1(where(x > 0, 0.0, x))),
)
at_least: Final = Elementwise(
    "at_least", np.maximum, kernels.scalar_maximum, lambda out, x, bound: x > bound, None,
    symbol="maximum",
)
at_most: Final = Elementwise(
    "at_most", np.minimum, kernels.scalar_minimum, lambda out, x, bound: x < bound, None,
    symbol="minimum",
)
maximum_op: Final = Extremum(
    "maximum", np.maximum, kernels.scalar_maximum, lambda x, y: x > y, at_least
)
minimum_op: Final = Extremum(
    "minimum", np.minimum, kernels.scalar_minimum, lambda x, y: x < y, at_most
)
where = Elementwise(
    "where", np.where, lambda c, x, y: float(x if c else y), None,
    lambda out, c, x, y: np.not_equal(c, 0),
    lambda out, c, x, y: np.equal(c, 0),
    doc=Doc("x where the condition c holds, else y.", "x if c else y",
            ("0", "1 if c else 0", "0 if c else 1"),
            note="Nothing flows back through the branch not taken, whatever its derivative:\n"
            "`where(x > 0, sqrt(x), 0)` has the derivative 0 at 0.",
            examples={(True, 2.0, 3.0): (np.float64(2.0), 1.0, 0.0)}),
)
# fmt: on
relu.real_only = leaky_relu_op.real_only = elu_op.real_only = softsign.real_only = True


@array_function
def maximum(x: ArrayLike, y: ArrayLike) -> Array:
    """The larger of x and y, entry by entry; NaN where either is NaN.

        ∂/∂x maximum(x, y) = 1 where x > y, else 0

    At a tie each has the derivative 1/2. If only one of them is differentiated, the other is a
    constant and the derivative is 0, so that `maximum(x, 0)` and `relu(x)` agree.

    x and y are numbers, arrays or nodes, and broadcast as in NumPy.
    Raises ValueError where their shapes do not.

    >>> from autograd import grad, maximum
    >>> grad(lambda x: maximum(x, 1.0))(3.0)
    1.0
    """
    return maximum_op(x, y)


@array_function
def minimum(x: ArrayLike, y: ArrayLike) -> Array:
    """The smaller of x and y, entry by entry; NaN where either is NaN.

        ∂/∂x minimum(x, y) = 1 where x < y, else 0

    At a tie each has the derivative 1/2, or 0 if only one of them is differentiated.

    x and y are numbers, arrays or nodes, and broadcast as in NumPy.
    Raises ValueError where their shapes do not.

    >>> from autograd import grad, minimum
    >>> grad(lambda x: minimum(x, 1.0))(3.0)
    0.0
    """
    return minimum_op(x, y)


@array_function
def clip(x: ArrayLike, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Array:
    """x limited to the interval from min to max; a bound of None does not limit it.

        clip(x, a, b) = minimum(maximum(x, a), b)
        ∂/∂x clip(x, a, b) = 1 if a < x < b else 0

    x and the bounds are numbers, arrays or nodes, and broadcast as in NumPy.
    Raises ValueError where their shapes do not.

    >>> from autograd import clip, grad
    >>> clip(3.0, 0.0, 1.0), grad(lambda x: clip(x, 0.0, 1.0))(0.5)
    (1.0, 1.0)
    """
    if min is not None:
        x = maximum(x, min)
    return x if max is None else minimum(x, max)


@array_function
def leaky_relu(x: ArrayLike, alpha: ArrayLike = 0.01) -> Array:
    """The rectifier with a small slope α for negative numbers (Maas, Hannun and Ng, 2013).

        leaky_relu(x, α) = x if x > 0 else α x
        ∂/∂x leaky_relu(x, α) = 1 if x > 0 else α
        ∂/∂α leaky_relu(x, α) = 0 if x > 0 else x

    At the kink x = 0 the derivative is taken as α. x and α are numbers, arrays or nodes, and
    broadcast as in NumPy. Raises ValueError where their shapes do not.

    >>> from autograd import leaky_relu
    >>> leaky_relu(-2.0)
    -0.02
    """
    return leaky_relu_op(x, alpha)


@array_function
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """The exponential linear unit (Clevert, Unterthiner and Hochreiter, 2016, arXiv:1511.07289).

        elu(x, α) = x if x > 0 else α (exp(x) - 1)
        ∂/∂x elu(x, α) = 1 if x > 0 else α exp(x)
        ∂/∂α elu(x, α) = 0 if x > 0 else exp(x) - 1

    At x = 0 the derivative is taken as α. x and α are numbers, arrays or nodes, and broadcast as in
    NumPy. Raises ValueError where their shapes do not.

    >>> from autograd import elu
    >>> round(elu(-1.0), 4)
    -0.6321
    """
    return elu_op(x, alpha)


# --------------------------------------------------------------------------------------------------
# The derivative is zero wherever it exists

# fmt: off
sign_op = Elementwise("sign", np.sign, kernels.scalar_sign, None)
heaviside_op: Final = Elementwise(
    "heaviside", np.heaviside, kernels.scalar_heaviside, None, lambda out, x, at_zero: x == 0
)
floor: Final = Elementwise(
    "floor", np.floor, lambda x: float(math.floor(x)), None,
    doc=Doc("The largest integer that is not greater than x.",
            note="The derivative is taken as 0 at the jumps, too.",
            examples={1.5: (1.0, 0.0), -1.5: (-2.0, 0.0)}),
)
floor_divide = Elementwise(
    "floor_divide", np.floor_divide, operator.floordiv, None, None, symbol="//",
    doc=Doc("The largest integer that is not greater than x / y, as the operator `//`.",
            "floor(x / y)", ("0", "0"), "y != 0",
            "The derivatives are taken as 0 at the jumps, too.",
            {(7.0, 2.0): (3.0, 0.0, 0.0), (-7.0, 2.0): (-4.0, 0.0, 0.0)}),
)
ceil: Final = Elementwise(
    "ceil", np.ceil, lambda x: float(math.ceil(x)), None,
    doc=Doc("The smallest integer that is not less than x.",
            note="The derivative is taken as 0 at the jumps, too.",
            examples={1.5: (2.0, 0.0), -1.5: (-1.0, 0.0)}),
)
round_op: Final = Elementwise("round", np.rint, lambda x: float(builtins.round(x)), None)
stop_gradient: Final = Elementwise(
    "stop_gradient", np.positive, operator.pos, None,
    doc=Doc("x itself, as a constant: no derivative flows back through it.", "x",
            examples={2.0: (2.0, 0.0)}),
)
# fmt: on


@array_function
def sign(x: ArrayLike) -> Array:
    """The sign of x: -1, 0 or 1; of a complex x it is x / |x|, and 0 at 0.

    The derivative of the sign of real numbers is taken as 0 at the jump, too. At nan the sign is
    nan.

    >>> from autograd import sign
    >>> sign(-2.0), sign(0.0)
    (-1.0, 0.0)
    """
    if not is_complex(x):
        return sign_op(x)
    return over_norm(x, abs(x))


def angle(x: ArrayLike, deg: bool = False) -> Array:
    """The angle of x in the complex plane, in (-π, π], or in degrees: arctan2(imag(x), real(x)).

    It jumps on the negative real axis, and its derivative is nan at 0. A real x has the angle 0 or
    π, with derivative 0.

    >>> from autograd import angle
    >>> float(angle(2j, deg=True))
    90.0
    """
    out = arctan2(imag(x), real(x)) if is_complex(x) else arctan2(0.0, x)
    return out * (180 / math.pi) if deg else out


@array_function
def heaviside(x: ArrayLike, at_zero: ArrayLike = 1.0) -> Array:
    """Heaviside's step function H(x): 0 for x < 0, 1 for x > 0, and H(0) = `at_zero`.

    The derivative with respect to x is taken as 0 everywhere; that with respect to `at_zero` is 1
    where x = 0. x and `at_zero` are numbers, arrays or nodes, and broadcast as in NumPy.
    Raises ValueError where their shapes do not.

    >>> from autograd import heaviside
    >>> heaviside(-2.0), heaviside(0.0), heaviside(3.0)
    (0.0, 1.0, 1.0)
    """
    return heaviside_op(x, at_zero)


@array_function
def round(x: ArrayLike, decimals: int = 0) -> Array:
    """x rounded to the nearest integer, or to the given number of decimals; halves go to even.

    The derivative is taken as 0, at the jumps too. The result has the shape of x.

    >>> from autograd import round
    >>> round(2.5), round(0.125, 2)
    (2.0, 0.12)
    """
    if getattr(x, "dtype", np.dtype(float)).kind in "iu":
        return nondifferentiable(np.round, x, decimals=decimals)
    return round_op(mul(x, 10.0**decimals)) / 10.0**decimals if decimals else round_op(x)


@array_function
def trunc(x: ArrayLike) -> Array:
    """x rounded towards 0. The derivative is taken as 0, at the jumps too.

    >>> from autograd import trunc
    >>> trunc(2.5), trunc(-2.5)
    (2.0, -2.0)
    """
    up = nondifferentiable(np.greater_equal, x, 0)
    return where(bool(up) if isinstance(x, float | int) else up, floor(x), ceil(x))
