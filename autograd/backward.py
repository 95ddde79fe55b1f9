"""Reverse mode: one loop over the graph, from its outputs back to its inputs.

What an operation's derivative is stands in `ops`; here they are put together by the chain rule.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextvars import ContextVar
from operator import attrgetter, is_
from typing import Any, TypeAlias

import numpy as np

from autograd import kernels
from autograd.graph import (
    Array,
    GraphChangedError,
    Node,
    Observer,
    Op,
    ScalarNode,
    array_node,
    recording,
    scalar_node,
    set_recording,
    tracing,
)
from autograd.ops.structural import broadcast_to, cast, shape_of, sum_to

Cotangents: TypeAlias = dict[Node, Array]

pass_memory: ContextVar[dict[Any, Any] | None] = ContextVar("pass_memory", default=None)
"""Where a rule may keep what it needs again in this pass, at the end of which it is forgotten."""


def once_in_pass(
    key: Hashable, g: Array, args: tuple[Array, ...], pull: Callable[[], list[Any]]
) -> list[Any]:
    """What `pull` gives, run once for all arguments of an operation and the cotangent g.

    key: the operation, or something else of its own. To keep the result there would tie the graph
        into a circle.
    """
    memory = pass_memory.get()
    known = None if memory is None else memory.get(key)
    # Another call may have the same cotangent: each term of a sum has that of the sum.
    if known is not None and known[0] is g and all(map(is_, known[1], args)):
        return list(known[2])
    pulled = pull()
    if memory is not None:
        memory[key] = g, args, pulled
    return pulled


def gradients(
    output: Node | Sequence[Node],
    inputs: Node | Sequence[Node],
    seed: Any = None,
    create_graph: bool = False,
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
    tracer = tracing.get()
    cut = tracer is not None and not create_graph
    create_graph = create_graph or cut
    outputs = [output] if isinstance(output, Node) else list(output)
    wanted = [inputs] if isinstance(inputs, Node) else list(inputs)
    for node in (*outputs, *wanted):
        if not isinstance(node, Node):
            raise TypeError(
                f"gradients: a {type(node).__name__} is not part of a graph; outputs and inputs "
                "must be nodes (Value or Tensor)"
            )
    for node in wanted:
        if node.dtype.kind != "f":
            raise TypeError(
                f"gradients: an input of {node.dtype} has no derivative; compute the output from "
                "x.astype(float), and differentiate with respect to that"
            )
    seeds = [seed] if isinstance(output, Node) else [None] * len(outputs) if seed is None else seed
    if len(seeds) != len(outputs):
        raise ValueError(f"gradients: {len(seeds)} seeds for {len(outputs)} outputs")
    cotangents: Cotangents = {}
    for node, start in zip(outputs, seeds, strict=True):
        add_cotangent(cotangents, node, seed_of(node, start, create_graph))
    order = interior(outputs, first=min((node.index for node in wanted), default=0))
    active = dependents(order, wanted)
    order = [node for node in order if node in active]
    run_backward(order, cotangents, active, set(wanted), create_graph)
    if create_graph:
        found = [as_node(cotangents.get(node), node) for node in wanted]
        if tracer is not None:
            for node, g in zip(wanted, found, strict=True):
                tracer.differentiates(node, "gradient", g)
            tracer.differentiates(None)
        if tracer is not None and cut:
            found = [tracer.plain(node) for node in found]
    else:
        found = own([(cotangents.get(node), node) for node in wanted])
    return found[0] if isinstance(inputs, Node) else found


def backward(output: Node, seed: Array | None) -> None:
    """`output.backward(seed)`: leaves add to their `.grad`, other nodes set theirs."""
    tracer = tracing.get()
    if tracer is not None:
        tracer.refuse(
            "backward() writes into .grad, which is outside of a compiled program: let the "
            "function return the loss and compile its derivative, jit(value_and_grad(f)), or "
            "return gradients(loss, parameters)"
        )
    cotangents = {output: seed_of(output, seed)}
    run_backward(interior([output]), cotangents, None, (), create_graph=False, store=True)
    leaves = list(cotangents)
    for leaf, g in zip(leaves, own([(cotangents[leaf], leaf) for leaf in leaves]), strict=True):
        leaf.grad = g if leaf.grad is None else leaf.grad + g


def interior(outputs: Sequence[Node], first: int = 0) -> list[Node]:
    """The nodes with a history that `outputs` depend on, themselves included, latest first.

    Nodes created before number `first` are left out, and so is all that only they depend on.

    The order matters: in `b = a + a; c = b + b` the cotangent of b is complete only after both
    uses in c, and only then may it flow on to a.
    """
    stack = [node for node in dict.fromkeys(outputs) if node.op is not None]
    seen = set(stack)
    nodes: list[Node] = []
    found, pop, push, seen_add = nodes.append, stack.pop, stack.append, seen.add
    # While a program is recorded a slope of 0 ends nothing: other numbers may give another slope.
    scalar = ScalarNode.kind if tracing.get() is None else None
    while stack:
        node = pop()
        found(node)
        if node.__class__ is scalar:  # spelled out, since there are hundreds of thousands of these
            if node.da is not None:
                arg = node.a
                if arg.op is not None and arg not in seen and arg.index >= first:
                    seen_add(arg)
                    push(arg)
            if node.db is not None:
                arg = node.b
                if arg.op is not None and arg not in seen and arg.index >= first:
                    seen_add(arg)
                    push(arg)
            continue
        for arg in node.args:
            if (
                isinstance(arg, Node)
                and arg.op is not None
                and arg not in seen
                and arg.index >= first
            ):
                seen_add(arg)
                push(arg)
    nodes.sort(key=attrgetter("index"), reverse=True)
    return nodes


def dependents(order: list[Node], inputs: Sequence[Node]) -> set[Node]:
    """`inputs`, and those nodes of `order` (latest first) that depend on any of them."""
    active = set(inputs)
    for node in reversed(order):
        if not node.op.has_derivative:
            continue
        for arg in node.args:
            if isinstance(arg, Node) and arg in active:
                active.add(node)
                break
    return active


def run_backward(
    order: list[Node],
    cotangents: Cotangents,
    active: set[Node] | None,
    keep: Iterable[Node],
    create_graph: bool,
    store: bool = False,
) -> None:
    """The chain rule: pass each node's cotangent on to its arguments, in the given order.

    `cotangents` comes with those of the outputs and leaves with those of the leaves, and of the
    nodes in `keep`. Only arguments in `active` (None: all nodes) get theirs. With `store` each node
    on the way has its cotangent put in its `.grad`.

    A cotangent of exactly zero has to stay zero through an infinite local derivative. Looking for
    that in each product is dear, and it shows as NaN in the end: only then is the pass run again.
    """
    start = dict(cotangents)
    memory = pass_memory.set({})
    try:
        with np.errstate(all="ignore"), set_recording(create_graph):
            observer = recording.get()
            if isinstance(observer, Observer):
                with kernels.careful():
                    observer.backward(
                        order,
                        cotangents,
                        lambda node: _run([node], cotangents, active, keep, create_graph, store),
                    )
                return
            _run(order, cotangents, active, keep, create_graph, store)
            if any(_has_nan(g) for g in cotangents.values()):
                cotangents.clear()
                cotangents.update(start)
                with kernels.careful():
                    _run(order, cotangents, active, keep, create_graph, store)
    finally:
        pass_memory.reset(memory)


def _run(
    order: list[Node],
    cotangents: Cotangents,
    active: set[Node] | None,
    keep: Iterable[Node],
    create_graph: bool,
    store: bool,
) -> None:
    """One pass. Sums are not formed in place: an addition hands one array to both its arguments."""
    get, pop, careful = cotangents.get, cotangents.pop, kernels.is_careful()
    tracer = tracing.get() if create_graph else None
    for node in order:
        g = pop(node, None)
        if store:
            node.grad = _zeros(node) if g is None else g
        if g is None:
            continue
        if node in keep:
            cotangents[node] = g
        if create_graph:
            if tracer is not None:
                tracer.differentiates(node, "gradient", g)
            check_unchanged(node)
            out, args = node, node.args
        elif isinstance(node, ScalarNode):
            if g != 0.0:  # a cotangent of zero stays zero, also through an infinite slope
                da, db = node.da, node.db
                if careful and node.op.closed_by_zero:  # and so is a product of the chain rule
                    da, db = da or None, db or None
                if da is not None and (active is None or node.a in active):
                    cotangents[node.a] = get(node.a, 0.0) + g * da
                if db is not None and (active is None or node.b in active):
                    cotangents[node.b] = get(node.b, 0.0) + g * db
            continue
        else:
            out, args = node.primal, node.saved
        op, settings = node.op, node.settings
        for argnum, arg in enumerate(node.args):
            if isinstance(arg, Node) and (active is None or arg in active):
                step = op.vjp(argnum, g, out, args, settings)
                if step is not None:
                    add_cotangent(cotangents, arg, project(step, arg))
    if tracer is not None:
        tracer.differentiates(None)


def _has_nan(g: Array) -> bool:
    plain = g.primal if isinstance(g, Node) else g
    if isinstance(plain, float):
        return plain != plain
    flat = plain if plain.ndim == 1 else plain.ravel("K")
    square = flat.dot(flat)  # much faster than to look at each entry
    return bool(square != square)


def project(step: Array, parent: Node) -> Array:
    """Reduce a cotangent to its parent's space: sum over broadcast axes, and cast to its dtype."""
    primal = parent.primal
    if step.__class__ is np.ndarray and primal.__class__ is np.ndarray:
        if step.shape == primal.shape and step.dtype is primal.dtype:
            return step
    elif isinstance(parent, ScalarNode):
        step = sum_to(step, ())
        return step if isinstance(step, Node) else float(step)
    shape = shape_of(step)
    if shape != primal.shape:
        fit = sum_to if len(shape) >= primal.ndim else broadcast_to
        step = fit(step, primal.shape)
    return cast(step, primal.dtype)


