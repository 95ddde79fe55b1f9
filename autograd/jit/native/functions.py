"""Elementwise operations on numbers, in LLVM's text, by operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.loops import is_of_lists
from autograd.jit.native import elementary
from autograd.jit.native.text import Function, Value, has_type, number, type_of
from autograd.jit.terms import Term, entry, is_view, pack
from autograd.ops import elementwise as e
from autograd.ops import op_types, structural
from autograd.ops import predicates as p

Writer = Callable[..., Value]
"""Writes an operation: (function, type, *arguments), where the arguments are of this type."""

_BOOL = np.dtype(np.bool_)
_SMALL = 64
"""Up to so many entries NumPy's call takes longer than a function of one number for each."""


def computes(term: Term, alone: bool) -> bool:
    """Whether a term is an elementwise operation that can be written here, and should be.

    alone: whether it should be wherever it can be.
    """
    op, kind = term.op, term.dtype.kind
    of = [arg.dtype for arg in term.args]
    if op not in _KNOWN or not all(map(has_type, [term.dtype, *of])):
        return False
    if not alone and op in _ONE_BY_ONE and not term.scalar and term.size > _SMALL:
        return False  # NumPy computes several entries at a time
    if op in (e.identity, e.stop_gradient):
        return True
    if op is structural.cast_op:
        return kind in "fb" or of[0].kind != "f"
    if op in _TESTS:
        return of[0].kind == "f"
    if kind == "b":
        return op in _COMPARISONS or op in _LOGICAL or op is e.where
    return kind == "f" or (kind == "i" and op in _OF_INTEGERS)


def keeps_bits(term: Term) -> bool:
    """Whether a term is a number, or a list or array of them, that Python computes just so."""
    if term.op is None or is_of_lists(term) or is_view(term) or term.op in (pack, entry):
        return True
    return term.scalar and term.op in _KNOWN and term.op is not e.hypot


def write(to: Function, term: Term, args: Sequence[Value]) -> Value:
    """Write the operation of a term on numbers, whose types are those of its arguments."""
    op, out = term.op, term.dtype
    assert op is not None
    of = [arg.dtype for arg in term.args]
    if op in (structural.cast_op, structural.index_op, entry):
        return convert(to, args[0], of[0], out)
    if op is e.where:
        condition = convert(to, args[0], of[0], _BOOL)
        return _where(
            to,
            condition,
            out,
            [convert(to, *pair, out) for pair in zip(args[1:], of[1:], strict=True)],
        )
    if op is op_types.chain_product and of[1] == _BOOL:
        zero = number(0.0, type_of(out))
        return _where(to, args[1], out, [convert(to, args[0], of[0], out), zero])
    if op in _LOGICAL:
        return _LOGICAL[op](
            to, "i1", *[convert(to, *pair, _BOOL) for pair in zip(args, of, strict=True)]
        )
    together = common(term.args) if op in _COMPARISONS or op in _TESTS else out
    numbers = [convert(to, *pair, together) for pair in zip(args, of, strict=True)]
    kind = type_of(together)
    if op in _COMPARISONS:
        of_floats, of_integers = _COMPARISONS[op]
        compare = f"fcmp {of_floats}" if together.kind == "f" else f"icmp {of_integers}"
        if together.kind != "i":
            compare = compare.replace("icmp s", "icmp u")
        return to(f"{compare} {kind} {numbers[0]}, {numbers[1]}")
    if op is e.pow and term.scalar:  # of which LLVM would make a product or a root
        return to.call("pow", kind, *numbers, how="nobuiltin")
    value = (_TESTS.get(op) or _ARITHMETIC.get(op) or _FUNCTIONS[op])(to, kind, *numbers)
    if term.scalar and op in _ROUNDINGS:  # Python's give an integer, which has no negative zero
        value = _add(to, kind, value, number(0.0, kind))
    return value


