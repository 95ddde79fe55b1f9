"""Taylor mode: the coefficients of a function along a line, to any order, in one run.

If y(t) = φ(x(t)), then y'(t) is the tangent of y that x'(t) causes, and forward mode has the rule
for it. The rule is written in operations, so it can be run on power series as well: coefficient k
of y is coefficient k - 1 of its tangent, divided by k, and needs lower coefficients only. So the
table of derivatives is all that Taylor mode needs (Griewank and Walther, 2008, ch. 13). Linear
operations act on each coefficient, products are convolutions, and quotients and powers have the
recurrences of that chapter, which save a factor of k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd.around import Around
from autograd.engine.forward import push
from autograd.engine.graph import Args, Array, Node, Settings, leaf
from autograd.engine.operations import Interpreter, Op, using
from autograd.ops import elementwise
from autograd.ops.op_types import Elementwise, Linear, Multilinear, chain_product, masked_product
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import broadcast_to, shape_of
from autograd.trees import map_tree

Coefficient: TypeAlias = Array
"""Plain data, or a node of the interpreter around; None stands for zero."""
Rule: TypeAlias = Callable[[int], Coefficient]

_PRODUCTS = (elementwise.mul, chain_product, masked_product)


class Series:
    """The Taylor coefficients of a node, each computed by a rule when it is first asked for."""

    def __init__(self, rule: Rule, *known: Coefficient) -> None:
        self._rule = rule
        self._known = list(known)

    def __getitem__(self, k: int) -> Coefficient:
        known = self._known
        while len(known) <= k:
            known.append(self._rule(len(known)))
        return known[k]


class Taylor(Around):
    """Runs operations on power series, whose coefficients the interpreter `inner` computes.

    What a program asks of a node besides, it asks of the first coefficient.
    """

    records = True
    transparent = False

    def __init__(self, inner: Interpreter) -> None:
        super().__init__(inner)
        self.series: dict[Node, Series] = {}
        self._results: dict[Any, Node] = {}
        self._velocities: dict[Node, Node] = {}

    def variable(self, series: Series) -> Node:
        """A node with these coefficients."""
        value = series[0]
        node: Node = leaf(value.primal if isinstance(value, Node) else value)
        self.series[node] = series
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
        self.series[node] = Series(self._rule(node), first)
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

    def _compute(self, op: Op, args: Sequence[Array], settings: Settings) -> Any:
        with using(self.inner):
            return op(*args, **settings)

    def coefficient(self, x: Any, k: int) -> Coefficient:
        """Coefficient k of a node, or of a constant, of which only the first is not zero."""
        if self.moves(x):
            return self.series[x][k]
        return x if k == 0 else None

    def moves(self, x: Any) -> bool:
        """Whether x is a node that is a function of t."""
        if not isinstance(x, Node):
            return False
        if x not in self.series and not self.series.keys().isdisjoint(x.parents):
            raise TypeError(f"taylor: operation {x.op.name!r} has no series")
        return x in self.series

    def _rule(self, node: Node) -> Rule:
        """How the coefficients of a result from the second on follow from those before."""
        op, args, settings = node.op.among(node, self.series), node.args, node.settings
        at = self.coefficient
        if isinstance(op, Linear):

            def rule(k: int) -> Coefficient:
                x = at(args[0], k)
                return None if x is None else self._compute(op, (x,), settings)

        elif isinstance(op, Elementwise) and not any(map(callable, op.partials)):

            def rule(k: int) -> Coefficient:
                terms = [_product(at(arg, k), p) for arg, p in zip(args, op.partials, strict=True)]
                return self._fit(self._sum(terms), node)

        elif op in _PRODUCTS:
            x, y = args

            def rule(k: int) -> Coefficient:
                return self._sum(_product(at(x, j), at(y, k - j)) for j in range(k + 1))

        elif isinstance(op, Multilinear) and len(args) == 2:
            x, y = args

            def rule(k: int) -> Coefficient:
                pairs = [(at(x, j), at(y, k - j)) for j in range(k + 1)]
                return self._sum(
                    self._compute(op, pair, settings)
                    for pair in pairs
                    if pair[0] is not None and pair[1] is not None
                )

        elif op is elementwise.div:  # out · y = x
            x, y = args

            def rule(k: int) -> Coefficient:
                terms = [_product(at(y, j), self.series[node][k - j]) for j in range(1, k + 1)]
                rest = self._sum([at(x, k), _product(self._sum(terms), -1)])
                return None if rest is None else self._fit(elementwise.div(rest, at(y, 0)), node)

        elif op is elementwise.pow and self._is_power(*args):  # x · out' = p · out · x'
            x, p = args

            def rule(k: int) -> Coefficient:
                terms = [
                    _product(_product(at(x, j), self.series[node][k - j]), p * j - (k - j))
                    for j in range(1, k + 1)
                ]
                total = self._sum(terms)
                return None if total is None else total / (k * at(x, 0))

        else:
            slope: list[Coefficient] = []

            def rule(k: int) -> Coefficient:
                if not slope:
                    slope.append(self._slope(node))
                coefficient = at(slope[0], k - 1)
                return None if coefficient is None else self._fit(coefficient / k, node)

        def in_outer(k: int) -> Coefficient:
            with using(self.inner):
                return rule(k)

        return in_outer

    def _is_power(self, x: Array, p: Array) -> bool:
        """Whether p is a number, and no x is 0, where a power may have no series."""
        with using(self.inner):
            apart = nondifferentiable(np.not_equal, self.coefficient(x, 0), 0)
            return isinstance(p, int | float) and bool(nondifferentiable(np.all, apart))

    def _slope(self, node: Node) -> Array:
        """dnode/dt as a node: the tangent that the velocities of its arguments cause."""
        with using(self):
            velocities = {arg: self._velocity(arg) for arg in node.args if self.moves(arg)}
            return self._sum(
                push(node, n, velocities, node, node.args, True)
                for n, arg in enumerate(node.args)
                if self.moves(arg)
            )

    def _velocity(self, x: Node) -> Node:
        """dx/dt as a node, whose coefficient k is (k + 1) · x[k + 1]."""
        if x not in self._velocities:
            series = self.series[x]

            def rule(k: int) -> Coefficient:
                return _product(series[k + 1], k + 1)

            with using(self.inner):
                first = rule(0)
                zeros = 0.0 if isinstance(x, Node.number) else np.zeros(x.shape, x.dtype)
                first = zeros if first is None else self._fit(first, x)
            self._velocities[x] = self.variable(Series(rule, first))
        return self._velocities[x]

    @staticmethod
    def _sum(terms: Iterable[Coefficient]) -> Coefficient:
        total = None
        for term in terms:
            if term is not None:
                total = term if total is None else total + term
        return total

    @staticmethod
    def _fit(x: Coefficient, node: Node) -> Coefficient:
        return x if x is None or shape_of(x) == node.shape else broadcast_to(x, node.shape)


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


def _product(x: Coefficient, y: Coefficient) -> Coefficient:
    """x · y; where y is a slope of True or False it selects, and nothing leaks through it."""
    if x is None or y is None:
        return None
    if isinstance(y, bool) or getattr(y, "dtype", None) == np.dtype(bool):
        return elementwise.where(y, x, 0.0)
    return x * y
