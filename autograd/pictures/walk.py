"""A forward and a backward pass over a recorded graph, one operation and one use at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.diagnostics.flow import one_pass, plain, shares
from autograd.diagnostics.numbers import has_nan
from autograd.engine.backward import add
from autograd.engine.graph import Array, GraphChangedError, Node, ancestors
from autograd.engine.spaces import filled, seed_of
from autograd.ops.op_types import Elementwise, Linear, Multilinear
from autograd.ops.structural import Entries
from autograd.scalars import Value


@dataclass(frozen=True)
class Share:
    """What one use of a node adds to its cotangent: local derivative × cotangent of the result.

    result, argnum, arg: argument number `argnum` of `result` is `arg`.
    local: ∂result/∂arg, as a number or one number for each entry; None for a Jacobian, which is
        never formed.
    cotangent: that of `result`.
    value: the share, of the shape of `arg`.
    total: the sum of the shares of `arg` so far, this one included.
    """

    result: Node
    argnum: int
    arg: Node
    local: Any
    cotangent: Any
    value: Any
    total: Any


@dataclass(frozen=True)
class Walk:
    """A graph in the order of its computation, and its backward pass.

    nodes: leaves and results, in the order of their creation.
    shares: in the order of the backward pass: results latest first, arguments from left to right.
    cotangents: of the nodes that have one.
    """

    output: Node
    nodes: tuple[Node, ...]
    shares: tuple[Share, ...]
    cotangents: dict[Node, Any]

    def cotangent(self, node: Node) -> Any:
        """∂output/∂node; zeros where nothing flows."""
        found = self.cotangents.get(node)
        return filled(0.0, node) if found is None else found


def history(outputs: Iterable[Node]) -> list[Node]:
    """`outputs` and all nodes that they were computed from, in the order of their creation."""
    nodes = set(outputs)
    for node in ancestors(nodes):
        nodes.update(node.parents)
    return sorted(nodes, key=attrgetter("index"))


def walk(output: Node, nodes: Sequence[Node], seed: Array | None = None) -> Walk:
    """The backward pass from `output`, whose history is `nodes` in the order of their creation.

    seed: the cotangent of the output; may be left out for a single number, where it is 1.

    No `.grad` is read or written. Raises GraphChangedError if a leaf has new data.
    """
    found = _run(output, nodes, seed, repeated=False)
    if any(map(has_nan, found.cotangents.values())):
        found = _run(output, nodes, seed, repeated=True)
    return found


def _run(output: Node, nodes: Sequence[Node], seed: Any, repeated: bool) -> Walk:
    cotangents: dict[Node, Any] = {}
    passed: list[Share] = []
    with one_pass(() if repeated else None) as start:
        cotangents[output] = start(seed_of(output, seed))
        for node in reversed(nodes):
            _require_unchanged(node)
            g = cotangents.get(node)
            if g is None or node.op is None:
                continue
            found = shares(node, g)
            for argnum, arg in enumerate(node.args):
                if not isinstance(arg, Node):
                    continue
                value = found.get(argnum)
                if isinstance(value, Entries):
                    value = value.total()
                if value is None:
                    value = filled(0.0, arg)
                else:
                    add(cotangents, arg, value)
                total = cotangents.get(arg, value)
                local = local_derivative(node, argnum)
                data = [plain(x) for x in (g, value, total)]
                passed.append(Share(node, argnum, arg, local, *data))
    return Walk(
        output, tuple(nodes), tuple(passed), {node: plain(g) for node, g in cotangents.items()}
    )


def local_derivative(node: Node, argnum: int) -> Any:
    """∂node/∂argument, from the table and from the data that the graph has saved.

    A number or an array: one slope for each entry of the result, or for each of the argument if the
    result is a single number. None for a Jacobian. Rules that users may have written are not run.
    """
    op = node.op
    if isinstance(node, Value):  # it was computed when the node was recorded
        return float((node.da, node.db)[argnum] or 0.0)
    with np.errstate(all="ignore"):
        if isinstance(op, Elementwise):
            # NumPy's numbers give inf where Python's would raise
            args = tuple(np.float64(x) if isinstance(x, int | float) else x for x in node.saved)
            local = op.local(argnum, node.primal, args)
            return 0.0 if local is None else 1.0 * local  # True and False are slopes too
        if isinstance(op, Linear | Multilinear) and node.size == 1:
            one = np.ones(node.shape, node.dtype)
            return op.vjp(argnum, one, node.primal, node.saved, node.settings)
    return None


def _require_unchanged(node: Node) -> None:
    for changed in node.changed_parents() if node.op is not None else ():
        raise GraphChangedError(
            f"{changed!r} was given new data after the operation {node.op.name!r} had used the "
            "old, and both cannot be shown: compute the output again first"
        )
