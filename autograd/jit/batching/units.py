"""A linear function of all unit vectors of a space in one pass, by which Jacobians are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.graph import Array, Node, array_node
from autograd.jit.batching.batch import Batch
from autograd.jit.batching.sparsity import groups, reach
from autograd.ops.structural import broadcast_to, index_op, ravel, reshape_op, scatter_op


def of_units(linear: Callable[[Array], Sequence[Node]], space: Array) -> list[Array]:
    """What `linear` gives for each unit vector of `space`, whose axes come first in the results.

    Unit vectors that cannot have an effect on the same entries go through together, as their sum,
    and what belongs to which is known from the structure of the program.
    """
    n = space.size
    seed = array_node(np.ones(space.shape, space.dtype))
    units = np.eye(n, dtype=space.dtype)
    batch = Batch("jacobian", n, {seed: units.reshape(n, *space.shape)})
    results = batch.run(linear, (seed,), {})
    reached = [reach(seed, result) for result in results]
    together = groups(reached)
    if together is not None:
        sums = np.stack([units[group].sum(0) for group in together])
        batch.restart(len(together), {seed: sums.reshape(-1, *space.shape)})
    found = [
        broadcast_to(batch.for_any(result), (batch.size, *result.shape)) if value is None else value
        for value, result in zip(batch.results(results), results, strict=True)
    ]
    shapes = [space.shape + result.shape for result in results]
    if together is None:
        return [reshape_op(x, shape=shape) for x, shape in zip(found, shapes, strict=True)]
    member = np.empty(n, int)
    for number, group in enumerate(together):
        member[group] = number
    return [
        reshape_op(_apart(x, places, member), shape=shape)
        for x, places, shape in zip(found, reached, shapes, strict=True)
    ]


def _apart(value: Array, reached: Any, member: Any) -> Array:
    """From sums of unit vectors to each, in one row: `member` tells in which sum it was."""
    size = reached[0].size
    rows, columns = reached.reshape(len(reached), size).nonzero()
    entries = index_op(ravel(value), key=member[rows] * size + columns)
    return scatter_op(entries, key=(rows * size + columns,), shape=(reached.size,))
