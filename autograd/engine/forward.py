"""Forward mode: the same chain rule, from the inputs of a graph on to its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from autograd.engine.backward import add, pull_back
from autograd.engine.graph import Args, Array, Derivatives, Node, ancestors, between
from autograd.engine.operations import interpreter, recording
from autograd.engine.spaces import seed_of
from autograd.ops.structural import broadcast_to, project, shape_of, sum_to


def run_forward(
    order: Sequence[Node], tangents: Derivatives, outputs: Sequence[Node], create_graph: bool
) -> None:
    """`push_forward`, once more where it makes NaN of `outputs`: see `Interpreter.run_pass`."""
    run = partial(push_forward, order, tangents)
    interpreter().run_pass(run, tangents, outputs, create_graph)


def push_forward(order: Sequence[Node], tangents: Derivatives, create_graph: bool) -> None:
    """Each node of `order` (latest first) adds up the tangents that its arguments cause.

    `tangents` comes with those of the inputs. Nodes that depend on none of them get none.
    """
    for node in interpreter().through(reversed(order), tangents, "tangent"):
        if node in tangents:
            continue
        if create_graph:
            node.check_unchanged()
            out, args = node, node.args
        elif isinstance(node, Node.number):
            tangents[node] = node.add_up(tangents)  # its local derivatives are at hand
            continue
        else:
            out, args = node.primal, node.saved
        for share in push(node, tangents, out, args, create_graph):
            if share is not None:
                add(tangents, node, share)
        if node in tangents:
            tangents[node] = node.fit(broadcast_to(tangents[node], node.shape))


def push(
    node: Node, tangents: Derivatives, out: Array, args: Args, record: bool
) -> Iterator[Array]:
    """The tangents of `out` that those of the arguments cause; None stands for zero.

    An operation that states only a `vjp` has it transposed: vjp(g) is linear in g, so the gradient
    of ⟨vjp(g), t⟩ with respect to g is the jvp of t. Any g does, and zeros are at hand.
    """
    op = node.op.among(node, tangents)
    if op.has_jvp:
        yield from op.push(node, tangents, out, args)
        return
    with recording(True):
        g = Node.array.made(np.zeros(shape_of(out), getattr(out, "dtype", None)))
        pulled = [pair for pair in op.pull(node, g, out, args, tangents) if pair[1] is not None]
        shares = [sum_to(share, shape_of(args[n])) for n, share in pulled]
    cotangents: Derivatives = {}
    for (n, _), share in zip(pulled, shares, strict=True):
        add(cotangents, share, seed_of(share, project(tangents[node.args[n]], share.dtype), record))
    order, active = between([g], ancestors(shares))
    pull_back(order, cotangents, active, {g}, record or interpreter().replayed)
    yield cotangents.get(g)
