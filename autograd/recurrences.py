"""Recurrences of Taylor coefficients, for the operations that have one.

Coefficient k of a result follows from coefficients up to k of its arguments, and from its own below
k: linear operations act on each coefficient, products are convolutions, quotients and powers solve
a convolution for its last term (Griewank and Walther, Evaluating Derivatives, 2008, table 13.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import Args, Array, Node
from autograd.engine.operations import Op, interpreter
from autograd.ops.elementwise import div, mul, pow, square, where
from autograd.ops.indexing import gather_op
from autograd.ops.op_types import Elementwise, Linear, Multilinear, chain_product
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import broadcast_to, concatenate_op, shape_of

Coefficient: TypeAlias = Array
"""Plain data, or a node of the interpreter around; None stands for zero."""
Rule: TypeAlias = Callable[[int], Coefficient]
"""From k, which is 1 or more, to coefficient k."""
At: TypeAlias = Callable[[Any, int], Coefficient]
"""Coefficient k of a node or a constant."""

_PRODUCTS = (mul, chain_product)


def recurrence(op: Op, node: Node, at: At) -> Rule | None:
    """The rule for the coefficients of `node`, which is the result of `op`; None if it has none."""
    args, settings = node.args, node.settings
    x, y = args if len(args) == 2 else (args[0], None)
    if isinstance(op, Linear):

        def rule(k: int) -> Coefficient:
            c = at(x, k)
            return None if c is None else op(c, **settings)

    elif op is concatenate_op:

        def rule(k: int) -> Coefficient:
            parts = [at(arg, k) for arg in args]
            if all(part is None for part in parts):
                return None
            return op(*map(_or_zeros, parts, args), **settings)

    elif op is gather_op and not isinstance(args[1], Node):

        def rule(k: int) -> Coefficient:
            c = at(x, k)
            return None if c is None else op(c, *args[1:], **settings)

    elif op is square or (op is mul and x is y) or (op is pow and _is_number(y) and y == 2):

        def rule(k: int) -> Coefficient:
            pairs = [product(at(x, j), at(x, k - j)) for j in range((k + 1) // 2)]
            twice = product(total(pairs), 2.0)
            return twice if k % 2 else total([twice, product(at(x, k // 2), at(x, k // 2))])

    elif isinstance(op, Elementwise) and not any(map(callable, op.partials)):

        def rule(k: int) -> Coefficient:
            terms = [product(at(arg, k), p) for arg, p in zip(args, op.partials, strict=True)]
            return fit(total(terms), node)

    elif op in _PRODUCTS:

        def rule(k: int) -> Coefficient:
            return total(product(at(x, j), at(y, k - j)) for j in range(k + 1))

    elif isinstance(op, Multilinear) and len(args) == 2:

        def rule(k: int) -> Coefficient:
            pairs = [(at(x, j), at(y, k - j)) for j in range(k + 1)]
            return total(op(a, b, **settings) for a, b in pairs if a is not None and b is not None)

    elif op is div:  # out · y = x

        def rule(k: int) -> Coefficient:
            lower = total(product(at(y, j), at(node, k - j)) for j in range(1, k + 1))
            rest = total([at(x, k), product(lower, -1)])
            return None if rest is None else fit(div(rest, at(y, 0)), node)

    elif op is pow and _is_power(args, at):  # x · out' = y · out · x'
        exponent: float = args[1]

        def rule(k: int) -> Coefficient:
            terms = [
                product(product(at(x, j), at(node, k - j)), exponent * j - (k - j))
                for j in range(1, k + 1)
            ]
            lower = total(terms)
            return None if lower is None else lower / (k * at(x, 0))

    else:
        return None
    return rule


def _or_zeros(c: Coefficient, like: Any) -> Array:
    return np.zeros(shape_of(like), like.dtype) if c is None else c


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float)


def _is_power(args: Args, at: At) -> bool:
    """Whether the exponent is a number, and no base is 0, where a power may have no series."""
    x, p = args
    apart = nondifferentiable(np.not_equal, at(x, 0), 0)
    return _is_number(p) and bool(nondifferentiable(np.all, apart))


def product(x: Coefficient, y: Coefficient) -> Coefficient:
    """x · y; where y is a slope of True or False it selects, and nothing leaks through it."""
    if x is None or y is None:
        return None
    if isinstance(y, bool) or getattr(y, "dtype", None) == np.dtype(bool):
        return where(y, x, 0.0)
    if isinstance(y, int) and y in (1, -1):
        return x if y == 1 else -x
    running = interpreter()
    return chain_product(x, y) if running.careful or running.replayed else x * y


def total(terms: Iterable[Coefficient]) -> Coefficient:
    """The sum of those that are not zero."""
    found = None
    for term in terms:
        if term is not None:
            found = term if found is None else found + term
    return found


def fit(x: Coefficient, node: Node) -> Coefficient:
    """A coefficient in the shape of its node."""
    return x if x is None or shape_of(x) == node.shape else broadcast_to(x, node.shape)
