"""Simplify a recorded program: expand composed operations, then apply algebra.

Expanding softmax, its logarithm or a loss shows what they share with each other and with their
gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from math import nan, prod
from typing import Any

import numpy as np

from autograd.jit.algebra import rewrite
from autograd.jit.loops import Branch, Loop, fold, is_of_lists, operations_of
from autograd.jit.roll import roll
from autograd.jit.terms import Term, Terms, ordered
from autograd.ops import elementwise as e
from autograd.ops import exponentials, norms, predicates, products, reductions, structural


def simplify(
    terms: Terms,
    roots: Sequence[Term],
    branches: Sequence[Branch] = (),
    loops: bool = True,
    rolls: bool = True,
) -> tuple[dict[Term, Term], set[int]]:
    """For each of `roots` and `branches`, among `terms`, the term of a new program that stands for
    it; and the numbers of branches that loops of the program look at themselves.

    loops: whether the program may have any; rolls: whether numbers may become entries of arrays.
    """
    # Rolled as recorded: algebra would make like terms unlike, where some have a factor of 1.
    wanted = [*roots, *[term for term, _ in branches]]
    recorded = cache(lambda: operations_of(terms.needed(wanted)))

    def mostly_loops() -> bool:
        operations = recorded() if loops else None
        return operations is not None and operations.share > MOSTLY

    rolled = roll(terms, wanted, mostly_loops) if rolls else None
    current = dict(zip(wanted, rolled or wanted, strict=True))
    looked_at: set[int] = set()
    if loops:
        operations = operations_of(terms.needed(rolled)) if rolled else recorded()
        if operations is not None and operations.share >= LEAST_SHARE:
            kinds = [(current[term], kind) for term, kind in branches]
            made, looked_at = fold(terms, operations, [current[root] for root in roots], kinds)
            current = {old: made[new] for old, new in current.items() if new in made}
    simple = _simplified(list(dict.fromkeys(current.values())))
    return {old: simple[new] for old, new in current.items()}, looked_at


LEAST_SHARE = 0.25
"""Loops have to save this share of a program."""
MOSTLY = 0.8
"""A program of which loops save this share is mostly loops."""


def _simplified(roots: Sequence[Term]) -> dict[Term, Term]:
    """For each of `roots` the term of a new program, after algebra."""
    simple = _remade(roots, lambda term: False, _simplified)
    ends = [simple[root] for root in roots]
    uses = Counter(arg for term in ordered(ends) for arg in term.args)
    uses.update(ends)
    fused = _remade(ends, lambda term: _is_inner_product(term, uses))
    return {root: fused[end] for root, end in zip(roots, ends, strict=True)}


def _remade(
    roots: Iterable[Term],
    is_inner_product: Callable[[Term], bool],
    of_body: Callable[[list[Term]], dict[Term, Term]] | None = None,
) -> dict[Term, Term]:
    """The program in new terms, by algebra, with operations expanded and inner products found.

    of_body: the same for the bodies of loops.
    """
    terms = Terms(rewrite)
    new: dict[Term, Term] = {}
    for term in ordered(roots):
        terms.index = term.index
        args = tuple([new[arg] for arg in term.args])
        if term.op is None:
            new[term] = terms.constant(term.example) if term.constant else terms.input(term.example)
        elif is_of_lists(term):
            op = term.op
            if isinstance(op, Loop) and of_body is not None:
                op = op.remade(of_body)
            new[term] = terms.put(op, args, term.settings, term.example)
        elif is_inner_product(term):
            rows = [
                terms.apply(structural.reshape_op, [new[arg]], shape=(arg.size,))
                for arg in term.args[0].args
            ]
            new[term] = terms.apply(products.matmul_op, [rows[0], rows[-1]])
        elif _is_written_out(term):
            new[term] = _WRITTEN_OUT[term.op](terms.apply, *args, **term.settings)
        else:
            new[term] = terms.computed(term.op, args, term.settings, term.example)
    return new


def _is_written_out(term: Term) -> bool:
    """Whether it is written out: not for numbers, which have been rolled, nor for integers, which
    stay integers, nor for complex numbers unless the formulas are right for them.
    """
    if term.op not in _WRITTEN_OUT or term.scalar:
        return False
    kinds = {part.dtype.kind for part in (term, *term.args)}
    return kinds == {"f"} or (term.op in _OF_COMPLEX_TOO and kinds <= {"f", "c"})


def _is_inner_product(term: Term, uses: Mapping[Term, int]) -> bool:
    """Whether it is a sum of products that nothing else uses."""
    if term.op is not structural.sum_op or term.ndim:
        return False
    (x,) = term.args
    return (
        (x.op is e.mul or x.op is e.square)
        and uses[x] == 1
        and x.dtype.kind == "f"
        and all(factor.shape == x.shape and factor.dtype == x.dtype for factor in x.args)
    )


Apply = Callable[..., Term]


def _real(do: Apply, x: Term) -> Term:
    """As `kernels.as_real`."""
    return x if x.dtype.kind == "f" else do(structural.cast_op, [x], dtype=np.dtype(float))


def _leaky_relu(do: Apply, x: Term, slope: Term) -> Term:
    return do(e.where, [do(predicates.greater, [x, 0.0]), x, do(e.mul, [slope, x])])


def _sigmoid(do: Apply, x: Term) -> Term:
    odds = do(e.exp, [do(e.neg, [_real(do, x)])])
    return do(e.reciprocal, [do(e.add, [odds, 1.0])])


def _elu(do: Apply, x: Term, alpha: Term) -> Term:
    x = _real(do, x)
    below = do(e.mul, [alpha, do(e.expm1, [do(e.at_most, [x, 0.0])])])
    return do(e.where, [do(predicates.greater, [x, 0.0]), x, below])


def _total(do: Apply, x: Term, axis: Any, keepdims: bool = True) -> Term:
    return do(structural.sum_op, [x], axis=axis, keepdims=keepdims)


def _top(do: Apply, x: Term, axis: Any) -> Term:
    return do(reductions.max_op, [x], axis=axis, keepdims=True)


def _softmax(do: Apply, x: Term, axis: Any) -> Term:
    odds = do(e.exp, [do(e.sub, [x, _top(do, x, axis)])])
    return do(e.div, [odds, _total(do, odds, axis)])


def _log_softmax(do: Apply, x: Term, axis: Any) -> Term:
    below = do(e.sub, [x, _top(do, x, axis)])
    return do(e.sub, [below, do(e.log, [_total(do, do(e.exp, [below]), axis)])])


def _logsumexp(do: Apply, x: Term, axis: Any, keepdims: bool) -> Term:
    top = _top(do, x, axis)
    top = do(e.where, [do(predicates.isfinite, [top]), top, 0.0])  # where all entries are -inf
    total = do(e.log, [_total(do, do(e.exp, [do(e.sub, [x, top])]), axis)])
    result = do(e.add, [total, top])
    if keepdims:
        return result
    axes = structural.normalize_axis(axis, x.ndim)
    shape = tuple([size for place, size in enumerate(x.shape) if place not in axes])
    return do(structural.reshape_op, [result], shape=shape)


def _count(x: Term, axis: Any) -> int:
    return prod([x.shape[place] for place in structural.normalize_axis(axis, x.ndim)])


def _mean(do: Apply, x: Term, axis: Any, keepdims: bool) -> Term:
    if x.dtype == np.float16:
        return do(reductions.mean_op, [x], axis=axis, keepdims=keepdims)
    return do(e.div, [_total(do, x, axis, keepdims), float(_count(x, axis))])


def _var(do: Apply, x: Term, axis: Any, ddof: float, keepdims: bool) -> Term:
    away, freedom = do(e.sub, [x, _mean(do, x, axis, True)]), _count(x, axis) - ddof
    squares = _total(do, do(e.square, [away]), axis, keepdims)
    return do(e.div, [squares, float(freedom) if freedom > 0 else nan])


def _norm(do: Apply, x: Term, p: float, axis: Any, keepdims: bool) -> Term:
    if p == 2:
        return do(e.sqrt, [_total(do, do(e.square, [x]), axis, keepdims)])
    powers = do(e.pow, [do(e.abs, [x]), float(p)])
    return do(e.pow, [_total(do, powers, axis, keepdims), 1 / p])


def _einsum(do: Apply, x: Term, y: Term, subscripts: str) -> Term:
    """As a product of matrices, where it is one."""
    plan = products.plan(subscripts)
    if plan is None:
        return do(products.einsum_op, [x, y], subscripts=subscripts)
    x_axes, y_axes, out_axes, batch, summed = plan
    x = do(structural.transpose_op, [x], axes=x_axes)
    y = do(structural.transpose_op, [y], axes=y_axes)
    lead, rows = x.shape[:batch], x.shape[batch : x.ndim - summed]
    inner, columns = prod(y.shape[batch : batch + summed]), y.shape[batch + summed :]
    left = do(structural.reshape_op, [x], shape=(*lead, prod(rows), inner))
    right = do(structural.reshape_op, [y], shape=(*lead, inner, prod(columns)))
    out = do(products.matmul_op, [left, right])
    out = do(structural.reshape_op, [out], shape=lead + rows + columns)
    return do(structural.transpose_op, [out], axes=out_axes)


_WRITTEN_OUT: dict[Any, Callable[..., Term]] = {
    e.sigmoid: _sigmoid,
    e.relu: lambda do, x: do(e.at_least, [x, 0.0]),
    e.leaky_relu_op: _leaky_relu,
    e.elu_op: _elu,
    e.softplus: lambda do, x: do(e.logaddexp, [_real(do, x), 0.0]),
    exponentials.softmax_op: _softmax,
    exponentials.log_softmax_op: _log_softmax,
    exponentials.logsumexp_op: _logsumexp,
    reductions.mean_op: _mean,
    reductions.var_op: _var,
    reductions.std_op: lambda do, x, **settings: do(e.sqrt, [_var(do, x, **settings)]),
    norms.norm_op: _norm,
    products.einsum_op: _einsum,
}
_OF_COMPLEX_TOO = {reductions.mean_op, products.einsum_op}
