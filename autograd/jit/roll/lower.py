"""From groups to operations on arrays, each laid out so that what it takes is regular."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from autograd.graph import Op
from autograd.jit.packing import entry
from autograd.jit.roll.arrays import Arrays, Nodes
from autograd.jit.roll.groups import Group, Groups, Node
from autograd.jit.roll.layout import layout
from autograd.jit.roll.patterns import inverse, runs
from autograd.jit.roll.products import Products
from autograd.jit.terms import Term, Terms
from autograd.ops.elementwise import add, mul
from autograd.ops.structural import concatenate_op, index_op

NARROW = 3
"""Groups of so few nodes are computed as numbers of Python."""


def lower(terms: Terms, groups: Groups, outputs: Sequence[Term]) -> list[Term]:
    """Terms that are what `outputs` were: those of the nodes that are the outputs of the groups."""
    arrays = Arrays(terms, groups)
    products = Products(arrays, groups)
    for group in groups.in_order():
        terms.index = group.index
        if group is groups.inputs or group is groups.constants:
            arrays.hold_numbers(group, group.args)
        elif group.depth == 0:
            arrays.hold(group, group.args[0][0], np.array([place for _, place in group.args]))
        elif group.op is None:
            if sum([len(left) for left, _ in group.args]) <= 2 * NARROW:
                arrays.hold_numbers(group, [_sum_of_products(arrays, *rows) for rows in group.args])
            else:
                products.compute(group)
        elif len(group.nodes) <= NARROW:
            op = group.op
            rows = [[arrays.number(arg) for arg in args] for args in group.args]
            arrays.hold_numbers(group, [arrays.apply(op, *row) for row in rows])
        else:
            _elementwise(arrays, group.op, group)
    terms.index = -1
    return _outputs(arrays, groups.outputs, outputs)


def _sum_of_products(arrays: Arrays, left: tuple[Node, ...], right: tuple[Node, ...]) -> Term:
    total = None
    for a, b in zip(left, right, strict=True):
        product = arrays.apply(mul, arrays.number(a), arrays.number(b))
        total = product if total is None else arrays.apply(add, total, product)
    assert total is not None
    return total


def _elementwise(arrays: Arrays, op: Op, group: Group) -> None:
    table = np.array(group.args).T
    order, shape = layout(arrays, table)
    args = [arrays.read(row[order].reshape(shape)) for row in table]
    if not _gives_numbers(op, args):
        args[-1] = arrays.real(args[-1])
    arrays.hold(group, arrays.apply(op, *args), inverse(order))


def _gives_numbers(op: Op, args: list[Term]) -> bool:
    """Whether the operation on these arrays gives what it does on numbers, for which True is 1."""
    if op.evaluate((1.0,) * len(args), {}).__class__ is bool:
        return True
    try:
        with np.errstate(all="ignore"):
            return bool(op.kernel(*[np.ones(1, arg.dtype) for arg in args]).dtype == np.float64)
    except TypeError:  # NumPy has no sign(True)
        return False


# --------------------------------------------------------------------------------------------------
# Outputs

FEW_RUNS = 8
"""So many slices are joined rather than that their entries are gathered."""


def _outputs(arrays: Arrays, nodes: Sequence[Node], outputs: Sequence[Term]) -> list[Term]:
    """The nodes as `outputs` were, as numbers of Python or in arrays without axes."""
    rows: dict[Term | str, list[Node]] = defaultdict(list)
    for node in dict.fromkeys(nodes):
        array = arrays.array_of(node)
        if array is not None:
            rows[array if array.size <= NARROW else array.dtype.kind].append(node)
    places = {}
    for row in rows.values():
        joined = _in_a_row(arrays, np.array(row))
        places.update({node: (joined, place) for place, node in enumerate(row)})
    found = []
    for node, output in zip(nodes, outputs, strict=True):
        if node not in places:
            number = arrays.number(node)
            found.append(number if output.scalar else arrays.without_axes(number))
        else:
            joined, place = places[node]
            if output.scalar:
                found.append(arrays.apply(entry, joined, index=place))
            else:
                found.append(arrays.apply(index_op, joined, key=(place,)))
    return found


def _in_a_row(arrays: Arrays, nodes: Nodes) -> Term:
    """The nodes one after the other, so that they leave their arrays by one call."""
    parts = runs(*arrays.location(nodes))
    if len(parts) > FEW_RUNS:
        row = arrays.full(nodes)
    else:
        found = [arrays.full(nodes[part]) for part in parts]
        row = found[0] if len(found) == 1 else arrays.apply(concatenate_op, *found, axis=0)
    return row if row.dtype.kind == "b" else arrays.real(row)