def add_cotangent(cotangents: Cotangents, node: Node, step: Array) -> None:
    """Add a share to what a node has got so far."""
    held = cotangents.get(node)
    cotangents[node] = step if held is None else held + step


def check_unchanged(node: Node) -> None:
    """Raise GraphChangedError where a parent no longer holds what `node` was computed from."""
    parent = node.changed_parent()
    if parent is not None:
        raise GraphChangedError(
            f"{parent!r} was given new data after the operation {node.op.name!r} had used the old. "
            "A derivative with create_graph=True needs the old: compute the output again first."
        )


def seed_of(node: Node, seed: Array | None, create_graph: bool = False) -> Array:
    """The cotangent (or tangent) to start from: `seed`, checked, or 1 for a single number."""
    shape, dtype = node.shape, node.dtype
    if seed is None:
        if node.size != 1:
            raise ValueError(
                f"the derivative of an output of shape {shape} needs a direction: reduce it to one "
                "number first (.sum() or .mean()), pass a cotangent of its shape "
                "(backward(gradient=...), gradients(..., seed=...)), or ask for all rows by "
                "jacobian(f)"
            )
        return _filled(1.0, node)
    if isinstance(seed, Node) and not create_graph:
        seed = seed.primal
    if shape_of(seed) != shape:
        raise ValueError(
            f"a cotangent or tangent of shape {shape_of(seed)} does not fit its node of shape "
            f"{shape}: they must agree"
        )
    if isinstance(node, ScalarNode):
        return seed if isinstance(seed, Node) else float(seed)
    return cast(seed, dtype) if isinstance(seed, Node) else np.array(seed, dtype)


