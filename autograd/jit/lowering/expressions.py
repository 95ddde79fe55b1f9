"""Operations on Python's floats as expressions.

Where one raises (division by zero, overflow, a domain error) the program is run again by the
operations themselves, which give inf and nan.
"""

from __future__ import annotations

import math
import re

from autograd.engine.operations import Op
from autograd.jit.terms import Term
from autograd.ops import elementwise as e
from autograd.ops import op_types, products, structural
from autograd.ops import predicates as p

_WRITTEN: dict[Op, str] = {
    e.add: "({} + {})",
    e.sub: "({} - {})",
    e.mul: "({} * {})",
    e.div: "({} / {})",
    e.mod: "({} % {})",
    e.floor_divide: "({} // {})",
    e.neg: "(-{})",
    e.reciprocal: "(1.0 / {})",
    p.less: "({} < {})",
    p.less_equal: "({} <= {})",
    p.greater: "({} > {})",
    p.greater_equal: "({} >= {})",
    p.equal: "({} == {})",
    p.not_equal: "({} != {})",
    p.logical_and: "bool({} and {})",
    p.logical_or: "bool({} or {})",
    p.logical_xor: "(bool({}) != bool({}))",
    p.logical_not: "(not {})",
    e.where: "({1} if {0} else {2})",
    op_types.chain_product: "({} * {})",
    e.relu: "(0.0 if {0} <= 0.0 else {0})",
    e.at_least: "({0} if {0} > {1} or {0} != {0} else {1})",
    e.at_most: "({0} if {0} < {1} or {0} != {0} else {1})",
    e.maximum_op: "({0} if {0} > {1} or {0} != {0} else {1})",
    e.minimum_op: "({0} if {0} < {1} or {0} != {0} else {1})",
    e.abs: "abs({})",
    e.sign_op: "(1.0 if {0} > 0 else -1.0 if {0} < 0 else abs({0}))",
    e.heaviside_op: "({0} if {0} != {0} else {1} if {0} == 0 else float({0} > 0))",
    e.floor: "float(floor({}))",
    e.ceil: "float(ceil({}))",
    e.round_op: "float(round({}))",
    e.sigmoid: "(1.0 / (1.0 + exp(-{})))",
    e.leaky_relu_op: "({0} if {0} > 0 else {1} * {0})",
    e.elu_op: "({0} if {0} > 0 else {1} * expm1({0}))",
    e.softplus: "(max({0}, 0.0) + log1p(exp(-abs({0}))))",
    e.arccos: "acos({})",
    e.arccosh: "acosh({})",
    e.arcsin: "asin({})",
    e.arcsinh: "asinh({})",
    e.arctan: "atan({})",
    e.arctan2: "atan2({}, {})",
    e.arctanh: "atanh({})",
    p.isnan: "isnan({})",
    p.isfinite: "isfinite({})",
    e.hypot: "hypot({}, {})",
    e.pow: "pow({}, {})",
}
for _op in (
    *(e.cbrt, e.cos, e.cosh, e.erf, e.erfc, e.exp, e.exp2, e.expm1, e.log, e.log10, e.log1p),
    *(e.log2, e.sin, e.sinh, e.sqrt, e.tan, e.tanh),
):
    _WRITTEN[_op] = f"{_op.name}({{}})"

_OF_MATH = {
    op: {name for name in re.findall(r"\w+(?=\()", text) if hasattr(math, name)}
    for op, text in _WRITTEN.items()
}
FUNCTIONS = {"inf", "nan"}.union(*_OF_MATH.values())
"""The names from `math` that expressions may use."""
REPEATING = frozenset(op for op, text in _WRITTEN.items() if text.count("{0}") > 1)
"""Operations whose expression repeats an operand, which should have a name."""
FOR_BOTH = frozenset(
    [
        *(e.add, e.sub, e.mul, e.div, e.neg, e.abs, op_types.chain_product),
        *(p.less, p.less_equal, p.greater, p.greater_equal, p.equal, p.not_equal),
    ]
)
"""Operations that are written alike for NumPy's scalars and Python's floats."""


def can_write(term: Term) -> bool:
    """Whether a term is a number made of numbers by an operation that Python has."""
    return term.scalar and term.op in _WRITTEN and all(arg.scalar for arg in term.args)


def makes_scalar(term: Term) -> bool:
    """Whether it is an array without axes that NumPy gives as a scalar."""
    if term.scalar or term.ndim:
        return False
    if term.op in FOR_BOTH:
        return all(arg.dtype.kind == "f" and not arg.ndim for arg in term.args)
    return term.op in (structural.sum_op, products.matmul_op) and not term.args[0].scalar


def written(term: Term, operands: list[str]) -> tuple[str, set[str]]:
    """The expression, and the functions of `math` that it needs."""
    op = term.op
    assert op is not None
    if op is op_types.chain_product and term.args[1].dtype == bool:
        return f"({operands[0]} if {operands[1]} else 0.0)", set()
    return _WRITTEN[op].format(*operands), _OF_MATH[op]
