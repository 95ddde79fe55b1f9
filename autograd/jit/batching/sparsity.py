"""Which places of a result a linear program's input can have an effect on, and what follows.

The program is walked with booleans, for what reaches what, instead of numbers: so what is found
holds whatever the numbers are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.graph import Node, Op
from autograd.jit.batching.rules import batch
from autograd.jit.batching.step import Step
from autograd.jit.translate import computed
from autograd.ops import TABLE
from autograd.ops.kinds import Elementwise, Multilinear

_NAMES = "sum mean sum_to broadcast_to reshape transpose cast roll cumsum index scatter concatenate"
_ADDING: frozenset[Op] = frozenset([TABLE[name] for name in _NAMES.split()])
"""They move and add up entries, so that ones, put in place of what is not zero, never cancel."""

LARGEST = 1 << 22
"""Numbers in an array of the walk; beyond that a matrix is taken as dense."""


def reach(seed: Node, output: Any) -> Any | None:
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
        if size * node.size > LARGEST:
            return None
        reached = _step(node, many, known, size)
        if reached is None:
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
    return batch(step) != 0


def groups(reached: Sequence[Any | None]) -> list[list[int]] | None:
    """Unit vectors put together so that in no group two reach the same place of a result.

    Greedy, after Curtis, Powell and Reid (1974). None where there is no telling what they reach, or
    where that would save less than three quarters.
    """
    known = [places for places in reached if places is not None]
    if len(known) < len(reached):
        return None
    rows = np.concatenate([places.reshape(len(places), -1) for places in known], 1)
    taken = np.zeros((len(rows) // 4, rows.shape[1]), bool)
    found: list[list[int]] = []
    for number, row in enumerate(rows):
        free = np.flatnonzero(~taken[: len(found) + 1, row].any(1))
        if not free.size:
            return None
        if free[0] == len(found):
            found.append([])
        found[free[0]].append(number)
        taken[free[0]] |= row
    return found
