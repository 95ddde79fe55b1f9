"""Checkpointing: recompute intermediate results in the backward pass instead of keeping them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from autograd.around import Around
from autograd.effects import assign, sample, set_attribute
from autograd.engine.backward import run_backward
from autograd.engine.graph import (
    NO_SETTINGS,
    Args,
    Array,
    GraphChangedError,
    Node,
    Nodes,
    ancestors,
    between,
    leaf,
    next_index,
)
from autograd.engine.operations import (
    RECORDING,
    Interpreter,
    Op,
    Shares,
    interpreter,
    using,
)
from autograd.engine.spaces import seed_of
from autograd.ops import concatenate, identity, index, ravel, reshape
from autograd.ops.op_types import choose
from autograd.ops.structural import cast
from autograd.trees import flatten
from autograd.wrap_util import require_function

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """f with its intermediate results discarded, and computed again when a derivative needs them.

    This trades a second run of f for the memory of its intermediate results. Arguments and results
    may be nested dicts, lists and tuples; f may read other nodes, such as parameters, and must
    compute the same when it is run again: the random numbers that it draws by `sample` are kept
    and used again, `assign` finds the attributes as they were, and `observe` is called once. Raises
    GraphChangedError in the backward pass where the second run gives another result, or where a
    node that f reads has new data. In a compiled program checkpoint(f) is f, since the compiler
    decides what to keep.

    >>> from autograd import Value, checkpoint, tanh
    >>> x = Value(0.5)
    >>> y = checkpoint(lambda x: tanh(x) * tanh(x))(x)
    >>> y.parents[0] is x
    True
    """
    require_function("checkpoint", f)

    @wraps(f)
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
        running = interpreter()
        innermost = running
        while isinstance(innermost, Around) and innermost.transparent:
            innermost = innermost.inner
        if innermost is not RECORDING:
            return f(*args, **kwargs)
        leaves, rebuild = flatten((args, kwargs))
        inputs = [part for part in leaves if isinstance(part, Node)]

        def run(nodes: Sequence[Node]) -> tuple[list[Any], Any]:
            given = iter(nodes)
            call = [next(given) if isinstance(part, Node) else part for part in leaves]
            new_args, new_kwargs = rebuild(iter(call))
            return flatten(f(*new_args, **new_kwargs))

        start = next_index()
        first = _FirstRun(running)
        with using(first):
            fresh = dict.fromkeys([identity(node) for node in inputs])
            outputs, rebuild_result = run(list(fresh))
            packed = _pack(outputs)
        if packed is None:
            return rebuild_result(iter(outputs))
        read = list(
            dict.fromkeys(
                arg
                for node in ancestors([packed], start, stop=fresh)
                for arg in node.args
                if isinstance(arg, Node) and arg.index < start
            )
        )
        op = _Checkpoint(lambda nodes: _pack(run(nodes)[0]), len(inputs), read, first)
        nodes = (*inputs, *read)
        primals = tuple(node.primal for node in nodes)
        whole = op.record(packed.primal, nodes, primals, NO_SETTINGS)
        return rebuild_result(_unpack(whole, outputs))

    return checkpointed


class _FirstRun(Around):
    """The run of a checkpointed function that counts: it notes what others could not find again."""

    def __init__(self, inner: Interpreter) -> None:
        super().__init__(inner)
        self.draws: list[Array] = []
        self.assigned: list[tuple[Any, str, Any]] = []
        """Attributes it has given new data: of which object, their names, and the old data."""

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> Array:
        with using(self.inner):
            drawn = sample(generator, f)
        self.draws.append(drawn.copy())  # the function may write into its own
        return drawn

    def assign(self, owner: Any, name: str, new: Array) -> None:
        self.assigned.append((owner, name, getattr(owner, name, None)))
        with using(self.inner):
            assign(owner, name, new)


class _LaterRun(Around):
    """Another run, in which everything outside is as it was for the first, and stays as it is."""

    def __init__(self, inner: Interpreter, first: _FirstRun) -> None:
        super().__init__(inner)
        self.draws: Iterator[Array] = iter(first.draws)
        self.before = first.assigned[::-1]

    def __enter__(self) -> None:
        self.after = [(owner, name, getattr(owner, name)) for owner, name, _ in self.before]
        for owner, name, old in self.before:
            setattr(owner, name, old)
        self._block = using(self)
        self._block.__enter__()

    def __exit__(self, *error: object) -> None:
        self._block.__exit__(*error)
        for owner, name, new in self.after:
            setattr(owner, name, new)

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> Array:
        drawn = next(self.draws, None)
        return np.asarray(f(generator)) if drawn is None else drawn.copy()

    def assign(self, owner: Any, name: str, new: Array) -> None:
        set_attribute(owner, name, new)

    def observe(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        pass


class _Checkpoint(Op):
    """A part of a program that is run again in the backward pass.

    Its arguments are the inputs of the function, followed by the nodes that it `read` from outside.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Node]], Any],
        n_inputs: int,
        read: Sequence[Node],
        first: _FirstRun,
    ) -> None:
        super().__init__("checkpoint", run)
        self.n_inputs = n_inputs
        self.read = read
        self.first = first

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        """Run the function again, and propagate the cotangent of the result through it."""
        create_graph = isinstance(out, Node) or isinstance(g, Node)
        for read, then in zip(self.read, args[self.n_inputs :], strict=True):
            if then is not read and not np.array_equal(read.primal, then, equal_nan=True):
                raise GraphChangedError(
                    f"{read!r} has new data since a checkpointed function read it, so the function "
                    "cannot be run again on the old data: compute the output again before backward"
                )
        start = next_index()
        with _LaterRun(interpreter().recording(), self.first):
            inputs = [
                identity(arg) if isinstance(arg, Node) else leaf(arg)
                for arg in args[: self.n_inputs]
            ]
            packed = self.kernel(inputs)
        if not _about_equal(packed.primal, out.primal if isinstance(out, Node) else out):
            raise GraphChangedError(
                "a checkpointed function gave another result when it was run again for its "
                "derivative: let it draw random numbers by sample(generator, f) alone, and compute "
                "the output again after a change of what it reads"
            )
        wanted = [*inputs, *self.read]
        ends = set(wanted)  # an input ends the walk even if the node it stands for is read, too
        order, inside = between(wanted, ancestors([packed], start, stop=ends))
        cotangents = {packed: seed_of(packed, g, create_graph)}
        run_backward(order, cotangents, inside, ends, create_graph)
        return choose(node, [cotangents.get(part) for part in wanted], active)


