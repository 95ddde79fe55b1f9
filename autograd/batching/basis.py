"""Apply a linear function to a whole basis in one pass, by which Jacobians are found.

Basis vectors that cannot affect the same entry of a result go through together. Which entries they
affect is found by a walk over the program with booleans instead of numbers, so it holds for all
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd.batching import rules
from autograd.batching.batch import Batch
from autograd.batching.step import Step
from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op
from autograd.jit.recording import computed
from autograd.nodes import Tensor
from autograd.ops import TABLE
from autograd.ops.op_types import Elementwise, Multilinear
from autograd.ops.structural import index_op, ravel, reshape_op, scatter_op


def on_basis(linear: Callable[[Array], Sequence[Node]], space: Array) -> list[Array]:
    """The values of `linear` for the standard basis of `space`, whose axes come first.

    Basis vectors that cannot affect the same entries go through together, as their sum, and the
    structure of the program tells their results apart.
    """
    n = space.size
    seed = Tensor.made(np.ones(space.shape, space.dtype))
    basis = np.eye(n, dtype=space.dtype)
    batch = Batch("jacobian", n, {seed: basis.reshape(n, *space.shape)})
    results = batch.run(linear, (seed,), {})
    reached = [_reach(seed, result) for result in results]
    together = _groups(reached)
    if together is not None:
        sums = np.stack([basis[group].sum(0) for group in together])
        batch.restart(len(together), {seed: sums.reshape(-1, *space.shape)})
    values = [
        batch.repeated(result) if value is None else value
        for value, result in zip(batch.results(results), results, strict=True)
    ]
    if together is not None:
        member = np.empty(n, int)
        for number, group in enumerate(together):
            member[group] = number
        values = [_apart(x, places, member) for x, places in zip(values, reached, strict=True)]
    return [
        reshape_op(x, shape=space.shape + result.shape)
        for x, result in zip(values, results, strict=True)
    ]


def _apart(value: Array, reached: Any, member: Any) -> Array:
    """From sums of basis vectors to each, in one row: `member` tells in which sum it was."""
    size = reached[0].size
    rows, columns = reached.reshape(len(reached), size).nonzero()
    entries = index_op(ravel(value), key=member[rows] * size + columns)
    return scatter_op(entries, key=(rows * size + columns,), shape=(reached.size,))


# --------------------------------------------------------------------------------------------------
# What reaches what

_NAMES = "sum mean sum_to broadcast_to reshape transpose cast roll cumsum index scatter concatenate"
_ADDING: frozenset[Op] = frozenset([TABLE[name] for name in _NAMES.split()])
"""They move and add up entries, so that ones, put in place of what is not zero, never cancel."""

LARGEST = 1 << 22
"""Numbers in an array of the walk; beyond that a matrix is taken as dense."""


def _reach(seed: Node, output: Any) -> Any | None:
    """For each entry of `seed` (first axis) the places in `output` that it can have an effect on.

    Both belong to a program that is linear in `seed`. None where its structure cannot be told
    without its numbers, as of indices that are computed.
    """
    size = seed.size
    known: dict[Node, Any] = {seed: np.eye(size, dtype=bool).reshape(size, *seed.shape)}
    for node in computed([output], known, seed.index):
        many = [isinstance(arg, Node) and arg in known for arg in node.args]
        if not any(many):
            continue
        if size * node.size > LARGEST or (reached := _step(node, many, known, size)) is None:
            return None
        known[node] = reached
    return known.get(output, np.zeros((size, *output.shape), bool))


def _step(node: Node, many: list[bool], known: Mapping[Node, Any], size: int) -> Any | None:
    op: Op = node.op
    if not (isinstance(op, Elementwise | Multilinear) or op in _ADDING):
        return None
    others = np.ones if isinstance(op, Multilinear) else np.zeros
    args = [
        known[arg].astype(np.float32) if varies else others(np.shape(getattr(arg, "primal", arg)))
        for arg, varies in zip(node.args, many, strict=True)
    ]
    step = Step(node, args, many, size)
    if isinstance(op, Elementwise):  # whatever it is, an entry depends on those at its place alone
        reached = sum(
            [step.lifted(argnum, node.ndim) for argnum, varies in enumerate(many) if varies]
        )
        return np.broadcast_to(reached != 0, (size, *node.shape))
    return rules.batch(step) != 0


def _groups(reached: Sequence[Any | None]) -> list[list[int]] | None:
    """Unit vectors put together so that in no group two reach the same place of a result.

    Greedy, after Curtis, Powell and Reid (1974). None where there is no telling what they reach, or
    where that would save less than three quarters.
    """
    known = [places for places in reached if places is not None]
    if len(known) < len(reached):
        return None
    rows = np.concatenate([places.reshape(len(places), -1) for places in known], 1)
    taken = np.zeros((len(rows) // 4, rows.shape[1]), bool)
    groups: list[list[int]] = []
    for number, row in enumerate(rows):
        free = np.flatnonzero(~taken[: len(groups) + 1, row].any(1))
        if not free.size:
            return None
        if free[0] == len(groups):
            groups.append([])
        groups[free[0]].append(number)
        taken[free[0]] |= row
    return groups
