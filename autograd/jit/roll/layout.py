"""The order in which the operations of a group are done, and the shape of their results.

It is chosen for what they take: the more of it stands in regular patterns, the less is gathered.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.jit.roll.arrays import Arrays, Nodes
from autograd.jit.roll.patterns import Places, common_shape, strides_of


def layout(arrays: Arrays, table: Nodes) -> tuple[Any, tuple[int, ...]]:
    """An order and a shape for operations whose arguments are the columns of `table`."""
    count = table.shape[1]
    rows, shapes = _what_matters(arrays, table)
    if not rows:
        return np.arange(count), (count,)
    best, least = None, math.inf
    for order in _orders(rows):
        ordered = [row[order] for row in rows]
        for shape in _shapes(ordered, shapes):
            irregular = sum([_irregularity(row.reshape(shape)) for row in ordered])
            if irregular < least:
                best, least = (order, shape), irregular
    assert best is not None
    return best


def _what_matters(arrays: Arrays, table: Nodes) -> tuple[list[Places], list[tuple[int, ...]]]:
    """The places of arguments that are neither constants nor all the same, and their arrays."""
    rows, shapes = [], []
    for row in table:
        source, places = arrays.source(row)
        if not source.constant and not (places == places[0]).all():
            rows.append(places)
            shapes.append(source.shape)
    return rows, shapes


def _orders(rows: list[Places]) -> list[Any]:
    """That of each argument that is another one each time; and that of a grid of arguments, with
    the longest axis last.
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
    """That of an array that is taken as it is, that in which all is regular, and one axis."""
    count = len(rows[0])
    whole = np.arange(count)
    found = [
        shape
        for row, shape in zip(rows, shapes, strict=True)
        if math.prod(shape) == count and np.array_equal(row, whole)
    ]
    common = common_shape(rows)
    return [*found, *([common] if common else []), (count,)]


def _irregularity(places: Places) -> float:
    """0 for what is read in order, 1 for what has to be gathered."""
    strides = strides_of(places)
    if strides is None:
        return 1.0
    return 0.1 * any(stride < 0 for stride in strides)
