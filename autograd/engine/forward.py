"""Forward mode: the same chain rule, from the inputs of a graph on to its outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd.engine.backward import add, gradients
from autograd.engine.graph import Args, Array, Derivatives, Node
from autograd.engine.operations import interpreter, recording
from autograd.kernels import careful
from autograd.ops.structural import broadcast_to, shape_of, sum_to


def run_forward(order: Sequence[Node], tangents: Derivatives, create_graph: bool) -> None:
    """Each node of `order` (latest first) adds up the tangents that its arguments cause.

    `tangents` comes with those of the inputs. Nodes that depend on none of them get none.
    """
    with np.errstate(all="ignore"), careful(), recording(create_graph):
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
            for argnum, arg in enumerate(node.args):
                if isinstance(arg, Node) and arg in tangents:
                    share = push(node, argnum, tangents, out, args, create_graph)
                    if share is not None:
                        add(tangents, node, share)
            if node in tangents:
                tangents[node] = node.fit(broadcast_to(tangents[node], node.shape))


def push(node: Node, n: int, tangents: Derivatives, out: Array, args: Args, record: bool) -> Array:
    """The tangent of `out` that the tangent t of argument n causes; None stands for zero.

    An operation that states only a `vjp` has it transposed: vjp(g) is linear in g, so the gradient
    of ⟨vjp(g), t⟩ with respect to g is the jvp of t. Any g does, and zeros are at hand.
    """
    op, t = node.op.among(node, tangents), tangents[node.args[n]]
    if op.has_jvp:
        return op.jvp(n, t, out, args, node.settings)
    with recording(True):
        g = Node.array.made(np.zeros(shape_of(out), getattr(out, "dtype", None)))
        share = dict(op.pull(node, g, out, args, tangents))[n]
        if share is None:
            return None
        share = sum_to(share, shape_of(args[n]))
    return gradients(share, g, seed=t, create_graph=record)
