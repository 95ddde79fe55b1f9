"""A recorded program pushed over a batch: what one example's operations give for all examples.

How an operation goes over a batch is said in `batching_rules`; `vmap` and `vectorize` face users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd.graph import Array, Node, ScalarNode, next_index, recording, set_recording, tracing
from autograd.jit.batching_rules import Step, batch
from autograd.jit.trace import JitError, Trace, user_line
from autograd.jit.translate import history
from autograd.ops.predicates import ask, equal
from autograd.ops.structural import index_op


class Batch(Trace):
    """Set as `tracing` while a function runs on one example, whose operations it repeats for all.

    The operations for all are those of the program around, plain or recorded, in its modes.
    """

    def __init__(self, size: int, name: str) -> None:
        super().__init__()
        self.size = size
        self.name = name
        self.first = next_index()
        self.around = tracing.get()
        self.mode = recording.get()
        self.known: dict[Node, Array] = {}
        """What has been found for all examples, by the example's node."""
        self.same: set[Node] = set()
        """Nodes of the example's run that do not depend on which example it is."""
        self.observed: list[tuple[Callable[..., Any], tuple[Array, ...]]] = []

    def run(self, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What `f` gives for the example."""
        token = tracing.set(self)
        try:
            with set_recording(True):
                return f(*args, **kwargs)
        finally:
            tracing.reset(token)

    def depends(self, node: Node) -> bool:
        """Whether a node may differ between examples; its values for all are then found."""
        self.replay([node])
        return node in self.known

    def replay(self, nodes: Iterable[Node]) -> None:
        """Find the values for all examples of nodes that depend on the example."""
        known, same = self.known, self.same
        missing = [node for node in nodes if node not in known and node not in same]
        if not missing:
            return
        tracer, mode = tracing.set(self.around), recording.set(self.mode)
        try:
            with np.errstate(all="ignore"):
                for node in history(missing, self.first, known.keys() | same):
                    args = node.args
                    batched = [isinstance(arg, Node) and arg in known for arg in args]
                    if not any(batched):
                        same.add(node)
                        continue
                    values = [known[x] if many else x for x, many in zip(args, batched)]
                    known[node] = batch(Step(node, values, batched, self.size))
        finally:
            recording.reset(mode)
            tracing.reset(tracer)
        same.update([node for node in missing if node not in known])

    # What a program does besides computing.

    def branch(self, node: Node, kind: type[bool] | type[int]) -> None:
        """All examples have to go the example's way."""
        if not self.depends(node):
            if self.around is not None:
                self.around.branch(node, kind)
            return
        agree = self.agreement(node, kind)
        if not np.all(agree.primal if isinstance(agree, Node) else agree):
            self.part_ways()
        if isinstance(agree, Node) and self.around is not None:
            token = tracing.set(self.around)
            try:
                together = ask(np.all, agree)
                self.around.branch(together, bool)
            finally:
                tracing.reset(token)

    def agreement(self, node: Node, kind: type[bool] | type[int]) -> Array:
        """For which examples a question has the answer that it has for the example."""
        answers = self.known[node]
        token = tracing.set(self.around)
        try:
            if kind is bool:
                answers = ask(np.not_equal, answers, 0)
            return ask(np.equal, answers, kind(node.primal))
        finally:
            tracing.reset(token)

    def part_ways(self) -> NoReturn:
        raise JitError(
            f"{user_line()}: the examples of {self.name} go different ways here, and a batch can "
            "take one only: compute both and choose with where(condition, x, y), or pick entries "
            "with x[i] of a tensor x"
        )

    def refuse(self, how: str) -> NoReturn:
        raise JitError(
            f"{user_line()}: {how} cannot be used within {self.name}, since it would be the "
            "number of one example: keep computing with the value as it is, and return it"
        )