def common(args: Sequence[Term]) -> np.dtype[Any]:
    """The type in which numbers are compared; floats of Python take that of arrays of floats."""
    if all(arg.scalar for arg in args):
        return np.result_type(*[arg.dtype for arg in args])
    return np.result_type(*[arg.dtype.type(0).item() if arg.scalar else arg.dtype for arg in args])


def convert(to: Function, x: Value, old: np.dtype[Any], new: np.dtype[Any]) -> Value:
    """A number in another type, as NumPy casts it."""
    if old == new:
        return x
    before, after = type_of(old), type_of(new)
    if new == _BOOL:
        compare = "fcmp une" if old.kind == "f" else "icmp ne"
        return to(f"{compare} {before} {x}, {number(0, before)}")
    if old.kind == "f" and new.kind == "f":
        how = "fpext" if new.itemsize > old.itemsize else "fptrunc"
    elif new.kind == "f":
        how = "sitofp" if old.kind == "i" else "uitofp"
    elif new.itemsize > old.itemsize or old == _BOOL:
        how = "sext" if old.kind == "i" else "zext"
    else:
        how = "trunc"
    return to(f"{how} {before} {x} to {after}")


def _where(to: Function, condition: Value, out: np.dtype[Any], branches: Sequence[Value]) -> Value:
    kind = type_of(out)
    return to(f"select i1 {condition}, {kind} {branches[0]}, {kind} {branches[1]}")


# --------------------------------------------------------------------------------------------------
# Instructions


def _instruction(of_floats: str, of_integers: str = "") -> Writer:
    def write(to: Function, kind: str, x: Value, y: Value) -> Value:
        return to(f"{of_floats if kind in ('double', 'float') else of_integers} {kind} {x}, {y}")

    return write


def _intrinsic(name: str) -> Writer:
    def write(to: Function, kind: str, *args: Value) -> Value:
        bits = "f64" if kind == "double" else "f32"
        return to.call(f"llvm.{name}.{bits}", kind, *args)

    return write


def _select(to: Function, kind: str, condition: str, x: Value, y: Value) -> Value:
    """`x if condition else y`, where the condition is "une a, b" or the like."""
    test = to(f"fcmp {condition.replace(' ', f' {kind} ', 1)}")
    return to(f"select i1 {test}, {kind} {x}, {kind} {y}")


_add, _sub, _mul, _div = map(
    _instruction, ("fadd", "fsub", "fmul", "fdiv"), ("add", "sub", "mul", "")
)
_abs, _floor, _copysign = map(_intrinsic, ("fabs", "floor", "copysign"))


def _neg(to: Function, kind: str, x: Value) -> Value:
    return to(f"fneg {kind} {x}") if kind in ("double", "float") else to(f"sub {kind} 0, {x}")


def _larger(to: Function, kind: str, x: Value, y: Value) -> Value:
    """The larger; NaN where either is, which is why the comparison is of what is unordered, too."""
    best = _select(to, kind, f"ule {x}, {y}", y, x)
    return _select(to, kind, f"uno {x}, {x}", x, best)


def _smaller(to: Function, kind: str, x: Value, y: Value) -> Value:
    best = _select(to, kind, f"uge {x}, {y}", y, x)
    return _select(to, kind, f"uno {x}, {x}", x, best)


def _relu(to: Function, kind: str, x: Value) -> Value:
    zero = number(0.0, kind)
    return _select(to, kind, f"ole {x}, {zero}", zero, x)


def _sign(to: Function, kind: str, x: Value) -> Value:
    zero = number(0.0, kind)
    above = _select(to, kind, f"ogt {x}, {zero}", number(1.0, kind), _abs(to, kind, x))
    return _select(to, kind, f"olt {x}, {zero}", number(-1.0, kind), above)


