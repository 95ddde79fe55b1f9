"""Recomputing instead of remembering: memory traded for a second run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

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
from autograd.engine.operations import RECORDING, Op, Shares, choose, interpreter, recording
from autograd.engine.spaces import seed_of
from autograd.ops import concatenate, identity, index, ravel, reshape
from autograd.trees import flatten

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """f, remembering only its inputs: what is inside is computed again when a derivative needs it.

    It trades a second run of f for the memory of its intermediate results. f takes and gives nodes
    in nested dicts, lists and tuples, may read other nodes from outside (parameters), and must
    compute the same when it is run again. In a compiled program it is f itself, since what to
    remember is the compiler's to decide.

    >>> from autograd import Value, checkpoint, tanh
    >>> x = Value(0.5)
    >>> y = checkpoint(lambda x: tanh(x) * tanh(x))(x)
    >>> y.parents[0] is x
    True
    """

    @wraps(f)
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
        running = interpreter()
        if running is not RECORDING:
            return f(*args, **kwargs)
        leaves, rebuild = flatten((args, kwargs))
        inputs = [part for part in leaves if isinstance(part, Node)]

        def run(nodes: Sequence[Node]) -> tuple[list[Any], Any]:
            given = iter(nodes)
            call = [next(given) if isinstance(part, Node) else part for part in leaves]
            new_args, new_kwargs = rebuild(iter(call))
            return flatten(f(*new_args, **new_kwargs))

        start = next_index()
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
        op = _Checkpoint(lambda nodes: _pack(run(nodes)[0]), len(inputs), read)
        nodes = (*inputs, *read)
        primals = tuple(node.primal for node in nodes)
        whole = op.record(packed.primal, nodes, primals, NO_SETTINGS)
        return rebuild_result(_unpack(whole, outputs))

    return checkpointed


class _Checkpoint(Op):
    """A part of a program that is run again when its derivative is wanted.

    Its arguments are the inputs it is run on, and then the nodes that it `read` from outside.
    """

    def __init__(
        self, run: Callable[[Sequence[Node]], Any], n_inputs: int, read: Sequence[Node]
    ) -> None:
        super().__init__("checkpoint", run)
        self.n_inputs = n_inputs
        self.read = read

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        """Run again, and take the cotangents of all arguments from that of the result."""
        create_graph = isinstance(out, Node) or isinstance(g, Node)
        for read, then in zip(self.read, args[self.n_inputs :], strict=True):
            if then is not read and not np.array_equal(read.primal, then, equal_nan=True):
                raise GraphChangedError(
                    f"{read!r} was given new data since a checkpointed function had read it, and "
                    "the function cannot be run again as it was: compute the output again first"
                )
        start = next_index()
        with recording(True):
            inputs = [
                identity(arg) if isinstance(arg, Node) else leaf(arg)
                for arg in args[: self.n_inputs]
            ]
            packed = self.kernel(inputs)
        wanted = [*inputs, *self.read]
        ends = set(wanted)  # an input is one even where the node it stands for is read, too
        order, inside = between(wanted, ancestors([packed], start, stop=ends))
        cotangents = {packed: seed_of(packed, g, create_graph)}
        run_backward(order, cotangents, inside, ends, create_graph)
        return choose(node, [cotangents.get(part) for part in wanted], active)


def _pack(outputs: Sequence[Any]) -> Node | None:
    """The tracked ones among `outputs` as one new node: alone, or the entries of all in one row."""
    nodes = [out for out in outputs if isinstance(out, Node)]
    if len(nodes) < 2:
        return identity(nodes[0]) if nodes else None
    packed: Node = concatenate([ravel(node) for node in nodes])
    return packed


def _unpack(whole: Node, outputs: Sequence[Any]) -> Iterator[Any]:
    """`outputs` again, the tracked ones cut out of `whole`."""
    one = sum(isinstance(out, Node) for out in outputs) == 1
    start = 0
    for out in outputs:
        if not isinstance(out, Node):
            yield out
        elif one:
            yield whole
        else:
            yield reshape(index(whole, slice(start, start + out.size)), out.shape)
            start += out.size
