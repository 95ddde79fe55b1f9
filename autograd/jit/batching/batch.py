"""A recorded program pushed over a batch: what one example's operations give for all examples.

How an operation goes over a batch is said in `batching_rules`; `vmap` and `vectorize` face users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd.graph import Array, Node, next_index, recording, set_recording, tracing
from autograd.jit.batching_rules import Step, batch
from autograd.jit.trace import JitError, Trace, user_line
from autograd.jit.translate import computed
from autograd.ops.predicates import ask
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
        self.same: dict[Node, Array] = {}
        """What is the same for all: as data, or the node itself if it hangs on nodes from outside."""
        self.observed: list[tuple[Callable[..., Any], tuple[Array, ...]]] = []

    def run(self, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What `f` gives for the example."""
        token = tracing.set(self)
        try:
            with set_recording(True):
                return f(*args, **kwargs)
        finally:
            tracing.reset(token)

    def of_all(self, x: Array) -> Array | None:
        """A result of the example's run for all examples; None where it is the same for all."""
        if not isinstance(x, Node):
            return None
        self._replay(x)
        return self.known.get(x)

    def of_any(self, x: Array) -> Array:
        """What is the same for all examples, as data or as a node of the program around."""
        if not isinstance(x, Node) or x.index < self.first:
            return x
        return x.primal if x.op is None else self.same[x]

    def _replay(self, wanted: Node) -> None:
        """Do for all examples what was done for one, up to the node that is wanted."""
        known, same = self.known, self.same
        if wanted in known or wanted in same:
            return
        tracer, mode = tracing.set(self.around), recording.set(self.mode)
        try:
            with np.errstate(all="ignore"):
                for node in computed([wanted], [*known, *same], self.first):
                    batched = [isinstance(arg, Node) and arg in known for arg in node.args]
                    args = [
                        known[arg] if many else self.of_any(arg)
                        for arg, many in zip(node.args, batched, strict=True)
                    ]
                    if any(batched):
                        known[node] = batch(Step(node, args, batched, self.size))
                    else:
                        tracked = any(isinstance(arg, Node) for arg in args)
                        same[node] = node if tracked else node.primal
        finally:
            recording.reset(mode)
            tracing.reset(tracer)

    # What a program does besides computing.

    def branch(self, node: Node, kind: type[bool] | type[int]) -> None:
        """All examples have to go the example's way."""
        answers = self.of_all(node)
        if answers is None:
            if self.around is not None:
                self.around.branch(node, kind)
            return
        token = tracing.set(self.around)
        try:
            answers = ask(np.not_equal, answers, 0) if kind is bool else ask(np.trunc, answers)
            agree = ask(np.equal, answers, kind(node.primal))
            if not np.all(agree.primal if isinstance(agree, Node) else agree):
                self.part(np.asarray(agree.primal if isinstance(agree, Node) else agree))
            elif isinstance(agree, Node) and self.around is not None:
                self.around.branch(ask(np.all, agree), bool)
        finally:
            tracing.reset(token)

    def part(self, agree: Any) -> None:
        """The examples go different ways: those that `agree` go the example's."""
        raise JitError(
            f"{user_line()}: the examples of {self.name} go different ways here, and together they "
            "can only take one: compute both and choose by where(condition, x, y), or for an index "
            "write x[i] of a tensor x"
        )

    def refuse(self, how: str) -> NoReturn:
        raise JitError(
            f"{user_line()}: {how} cannot be used within {self.name}, since it would be the number "
            "of one example: compute with the value as it is, and return it"
        )

    def assign(self, owner: Any, name: str, new: Array) -> None:
        if self.of_all(new) is not None:
            raise JitError(
                f"{user_line()}: {name} of a {type(owner).__name__} cannot be set within "
                f"{self.name} to what differs from example to example: return the new values"
            )
        if self.around is not None:
            self.around.assign(owner, name, new)
        else:
            setattr(owner, name, new.primal if isinstance(new, Node) else new)

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> NoReturn:
        raise JitError(
            f"{user_line()}: {self.name} cannot draw random numbers for each example: draw them "
            "for the whole batch outside, and pass them as an argument"
        )

    def observe(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        self.observed.append((f, args))

    def tell(self) -> None:
        """Call what observes the program for all examples; for the first it has been called."""
        for f, args in self.observed:
            values = [self.of_all(arg) for arg in args]
            for i in range(self.size):
                own = [
                    self.of_any(arg) if value is None else index_op(value, key=i)
                    for arg, value in zip(args, values, strict=True)
                ]
                if i:
                    f(*[arg.primal if isinstance(arg, Node) else arg for arg in own])
                if self.around is not None:
                    self.around.observe(f, tuple(own))