def _heaviside(to: Function, kind: str, x: Value, at_zero: Value) -> Value:
    zero = number(0.0, kind)
    step = _select(to, kind, f"ogt {x}, {zero}", number(1.0, kind), zero)
    step = _select(to, kind, f"oeq {x}, {zero}", at_zero, step)
    return _select(to, kind, f"uno {x}, {x}", x, step)


def _rest(to: Function, kind: str, x: Value, y: Value) -> tuple[Value, Value]:
    """The remainder with the sign of x, and whether y has another sign."""
    zero = number(0.0, kind)
    rest = to(f"frem {kind} {x}, {y}")
    negative = to(f"fcmp olt {kind} {rest}, {zero}")
    below = to(f"fcmp olt {kind} {y}, {zero}")
    differ = to(f"xor i1 {negative}, {below}")
    return rest, to(f"and i1 {differ}, {to(f'fcmp une {kind} {rest}, {zero}')}")


def _mod(to: Function, kind: str, x: Value, y: Value) -> Value:
    """The remainder with the sign of y."""
    zero = number(0.0, kind)
    rest, apart = _rest(to, kind, x, y)
    signed = to(f"select i1 {apart}, {kind} {_add(to, kind, rest, y)}, {kind} {rest}")
    return _select(to, kind, f"oeq {rest}, {zero}", _copysign(to, kind, zero, y), signed)


def _floor_divide(to: Function, kind: str, x: Value, y: Value) -> Value:
    """(x - remainder) / y, rounded, as NumPy and Python do it."""
    zero, one = number(0.0, kind), number(1.0, kind)
    rest, apart = _rest(to, kind, x, y)
    ratio, exact = _div(to, kind, x, y), _div(to, kind, _sub(to, kind, x, rest), y)
    exact = to(f"select i1 {apart}, {kind} {_sub(to, kind, exact, one)}, {kind} {exact}")
    whole = _floor(to, kind, exact)
    over = _sub(to, kind, exact, whole)
    more = _add(to, kind, whole, one)
    whole = _select(to, kind, f"ogt {over}, {number(0.5, kind)}", more, whole)
    whole = _select(to, kind, f"oeq {exact}, {zero}", _copysign(to, kind, zero, ratio), whole)
    return _select(to, kind, f"oeq {y}, {zero}", ratio, whole)


def _leaky_relu(to: Function, kind: str, x: Value, slope: Value) -> Value:
    return _select(to, kind, f"ogt {x}, {number(0.0, kind)}", x, _mul(to, kind, slope, x))


def _isfinite(to: Function, kind: str, x: Value) -> Value:
    return to(f"fcmp one {kind} {_abs(to, kind, x)}, {number(float('inf'), kind)}")


# --------------------------------------------------------------------------------------------------
# Functions of the C library, and for arrays our own where there are any


def _function(name: str) -> Writer:
    def write(to: Function, kind: str, *args: Value) -> Value:
        if to.array and name in elementary.NAMES:
            return elementary.call(to, name, kind, *args)
        return to.call(name if kind == "double" else f"{name}f", kind, *args)

    return write


_exp, _expm1, _log1p = map(_function, ("exp", "expm1", "log1p"))


def _sigmoid(to: Function, kind: str, x: Value) -> Value:
    one = number(1.0, kind)
    return _div(to, kind, one, _add(to, kind, one, _exp(to, kind, _neg(to, kind, x))))


def _elu(to: Function, kind: str, x: Value, alpha: Value) -> Value:
    below = _mul(to, kind, alpha, _expm1(to, kind, x))
    return _select(to, kind, f"ogt {x}, {number(0.0, kind)}", x, below)


def _logaddexp(to: Function, kind: str, x: Value, y: Value) -> Value:
    larger = _larger(to, kind, x, y)
    apart = _neg(to, kind, _abs(to, kind, _sub(to, kind, x, y)))
    total = _add(to, kind, larger, _log1p(to, kind, _exp(to, kind, apart)))
    twice = _add(
        to, kind, x, number(np.log(2.0), kind)
    )  # of equal infinities the difference is NaN
    return _select(to, kind, f"oeq {x}, {y}", twice, total)


