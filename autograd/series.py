"""Taylor mode: the coefficients of a function along a line, to any order, in one run.

If y(t) = φ(x(t)), then y'(t) is the tangent of y that x'(t) causes, and forward mode has the rule
for it. The rule is written in operations, so it can be run on power series as well: coefficient k
of y is coefficient k - 1 of its tangent, divided by k, and needs lower coefficients only. So the
table of derivatives is all that Taylor mode needs (Griewank and Walther, 2008, ch. 13). Where an
operation has a recurrence of its own (`recurrences`), that saves a factor of 2 to k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.around import Around
from autograd.engine.forward import push
from autograd.engine.graph import Args, Array, Node, Settings, leaf, next_index
from autograd.engine.operations import Interpreter, Op, using
from autograd.ops.complex_parts import is_complex, real
from autograd.ops.op_types import Elementwise
from autograd.recurrences import Coefficient, Rule, fit, product, recurrence, total
from autograd.trees import map_tree
from autograd.zeros import StrongZeros


class Series:
    """The Taylor coefficients of a node, each computed by a rule when it is first asked for."""

    def __init__(self, rule: Rule, *given: Coefficient) -> None:
        self.rule = rule
        self.given = given
        self._known = list(given)

    def __getitem__(self, k: int) -> Coefficient:
        known = self._known
        while len(known) <= k:
            known.append(self.rule(len(known)))
        return known[k]


class Taylor(Around):
    """Runs operations on power series, whose coefficients the interpreter `inner` computes.

    What a program asks of a node besides, it asks of the first coefficient.
    """

    records = True
    transparent = False
    inner: Interpreter

    def __init__(self, inner: Interpreter) -> None:
        super().__init__(inner)
        self.series: dict[Node, Series] = {}
        self.active: set[Node] = set()
        """Nodes whose derivative is not zero by what they are."""
        self._first = next_index()
        self._constants: set[Node] = set()
        self._results: dict[Any, Node] = {}
        self._velocities: dict[Node, Node] = {}

    def variable(self, series: Series) -> Node:
        """A node with these coefficients."""
        value = series[0]
        node: Node = leaf(value.primal if isinstance(value, Node) else value)
        self.series[node] = series
        self.active.add(node)
        return node

    def apply(self, op: Op, args: Args, settings: Settings) -> Any:
        if not any(map(self.moves, args)):
            return self._compute(op, args, settings)
        key = self._key(op, args)
        if key in self._results:
            return self._results[key]
        if not self.inner.replayed:  # higher coefficients read an array after f may have changed it
            args = tuple([arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args])
        first = self._compute(op, [self.coefficient(arg, 0) for arg in args], settings)
        primals = tuple([arg.primal if isinstance(arg, Node) else arg for arg in args])
        node = op.record(getattr(first, "primal", first), args, primals, settings)
        if op.has_derivative and not self.active.isdisjoint(node.parents):
            self.active.add(node)
            self.series[node] = Series(self._rule(node), first)
        else:  # of a comparison, say, or of what is detached
            self.series[node] = Series(lambda k: None, first)
        if key is not None:
            self._results[key] = node
        return node

    def _key(self, op: Op, args: Args) -> Any:
        """What tells whether the same was computed before: the slope of sin has a cos, and that of
        cos the same sin again. None where an argument may change in place, as an array may.
        """
        if not isinstance(op, Elementwise):
            return None
        if not all(self.moves(arg) or isinstance(arg, float | int) for arg in args):
            return None
        # A node lives as long as its series does; -0.0 is another number than 0.0.
        return op, *[id(x) if isinstance(x, Node) else (x.__class__, repr(x)) for x in args]

    def through(
        self, order: Iterable[Node], derivatives: dict[Node, Array], mode: str
    ) -> Iterable[Node]:
        return order

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        value = self.coefficient(node, 0)
        return self.inner.branch(value, kind) if isinstance(value, Node) else value

    def take_out(self, node: Node, how: str) -> Any:
        value = self.coefficient(node, 0)
        return self.inner.take_out(value, how) if isinstance(value, Node) else node.primal

    def detach(self, node: Node) -> Any:
        value = self.coefficient(node, 0)
        return self.inner.detach(value) if isinstance(value, Node) else node.primal

    def deliver(self, results: list[Node], inputs: Sequence[Node], plain: bool) -> list[Array]:
        return [self.detach(result) for result in results] if plain else list(results)

    def recording(self) -> Interpreter:
        return self

    def without_recording(self) -> Interpreter:
        return Constant(self)

    def __getattr__(self, name: str) -> Any:
        hook = super().__getattr__(name)
        if name not in ("assign", "observe"):
            return hook
        return lambda *args: hook(*map_tree(lambda x: self.coefficient(x, 0), args))

    @contextmanager
    def with_strong_zeros(self, path: Sequence[Node]) -> Iterator[None]:
        """A block in which the series of the nodes of `path` are computed again, by an interpreter
        that tells strong zeros from others.
        """
        before = self.inner, self.series, self._velocities, self._results
        zeros = StrongZeros(self.inner)
        self.inner, self._velocities, self._results = zeros, {}, {}
        self.series = {}
        for node, series in before[1].items():
            if node.op is None:
                first, *higher = series.given
                self.series[node] = Series(series.rule, zeros.variable(first), *higher)
        try:
            for node in path:
                args = [self.coefficient(arg, 0) for arg in node.args]
                first = self._compute(node.op, args, node.settings)
                rule = self._rule(node) if node in self.active else lambda k: None
                self.series[node] = Series(rule, first)
            yield
        finally:
            self.inner, self.series, self._velocities, self._results = before

    def _compute(self, op: Op, args: Sequence[Array], settings: Settings) -> Any:
        with using(self.inner):
            return op(*args, **settings)

    def coefficient(self, x: Any, k: int) -> Coefficient:
        """Coefficient k of a node, or of a constant, of which only the first is not zero."""
        if self.moves(x):
            return self.series[x][k]
        return x if k == 0 else None

    def moves(self, x: Any) -> bool:
        """Whether x is a node that has a series.

        Any other node is a constant. Raises TypeError where it was computed from one that has a
        series, by an interpreter that knows nothing of it.
        """
        if not isinstance(x, Node):
            return False
        if x in self.series:
            return True
        stack = [x]
        while stack:
            node = stack.pop()
            if node.index > self._first and node not in self._constants:
                if not self.series.keys().isdisjoint(node.parents):
                    raise TypeError(f"taylor: operation {node.op.name!r} has no series")
                self._constants.add(node)
                stack += node.parents
        return False

    def _rule(self, node: Node) -> Rule:
        """How the coefficients of a result from the second on follow from those before."""
        with using(self.inner):
            rule = recurrence(node.op.among(node, self.active), node, self.coefficient)
        if rule is None:
            slope: list[Coefficient] = []

            def rule(k: int) -> Coefficient:
                if not slope:
                    slope.append(self._slope(node))
                coefficient = self.coefficient(slope[0], k - 1)
                return None if coefficient is None else fit(coefficient / k, node)

        def in_outer(k: int) -> Coefficient:
            with using(self.inner):
                return rule(k)

        return in_outer

    def _slope(self, node: Node) -> Array:
        """dnode/dt as a node: the tangent that the velocities of its arguments cause."""
        with using(self):
            velocities = {arg: self._velocity(arg) for arg in node.parents if arg in self.active}
            slope = total(push(node, velocities, node, node.args, True))
            return slope if slope is None or is_complex(node) else real(slope)

    def _velocity(self, x: Node) -> Node:
        """dx/dt as a node, whose coefficient k is (k + 1) · x[k + 1]."""
        if x not in self._velocities:
            series = self.series[x]

            def rule(k: int) -> Coefficient:
                return product(series[k + 1], k + 1)

            with using(self.inner):
                first = rule(0)
                zeros = 0.0 if isinstance(x, Node.number) else np.zeros(x.shape, x.dtype)
                first = zeros if first is None else fit(first, x)
            self._velocities[x] = self.variable(Series(rule, first))
        return self._velocities[x]


class Constant(Around):
    """Stands for recording turned off: results are constants, of t and of what is around."""

    records = False
    inner: Taylor

    def apply(self, op: Op, args: Args, settings: Settings) -> Any:
        first = [self.inner.coefficient(arg, 0) for arg in args]
        with using(self.inner.inner.without_recording()):
            return op(*first, **settings)

    def recording(self) -> Interpreter:
        return self.inner

    def without_recording(self) -> Interpreter:
        return self
