"""The graph as objects with `parents`: HIPS autograd's nodes, which programs may define themselves.

The engine's graph is what is recorded. From the boxes that `new_box` makes, each of which knows the
object that stands for it, an object of the same class is made for every node when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from autograd.engine.backward import gradients, run_backward
from autograd.engine.forward import run_forward
from autograd.engine.graph import Node as Tracked
from autograd.engine.graph import ancestors, between
from autograd.engine.spaces import as_node, detach_results, seed_of
from autograd.hips.rules import primitive_jvps, primitive_vjps
from autograd.hips.spaces import dense, vspace
from autograd.ops.op_types import Elementwise
from autograd.protocols import RULES
from autograd.trees import Rebuild, flatten


class Node:
    """What stands for a value in a graph. A subclass notes of it what it wants to.

    It is called with the value, the function that computed it, that function's arguments, the
    positions of those that are traced, and the nodes of these. The node at the start is made by
    `new_root`, whose arguments `initialize_root` gets.
    """

    __slots__: tuple[str, ...] = ()

    def __init__(
        self,
        value: Any,
        fun: Callable[..., Any],
        args: Any,
        kwargs: Any,
        parent_argnums: Sequence[int],
        parents: Sequence[Any],
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not define __init__")

    def initialize_root(self, *args: Any, **kwargs: Any) -> None:
        """Make this the node of an input."""
        raise NotImplementedError(f"{type(self).__name__} does not define initialize_root")

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Self:
        """The node of an input."""
        root = cls.__new__(cls)
        root.initialize_root(*args, **kwargs)
        return root


class VJPNode(Node):
    """A node of reverse mode: `vjp(g)` gives the cotangents of its `parents`."""

    __slots__ = ("parents", "vjp")

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any
    ) -> None:
        self.parents: Any = parents
        self.vjp: Any = _rules(primitive_vjps, "VJP", fun)(parent_argnums, value, args, kwargs)

    def initialize_root(self) -> None:
        self.parents = []
        self.vjp = lambda g: ()


class JVPNode(Node):
    """A node of forward mode: `g` is its tangent."""

    __slots__ = ("g",)

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any
    ) -> None:
        tangents = [parent.g for parent in parents]
        rules = _rules(primitive_jvps, "JVP", fun)
        self.g: Any = rules(parent_argnums, tangents, value, args, kwargs)

    def initialize_root(self, g: Any) -> None:
        self.g = g


def _rules(table: Any, kind: str, fun: Any) -> Any:
    try:
        return table[fun]
    except KeyError:
        name = getattr(fun, "__name__", fun)
        raise NotImplementedError(f"the {kind} of {name} is not defined") from None


class Start(Elementwise):
    """The operation that makes a box: the identity, which knows what stands for its result.

    container: where the box is a part of a list, tuple or dict, the leaves of that, and how to
        rebuild it; `number` says which leaf this is.
    """

    def __init__(
        self,
        node: Node | None,
        trace: int,
        number: int = 0,
        container: tuple[list[Any], Rebuild] | None = None,
    ) -> None:
        super().__init__("box", np.array, float, 1.0)
        self.node = node
        self.trace = trace
        self.number = number
        self.container = container


def boxed(value: Any, start: Start) -> Tracked:
    """A number, an array or a node as the start of a trace."""
    primal = value.primal if isinstance(value, Tracked) else value
    if isinstance(value, Tracked):
        value.save()
    primal = float(primal) if isinstance(primal, float | int) else np.array(primal, subok=False)
    if not isinstance(primal, float) and primal.dtype.kind in "iub":
        primal = primal.astype(float)
    return start.record(primal, (value,), (primal,), {})


class GraphNode(VJPNode):
    """The `VJPNode` of a node of the engine."""

    __slots__ = ("__dict__", "tracked")

    def __init__(self, tracked: Tracked) -> None:
        self.tracked: Any = tracked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GraphNode) and self.tracked is other.tracked

    def __hash__(self) -> int:
        return id(self.tracked)

    @cached_property
    def parents(self) -> Any:
        if isinstance(self.tracked.op, Start):
            return []
        return [node_of(parent) for parent in dict.fromkeys(self.tracked.parents)]

    def vjp(self, g: Any) -> Any:
        """The cotangents of the parents."""
        parents = list(dict.fromkeys(self.tracked.parents))
        if not parents:
            return ()
        order = [self.tracked]
        cotangents = {self.tracked: seed_of(self.tracked, g, isinstance(g, Tracked))}
        record = isinstance(g, Tracked)
        run_backward(order, cotangents, set(parents), set(parents), record)
        pairs = [(cotangents.get(parent), parent) for parent in parents]
        return [as_node(*pair) for pair in pairs] if record else detach_results(pairs)


# --------------------------------------------------------------------------------------------------
# From the engine's nodes to those that stand for them


class History:
    """What a node was computed from: the boxes of the innermost trace, and all nodes in between."""

    def __init__(self, tracked: Tracked) -> None:
        self.tracked = tracked
        order = ancestors([tracked])
        starts = [node for node in order if isinstance(node.op, Start)]
        self.trace: int = max([node.op.trace for node in starts], default=-1)
        inner = [node for node in starts if node.op.trace == self.trace]
        last = max(inner, key=lambda node: node.index, default=None)
        self.root: Node | None = None if last is None else last.op.node
        self.starts: list[Any] = [node for node in inner if node.op.node is self.root]
        if not starts:  # a leaf of the user's own
            leaves = [arg for node in order for arg in node.parents if arg.op is None]
            self.starts = sorted(leaves or [tracked], key=lambda node: node.index)[:1]
        order = ancestors([tracked], stop=set(self.starts))
        self.order: list[Any]
        self.active: set[Any]
        self.order, self.active = between(self.starts, order)
        first = min(node.index for node in self.starts)
        self.nested: bool = any(
            arg.index < first for node in (*self.order, *self.starts) for arg in node.parents
        )

    def value(self) -> Any:
        """What the node holds: plain, unless it depends on nodes outside of the trace."""
        return self.tracked if self.nested else self.tracked._value  # type: ignore[attr-defined]

    def gradient(self, g: Any) -> Any:
        """The cotangent of the start, from that of the node."""
        record = self.nested or isinstance(g, Tracked)
        found = gradients(self.tracked, self.starts, _fitted(self.tracked, g), create_graph=record)
        return self._whole(found)

    def tangent(self) -> Any:
        """The tangent of the node, from that of the start, whose `JVPNode` has it."""
        t = flatten(getattr(self.root, "g", None))[0]
        record = self.nested or any(isinstance(leaf, Tracked) for leaf in t)
        tangents = {start: seed_of(start, t[start.op.number], record) for start in self.starts}
        run_forward(self.order, tangents, [self.tracked], record)
        pair = tangents.get(self.tracked), self.tracked
        return as_node(*pair) if record else detach_results([pair])[0]

    def _whole(self, leaves: list[Any]) -> Any:
        container = getattr(self.starts[0].op, "container", None)
        if container is None:
            return leaves[0]
        example, rebuild = container
        found = {node.op.number: leaf for node, leaf in zip(self.starts, leaves, strict=True)}
        zeros = [vspace(leaf).zeros() if _is_real(leaf) else None for leaf in example]
        return rebuild(iter([found.get(n, zero) for n, zero in enumerate(zeros)]))


def _is_real(x: Any) -> bool:
    return isinstance(x, float | np.ndarray | np.generic | Tracked)


def _fitted(node: Tracked, g: Any) -> Any:
    """A cotangent that is a plain number, as one of the shape of its node."""
    one = node.size == 1 and np.ndim(g) == 0 and not isinstance(g, Tracked)
    return np.full(node.shape, g) if one else g


def node_of(tracked: Tracked) -> Any:
    """What stands for a node of the engine, of the class of what stands for its start."""
    if isinstance(tracked.op, Start) and tracked.op.node and not tracked.op.container:
        return tracked.op.node
    history = History(tracked)
    kind: Any = type(history.root)
    if history.root is None or kind is VJPNode:
        return GraphNode(tracked)
    if kind is JVPNode:
        return JVPNode.new_root(history.tangent())
    known: dict[Tracked, Any] = {}
    for start in history.starts:
        known[start] = history.root
        if start.op.container:
            leaves, rebuild = start.op.container
            call = rebuild(iter(leaves)), start.op.number
            known[start] = kind(start.primal, container_leaf, call, {}, (0,), (history.root,))
    for node in reversed(history.order):
        if node not in known:
            known[node] = _made(kind, node, known)
    return known[tracked]


def container_leaf(container: Any, number: int) -> Any:
    """The leaf of this number in nested lists, tuples and dicts."""
    return flatten(container)[0][number]


_NAMED: dict[Any, Any] = {
    ours: theirs for theirs, ours in RULES.items() if isinstance(theirs, np.ufunc)
}


def _made(kind: Any, node: Tracked, known: dict[Tracked, Any]) -> Any:
    argnums = [n for n, arg in enumerate(node.args) if isinstance(arg, Tracked) and arg in known]
    args = [arg.primal if n in argnums else arg for n, arg in enumerate(node.args)]
    parents = [known[node.args[n]] for n in argnums]
    value = node.primal if isinstance(node, Tracked.number) else node.primal[()]
    function = _NAMED.get(node.op, node.op)
    return kind(value, function, tuple(args), dict(node.settings), tuple(argnums), tuple(parents))


def trace_of(tracked: Tracked) -> int:
    """The number of the innermost trace that a node belongs to; -1 outside of all."""
    return History(tracked).trace


def backward_pass(g: Any, end_node: Any) -> Any:
    """The cotangent of the start of the graph, from the cotangent g of its end.

    >>> import autograd.numpy as np
    >>> from autograd.core import VJPNode, backward_pass
    >>> from autograd.tracer import new_box
    >>> x = new_box(np.array([1.0, 2.0]), 0, VJPNode.new_root())
    >>> backward_pass(1.0, np.sum(x**2)._node)
    array([2., 4.])
    """
    if isinstance(end_node, GraphNode):
        return History(end_node.tracked).gradient(g)
    cotangents = {end_node: g}
    for node in toposort(end_node):
        g = cotangents.pop(node)
        for parent, share in zip(node.parents, node.vjp(g), strict=False):
            share = dense(share)
            if parent in cotangents:
                share = vspace(share).add(cotangents[parent], share)
            cotangents[parent] = share
    return g


def toposort(end_node: Any, parents: Callable[[Any], Any] = lambda node: node.parents) -> Any:
    """The nodes of a graph, each before its parents.

    >>> from autograd.util import toposort
    >>> list(toposort("c", {"c": "ab", "b": "a", "a": ""}.get))
    ['c', 'b', 'a']
    """
    uses: dict[Any, int] = {}
    stack = [end_node]
    while stack:
        node = stack.pop()
        uses[node] = uses.get(node, 0) + 1
        if uses[node] == 1:
            stack.extend(parents(node))
    ready = [end_node]
    while ready:
        node = ready.pop()
        yield node
        for parent in parents(node):
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