def _softplus(to: Function, kind: str, x: Value) -> Value:
    return _logaddexp(to, kind, x, number(0.0, kind))


_ARITHMETIC: dict[Op, Writer] = {
    e.add: _add,
    e.sub: _sub,
    e.mul: _mul,
    op_types.chain_product: _mul,
    e.neg: _neg,
    e.square: lambda to, kind, x: _mul(to, kind, x, x),
    e.identity: lambda to, kind, x: x,
    e.stop_gradient: lambda to, kind, x: x,
    e.at_least: _larger,
    e.maximum_op: _larger,
    e.maximum_op.alone: _larger,
    e.at_most: _smaller,
    e.minimum_op: _smaller,
    e.minimum_op.alone: _smaller,
}
_FUNCTIONS: dict[Op, Writer] = {
    e.div: _div,
    e.mod: _mod,
    e.floor_divide: _floor_divide,
    e.reciprocal: lambda to, kind, x: _div(to, kind, number(1.0, kind), x),
    e.relu: _relu,
    e.leaky_relu_op: _leaky_relu,
    e.elu_op: _elu,
    e.abs: _abs,
    e.sign_op: _sign,
    e.heaviside_op: _heaviside,
    e.floor: _floor,
    e.ceil: _intrinsic("ceil"),
    e.round_op: _intrinsic("roundeven"),
    e.sqrt: _intrinsic("sqrt"),
    e.sigmoid: _sigmoid,
    e.softplus: _softplus,
    e.logaddexp: _logaddexp,
    e.arcsin: _function("asin"),
    e.arccos: _function("acos"),
    e.arctan: _function("atan"),
    e.arctan2: _function("atan2"),
    e.arcsinh: _function("asinh"),
    e.arccosh: _function("acosh"),
    e.arctanh: _function("atanh"),
    **{
        op: _function(op.name)
        for op in (
            *(e.cbrt, e.cos, e.cosh, e.erf, e.exp, e.exp2, e.expm1, e.hypot, e.log, e.log10),
            *(e.log1p, e.log2, e.pow, e.sin, e.sinh, e.tan, e.tanh),
        )
    },
}
_ONE_BY_ONE = frozenset(
    {
        *(e.arcsin, e.arccos, e.arctan, e.arctan2, e.arcsinh, e.arccosh, e.arctanh, e.cbrt),
        *(e.cosh, e.exp2, e.hypot, e.log10, e.log2, e.pow, e.sinh, e.tan, e.mod, e.floor_divide),
    }
)
"""Functions that are computed for one number at a time."""
_ROUNDINGS = frozenset({e.floor, e.ceil, e.round_op})
_COMPARISONS = {
    p.less: ("olt", "slt"),
    p.less_equal: ("ole", "sle"),
    p.greater: ("ogt", "sgt"),
    p.greater_equal: ("oge", "sge"),
    p.equal: ("oeq", "eq"),
    p.not_equal: ("une", "ne"),
}
_TESTS: dict[Op, Writer] = {
    p.isnan: lambda to, kind, x: to(f"fcmp uno {kind} {x}, {x}"),
    p.isfinite: _isfinite,
}
_LOGICAL: dict[Op, Writer] = {
    p.logical_and: _instruction("", "and"),
    p.logical_or: _instruction("", "or"),
    p.logical_xor: _instruction("", "xor"),
    p.logical_not: lambda to, kind, x: to(f"xor i1 {x}, 1"),
}
_OF_INTEGERS = frozenset({e.add, e.sub, e.mul, e.neg, e.where})
_KNOWN = frozenset(
    {
        *(*_ARITHMETIC, *_FUNCTIONS, *_COMPARISONS, *_TESTS, *_LOGICAL),
        *(e.where, structural.cast_op),
    }
)
