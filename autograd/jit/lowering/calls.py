"""How operations are written that make a new array at each run.

Those whose results go into memory made once are in `statements`.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

from autograd.graph import Op
from autograd.jit import packing
from autograd.jit.lowering import helpers, scalars
from autograd.jit.lowering.arrays import Arrays, Place, sizes
from autograd.jit.terms import Term
from autograd.ops import (
    decompositions,
    determinants,
    elementwise,
    indexing,
    norms,
    products,
    reductions,
    running,
    scattering,
    shaping,
    structural,
)

Expression = Callable[[Arrays, Term, list[str]], str]
_EXPRESSIONS: dict[Op, Expression] = {}


def call(to: Arrays, term: Term) -> Place:
    """Write the line that computes a term, and say where it then is."""
    op = term.op
    assert op is not None
    operands = [to.places[arg].name for arg in term.args]
    expression = _EXPRESSIONS.get(op, _of_kernel)(to, term, operands)
    name = to.name(term)
    if term.scalar:
        expression = f"{type(term.example).__name__}({expression})"
    elif not term.scalar and not term.ndim and not expression.startswith("np.array("):
        expression = f"np.asarray({expression})"
    to.body(f"{name} = {expression}")
    return Place(name)


def _of_kernel(to: Arrays, term: Term, operands: list[str]) -> str:
    """A call of what computes the operation, such as a function of the user's own."""
    assert term.op is not None
    kernel = term.op.kernel
    settings = [f"{name}={to.setting(value)}" for name, value in term.settings.items()]
    return f"{_function(to, kernel, term.op.name)}({', '.join([*operands, *settings])})"


def _function(to: Arrays, function: Callable[..., Any], name: str = "") -> str:
    """How a function is called in the source."""
    for module, where in ((np, "np"), (np.linalg, "np.linalg")):
        word = getattr(function, "__name__", "")
        if getattr(module, word, None) is function:
            return f"{where}.{word}"
    name = name_of(function, name)
    while to.code.functions.get(name, function) is not function:  # another one of this name
        name += "_"
    to.code.functions[name] = function
    return name


def name_of(function: Any, operation: str) -> str:
    """What a function that computes an operation is called in a program."""
    name = function.__name__ if isinstance(function, FunctionType) else ""
    name = re.sub(r"\W", "_", operation) if not name.isidentifier() else name
    if not name.isidentifier() or keyword.iskeyword(name):
        name = f"op_{name}"
    others = hasattr(np, name) or hasattr(builtins, name) or name in scalars.functions()
    return f"{name}_" if others or _NUMBERED.match(name) or name in ("run", "make") else name


_NUMBERED = re.compile(r"^[a-z]+\d")  # as what a program computes is


def _writes(*ops: Op) -> Callable[[Expression], Expression]:
    def enter(expression: Expression) -> Expression:
        _EXPRESSIONS.update(dict.fromkeys(ops, expression))
        return expression

    return enter


def _as(op: Op, template: str) -> None:
    """The template has `{0}`, `{1}`, ... for the arguments and `{axis}`, ... for settings."""

    def expression(to: Arrays, term: Term, operands: list[str]) -> str:
        settings = {name: to.setting(value) for name, value in term.settings.items()}
        return template.format(*operands, **settings)

    _EXPRESSIONS[op] = expression


_as(structural.reshape_op, "np.reshape({0}, {shape})")
_as(structural.transpose_op, "np.transpose({0}, {axes})")
_as(structural.broadcast_op, "np.broadcast_to({0}, {shape})")
_as(shaping.roll_op, "np.roll({0}, {shift}, {axis})")
_as(running.cumsum_op, "np.cumsum({0}, {axis})")
_as(running.cumprod_op, "np.cumprod({0}, -1)")
_as(determinants.slogdet_op, "np.stack(np.linalg.slogdet({0}), -1)")
_as(packing.segment_sums, "np.add.reduceat({0}, {starts})")


@_writes(elementwise.erf)
def _erf(to: Arrays, term: Term, operands: list[str]) -> str:
    return f"{_function(to, helpers.error_function)}({operands[0]})"


@_writes(structural.sum_op, reductions.max_op, reductions.min_op, running.prod_op)
def _of_number(to: Arrays, term: Term, operands: list[str]) -> str:
    """Sums and extremes of an array are written in `statements`."""
    return f"np.array({operands[0]})"


# --------------------------------------------------------------------------------------------------
# Statistics


@_writes(reductions.var_op, reductions.std_op)
def _spread(to: Arrays, term: Term, operands: list[str]) -> str:
    (x,) = term.args
    count = x.size // term.size if term.size else 0
    if count <= term.settings["ddof"]:
        return f"np.full({term.shape}, np.nan, np.{term.dtype.name})"
    settings = [f"{name}={to.setting(value)}" for name, value in term.settings.items()]
    name = "var" if term.op is reductions.var_op else "std"
    return f"np.{name}({', '.join([*operands, *settings])})"


