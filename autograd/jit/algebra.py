"""Algebra that is exact in floating point, applied to each term as it is made.

The rules look at shapes, types and constants, never at the data of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.terms import Term, Terms
from autograd.kernels import broadcast_axes
from autograd.ops import elementwise as e
from autograd.ops import op_types, structural
from autograd.ops.op_types import Elementwise
from autograd.ops.products import matmul_op as _matmul

Rule = Callable[..., "Term | None"]

_RULES: dict[Op, list[Rule]] = {}


def rewrite(
    terms: Terms, op: Op, args: tuple[Term, ...], settings: Mapping[str, Any]
) -> Term | None:
    """A simpler term for `op(*args, **settings)`, or None where there is none."""
    for rule in _RULES.get(op, ()):
        simpler = rule(terms, *args, **settings)
        if simpler is not None:
            return simpler
    if isinstance(op, Elementwise):
        for arg in args:
            if arg.example.__class__ is np.ndarray and arg.example.ndim:
                return _without_broadcasts(terms, op, args)
    return None


def _rule(*ops: Op) -> Callable[[Rule], Rule]:
    def enter(rule: Rule) -> Rule:
        for op in ops:
            _RULES.setdefault(op, []).append(rule)
        return rule

    return enter


def number(term: Term) -> float | None:
    """The number that a constant holds in each of its entries, if it is one number."""
    if not term.constant:
        return None
    value = term.example
    if term.scalar:
        return float(value)
    if not value.size or value.dtype.kind not in "fiub":
        return None
    first = value.flat[0]
    same = all(stride == 0 for stride in value.strides) or bool((value == first).all())
    return float(first) if same else None


def _kept(x: Term, *others: Term) -> bool:
    """Whether `x` alone already has the shape and type that an operation with the others gives."""
    if x.scalar and all(other.scalar for other in others):
        return True
    shape = np.broadcast_shapes(*[part.shape for part in (x, *others)])
    return not x.scalar and x.shape == shape and _joint(x, *others) == x.dtype


def _joint(*terms: Term) -> np.dtype[Any]:
    """The type of what is computed of them together."""
    return np.result_type(*[term.example for term in terms])


# --------------------------------------------------------------------------------------------------
# Numbers that change nothing


@_rule(e.identity, e.stop_gradient)
def _itself(terms: Terms, x: Term) -> Term | None:
    return x


@_rule(e.mul, op_types.chain_product)
def _product(terms: Terms, x: Term, y: Term) -> Term | None:
    for one, other in ((x, y), (y, x)):
        n = number(other)
        if one.dtype.kind != "f" or not n or not _kept(one, other):
            continue  # a factor of 0 may be a strong zero, which is nothing to join with others
        if n == 1:
            return one
        if n == -1:
            return terms.apply(e.neg, [one])
        if one.op is e.neg:
            return terms.apply(e.mul, [one.args[0], -n])
        joined = _joined(one, n)
        if joined is not None:
            return terms.apply(e.mul, [one.args[0], joined])
    return None


def _joined(product: Term, n: float) -> float | None:
    """The factor of (x · m) · n, with x first, where one of them is a power of two: it is exact."""
    if product.op is not e.mul or not product.args[1].constant:
        return None
    m = number(product.args[1])
    if m is None or not _kept(product.args[0], product.args[1]):
        return None
    return m * n if _is_power(m, 1, 1e6) or _is_power(n, 1, 1e6) else None


def _is_power(n: float, least: float, most: float) -> bool:
    """Whether n is, but for its sign, a power of two in a range: it changes the exponent alone."""
    return least <= abs(n) < most and abs(np.frexp(n)[0]) == 0.5


@_rule(e.mul)
def _constant_last(terms: Terms, x: Term, y: Term) -> Term | None:
    return terms.apply(e.mul, [y, x]) if x.constant and not y.constant else None


@_rule(op_types.chain_product)
def _plain_product(terms: Terms, x: Term, y: Term) -> Term | None:
    """A chain-rule product as a plain product, where the cotangent is no zero and not infinite."""
    plain = x.constant and np.isfinite(x.example).all() and np.all(x.example)
    return terms.apply(e.mul, [x, y]) if plain else None


@_rule(e.div)
def _quotient(terms: Terms, x: Term, y: Term) -> Term | None:
    n = number(y)
    if n is None or x.dtype.kind != "f" or not _kept(x, y):
        return None
    if n == 1:
        return x
    if _is_power(n, 1e-30, 1e30):
        return terms.apply(e.mul, [x, 1 / n])
    return None


@_rule(e.add)
def _sum(terms: Terms, x: Term, y: Term) -> Term | None:
    if y.op is e.neg and not _wraps(y, x):
        return terms.apply(e.sub, [x, y.args[0]])
    if x.op is e.neg and not _wraps(x, y):
        return terms.apply(e.sub, [y, x.args[0]])
    return None


@_rule(e.sub)
def _difference(terms: Terms, x: Term, y: Term) -> Term | None:
    if y.op is e.neg and not _wraps(y, x):
        return terms.apply(e.add, [x, y.args[0]])
    n = number(y)
    return x if n == 0 and not np.signbit(n) and x.dtype.kind == "f" and _kept(x, y) else None


@_rule(e.neg)
def _negative(terms: Terms, x: Term) -> Term | None:
    if x.op is e.neg:
        return x.args[0]
    if x.op is e.mul and x.args[1].constant and x.args[1].dtype.kind == "f":
        return terms.apply(e.mul, [x.args[0], -x.args[1].example])
    return None


def _wraps(negative: Term, other: Term) -> bool:
    """Whether a negative is of integers narrower than what it is added to: -1 is 255 in uint8."""
    return negative.dtype.kind in "iu" and _joint(negative, other) != negative.dtype


@_rule(e.pow)
def _power(terms: Terms, x: Term, y: Term) -> Term | None:
    n = number(y)
    if x.dtype.kind not in "fc" or not _kept(x, y):
        return None
    if n == 0:  # 1 also for NaN
        return terms.constant(1.0 if x.scalar else np.ones(x.shape, x.dtype))
    if n == 1:
        return x
    if n == 2:
        return terms.apply(e.mul, [x, x]) if x.scalar else terms.apply(e.square, [x])
    return None


@_rule(e.square)
def _square(terms: Terms, x: Term) -> Term | None:
    return terms.apply(e.mul, [x, x]) if x.scalar else None


# --------------------------------------------------------------------------------------------------
# Shapes


@_rule(structural.cast_op)
def _cast(terms: Terms, x: Term, dtype: Any) -> Term | None:
    return x if not x.scalar and x.dtype == dtype else None


@_rule(structural.reshape_op)
def _reshape(terms: Terms, x: Term, shape: Any) -> Term | None:
    if -1 in shape:
        known = -int(np.prod(shape))
        shape = tuple([x.size // known if n == -1 else n for n in shape])
        return terms.apply(structural.reshape_op, [x], shape=shape)
    if x.shape == tuple(shape) and not x.scalar:
        return x
    if x.op is structural.reshape_op:
        return terms.apply(structural.reshape_op, [x.args[0]], shape=tuple(shape))
    return None


@_rule(structural.transpose_op)
def _transpose(terms: Terms, x: Term, axes: Any) -> Term | None:
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(a % x.ndim for a in axes)
    if order == tuple(range(x.ndim)):
        return x
    if x.op is structural.transpose_op:
        before = x.settings["axes"]
        order = tuple([before[a] for a in order])
        return terms.apply(structural.transpose_op, [x.args[0]], axes=order)
    if x.op is _matmul and x.ndim == 2 and all(part.ndim == 2 for part in x.args):
        left, right = (terms.apply(structural.transpose_op, [z], axes=(1, 0)) for z in x.args)
        return terms.apply(_matmul, [right, left])
    if axes != order:
        return terms.apply(structural.transpose_op, [x], axes=order)
    return None


@_rule(structural.broadcast_op)
def _broadcast(terms: Terms, x: Term, shape: Any) -> Term | None:
    return x if not x.scalar and x.shape == tuple(shape) else None


@_rule(structural.sum_to_op)
def _sum_to(terms: Terms, x: Term, shape: Any) -> Term | None:
    if x.shape == tuple(shape):
        return x
    total = terms.apply(structural.sum_op, [x], axis=broadcast_axes(shape, x.shape), keepdims=False)
    return terms.apply(structural.reshape_op, [total], shape=tuple(shape))


@_rule(structural.index_op)
def _index(terms: Terms, x: Term, key: Any) -> Term | None:
    parts = key if isinstance(key, tuple) else (key,)
    whole = all(
        part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in parts
    )
    return x if whole else None


def _without_broadcasts(terms: Terms, op: Elementwise, args: tuple[Term, ...]) -> Term | None:
    """Operands as they were before they were broadcast, where the others give the shape."""
    shape = np.broadcast_shapes(*[arg.shape for arg in args])
    slim = list(args)
    for place, arg in enumerate(args):
        smaller = _before_broadcast(terms, arg)
        if smaller is not None:
            rest = [part.shape for n, part in enumerate(slim) if n != place]
            if np.broadcast_shapes(smaller.shape, *rest) == shape:
                slim[place] = smaller
    if all(one is other for one, other in zip(slim, args, strict=True)):
        return None
    return terms.apply(op, slim)


def _before_broadcast(terms: Terms, term: Term) -> Term | None:
    if term.op is structural.broadcast_op:
        return term.args[0]
    if term.constant and term.ndim and number(term) is not None:
        return terms.constant(term.example.flat[0])  # which a float might not hold
    return None
