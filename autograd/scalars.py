"""`Value`, a node for one number, and the fast path of programs written in numbers.

Such a program makes a node for every number. So a `Value` saves its local derivatives in slots and
not its inputs in a tuple, which Python's garbage collector would have to walk, and its operators
skip the checks that two floats do not need. They compute what `ops` says, and hand the rest over
to it. To understand the engine, this file can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, SupportsFloat

import numpy as np

from autograd import ops
from autograd.arithmetic import Arithmetic
from autograd.convert import as_float, require_leaf
from autograd.engine.graph import NO_SETTINGS, Array, Node, Settings, next_index
from autograd.engine.operations import NOT_RECORDING, RECORDING, Op, interpreter
from autograd.ops.complex_parts import real
from autograd.ops.op_types import Elementwise, chain_product
from autograd.ops.structural import sum_to

_FLOAT, _BOOL = np.dtype(np.float64), np.dtype(bool)


class Value(Arithmetic["float | np.number[Any] | Value"], Node):
    """One number whose derivatives are tracked.

    data: a real number; integers become floats. Division by zero, overflow and domain errors give
        inf or nan, as in arrays, never an exception.
    label: a name for drawings and messages.

    `.data` is a Python float, and may be replaced on a leaf; `.grad` what `backward` found. Raises
    TypeError for anything but a real number.

    >>> a = Value(2.0, "a")
    >>> b = a * a + 3
    >>> b.backward()
    >>> b.data, a.grad
    (7.0, 4.0)
    """

    __slots__ = ("a", "b", "da", "db", "renewed")

    chain_product: ClassVar[Callable[[Value, Any], Any]]
    """The product of the chain rule, without the checks that two numbers do not need."""
    tied: ClassVar[type[Value]]
    """The kind of node that the larger or smaller of two equal ones is."""
    renewed: int
    """On a leaf: when it was given new data, counted as `index` is. Unset until then."""
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    settings: Settings = NO_SETTINGS

    def __init__(self, data: SupportsFloat, label: str = "") -> None:
        self.primal: float = data if data.__class__ is float else as_float(data)
        self.op: Any = None
        self.a: Array = None
        self.b: Array = None
        self.da: float | None = None
        self.db: float | None = None
        self.index: int = next_index()
        self.label = label
        self.grad: float = 0.0

    @staticmethod
    def made(
        primal: float,
        op: Op | None = None,
        a: Array = None,
        b: Array = None,
        da: float | None = None,
        db: float | None = None,
    ) -> Value:
        """The result of an elementwise operation of a and b, with its local derivatives; or a leaf
        where there is no operation.
        """
        node = object.__new__(Value)
        node.primal = primal
        node.op = op
        node.a = a
        node.b = b
        node.da = da
        node.db = db
        node.index = next_index()
        node.label = ""
        node.grad = 0.0
        return node

    @property
    def dtype(self) -> np.dtype[Any]:
        return _BOOL if self.primal.__class__ is bool else _FLOAT

    @property
    def args(self) -> tuple[Array, ...]:
        return () if self.op is None else (self.a, self.b)[: self.op.arity]

    @property
    def parents(self) -> tuple[Node, ...]:
        a, b = self.a, self.b
        if isinstance(a, Node):
            return (a, b) if isinstance(b, Node) else (a,)
        return (b,) if isinstance(b, Node) else ()

    def visit(self, stack: list[Node], seen: set[Node], first: int) -> None:
        a, b = self.a, self.b
        if self.da is not None and a.op and a.index >= first and a not in seen:
            seen.add(a)
            stack.append(a)
        if self.db is not None and b.op and b.index >= first and b not in seen:
            seen.add(b)
            stack.append(b)

    @property
    def data(self) -> float:
        """The number. Only a leaf can be given another."""
        return self._taken_out(".data")

    @data.setter
    def data(self, new: SupportsFloat) -> None:
        if self.op is not None:
            require_leaf(self)
        self.primal = new if new.__class__ is float else as_float(new)
        self.renewed = next_index()

    def save(self) -> float:
        return self.primal

    def fit(self, share: Array) -> Array:
        if share.__class__ is Value or share.__class__ is float:
            return share
        share = real(sum_to(share, ()))
        return share if isinstance(share, Node) else float(share)

    def changed_parents(self) -> list[Node]:
        leaves = [parent for parent in self.parents if parent.op is None]
        return [leaf for leaf in leaves if getattr(leaf, "renewed", -1) > self.index]

    def share_out(
        self, g: float, cotangents: dict[Node, Array], active: Collection[Node] | None
    ) -> None:
        """Add g · local derivative to the cotangent of each argument."""
        da, db = self.da, self.db
        if da is not None and (active is None or self.a in active):
            cotangents[self.a] = cotangents.get(self.a, 0.0) + g * da
        if db is not None and (active is None or self.b in active):
            cotangents[self.b] = cotangents.get(self.b, 0.0) + g * db

    def add_up(self, tangents: Mapping[Node, Array]) -> float:
        """Σ tangent · local derivative over the arguments."""
        total = 0.0
        if self.da is not None and self.a in tangents:
            total += tangents[self.a] * self.da
        if self.db is not None and self.b in tangents:
            total += tangents[self.b] * self.db
        return total


class _Tie(Value):
    """The larger or smaller of two equal numbers, which share its derivative; one alone gets 0."""

    __slots__ = ()

    def share_out(
        self, g: float, cotangents: dict[Node, Array], active: Collection[Node] | None
    ) -> None:
        if active is None or (self.a in active and self.b in active):
            super().share_out(g, cotangents, active)

    def add_up(self, tangents: Mapping[Node, Array]) -> float:
        return super().add_up(tangents) if self.a in tangents and self.b in tangents else 0.0


def _binary(op: Elementwise) -> Callable[[Value, Any], Any]:
    """`value op other`."""
    scalar, (left, right) = op.scalar, op.partials
    left_varies, right_varies = callable(left), callable(right)
    new = object.__new__

    def method(self: Value, other: Any) -> Any:
        kind = other.__class__
        x = self.primal
        try:
            if kind is Value:
                y = other.primal
                out = scalar(x, y)
                db = right(out, x, y) if right_varies else right
            elif kind is float or kind is int:
                y = other
                out = scalar(x, y)
                db = None
            else:
                return op(self, other)
            da = left(out, x, y) if left_varies else left
        except (ArithmeticError, ValueError):
            return op(self, other)
        running = interpreter()
        if running is not RECORDING and not running.direct:
            return Value.made(out) if running is NOT_RECORDING else op(self, other)
        node = new(Value)  # Value.made(out, op, self, other, da, db) without the call
        node.primal = out
        node.op = op
        node.a = self
        node.b = other
        node.da = da
        node.db = db
        node.index = next_index()
        node.label = ""
        node.grad = 0.0
        return node

    return method


def number_of(node: Node) -> Value:
    """The entry of an array of one entry, as a `Value`."""
    return Value.made(node.primal.item(), ops.identity, node, None, 1.0)


def _reflected(op: Elementwise) -> Callable[[Value, Any], Any]:
    """`number op value`."""
    scalar, (_, right) = op.scalar, op.partials
    right_varies = callable(right)

    def method(self: Value, other: Any) -> Any:
        kind = other.__class__
        if (kind is not float and kind is not int) or not interpreter().direct:
            return op(other, self)
        y = self.primal
        try:
            out = scalar(other, y)
            db = right(out, other, y) if right_varies else right
        except (ArithmeticError, ValueError):
            return op(other, self)
        return Value.made(out, op, other, self, None, db)

    return method


def _unary(op: Elementwise) -> Callable[[Value], Any]:
    """`op(value)`."""
    scalar, (slope,) = op.scalar, op.partials
    varies = callable(slope)
    new = object.__new__

    def function(x: Value) -> Any:
        primal = x.primal
        try:
            out = scalar(primal)
            da = slope(out, primal) if varies else slope
        except (ArithmeticError, ValueError):
            return interpreter().apply(op, (x,), NO_SETTINGS)
        running = interpreter()
        if (running is not RECORDING and not running.direct) or out.__class__ is not float:
            return running.apply(op, (x,), NO_SETTINGS)
        node = new(Value)  # as in `_binary`
        node.primal = out
        node.op = op
        node.a = x
        node.b = None
        node.da = None if da is False else da
        node.db = None
        node.index = next_index()
        node.label = ""
        node.grad = 0.0
        return node

    return function


for _op in ops.TABLE.values():
    if type(_op) is Elementwise and _op.arity == 1 and _op.scalar and _op.partials[0]:
        _op.of_value = _unary(_op)
for _name, _op in {
    "add": ops.add,
    "sub": ops.sub,
    "mul": ops.mul,
    "truediv": ops.div,
    "pow": ops.pow,
}.items():
    setattr(Value, f"__{_name}__", _binary(_op))
    setattr(Value, f"__r{_name}__", _reflected(_op))
Value.chain_product = _binary(chain_product)
Node.number = Value
_Tie.__name__ = _Tie.__qualname__ = Value.__name__  # which it shows itself as
Value.tied = _Tie