@_writes(norms.norm_op)
def _norm(to: Arrays, term: Term, operands: list[str]) -> str:
    x, p = operands[0], term.settings["p"]
    entries = f"{x} * {x}" if p == 2 else f"np.abs({x}) ** {p}"
    axis = to.setting(term.settings["axis"])
    kept = ", keepdims=True" if term.settings["keepdims"] else ""
    total = f"np.add.reduce({entries}, {axis}{kept})"
    return f"np.sqrt({total})" if p == 2 else f"{total} ** (1 / {p})"


# --------------------------------------------------------------------------------------------------
# Entries at places


def key_parts(to: Arrays, key: Any, numbers: Iterable[str]) -> list[str]:
    """The parts of a key, in which `numbers` stand where nodes did."""
    given = iter(numbers)
    parts = key if isinstance(key, tuple) else (key,)
    return [next(given) if part is indexing.HERE else to.setting(part) for part in parts]


def between_brackets(parts: Iterable[str]) -> str:
    """Slices as they are written there."""
    return ", ".join([_SLICE.sub(_colons, part) for part in parts])


_SLICE = re.compile(r"^slice\((-?\w+), (-?\w+), (-?\w+)\)$")


def _colons(found: re.Match[str]) -> str:
    first, last, step = ["" if part == "None" else part for part in found.groups()]
    return f"{first}:{last}" + (f":{step}" if step else "")


@_writes(structural.index_op, indexing.gather_op)
def _pick(to: Arrays, term: Term, operands: list[str]) -> str:
    x, *numbers = operands
    if term.args[0].scalar:
        x = f"np.array({x})"
    return f"{x}[{between_brackets(key_parts(to, term.settings['key'], numbers))}]"


@_writes(structural.scatter_op, indexing.place_op)
def _scatter(to: Arrays, term: Term, operands: list[str]) -> str:
    x, *numbers = operands
    parts = key_parts(to, term.settings["key"], numbers)
    key = parts[0] if not isinstance(term.settings["key"], tuple) else f"({', '.join(parts)},)"
    return f"{_function(to, scattering.scatter)}({x}, {key}, {tuple(term.settings['shape'])})"


@_writes(indexing.set_op)
def _set(to: Arrays, term: Term, operands: list[str]) -> str:
    key = to.setting(term.settings["key"])
    return f"{_function(to, helpers.with_entries)}({', '.join(operands)}, {key})"


@_writes(running.recur_op)
def _recur(to: Arrays, term: Term, operands: list[str]) -> str:
    return f"{_function(to, helpers.recurrence)}({', '.join(operands)})"


# --------------------------------------------------------------------------------------------------
# Products


@_writes(products.einsum_op)
def _einsum(to: Arrays, term: Term, operands: list[str]) -> str:
    """As a product of matrices, where it is one."""
    subscripts = term.settings["subscripts"]
    plan = products.plan(subscripts)
    if plan is None:
        return f"np.einsum({subscripts!r}, {', '.join(operands)})"
    x_axes, y_axes, out_axes, batch, summed = plan
    (x, y), (left, right) = term.args, operands
    shape = tuple([x.shape[axis] for axis in x_axes])
    lead, rows = shape[:batch], shape[batch : x.ndim - summed]
    columns = tuple([y.shape[axis] for axis in y_axes[batch + summed :]])
    inner = int(np.prod(shape[x.ndim - summed :]))
    flat = (*lead, int(np.prod(rows)), int(np.prod(columns)))
    made = (*lead, *rows, *columns)
    left = _arranged(left, x.shape, x_axes, (*flat[:-1], inner))
    right = _arranged(right, y.shape, y_axes, (*lead, inner, flat[-1]))
    product = f"np.matmul({left}, {right})"
    if made != flat:
        product += f".reshape({sizes(made)})"
    return product if out_axes == tuple(range(len(made))) else f"{product}.transpose({out_axes})"


def _arranged(
    name: str, before: tuple[int, ...], axes: tuple[int, ...], shape: tuple[int, ...]
) -> str:
    if axes != tuple(range(len(axes))):
        name = f"{name}.T" if axes == (1, 0) else f"{name}.transpose({axes})"
        before = tuple([before[axis] for axis in axes])
    return name if shape == before else f"{name}.reshape({sizes(shape)})"


# --------------------------------------------------------------------------------------------------
# Factors of matrices: an operation has one result, so they lie end to end


@_writes(decompositions.cholesky_op)
def _cholesky(to: Arrays, term: Term, operands: list[str]) -> str:
    return f"np.linalg.cholesky({_function(to, helpers.symmetric)}({operands[0]}))"


@_writes(decompositions.qr_op)
def _qr(to: Arrays, term: Term, operands: list[str]) -> str:
    return _end_to_end(to, term, f"np.linalg.qr({operands[0]})")


@_writes(decompositions.eigh_op)
def _eigh(to: Arrays, term: Term, operands: list[str]) -> str:
    matrix = f"{_function(to, helpers.symmetric)}({operands[0]})"
    return _end_to_end(to, term, f"np.linalg.eigh({matrix})")


@_writes(decompositions.svd_op)
def _svd(to: Arrays, term: Term, operands: list[str]) -> str:
    return _end_to_end(to, term, f"np.linalg.svd({operands[0]}, full_matrices=False)")


def _end_to_end(to: Arrays, term: Term, factors: str) -> str:
    return f"{_function(to, helpers.end_to_end)}({factors}, {term.shape[:-1]})"
