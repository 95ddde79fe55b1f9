"""Forward mode: one loop over a recorded graph, from its inputs on to its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import kernels
from autograd.backward import check_unchanged, gradients
from autograd.graph import Array, Node, Op, ScalarNode, Settings, array_node, set_recording, tracing
from autograd.ops.structural import broadcast_to, cast, shape_of, sum_to


def run_forward(order: list[Node], tangents: dict[Node, Array], create_graph: bool) -> None:
    """The chain rule: each node of `order` (latest first) gets the tangent its arguments cause.

    `tangents` comes with those of the inputs. Nodes that depend on none of them get none.
    """
    get = tangents.get
    total: Any
    tracer = tracing.get() if create_graph else None
    with np.errstate(all="ignore"), kernels.careful(), set_recording(create_graph):
        for node in reversed(order):
            if node in tangents:
                continue
            if create_graph:
                if tracer is not None:
                    tracer.differentiates(node, "tangent")
                check_unchanged(node)
                out, args = node, node.args
            elif isinstance(node, ScalarNode):
                total = 0.0
                if node.da is not None and (t := get(node.a, 0.0)) != 0.0:
                    total += t * node.da
                if node.db is not None and (t := get(node.b, 0.0)) != 0.0:
                    total += t * node.db
                tangents[node] = total
                continue
            else:
                out, args = node.primal, node.saved
            total = None
            for argnum, arg in enumerate(node.args):
                if isinstance(arg, Node) and (t := get(arg)) is not None:
                    step = push(node.op, argnum, t, out, args, node.settings, create_graph)
                    if step is not None:
                        total = step if total is None else total + step
            if total is not None:
                tangents[node] = _fit(total, node)
    if tracer is not None:
        tracer.differentiates(None)


def push(
    op: Op,
    argnum: int,
    t: Array,
    out: Array,
    args: tuple[Array, ...],
    settings: Settings,
    create_graph: bool,
) -> Array | None:
    """The tangent of `out` that the tangent `t` of one argument causes; None stands for zero.

    An operation that states only a `vjp` has it transposed: vjp(g) is linear in g, so the gradient
    of ⟨vjp(g), t⟩ with respect to g is the jvp of t. Any g does, and zeros are at hand.
    """
    if op.has_jvp:
        return op.jvp(argnum, t, out, args, settings)
    with set_recording(True):
        g = array_node(np.zeros(shape_of(out), getattr(out, "dtype", None)))
        step = op.vjp(argnum, g, out, args, settings)
        if step is None:
            return None
        step = sum_to(step, shape_of(args[argnum]))
    return gradients(step, g, seed=t, create_graph=create_graph)


def _fit(total: Array, node: Node) -> Array:
    if isinstance(node, ScalarNode):
        return total if isinstance(total, Node) else float(total)
    return cast(broadcast_to(total, node.shape), node.dtype)
