"""The weighted sum of a result over a batch, taken as early as the program allows.

Σᵢ wᵢ A xᵢ = A Σᵢ wᵢ xᵢ for a linear A that is the same for all examples. So wherever the program
is linear in what varies, it runs once on the sum and not for each example. The highest
coefficients of a batch of Taylor series enter linearly, so their sum over all directions costs as
much as one of them ("collapsed" Taylor mode: Dangel et al., 2025, arXiv:2505.13644).
"""

from __future__ import annotations

from typing import Any

from autograd.batching.batch import Batch
from autograd.engine.graph import Array, Node
from autograd.jit.recording import computed
from autograd.ops.elementwise import add, div, identity, mul, neg, sub
from autograd.ops.op_types import Linear, Multilinear, chain_product
from autograd.ops.structural import broadcast_to, shape_of, sum_op

_SUMS = (add, sub, neg, identity)
_PRODUCTS = (mul, chain_product)


def total(batch: Batch, out: Any, weights: Any) -> Array:
    """Σᵢ wᵢ outᵢ over the examples i, where `out` is a result of the run of one example."""
    return batch.with_strong_zeros(lambda: [_total(batch, out, weights)])[0]


def _total(batch: Batch, out: Any, weights: Any) -> Array:
    order = computed([out], [], batch.first) if isinstance(out, Node) else []
    varying = set(batch.inputs)
    for node in order:
        if not varying.isdisjoint(node.parents):
            varying.add(node)
    if out not in varying:
        batch.for_all(out)
        with batch.outside():
            return batch.for_any(out) * float(weights.sum())
    wanted = {out}
    for node in reversed(order):
        if node in wanted and _is_linear(node, varying):
            wanted.update(arg for arg in node.parents if arg in varying)
    sums: dict[Node, Array] = {}
    for node in (*batch.inputs, *order):
        if node not in wanted:
            continue
        if node in batch.inputs or not _is_linear(node, varying):
            values = batch.for_all(node)
            with batch.outside():
                sums[node] = _weighted_sum(values, weights)
            continue
        args = []
        for arg in node.args:
            if not _varies(arg, varying):
                batch.for_all(arg)
            known = sums.get(arg) if isinstance(arg, Node) else None
            args.append(batch.for_any(arg) if known is None else known)
        with batch.outside():
            if node.op in _SUMS:
                args = [
                    x if _varies(arg, varying) else x * float(weights.sum())
                    for x, arg in zip(args, node.args, strict=True)
                ]
            found = node.op(*args, **node.settings)
            sums[node] = found if shape_of(found) == node.shape else broadcast_to(found, node.shape)
    return sums[out]


def _varies(x: Any, varying: set[Node]) -> bool:
    return isinstance(x, Node) and x in varying


def _is_linear(node: Node, varying: set[Node]) -> bool:
    """Whether a result is linear in those arguments that differ from example to example."""
    many = [_varies(arg, varying) for arg in node.args]
    op = node.op
    if isinstance(op, Linear) or op in _SUMS:
        return True
    if isinstance(op, Multilinear) or op in _PRODUCTS:
        return sum(many) == 1
    return op is div and not many[1]


def _weighted_sum(values: Array, weights: Any) -> Array:
    if (weights == weights[:1]).all():
        scale = float(weights[:1].sum())
        summed = sum_op(values, axis=0, keepdims=False)
        return summed if scale == 1 else summed * scale
    shape = (len(weights), *(1,) * (len(shape_of(values)) - 1))
    weights = weights.astype(values.dtype).reshape(shape)
    return sum_op(values * weights, axis=0, keepdims=False)
