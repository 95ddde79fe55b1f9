"""A function run once on fresh nodes, and its linear map from inputs to outputs, both ways.

What is made of it is in `transforms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd import ops
from autograd.backward import (
    add_cotangent,
    as_node,
    dependents,
    interior,
    own,
    run_backward,
    seed_of,
)
from autograd.forward import run_forward
from autograd.graph import Array, Node, ScalarNode, set_recording
from autograd.nodes import Tensor, Value
from autograd.trees import flatten, map_tree

Argnums: TypeAlias = "int | Sequence[int]"
Function: TypeAlias = Callable[..., Any]


class Recorded:
    """One run of a function, recorded: what it gave, and its linear map from inputs to outputs.

    has_aux: the function gives a pair, of the `result` to differentiate and of `aux` beside it.
    """

    def __init__(
        self,
        name: str,
        f: Function,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool = False,
    ) -> None:
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise ValueError(
                    f"{name}: argnums names argument {number}, and the function was called with "
                    f"{len(args)} positional arguments"
                )
        if len({number % len(args) for number in numbers}) != len(numbers):
            raise ValueError(f"{name}: argnums {argnums} names an argument twice")
        chosen = tuple(args[number] for number in numbers)
        self.rebuild: Callable[[Iterator[Any]], Any]
        leaves, self.rebuild = flatten(chosen[0] if isinstance(argnums, int) else chosen)
        with set_recording(True):
            self.inputs: list[Node] = [_fresh(name, leaf) for leaf in leaves]
            fresh = self.rebuild(iter(self.inputs))
            call = list(args)
            for number, arg in zip(
                numbers, [fresh] if isinstance(argnums, int) else fresh, strict=True
            ):
                call[number] = arg
            self.result: Any = f(*call, **kwargs)
        self.aux: Any = None
        if has_aux:
            if not isinstance(self.result, tuple) or len(self.result) != 2:
                raise TypeError(f"{name}: with has_aux=True the function must return (output, aux)")
            self.result, self.aux = self.result
        self.name = name
        self.outputs: list[Any]
        self.rebuild_output: Callable[[Iterator[Any]], Any]
        self.outputs, self.rebuild_output = flatten(self.result)
        nodes = [out for out in self.outputs if isinstance(out, Node)]
        first = min((node.index for node in self.inputs), default=0)
        order = interior(nodes, first)
        self.active: set[Node] = dependents(order, self.inputs)
        self.order: list[Node] = [node for node in order if node in self.active]
        # A node older than the inputs is the user's own, and may be differentiated by in its turn.
        self.nested: bool = any(node.index < first for node in nodes) or any(
            isinstance(arg, Node) and arg.index < first
            for node in (*order, *self.inputs)
            for arg in node.args
        )

    def pull(self, seeds: Mapping[int, Array | None]) -> list[Array]:
        """The cotangents of the inputs, from those of the outputs by number; None stands for 1."""
        cotangents: dict[Node, Array] = {}
        create_graph = self.nested or any(isinstance(seed, Node) for seed in seeds.values())
        for number, seed in seeds.items():
            out = self.outputs[number]
            if isinstance(out, Node) and out in self.active:
                add_cotangent(cotangents, out, seed_of(out, seed, create_graph))
        run_backward(self.order, cotangents, self.active, set(self.inputs), create_graph)
        found = [(cotangents.get(node), node) for node in self.inputs]
        return [as_node(g, node) for g, node in found] if create_graph else own(found)

    def push(self, tangents: Mapping[int, Array]) -> list[Array]:
        """The tangents of the outputs, from those of the inputs by number."""
        given = {}
        create_graph = self.nested or any(isinstance(t, Node) for t in tangents.values())
        for number, t in tangents.items():
            node = self.inputs[number]
            given[node] = seed_of(node, t, create_graph)
        run_forward(self.order, given, create_graph)
        pairs = []
        for out in self.outputs:
            node = out if isinstance(out, Node) else _fresh(self.name, out)
            pairs.append((given.get(node), node))
        return [as_node(t, node) for t, node in pairs] if create_graph else own(pairs)

    def settle(self, tree: Any) -> Any:
        """A result for the user: plain, unless it hangs on nodes of the user's own."""
        return tree if self.nested else map_tree(_plain, tree)

    def only_number(self) -> None:
        """Check that the function gave one number, which alone has a gradient."""
        if len(self.outputs) != 1 or not isinstance(self.outputs[0], _DATA):
            raise TypeError(
                f"{self.name}: the function must return a single number, and it returned "
                f"{_describe(self.result)}; for several results use jacobian or vjp"
            )
        shape = ops.shape_of(self.outputs[0])
        if np.prod(shape, dtype=int) != 1:
            raise ValueError(
                f"{self.name}: the function must return a single number, and it returned shape "
                f"{shape}: reduce it (.sum(), .mean()), or use jacobian, elementwise_grad or vjp"
            )


_DATA = (Node, float, int, np.ndarray, np.generic)


def _describe(result: Any) -> str:
    if isinstance(result, list | tuple | dict):
        return f"a {type(result).__name__} of {len(result)}"
    return "None (is a `return` missing?)" if result is None else f"a {type(result).__name__}"


def _fresh(name: str, leaf: Any) -> Node:
    """A node for an argument: the start of the derivative, so that nested ones do not mix."""
    if isinstance(leaf, Node):  # of integers only while a program is recorded
        fresh: Node = ops.identity(leaf) if leaf.dtype.kind == "f" else ops.as_real(leaf)
        return fresh
    if isinstance(leaf, float | int) and not isinstance(leaf, bool):
        return Value(leaf)
    if isinstance(leaf, np.ndarray | np.generic):
        return Tensor(leaf)
    raise TypeError(
        f"{name}: cannot differentiate with respect to {leaf!r} of type {type(leaf).__name__}; "
        "arguments are numbers, arrays, nodes, or nested lists, tuples and dicts of them "
        "(argnums chooses which arguments)"
    )


def _plain(leaf: Any) -> Any:
    if not isinstance(leaf, Node) or isinstance(leaf, ScalarNode):
        return getattr(leaf, "primal", leaf)
    return (leaf.primal if leaf.primal.flags.writeable else leaf.primal.copy())[()]
