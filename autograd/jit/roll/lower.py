"""Lower groups to operations on arrays, laid out so that their arguments are regular."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.roll.arrays import Arrays, Nodes, Places, common_shape, inverse, read, strides_of
from autograd.jit.roll.grouping import Group, Groups, Node
from autograd.jit.roll.products import Products
from autograd.jit.roll.scalars import ACCUMULATED, Scalars
from autograd.jit.terms import Origins, Term, Terms, entry
from autograd.ops.elementwise import add, mul, where
from autograd.ops.structural import broadcast_op, cast_op, concatenate_op, index_op

NARROW = 3
"""Groups of at most so many nodes are computed as Python numbers."""


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
        elif group.chained:
            _chain(arrays, ACCUMULATED[group.op], group)
        elif len(group.nodes) <= NARROW:
            op = group.op
            rows = [[arrays.number(arg) for arg in args] for args in group.args]
            arrays.hold_numbers(group, [arrays.apply(op, *row) for row in rows])
        else:
            _elementwise(arrays, group.op, group)
    terms.index = -1
    return _outputs(arrays, groups.outputs, outputs)


def _sum_of_products(arrays: Arrays, left: tuple[Node, ...], right: tuple[Node, ...]) -> Term:
    factors = zip(map(arrays.number, left), map(arrays.number, right), strict=True)
    return reduce(partial(arrays.apply, add), [arrays.apply(mul, a, b) for a, b in factors])


def _chain(arrays: Arrays, op: Op, group: Group) -> None:
    """All chains at once; in the rows of shorter ones nobody reads the rest."""
    longest = max(map(len, group.args))
    rows = np.array([[*args, *args[-1:] * (longest - len(args))] for args in group.args])
    numbers = np.arange(rows.size).reshape(rows.shape)
    places = [row[1 : len(args)] for row, args in zip(numbers, group.args, strict=True)]
    array = arrays.apply(op, arrays.real(arrays.full(rows)))
    arrays.hold(group, array, np.concatenate(places))


# --------------------------------------------------------------------------------------------------
# Elementwise operations, in the order and shape in which the least of what they take is gathered


def _elementwise(arrays: Arrays, op: Op, group: Group) -> None:
    table = np.array(group.args).T
    order, shape = _layout(arrays, table)
    args = [arrays.read(row[order].reshape(shape)) for row in table]
    if op is where and args[0].dtype.kind != "b":  # constants are packed as real numbers
        args[0] = arrays.apply(cast_op, args[0], dtype=np.dtype(bool))
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


def _layout(arrays: Arrays, table: Nodes) -> tuple[Any, tuple[int, ...]]:
    """An order and a shape for operations whose arguments are the columns of `table`."""
    count = table.shape[1]
    rows, shapes = [], []
    for row in table:
        source, places = arrays.source(row)
        if not source.constant and not (places == places[0]).all():
            rows.append(places)
            shapes.append(source.shape)
    if not rows:
        return np.arange(count), (count,)
    best, least = None, len(rows) + 1
    for order in _orders(rows):
        ordered = [row[order] for row in rows]
        for shape in _shapes(ordered, shapes):
            irregular = sum([strides_of(row.reshape(shape)) is None for row in ordered])
            if irregular < least:
                best, least = (order, shape), irregular
    assert best is not None
    return best


def _orders(rows: list[Places]) -> list[Any]:
    """Orders to try: sorted by each argument that never repeats, or else as a grid of arguments
    with the longest axis last.
    """
    distinct = [len(np.unique(row)) for row in rows]
    orders = [
        np.argsort(row, kind="stable")
        for row, n in zip(rows, distinct, strict=True)
        if n == len(row)
    ]
    if not orders:
        fewest_first = sorted(range(len(rows)), key=distinct.__getitem__)
        orders.append(np.lexsort([rows[n] for n in reversed(fewest_first)]))
    return orders


def _shapes(rows: list[Places], shapes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Shapes to try: that of a whole array, one in which all arguments are regular, and flat."""
    count = len(rows[0])
    whole = np.arange(count)
    shapes_in_place = [
        shape
        for row, shape in zip(rows, shapes, strict=True)
        if math.prod(shape) == count and np.array_equal(row, whole)
    ]
    common = common_shape(rows)
    return [*shapes_in_place, *([common] if common else []), (count,)]


# --------------------------------------------------------------------------------------------------
# Outputs


def _outputs(arrays: Arrays, nodes: Sequence[Node], outputs: Sequence[Term]) -> list[Term]:
    """The nodes as `outputs` were, as numbers of Python or in arrays without axes."""
    rows: dict[Term | str, list[Node]] = defaultdict(list)
    for node in dict.fromkeys(nodes):
        array = arrays.array_of(node)
        if array is not None:
            rows[array if array.size <= NARROW else array.dtype.kind].append(node)
    places = {}
    for row in rows.values():
        joined = arrays.row(np.array(row))
        places.update({node: (joined, place) for place, node in enumerate(row)})
    results = []
    for node, output in zip(nodes, outputs, strict=True):
        if node not in places:
            number = arrays.number(node)
            results.append(number if output.scalar else arrays.without_axes(number))
        else:
            joined, place = places[node]
            if output.scalar:
                results.append(arrays.apply(entry, joined, index=place))
            else:
                results.append(arrays.apply(index_op, joined, key=(place,)))
    return results


# --------------------------------------------------------------------------------------------------
# What is done with arrays around the numbers


def put_in_place(
    terms: Terms, program: Scalars, outputs: Sequence[Term], rolled: Sequence[Term]
) -> list[Term]:
    """`outputs`, with all that depends on the wanted numbers made of `rolled` instead."""
    new = dict(zip(program.wanted, rolled, strict=True))
    origins = Origins()
    for term in program.after:
        assert term.op is not None
        args = [new.get(arg, arg) for arg in term.args]
        part = None
        if term.op is concatenate_op:
            part = _cut_out(terms, origins, args, term.settings["axis"])
        new[term] = part or terms.apply(term.op, args, **term.settings)
    return [new.get(output, output) for output in outputs]


def _cut_out(terms: Terms, origins: Origins, parts: Sequence[Term], axis: int) -> Term | None:
    """Parts of one array joined, as a part of it."""
    origins_of_parts = [origins[part] for part in parts]
    (base, _), *others = origins_of_parts
    if base in parts or any(other is not base for other, _ in others):
        return None
    places = np.concatenate([part for _, part in origins_of_parts], axis)
    whole = read(terms, base, places)
    if whole.shape != places.shape:
        whole = terms.apply(broadcast_op, [whole], shape=places.shape)
    return whole
