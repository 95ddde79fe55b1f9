"""`Batch` runs a function on one example, and repeats its operations for the whole batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from autograd.batching.rules import batch
from autograd.batching.step import Step
from autograd.effects import assign, observe
from autograd.engine.graph import Array, Node, next_index
from autograd.engine.operations import RECORDING, interpreter, using
from autograd.jit.errors import JitError
from autograd.jit.recording import computed
from autograd.jit.trace import Trace, user_line
from autograd.ops.elementwise import identity
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import as_array, broadcast_to, index_op, shape_of
from autograd.zeros import StrongZeros


class Batch(Trace):
    """The interpreter while a function runs on one example; it repeats its operations for all.

    The operations for all belong to the program around, which may be recorded or not.
    """

    def __init__(self, name: str, size: int, inputs: Mapping[Node, Array]) -> None:
        """Take nodes of the example, and what they stand for, with the batch as its first axis."""
        self.outer: Any = interpreter()
        super().__init__(provenance=getattr(self.outer, "provenance", None))
        self.name = name
        self.restart(size, inputs)
        self.same: dict[Node, Array] = {}
        """Results that are the same for all: data, or the node if it depends on outside nodes."""
        self.observed: list[tuple[Callable[..., Any], tuple[Array, ...]]] = []
        self.first: int = next_index()

    def restart(self, size: int, inputs: Mapping[Node, Array]) -> None:
        """Forget what has been found, and take other examples that the recorded one stands for."""
        self.size = size
        self.inputs = inputs
        self.known: dict[Node, Array] = dict(inputs)
        """The results for all examples so far, by the example's node."""

    def run(self, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The result of `f` for the example."""
        with using(self):
            return f(*args, **kwargs)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """In the program around."""
        with using(self.outer), np.errstate(all="ignore"):
            yield

    # From the example to all.

    def for_all(self, x: Any) -> Array | None:
        """A result of the example's run for all examples; None where it is the same for all."""
        if not isinstance(x, Node):
            return None
        if x not in self.known and x not in self.same:
            with self.outside():
                for node in computed([x], [*self.known, *self.same], self.first):
                    if self.provenance is not None:
                        self.provenance.differentiates(node)
                    self._repeat(node)
                if self.provenance is not None:
                    self.provenance.differentiates(None)
        return self.known.get(x)

    def for_any(self, x: Any) -> Any:
        """A result that is the same for all examples, in the program around."""
        if not isinstance(x, Node) or x.index < self.first:
            return x
        return x.primal if x.op is None else self.same[x]

    def repeated(self, x: Any) -> Array:
        """A result that is the same for all examples, repeated for each."""
        return broadcast_to(as_array(self.for_any(x)), (self.size, *shape_of(x)))

    def _repeat(self, node: Node) -> None:
        """Do for all what made a node of the example."""
        many = [isinstance(arg, Node) and arg in self.known for arg in node.args]
        args = [
            self.known[arg] if varies else self.for_any(arg)
            for arg, varies in zip(node.args, many, strict=True)
        ]
        if any(many):
            value = batch(Step(node, args, many, self.size))
            self.known[node] = self._started(node, value)
        else:
            self.same[node] = self._started(node, self._outer_result(node, args))

    def _outer_result(self, node: Node, args: Sequence[Array]) -> Array:
        """A node that is the same for all examples, in the program around."""
        if not any(isinstance(arg, Node) for arg in args):
            return node.primal
        if self.outer is RECORDING or isinstance(self.outer, Trace):
            return node  # it records in the same graph
        return node.op(*args, **node.settings)

    def _started(self, node: Node, value: Array) -> Array:
        """With strong zeros: the value as a node if a derivative starts at `node`."""
        starts = node.op is identity or node in self.variables
        return self.outer.variable(value) if self.outer.careful and starts else value

    def with_strong_zeros(self, run: Callable[[], list[Any]]) -> list[Any]:
        """`run()`, and where its results have NaN once more, with an eye on strong zeros."""
        results = run()
        if self.outer.careful or not any(map(has_nan, results)):
            return results
        outer, self.outer = self.outer, StrongZeros(self.outer)
        self.known = {node: self._started(node, x) for node, x in self.inputs.items()}
        same, self.same = self.same, {}
        repeated = run()
        self.outer = outer
        self.same = {node: _like(x, same.get(node)) for node, x in self.same.items()}
        return list(map(_like, repeated, results))

    def results(self, outputs: Sequence[Any]) -> list[Array | None]:
        """`for_all` of each output, and all that observes the program told."""
        results = self.with_strong_zeros(lambda: [self.for_all(out) for out in outputs])
        for node in self.variables:
            if isinstance(x := self.known.get(node), Node):
                getattr(self.outer, "variables", {x}).add(x)
        with self.outside():
            for f, args in self.observed:
                self._tell(f, args)
        return results

    # What a program does besides computing.

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        """All examples have to go the example's way."""
        answers = self.for_all(node)
        with self.outside():
            if answers is None:
                same = self.for_any(node)
                return self.outer.branch(same, kind) if isinstance(same, Node) else node.primal
            answers = (
                nondifferentiable(np.not_equal, answers, 0)
                if kind is bool
                else nondifferentiable(np.trunc, answers)
            )
            agree = nondifferentiable(np.equal, answers, kind(node.primal))
            data = np.asarray(agree.primal if isinstance(agree, Node) else agree)
            if not data.all():
                self.part(data.reshape(self.size, -1).all(1))
            elif isinstance(agree, Node):
                self.outer.branch(nondifferentiable(np.all, agree), bool)
        return node.primal

    def part(self, agree: Any) -> None:
        """The examples go different ways: those that `agree` go that of the example."""
        raise JitError(
            f"{user_line()}: the examples of {self.name} go different ways here, and together they "
            "can only take one: compute both and choose by where(condition, x, y), or for an index "
            "write x[i] of a tensor x"
        )

    def take_out(self, node: Node, how: str) -> NoReturn:
        raise JitError(
            f"{user_line()}: {how} of a recorded value cannot be used within {self.name}, since it "
            "would be the number of one example: compute with the value as it is, by functions of "
            "autograd or NumPy"
        )

    def assign(self, owner: Any, name: str, new: Array) -> None:
        if self.for_all(new) is not None:
            raise JitError(
                f"{user_line()}: {name} of a {type(owner).__name__} cannot be set within "
                f"{self.name} to what differs from example to example: return the new values"
            )
        with self.outside():
            assign(owner, name, self.for_any(new))

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> NoReturn:
        raise JitError(
            f"{user_line()}: {self.name} cannot draw random numbers for each example: draw them "
            "for the whole batch outside, and pass them as an argument"
        )

    def observe(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        self.observed.append((f, args))

    def _tell(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        """Call what observes the program for each example."""
        values = [self.for_all(arg) for arg in args]
        for i in range(self.size):
            own = [
                self.for_any(arg) if value is None else index_op(value, key=i)
                for arg, value in zip(args, values, strict=True)
            ]
            observe(f, *own)


def has_nan(value: Array | None) -> bool:
    """Whether there is NaN in the data of a number, an array or a node."""
    data = value.primal if isinstance(value, Node) else value
    return data is not None and bool(np.any(data != data))


def _like(x: Any, before: Any) -> Any:
    """What a repeated run gave, plain where the first run gave plain data."""
    return x.primal if isinstance(x, Node) and not isinstance(before, Node) else x
