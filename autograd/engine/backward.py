"""Reverse mode: the chain rule, from the outputs of a graph back to its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd.convert import nodes_of, require_differentiable
from autograd.engine.graph import Array, Derivatives, Node, Nodes, OneOrMore, ancestors, between
from autograd.engine.operations import interpreter
from autograd.engine.spaces import as_node, detach_results, filled, seed_of
from autograd.ops.structural import Entries


def gradients(
    output: OneOrMore, inputs: OneOrMore, seed: Any = None, create_graph: bool = False
) -> Any:
    """The derivatives of `output` with respect to each of `inputs`: Σ seed · ∂output/∂input.

    output: a node, or a sequence of nodes whose contributions are added up.
    inputs: a node or a sequence of nodes, leaves or not; the result has the same form.
    seed: the cotangent of the output, of its shape; may be left out for a single number, where
        it is 1. A sequence of them where there are several outputs.
    create_graph: record the derivative itself, so that it can be differentiated again; it is
        then a node, else plain data.

    An input that the output does not depend on gets zeros. No `.grad` is read or written. Raises
    ValueError for an output that is not a single number and has no seed, or a seed that does not
    fit, and GraphChangedError where `create_graph` needs data that has been replaced.

    >>> from autograd import Value, gradients
    >>> x = Value(3.0)
    >>> first = gradients(x**3, x, create_graph=True)
    >>> gradients(first, x)
    18.0
    """
    outputs, wanted = nodes_of("gradients", output), nodes_of("gradients", inputs)
    require_differentiable("gradients", wanted)
    seeds = [seed] if isinstance(output, Node) else [None] * len(outputs) if seed is None else seed
    if len(seeds) != len(outputs):
        raise ValueError(f"gradients: {len(seeds)} seeds for {len(outputs)} outputs")
    record = create_graph or interpreter().replayed
    cotangents: Derivatives = {}
    for node, start in zip(outputs, seeds, strict=True):
        add(cotangents, node, seed_of(node, start, record))
    first = min([node.index for node in wanted]) if wanted else 0
    order, active = between(wanted, ancestors(outputs, first, flowing=not interpreter().replayed))
    run_backward(order, cotangents, active, set(wanted), record)
    pairs = [(cotangents.get(node), node) for node in wanted]
    if record:
        found = interpreter().deliver([as_node(*pair) for pair in pairs], wanted, not create_graph)
    else:
        found = detach_results(pairs)
    return found[0] if isinstance(inputs, Node) else found


def run_backward(
    order: Sequence[Node], cotangents: Derivatives, active: Nodes, keep: Nodes, create_graph: bool
) -> None:
    """`pull_back`, once more where it makes NaN: see `Interpreter.run_pass`."""
    run = partial(pull_back, order, cotangents, active, keep)
    interpreter().run_pass(run, cotangents, keep, create_graph)


def pull_back(
    order: Sequence[Node], cotangents: Derivatives, active: Nodes, keep: Nodes, create_graph: bool
) -> None:
    """The chain rule: each node, latest first, shares its cotangent out among its arguments.

    `cotangents` comes with those of the outputs, and leaves with those of the leaves and of the
    nodes in `keep`; where that is None, the others become the `.grad` of their nodes. Only
    arguments in `active` get a share.

    What a rule is given decides the order of the derivative: from plain data it computes plain
    cotangents, from nodes it computes nodes, which can be differentiated in their turn.
    """
    Number = Node.number
    for node in interpreter().through(order, cotangents, "gradient"):
        g = cotangents.pop(node, None)
        g = g.total() if g.__class__ is Entries else g
        if keep is None:
            node.grad = filled(0.0, node) if g is None else g
        if g is None:
            continue  # no output depends on it
        if keep and node in keep:
            cotangents[node] = g
        if create_graph:
            node.check_unchanged()
            out, args = node, node.args
        elif isinstance(node, Number):
            node.share_out(g, cotangents, active)  # its local derivatives are at hand
            continue
        else:
            out, args = node.primal, node.saved
        for argnum, share in node.op.pull(node, g, out, args, active):
            if share is not None:
                arg = node.args[argnum]
                add(cotangents, arg, arg.fit(share))
    cotangents |= {x: g.total() for x, g in cotangents.items() if g.__class__ is Entries}


def add(cotangents: Derivatives, node: Node, share: Array) -> None:
    """Add to what a node has got so far; not in place, for an addition hands on one array twice."""
    sum_so_far = cotangents.get(node)
    if share.__class__ is Entries:
        share, sum_so_far = share.after(sum_so_far), None
    cotangents[node] = share if sum_so_far is None else sum_so_far + share
