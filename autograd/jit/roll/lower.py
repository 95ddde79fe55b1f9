"""From groups to array operations: where each group's numbers stand, and what computes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.graph import Op
from autograd.jit.roll.blocks import Pairing
from autograd.jit.roll.groups import Group, Groups
from autograd.jit.roll.packing import entry, pack, segment_sums
from autograd.jit.roll.patterns import Places, common_shape, strides_of
from autograd.jit.roll.views import gather, read, reshaped
from autograd.jit.terms import Term, Terms
from autograd.ops.contraction import einsum_op
from autograd.ops.elementwise import add, mul
from autograd.ops.products import matmul_op
from autograd.ops.structural import broadcast_op, cast_op, concatenate_op, sum_op


class Lowering:
    """The arrays of the groups, made in order."""

    def __init__(self, terms: Terms, groups: Groups) -> None:
        self._terms = terms
        self._groups = groups
        self._group = np.array([group.number for group in groups.of])
        self._place = np.zeros(len(groups.of), int)
        self._array: dict[int, Term] = {}
        self._number: dict[int, Term] = {}
        """Nodes that are numbers and in no array."""
        self._joined: dict[tuple[int, ...], tuple[Term, dict[int, int]]] = {}
        for group in groups.in_order():
            self._make(group)

    def outputs(self) -> list[Term]:
        """The outputs as Python's numbers."""
        nodes = self._groups.outputs
        in_arrays = [node for node in nodes if node not in self._number and not self._is_leaf(node)]
        if len(in_arrays) < 2:
            return [self.number(node) for node in nodes]
        ids = np.array(list(dict.fromkeys(in_arrays)))
        joined = self._read(ids)
        if joined.shape != ids.shape:
            joined = self._terms.apply(broadcast_op, [joined], shape=ids.shape)
        index = {node: n for n, node in enumerate(ids.tolist())}
        return [
            self._terms.apply(entry, [joined], index=index[node])
            if node in index
            else self.number(node)
            for node in nodes
        ]

    def _is_leaf(self, node: int) -> bool:
        return self._groups.of[node].depth == 0

    def number(self, node: int) -> Term:
        """A node as one of Python's numbers."""
        if node in self._number:
            return self._number[node]
        group = self._groups.of[node]
        if group.depth == 0:
            leaf: Term = group.args[self._place[node]]
            return leaf
        array = self._array[group.number]
        return self._terms.apply(entry, [array], index=int(self._place[node]))

    # ----------------------------------------------------------------------------------------------

    def _make(self, group: Group) -> None:
        if not group.nodes:
            return
        if group.depth == 0:
            self._place[group.nodes] = np.arange(len(group.nodes))
            if group is self._groups.constants:
                values = np.array([term.example for term in group.args], np.float64)
                self._array[group.number] = self._terms.constant(values)
            else:
                self._array[group.number] = self._terms.apply(pack, group.args)
        elif group.op is None:
            self._scalar_products(group)
        elif len(group.nodes) == 1:
            (node,), (args,) = group.nodes, group.args
            self._number[node] = self._terms.apply(group.op, [self.number(arg) for arg in args])
        else:
            self._elementwise(group.op, group)

    def _placed(self, group: Group, nodes: Any, array: Term) -> None:
        """`nodes` stand in `array`, in this order."""
        self._place[nodes] = np.arange(len(nodes))
        self._array[group.number] = array

    # ----------------------------------------------------------------------------------------------

    def _source(self, nodes: Places) -> tuple[Term, Places]:
        """One array that all of `nodes` stand in, and their places there."""
        numbers = tuple(np.unique(self._group[nodes]).tolist())
        if len(numbers) == 1 and numbers[0] in self._array:
            return self._array[numbers[0]], self._place[nodes]
        if numbers not in self._joined:
            parts, starts, start = [], {}, 0
            for number in numbers:
                if number not in self._array:
                    (node,) = [n for n in self._number if self._group[n] == number]
                    self._array[number] = self._terms.apply(pack, [self._number[node]])
                part = reshaped(self._terms, self._array[number], (-1,))
                if part.dtype.kind == "b":
                    part = self._terms.apply(cast_op, [part], dtype=np.dtype(np.float64))
                parts.append(part)
                starts[number] = start
                start += parts[-1].size
            array = parts[0] if len(parts) == 1 else self._terms.apply(concatenate_op, parts, axis=0)
            self._joined[numbers] = array, starts
        array, starts = self._joined[numbers]
        first = np.zeros(max(numbers) + 1, int)
        first[list(starts)] = list(starts.values())
        return array, first[self._group[nodes]] + self._place[nodes]

    def _read(self, nodes: Places) -> Term:
        """The numbers of `nodes`, in their shape or one that broadcasts to it."""
        first = int(nodes.flat[0])
        if (nodes == first).all() and (first in self._number or self._is_leaf(first)):
            return self.number(first)
        array, places = self._source(nodes)
        if array.constant:
            return self._terms.constant(_narrowed(array.example.ravel()[places]))
        return read(self._terms, array, places)

    def _full(self, nodes: Places) -> Term:
        """The numbers of `nodes` in their shape."""
        array, places = self._source(nodes)
        if array.constant:
            return self._terms.constant(array.example.ravel()[places])
        found = read(self._terms, array, places)
        if found.shape != nodes.shape:
            return gather(self._terms, array, places)
        return found

    # ----------------------------------------------------------------------------------------------

    def _elementwise(self, op: Op, group: Group) -> None:
        nodes = np.array(group.nodes)
        table = np.array(group.args).T
        order, shape = self._layout(table)
        args = [self._read(row[order].reshape(shape)) for row in table]
        if op.evaluate(tuple([_one(arg) for arg in args]), {}).dtype.kind not in "fb":
            args[0] = self._terms.apply(cast_op, [args[0]], dtype=np.dtype(np.float64))
        self._placed(group, nodes[order], self._terms.apply(op, args))

    def _layout(self, table: Any) -> tuple[Any, tuple[int, ...]]:
        """An order of the operations, and the shape of the result, in which most of what they take
        is regular. One row of nodes for each argument.
        """
        rows = []
        shapes = []
        for row in table:
            if self._groups.of[row[0]] is not self._groups.constants:
                source, places = self._source(row)
                if not source.constant and not (places == places[0]).all():
                    rows.append(places)
                    shapes.append(source.shape)
        count = table.shape[1]
        if not rows:
            return np.arange(count), (count,)
        distinct = [len(np.unique(row)) for row in rows]
        orders = [np.argsort(row, kind="stable") for row, n in zip(rows, distinct) if n == count]
        fewest_first = sorted(range(len(rows)), key=lambda n: distinct[n])
        orders.append(np.lexsort([rows[n] for n in reversed(fewest_first)]))
        best, least = (orders[0], (count,)), len(rows) + 1
        for order in orders:
            sorted_rows = [row[order] for row in rows]
            candidates = [
                s for row, s in zip(sorted_rows, shapes)
                if len(s) > 1 and int(np.prod(s)) == count and np.array_equal(row, np.arange(count))
            ]
            common = common_shape(sorted_rows)
            candidates += [common] if common else []
            candidates.append((count,))
            for shape in candidates:
                irregular = sum(strides_of(row.reshape(shape)) is None for row in sorted_rows)
                if irregular < least:
                    best, least = (order, shape), irregular
        return best

    # ----------------------------------------------------------------------------------------------

    def _scalar_products(self, group: Group) -> None:
        pairing = Pairing.of(group.args)
        lengths = {len(left) for left, _ in group.args}
        if len(lengths) > 1:
            return self._segments(group)
        p, q = len(pairing.lefts), len(pairing.rights)
        count = len(group.nodes)
        if count == p * q or (min(p, q) > 1 and p * q <= 3 * count):
            return self._matrix_product(group, pairing)
        return self._row_products(group)

    def _matrix_product(self, group: Group, pairing: Pairing) -> None:
        left, left_order = self._sorted_rows(np.array(pairing.lefts))
        right, right_order = self._sorted_rows(np.array(pairing.rights))
        columns = self._columns(left, right)
        left, right = left[:, columns], right[:, columns].T
        p, q = left.shape[0], right.shape[1]
        a = self._full(left[0] if p == 1 else left)
        b = self._full(right[:, 0] if q == 1 else right)
        self._array[group.number] = self._terms.apply(matmul_op, [a, b])
        i = np.argsort(left_order)[pairing.left_of]
        j = np.argsort(right_order)[pairing.right_of]
        self._place[group.nodes] = i * q + j

    def _sorted_rows(self, rows: Any) -> tuple[Any, Any]:
        _, places = self._source(rows)
        order = np.lexsort(places.T[::-1])
        return rows[order], order

    def _columns(self, left: Any, right: Any) -> Any:
        """An order of the terms of all sums, in which the factors stand in a row."""
        best, least = None, 3
        for row in (left[0], right[0]):
            _, places = self._source(row)
            order = np.argsort(places, kind="stable")
            irregular = 0
            for side in (left, right):
                source, places = self._source(side[:, order])
                irregular += not source.constant and strides_of(places) is None
            if irregular < least:
                best, least = order, irregular
        return best

    def _row_products(self, group: Group) -> None:
        left = np.array([l for l, _ in group.args])
        right = np.array([r for _, r in group.args])
        _, places = self._source(right)
        order = np.lexsort(places.T[::-1])
        left, right = left[order], right[order]
        a, b = self._full(left), self._full(right)
        if a.constant and (a.example == 1.0).all():
            array = self._terms.apply(sum_op, [b], axis=1, keepdims=False)
        else:
            array = self._terms.apply(einsum_op, [a, b], subscripts="ij,ij->i")
        self._placed(group, np.array(group.nodes)[order], array)

    def _segments(self, group: Group) -> None:
        left = np.array([node for row, _ in group.args for node in row])
        right = np.array([node for _, row in group.args for node in row])
        starts = np.cumsum([0, *[len(row) for row, _ in group.args[:-1]]])
        a, b = self._full(left), self._full(right)
        if not (a.constant and (a.example == 1.0).all()):
            b = self._terms.apply(mul, [a, b])
        elif b.dtype.kind == "b":
            b = self._terms.apply(cast_op, [b], dtype=np.dtype(np.float64))
        self._placed(group, group.nodes, self._terms.apply(segment_sums, [b], starts=starts))


def _one(arg: Term) -> Any:
    """An array of one entry of the kind that `arg` has."""
    return np.ones(1, arg.dtype)


def _narrowed(x: Any) -> Any:
    """x with length 1 along axes where all entries are the same; a float where all are."""
    for axis in range(x.ndim):
        first = x.take([0], axis)
        if np.array_equal(np.broadcast_to(first, x.shape), x):
            x = first
    return float(x.item()) if x.size == 1 else x