def as_node(g: Array | None, node: Node) -> Node:
    """A cotangent or tangent of `node` as a node: zeros for None, a leaf for plain data."""
    g = _zeros(node) if g is None else g
    if isinstance(g, Node):
        return g
    return scalar_node(float(g)) if isinstance(node, ScalarNode) else array_node(g)


_constant = Op("constant", lambda number, shape, dtype: np.full(shape, number, dtype))


def _filled(number: float, node: Node) -> Any:
    """The same number in all places of `node`.

    In a program that is recorded it is an operation, or it might be anything read from outside.
    """
    if isinstance(node, ScalarNode):
        return number
    dtype = node.dtype if node.dtype.kind == "f" else np.dtype(float)
    settings = {"number": number, "shape": node.shape, "dtype": dtype}
    make = _constant.evaluate if tracing.get() is None else _constant.apply
    return make((), settings)


def _zeros(node: Node) -> Any:
    return _filled(0.0, node)


def own(results: Sequence[tuple[Array | None, Node]]) -> list[Array]:
    """Plain results that may be written to: zeros for None, and no two share their memory."""
    owned: list[Array] = []
    taken = set()
    for g, node in results:
        g = _zeros(node) if g is None else g
        if isinstance(node, ScalarNode):
            owned.append(float(g))
            continue
        g = np.asarray(g)
        memory = id(g if g.base is None else g.base)
        if memory in taken or not g.flags.writeable:
            g = g.copy()
        taken.add(memory)
        owned.append(g)
    return owned