def _pack(outputs: Sequence[Any]) -> Node | None:
    """The nodes among `outputs` as one node: a single one as it is, several as one flat array."""
    nodes = [out for out in outputs if isinstance(out, Node)]
    if len(nodes) < 2:
        return identity(nodes[0]) if nodes else None
    packed: Node = concatenate([ravel(node) for node in nodes])
    return packed


def _about_equal(x: Array, y: Array) -> bool:
    """Whether arrays differ by rounding alone."""
    if np.array_equal(x, y, equal_nan=True):
        return True
    if np.shape(x) != np.shape(y):
        return False
    scale = np.abs(x, where=np.isfinite(x), out=np.zeros_like(x)).max()
    return np.allclose(x, y, rtol=0, atol=scale * np.finfo(x.dtype).eps ** 0.5, equal_nan=True)


def _unpack(whole: Node, outputs: Sequence[Any]) -> Iterator[Any]:
    """`outputs`, with the nodes among them cut out of `whole`."""
    one = sum(isinstance(out, Node) for out in outputs) == 1
    start = 0
    for out in outputs:
        if not isinstance(out, Node):
            yield out
        elif one:
            yield whole
        else:
            yield cast(reshape(index(whole, slice(start, start + out.size)), out.shape), out.dtype)
            start += out.size
