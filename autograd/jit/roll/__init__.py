"""Rolling: thousands of operations on numbers become a few on arrays.

A network written neuron by neuron is matrix algebra, and a loop over points is arithmetic on
arrays. This is how it is found, in the order of the modules:

- `scalars`: the program as numbered nodes, in which chains of additions are sums of many terms;
  what passes a number on, such as the largest so far, is computed for all of a chain.
- `grouping`: like operations on like arguments make a group, to be computed at once, and like terms
  of a sum make scalar products.
- `arrays`: where each group stands. Numbers that stand in a regular pattern in an array, given or
  computed, are read as slices, not gathered.
- `products`, `lower`: the operations on arrays, in an order that lets the next ones read slices,
  and what is around them. Scalar products of all pairs of two sets of rows are a matrix product.

Here the result is proved, and used where it is cheaper.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.roll.grouping import grouped
from autograd.jit.roll.lower import lower, put_in_place
from autograd.jit.roll.scalars import ADDITIONS, Scalars, is_number
from autograd.jit.terms import Term, Terms, entry, evaluate, is_view, ordered, pack
from autograd.ops.op_types import Elementwise
from autograd.ops.products import matmul_op
from autograd.ops.structural import concatenate_op, index_op

SHORT = 100
"""Shorter programs are not rolled: a call of NumPy costs as much as ten operations."""

WELL = 5.0
"""A program that many times cheaper is good enough: no other way is tried."""


def roll(
    terms: Terms, outputs: Sequence[Term], repeats: Callable[[], bool] = lambda: False
) -> list[Term] | None:
    """`outputs` computed by operations on arrays; None where floats are cheaper.

    repeats: tells whether most of the program is loops, which then are the better way where
        operations depend on one another.

    The numbers in the program that elementwise operations make of others become entries of arrays;
    what goes into them, and what is done with arrays besides, stays as it is.

    Sums are formed in another order than written, so results differ by a few units in the last
    place of the sum of the absolute values of the terms. A product of the chain rule within a sum
    is a plain product: 0 · ∞ is NaN there.
    """
    least = least_cost(terms, outputs)
    if least > HOPELESS or (least > DOUBTFUL and repeats()):
        return None
    program = Scalars(terms, outputs)
    if program.tangled or program.operations < SHORT:
        return None
    straight = sum([NUMBER if term.scalar else CALL for term in program.terms if term.op])
    least, best = straight, None
    for by_depth in (False, True):
        groups = grouped(terms, program, by_depth)
        rolled = lower(terms, groups, program.wanted)
        if (needed := cost(rolled)) < least:
            best, least = rolled, needed
        if least * WELL < straight:
            break
    if best is None or not agree(terms, program, best):
        return None
    return put_in_place(terms, program, outputs, best)


HOPELESS = 0.75
"""A program whose cost cannot fall below this share is not rolled, which would take long."""
DOUBTFUL = 0.4
"""Nor is one below this share that loops make short."""


def least_cost(terms: Terms, outputs: Sequence[Term]) -> float:
    """The share of the cost of a program of numbers that is left at least, however it is rolled.

    Calls follow one another from level to level. At each level like operations are one call, or
    are computed as numbers where they are few. Additions are no levels: sums may be long.
    """
    depths = [0] * len(terms.all)
    levels: dict[Op, list[int]] = defaultdict(list)  # the depths of each kind of operation
    for term in terms.needed(outputs):
        op, depth = term.op, 0
        if op is None:
            continue
        for arg in term.args:
            if (of_arg := depths[arg.number]) > depth:
                depth = of_arg
        if isinstance(op, Elementwise) and is_number(term):
            depth += op not in ADDITIONS
            levels[op].append(depth)
        depths[term.number] = depth
    counts = [n for of_op in levels.values() for n in Counter(of_op).values()]
    rolled = sum([min(NUMBER * count, CALL) for count in counts])
    return rolled / (NUMBER * max(sum(counts), 1))


# --------------------------------------------------------------------------------------------------
# What a program will cost to run, roughly, in microseconds

NUMBER = 0.06
"""For an operation on Python's floats."""
MOVE = 0.025
"""For a float into an array or out of it."""
CALL = 0.8
"""For a call of NumPy, besides what its entries cost."""
ENTRY = 0.001
GATHERED = 0.003
"""For an entry computed or read in order, and for one looked up."""
PART = 0.2
"""For an array that is copied into a longer one."""
PRODUCT = 0.0002
"""For a multiplication and an addition in a matrix product."""


def cost(outputs: Iterable[Term]) -> float:
    """An estimate of the time to compute `outputs`."""
    return float(sum(map(_cost, ordered(outputs))))


def _cost(term: Term) -> float:
    op = term.op
    if op is None or is_view(term):
        return 0.0
    if op is entry:
        return MOVE
    if op is pack:
        return CALL + MOVE * len(term.args)
    if term.scalar:
        return NUMBER
    if op is concatenate_op:
        return CALL + PART * len(term.args)
    if op is index_op:
        return CALL + GATHERED * term.size
    if op is matmul_op:
        return CALL + PRODUCT * term.size * term.args[0].shape[-1]
    return CALL + ENTRY * max([term.size, *[arg.size for arg in term.args]])


# --------------------------------------------------------------------------------------------------
# The proof: it gives what was recorded, on the same numbers and on others, since those of the
# recording may hide an error: all biases may be 0

ROUNDING = 1e-9
"""The difference allowed, as a share of the absolute values that are added up."""
FLOOR = 1e-13
"""And as a share of the largest number in the program: what cancels leaves its rounding errors."""


def agree(terms: Terms, program: Scalars, rolled: Sequence[Term]) -> bool:
    """Whether `rolled` gives what is wanted of the program, up to the order of additions.

    Both are among `terms`.
    """
    both = [*program.terms, *rolled]
    if not _same(program, [term.example for term in both]):
        return False
    inputs = [term for term in terms.all if term.op is None and not term.constant]
    moved = {term: _moved(term.example, n) for n, term in enumerate(inputs)}
    return _same(program, evaluate(both, moved))


def _moved(x: Any, number: int) -> Any:
    """x changed by some per cent, each number by a share of its own; only real numbers are."""
    if isinstance(x, float):
        return float(_moved(np.array(x), number))
    if isinstance(x, bool) or x.dtype.kind != "f":
        return x
    shares = 0.02 * (0.5 + np.modf(0.6180339887 * (number + np.arange(x.size)))[0])
    return x + shares.reshape(x.shape) * (np.abs(np.nan_to_num(x, posinf=0.0, neginf=0.0)) + 0.1)


def _same(program: Scalars, found: Sequence[Any]) -> bool:
    """Whether the last of what was found are the outputs of the program, whose nodes are first."""
    values, results = found[: len(program.terms)], found[len(program.terms) :]
    sizes = np.abs(np.array(values, np.float64))
    floor = FLOOR * float(sizes[np.isfinite(sizes)].max(initial=0.0))
    for output, new in zip(program.outputs, results, strict=True):
        old = values[output]
        if old != new and (old == old or new == new):
            addends = [addend for _, addend in program.sums.get(output, ())]
            scale = float(sizes[[output, *addends]].sum())
            if not abs(new - old) <= ROUNDING * scale + floor:
                return False
    return True
