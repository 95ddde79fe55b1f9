"""Modules with a ``forward`` of their own: it is run on two batches, and its operations translated.

What differs between the two must be the number of examples. The modules inside are translated as
such, and the operations between them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Node, Tensor, no_grad
from nn.data import Array
from nn.exchange.onnx_graph import OnnxGraph
from nn.exchange.onnx_operations import NoTranslation, translate
from nn.modules.module import Module, mode, observe_calls

Child = tuple[Module, Any]
"""A module that was called, and its input."""


class Recording:
    """``module.forward`` on one batch: the graph of its result, in which the results of those
    modules that have a translation are leaves.
    """

    def __init__(self, graph: OnnxGraph, module: Module, x: Array) -> None:
        self.input: Any = Tensor(x) if x.dtype.kind == "f" else x
        self.children: dict[Node, Child] = {}
        self._graph = graph
        with mode(module, training=False), observe_calls(self._observe):
            self.output: Any = module.forward(self.input)

    def _observe(self, module: Module, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        known = len(args) == 1 and not keywords and isinstance(args[0], Node | np.ndarray)
        if not known or not self._graph.translation_of(module):
            return module.forward(*args, **keywords)
        with no_grad():
            leaf = Tensor(module.forward(args[0]).numpy())
        self.children[leaf] = module, args[0]
        return leaf


def record(graph: OnnxGraph, module: Module, x: str) -> str:
    """Add a module to the graph by what its ``forward`` does; return the name of its output."""
    first, second = (Recording(graph, module, batch) for batch in graph.batches[x])
    named = graph.model.named_parameters(frozen=True)
    parameters: dict[Node, str] = {parameter: path for path, parameter in named.items()}
    names: dict[Node, str] = {}

    def name_of(left: Any, right: Any) -> str:
        """The name of a result, which is added to the graph if it is new."""
        if left is first.input:
            return x
        if not isinstance(left, Node):
            return graph.constant(_constant(left, right))
        stack = [(left, right)]
        while stack:  # not recursive, since a recurrent layer makes deep graphs
            node, other = stack[-1]
            inputs = _inputs(node, other)
            missing = [
                pair
                for pair in inputs
                if isinstance(pair[0], Node) and pair[0] is not first.input and pair[0] not in names
            ]
            if node in names:
                stack.pop()
            elif missing:
                stack += missing
            else:
                names[node] = add(node, other, inputs)
                stack.pop()
        return names[left]

    def _inputs(node: Node, other: Node) -> list[tuple[Any, Any]]:
        if node in first.children:
            if other not in second.children:
                raise NoTranslation("the modules called depend on the number of examples")
            return [(first.children[node][1], second.children[other][1])]
        if node.op is not getattr(other, "op", None):
            raise NoTranslation("what is computed depends on the number of examples, or on them")
        return list(zip(node.args, other.args, strict=True)) if node.op else []

    def add(node: Node, other: Node, inputs: list[tuple[Any, Any]]) -> str:
        if node in first.children:
            ((left, right),) = inputs
            inner = name_of(left, right)
            data = [z.primal if isinstance(z, Node) else np.asarray(z) for z in (left, right)]
            graph.batches.setdefault(inner, tuple(data))
            return graph.translate(first.children[node][0], inner)
        if node in parameters:
            return graph.parameter(parameters[node], node.primal)
        if node.op is None:
            return graph.constant(_constant(node.primal, other.primal))
        return translate(graph, [name_of(*pair) for pair in inputs], (node, other))

    if not isinstance(first.output, Node):
        raise NoTranslation(
            f"its result is a {type(first.output).__name__}, and must be one array that depends on "
            "the input"
        )
    return name_of(first.output, second.output)


def _constant(left: Any, right: Any) -> Array:
    """A constant that is the same for both batches, or for all examples of each."""
    first, second = np.asarray(left), np.asarray(right)
    if first.shape != second.shape and first.ndim == second.ndim:
        for axis, sizes in enumerate(zip(first.shape, second.shape, strict=True)):
            if sizes[0] != sizes[1]:  # one example stands for all
                first, second = _one(first, axis), _one(second, axis)
    if not np.array_equal(first, second, equal_nan=first.dtype.kind == "f"):
        raise NoTranslation(
            "it computes with plain numbers that depend on the examples, such as a comparison or "
            "an index"
        )
    return first


def _one(x: Array, axis: int) -> Array:
    """The first entry along an axis, where all are equal."""
    one = x.take([0], axis)
    return one if np.array_equal(np.broadcast_to(one, x.shape), x) else x
