"""Operations as calls of NumPy and of kernels, which allocate their result at each run."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np

from autograd import kernels
from autograd.engine.operations import Op
from autograd.jit.lowering.emitter import Emitter, Location
from autograd.jit.lowering.expressions import FUNCTIONS
from autograd.jit.terms import Term, largest_so_far, products_so_far, segment_sums, smallest_so_far
from autograd.ops import (
    TABLE,
    complex_parts,
    indexing,
    products,
    reductions,
    running,
    shaping,
    structural,
    windows,
)
from autograd.ops import elementwise as e
from autograd.ops.predicates import NonDifferentiable

Expression: TypeAlias = Callable[[Emitter, Term, list[str]], str]
_EXPRESSIONS: dict[Op, Expression] = {}


def call(to: Emitter, term: Term) -> Location:
    """Write the line that computes a term, and say where it then is."""
    op = term.op
    assert op is not None
    operands = [to.places[arg].name for arg in term.args]
    expression = _EXPRESSIONS.get(op, _of_kernel)(to, term, operands)
    if term.scalar:
        expression = f"{type(term.example).__name__}({expression})"
    elif not term.ndim and not expression.startswith("np.array("):
        expression = f"np.asarray({expression})"
    return to.new(term, expression)


def _of_kernel(to: Emitter, term: Term, operands: list[str]) -> str:
    """A call of what computes the operation, such as a function of the user's own."""
    assert term.op is not None
    kernel = term.op.kernel
    settings = [f"{name}={to.setting(value)}" for name, value in term.settings.items()]
    called = f"{_function(to, kernel, term.op.name)}({', '.join([*operands, *settings])})"
    return called if term.scalar or _makes_new(term.op) else f"np.array({called})"


def _makes_new(op: Op) -> bool:
    """Whether the result is known to be a new array. A function of the user's own may give its
    argument back, or a view of it, and that memory is overwritten while the result is needed.
    """
    return (
        isinstance(op.kernel, np.ufunc)
        or isinstance(op, NonDifferentiable)
        or (TABLE.get(op.name) is op and op is not windows.windows_op)
    )


def _function(to: Emitter, function: Callable[..., Any], name: str = "") -> str:
    """The name of a function in the source."""
    for module, where in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        word = getattr(function, "__name__", "")
        if getattr(module, word, None) is function:
            return f"{where}.{word}"
    name = name_of(function, name)
    while to.code.functions.get(name, function) is not function:  # another one of this name
        name += "_"
    to.code.functions[name] = function
    return name


def name_of(function: Any, operation: str) -> str:
    """The name, in the source, of a function that computes an operation."""
    name = function.__name__ if isinstance(function, FunctionType) else ""
    name = re.sub(r"\W", "_", operation) if not name.isidentifier() else name
    if not name.isidentifier() or keyword.iskeyword(name):
        name = f"op_{name}"
    others = hasattr(np, name) or hasattr(builtins, name) or name in FUNCTIONS
    return f"{name}_" if others or _NUMBERED.match(name) or name in ("run", "make") else name


_NUMBERED = re.compile(r"^[a-z]+\d")  # as what a program computes is


def _writes(*ops: Op) -> Callable[[Expression], Expression]:
    def enter(expression: Expression) -> Expression:
        _EXPRESSIONS.update(dict.fromkeys(ops, expression))
        return expression

    return enter


def _as(op: Op, template: str) -> None:
    """The template has `{0}`, `{1}`, ... for the arguments, and `{axis}`, ... for settings."""

    def expression(to: Emitter, term: Term, operands: list[str]) -> str:
        settings = {name: to.setting(value) for name, value in term.settings.items()}
        return template.format(*operands, **settings)

    _EXPRESSIONS[op] = expression


_as(structural.reshape_op, "np.reshape({0}, {shape})")
_as(structural.transpose_op, "np.transpose({0}, {axes})")
_as(structural.broadcast_op, "np.broadcast_to({0}, {shape})")
_as(shaping.roll_op, "np.roll({0}, {shift}, {axis})")
_as(running.cumsum_op, "np.cumsum({0}, {axis})")
_as(running.cumprod_op, "np.cumprod({0}, -1)")
_as(complex_parts.real_op, "np.array({0}.real)")
_as(complex_parts.imag_op, "np.array({0}.imag)")
_as(products.einsum_op, "np.einsum({subscripts}, {0}, {1})")
_as(segment_sums, "np.add.reduceat({0}, {starts})")
_as(largest_so_far, "np.maximum.accumulate({0}, -1)")
_as(smallest_so_far, "np.minimum.accumulate({0}, -1)")
_as(products_so_far, "np.multiply.accumulate({0}, -1)")
for _whole in (structural.sum_op, reductions.max_op, reductions.min_op, running.prod_op):
    _as(_whole, "np.array({0})")  # of one number; those of an array are in `statements`


@_writes(e.erf, e.erfc)
def _erf(to: Emitter, term: Term, operands: list[str]) -> str:
    assert term.op is not None
    to.code.math.add(term.op.name)
    return f"np.array(np.frompyfunc({term.op.name}, 1, 1)({operands[0]}), np.{term.dtype.name})"


# --------------------------------------------------------------------------------------------------
# Entries at places


def key_parts(key: Any, numbers: Iterable[str], write: Callable[[Any], str]) -> list[str]:
    """The parts of a key, in which `numbers` stand where nodes did."""
    number = iter(numbers)
    parts = key if isinstance(key, tuple) else (key,)
    return [next(number) if part is indexing.HERE else write(part) for part in parts]


@_writes(structural.index_op, indexing.gather_op)
def _pick(to: Emitter, term: Term, operands: list[str]) -> str:
    x, *numbers = operands
    if term.args[0].scalar:
        x = f"np.array({x})"
    return f"{x}[{', '.join(key_parts(term.settings['key'], numbers, to.between_brackets))}]"


@_writes(structural.scatter_op, indexing.place_op)
def _scatter(to: Emitter, term: Term, operands: list[str]) -> str:
    x, *numbers = operands
    parts = key_parts(term.settings["key"], numbers, to.setting)
    key = parts[0] if not isinstance(term.settings["key"], tuple) else f"({', '.join(parts)},)"
    return f"{_function(to, kernels.scatter)}({x}, {key}, {tuple(term.settings['shape'])})"
