"""`Step`: one operation of an example, with its arguments for the whole batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.ops.structural import Shape, broadcast_to, index_op, reshape_op, shape_of, stack


@dataclass(frozen=True)
class Step:
    """One operation of the example's, and its arguments for the whole batch.

    An argument that is the same for all examples is as it was; any other has the batch as its
    first axis, before the axes that the example's has.
    """

    node: Node
    args: list[Array]
    batched: list[bool]
    size: int

    @property
    def op(self) -> Any:
        return self.node.op

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.node.settings)

    def shape(self, argnum: int) -> Shape:
        """The shape of an argument of the example."""
        return shape_of(self.node.args[argnum])

    def ndim(self, argnum: int) -> int:
        """How many axes an argument of the example has."""
        return len(self.shape(argnum))

    def lifted(self, argnum: int, ndim: int) -> Array:
        """An argument that broadcasts as that of an example does, of which one has `ndim` axes."""
        x, shape = self.args[argnum], self.shape(argnum)
        if not self.batched[argnum] or len(shape) >= ndim:
            return x
        return reshape_op(x, shape=(self.size, *(1,) * (ndim - len(shape)), *shape))

    def spread(self, argnum: int) -> Array:
        """An argument with the batch axis, repeated along it if it is the same for all."""
        x = self.args[argnum]
        return x if self.batched[argnum] else broadcast_to(x, (self.size, *self.shape(argnum)))


def one_by_one(step: Step) -> Array:
    """The rule that fits every operation."""
    if not step.size:
        return np.zeros((0, *step.node.shape), step.node.dtype)
    results = []
    for i in range(step.size):
        pairs = zip(step.args, step.batched, strict=True)
        args = [index_op(x, key=i) if many else x for x, many in pairs]
        results.append(step.op(*args, **step.settings))
    return stack(results)
