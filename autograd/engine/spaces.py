"""Spaces: what a cotangent or tangent of a node looks like, and how results leave the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.convert import require_fit, require_real_number
from autograd.engine.graph import Array, Node, leaf
from autograd.engine.operations import interpreter
from autograd.ops.complex_parts import is_complex
from autograd.ops.structural import cast, shape_of


def seed_of(node: Node, seed: Array | None, create_graph: bool = False) -> Array:
    """The cotangent or tangent to start from: `seed`, checked, or 1 for a single number."""
    if seed is None:
        require_real_number(node)
        return filled(1.0, node)
    if isinstance(seed, Node) and not create_graph:
        seed = seed.primal
    require_fit(shape_of(seed), is_complex(seed), node)
    if isinstance(seed, Node):
        return seed if isinstance(node, Node.number) else cast(seed, node.dtype)
    return float(seed) if isinstance(node, Node.number) else np.array(seed, node.dtype)


def filled(number: float, node: Node) -> Array:
    """The same number in all places of `node`."""
    return number if isinstance(node, Node.number) else interpreter().fill(number, node)


def as_node(derivative: Array | None, node: Node) -> Node:
    """A cotangent or tangent of `node` as a node: zeros for None, a leaf for plain data."""
    derivative = filled(0.0, node) if derivative is None else derivative
    if isinstance(derivative, Node):
        return derivative
    return leaf(float(derivative) if isinstance(node, Node.number) else derivative)


def detach_results(pairs: Sequence[tuple[Array | None, Node]]) -> list[Array]:
    """Plain derivatives that may be written to: zeros for None, and no two share their memory."""
    results: list[Array] = []
    taken = set()
    for derivative, node in pairs:
        derivative = filled(0.0, node) if derivative is None else derivative
        if isinstance(node, Node.number):
            results.append(float(derivative))
            continue
        array: Any = np.asarray(derivative)
        memory = id(array if array.base is None else array.base)
        if memory in taken or not array.flags.writeable:
            array = array.copy()
        taken.add(memory)
        results.append(array)
    return results
