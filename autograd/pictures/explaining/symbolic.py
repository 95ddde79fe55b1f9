"""SymPy expressions as nodes.

The rules of the table are written in operations, so applied to such nodes they give formulas. Only
this module and `formulas` need SymPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, ClassVar, NoReturn

import numpy as np
import sympy
from sympy.logic.boolalg import Boolean
from sympy.utilities.lambdify import implemented_function

from autograd.arithmetic import Arithmetic
from autograd.engine.graph import Array, Node, Settings
from autograd.engine.operations import Interpreter, Op, using


class NoFormulaError(ValueError):
    """An operation, or data of a size, that no formula is made for; the message says which."""


class Symbolic(Arithmetic[Any]):
    """A SymPy expression, or a condition, that takes part in operations as a node does.

    What is not written the same is taken not to be equal: a formula is for all points but those
    where something meets its kink or its pole.
    """

    __slots__ = ()
    __hash__: ClassVar[Callable[[Any], int]] = object.__hash__
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    dtype: np.dtype[Any] = np.dtype(object)

    def __init__(self, expression: Any) -> None:
        self.primal = expression
        self.op: Any = None

    def __eq__(self, other: object) -> Any:
        return bool(expression(self) == expression(other))

    def __ne__(self, other: object) -> Any:
        return not self == other

    def __lt__(self, other: Array) -> Any:
        return Symbolic(expression(self) < expression(other))

    def __le__(self, other: Array) -> Any:
        return Symbolic(expression(self) <= expression(other))

    def __gt__(self, other: Array) -> Any:
        return Symbolic(expression(self) > expression(other))

    def __ge__(self, other: Array) -> Any:
        return Symbolic(expression(self) >= expression(other))

    def __bool__(self) -> NoReturn:
        raise NoFormulaError("the program asks how large a number is, where only its symbol is")


def expression(x: Any) -> Any:
    """A symbolic node, a number or a boolean as a SymPy expression; a condition as 1 or 0."""
    if isinstance(x, Symbolic):
        x = x.primal
    if isinstance(x, Boolean) and not isinstance(x, sympy.Expr):
        return sympy.Piecewise((1, x), (0, True))
    return x if isinstance(x, sympy.Basic) else exact(x)


def _digits(x: float) -> str:
    """All but the last, in which roundings differ."""
    return f"{x:.14e}"


_CONSTANTS = {
    _digits(float(constant)): constant
    for constant in (
        *(sympy.pi, sympy.pi / 2, 2 * sympy.pi, sympy.E),
        *(sympy.sqrt(n) for n in (2, 3, sympy.pi, 2 * sympy.pi)),
        *(1 / sympy.sqrt(n) for n in (2, 3, sympy.pi, 2 * sympy.pi)),
        *(sympy.log(n) for n in (2, 10)),
        2 / sympy.sqrt(sympy.pi),
    )
}


def exact(x: Any) -> Any:
    """A number as what was probably written: 0.5 as 1/2, 3.14159… as π, else as it is.

    >>> exact(0.1), exact(-2.0), exact(2 / 3.141592653589793**0.5)
    (1/10, -2, 2/sqrt(pi))
    """
    number = float(x)
    if not math.isfinite(number):
        return sympy.sympify(number)
    if _digits(abs(number)) in _CONSTANTS:
        return _CONSTANTS[_digits(abs(number))] * (1 if number > 0 else -1)
    fraction = Fraction(number).limit_denominator(1000)
    if _digits(float(fraction)) == _digits(number):
        return sympy.Rational(fraction.numerator, fraction.denominator)
    return sympy.Float(number)


def _where(condition: Any, x: Any, y: Any) -> Any:
    if isinstance(condition, Symbolic):
        return sympy.Piecewise((expression(x), condition.primal), (expression(y), True))
    return expression(x) if condition else expression(y)


def _elu(x: Any, alpha: Any) -> Any:
    return sympy.Piecewise((x, x > 0), (alpha * (sympy.exp(x) - 1), True))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{
        name: getattr(sympy, name)
        for name in (
            "cos",
            "cosh",
            "erf",
            "erfc",
            "exp",
            "floor",
            "log",
            "sin",
            "sinh",
            "sqrt",
            "tan",
        )
    },
    **{f"arc{name}": getattr(sympy, f"a{name}") for name in ("cos", "cosh", "sin", "sinh", "tan")},
    "abs": sympy.Abs,
    "add": lambda x, y: x + y,
    "arctan2": sympy.atan2,
    "arctanh": sympy.atanh,
    "at_least": sympy.Max,
    "at_most": sympy.Min,
    "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
    "ceil": sympy.ceiling,
    "chain_product": lambda g, local: g * local,
    "div": lambda x, y: x / y,
    "elu": _elu,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sympy.exp(x) - 1,
    "floor_divide": lambda x, y: sympy.floor(x / y),
    "heaviside": sympy.Heaviside,
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "identity": lambda x: x,
    "leaky_relu": lambda x, slope: sympy.Piecewise((x, x > 0), (slope * x, True)),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "log1p": lambda x: sympy.log(1 + x),
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "logaddexp": lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "mod": sympy.Mod,
    "mul": lambda x, y: x * y,
    "neg": lambda x: -x,
    "pow": lambda x, y: x**y,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: sympy.Max(x, 0),
    "round": lambda x: sympy.floor(x + sympy.Rational(1, 2)),
    "sigmoid": implemented_function("sigmoid", lambda x: 1 / (1 + sympy.exp(-x))),
    "sign": sympy.sign,
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "softsign": lambda x: x / (1 + sympy.Abs(x)),
    "square": lambda x: x**2,
    "stop_gradient": lambda x: x,
    "sub": lambda x, y: x - y,
    "tanh": sympy.tanh,
}
"""What each elementwise operation is called in SymPy. (Derivatives are not asked of SymPy.)"""


class _Symbols(Interpreter):
    """Computes expressions where an operation meets a symbolic node."""

    records = direct = False

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Any:
        if any(isinstance(arg, Node) and not isinstance(arg, Symbolic) for arg in args):
            raise NoFormulaError(f"{op.name} of numbers and symbols together")
        arrays = [isinstance(arg, np.ndarray) for arg in args]
        if op.name == "where" and not any(arrays):
            return Symbolic(_where(*args))
        if op.name in _FUNCTIONS and not any(arrays):
            return Symbolic(_FUNCTIONS[op.name](*map(expression, args)))
        held = (cells(arg, np.shape(arg)) if isinstance(arg, Symbolic) else arg for arg in args)
        return op.evaluate(tuple(held), settings)


@contextmanager
def symbols() -> Iterator[None]:
    """Inside, operations take symbolic nodes."""
    with using(_Symbols()), np.errstate(all="ignore"):
        yield


def cells(x: Any, shape: tuple[int, ...]) -> Any:
    """An array of objects of a shape: numbers and symbolic nodes, entry by entry."""
    array = np.empty(shape, object)
    given = x if isinstance(x, np.ndarray) else None
    for place in np.ndindex(shape):
        array[place] = x if given is None else given[place]
    return array
