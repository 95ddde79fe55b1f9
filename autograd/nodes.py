"""`Value`, one number, and `Tensor`, an array: the two kinds of node, and what each may hold.

Their arithmetic is in `arithmetic`; only what makes that of Values fast is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from autograd import ops
from autograd.arithmetic import Arithmetic
from autograd.graph import (
    Array,
    ArrayNode,
    Node,
    Op,
    ScalarNode,
    Settings,
    next_index,
    recording,
    scalar_node,
)
from autograd.lines import line_of
from autograd.ops import At
from autograd.ops.kinds import Elementwise, chain
from autograd.summaries import card, data_card, summary


class Value(Arithmetic, ScalarNode):
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

    __slots__ = ()

    def __init__(self, data: Any, label: str = "") -> None:
        self.primal: Any = data if data.__class__ is float else _as_float(data)
        self.op: Op | None = None
        self.a: Array = None
        self.b: Array = None
        self.da: float | None = None
        self.db: float | None = None
        self.index: int = next_index()
        self.label = label
        self.grad: Any = 0.0

    @property
    def data(self) -> float:
        """The number. Only a leaf can be given another."""
        number: float = self._taken_out(".data")
        return number

    @data.setter
    def data(self, new: Any) -> None:
        _require_leaf(self)
        self.primal = _as_float(new)
        self.renewed: int = next_index()

    def __repr__(self) -> str:
        self._taken_out("the text")
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.primal!r}, grad={self.grad!r}{label}){_made_at(self)}"

    def _repr_html_(self) -> str:
        rows = [("data", f"{self.primal!r}"), ("grad", f"{self.grad!r}"), *_origin(self)]
        return card(_title(self), rows)

    def __reduce__(self) -> tuple[Any, ...]:
        self._taken_out("a copy")
        _require_leaf(self)
        return Value, (self.primal, self.label)


class Tensor(Arithmetic, ArrayNode):
    """An array of numbers whose derivatives are tracked.

    data: anything `numpy.array` takes, of real numbers; it is copied. float32 and float64 stay as
        they are, integers and booleans become float64.
    label: a name for drawings and messages.
    dtype: the floating-point type to hold it in.

    `.data` is a NumPy array; on a leaf it may be replaced or written to, and a graph that used
    the old numbers keeps them. `.grad` is None until `backward` finds one. Raises TypeError for
    complex numbers and for objects.

    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> (x * x).sum().backward()
    >>> x.grad
    array([[2., 4.],
           [6., 8.]])
    """

    __slots__ = ()

    def __init__(self, data: Any, label: str = "", dtype: Any = None) -> None:
        self.primal: Any = _as_float_array(data, dtype)
        self.op: Op | None = None
        self.args: tuple[Array, ...] = ()
        self.saved: tuple[Any, ...] = ()
        self.settings: Settings = {}
        self.frozen: bool = False
        self.index: int = next_index()
        self.label = label
        self.grad: Any = None

    @property
    def data(self) -> Any:
        """The array. A leaf's may be written to or replaced; that of a result is read-only.

        Once a graph has read a leaf's array it is the graph's own, and `.data` is a fresh copy.
        """
        self._taken_out(".data")
        if self.op is not None:
            return self.numpy()
        if self.frozen:
            self.primal = self.primal.copy()
            self.frozen = False
        return self.primal

    @data.setter
    def data(self, new: Any) -> None:
        _require_leaf(self)
        if new is not self.primal:
            new = _as_float_array(new, self.dtype)
            if new.shape != self.shape:
                raise ValueError(
                    f"new data of shape {new.shape} for a tensor of shape {self.shape}"
                )
            self.primal = new
            self.frozen = False

    def __getitem__(self, key: Any) -> Any:
        return ops.index(self, key)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            "a node cannot be written into, since its graph relies on what it holds; instead of "
            "x[i] = v write x = x.at[i].set(v), and instead of x[i] += v write x = x.at[i].add(v)"
        )

    @property
    def at(self) -> At:
        """`x.at[key].set(v)` and `x.at[key].add(v)`: a copy of x with some entries changed."""
        return At(self)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor of shape () has no length")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def tolist(self) -> Any:
        """The numbers as nested lists of floats."""
        return self._taken_out(".tolist()").tolist()

    def __repr__(self) -> str:
        self._taken_out("the text")
        label = f", label={self.label!r}" if self.label else ""
        if self.size > MOST_SHOWN:
            return f"Tensor({summary(self)}{label}){_made_at(self)}"
        array = np.array2string(self.primal, separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({array}{label}{dtype}){_made_at(self)}"

    def _repr_html_(self) -> str:
        rows = [] if self.grad is None else [("grad", str(summary(self.grad)))]
        if self.size <= MOST_SHOWN:
            rows.insert(0, ("entries", np.array2string(self.primal, separator=", ")))
        return data_card(_title(self), self, [*rows, *_origin(self)])

    def __reduce__(self) -> tuple[Any, ...]:
        self._taken_out("a copy")
        _require_leaf(self)
        return Tensor, (self.primal, self.label)


ScalarNode.kind, ArrayNode.kind = Value, Tensor

MOST_SHOWN = 100
"""A tensor of more entries shows itself in figures."""


def _title(node: Node) -> str:
    return f"{type(node).__name__} {node.label}" if node.label else type(node).__name__


def _made_at(node: Node) -> str:
    line = line_of(node)
    return f"  # {node.op.name}, {line}" if node.op and line else ""


def _origin(node: Node) -> list[tuple[str, str]]:
    """What made a node, as a row of its card."""
    if node.op is None:
        return []
    line = line_of(node)
    return [("made by", f"{node.op.name} at {line}  {line.text}" if line else node.op.name)]


def _require_leaf(node: Node) -> None:
    if node.op is not None:
        raise ValueError(
            f"this node is the result of {node.op.name!r}, and its data follows from its parents: "
            "only a leaf can be given new data, copied or pickled. Use .detach() for a leaf."
        )


def _as_float(data: Any) -> float:
    if isinstance(data, Node):
        raise TypeError("Value of a node: it is tracked already; use x.detach() for a new leaf")
    if isinstance(data, complex | np.complexfloating):
        raise TypeError(f"Value({data!r}): complex numbers are not supported, only real ones")
    if np.ndim(data):
        raise TypeError(f"Value holds one number, not shape {np.shape(data)}; use Tensor")
    if isinstance(data, str | bytes) or data is None:
        raise TypeError(f"Value({data!r}): a real number is needed, not {type(data).__name__}")
    return float(data)


def _as_float_array(data: Any, dtype: Any = None) -> Any:
    if isinstance(data, Node):
        raise TypeError("Tensor of a node: it is tracked already; use x.detach() for a new leaf")
    array = np.array(data)
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.float64
    if array.dtype.kind == "c" or np.dtype(dtype).kind == "c":
        raise TypeError("complex numbers are not supported: hold real and imaginary parts apart")
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"Tensor holds real numbers, and this is an array of {array.dtype}: {str(data)[:60]}"
        )
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"Tensor(dtype={dtype}): a derivative needs a floating-point type")
    return array.astype(dtype, copy=False)


# --------------------------------------------------------------------------------------------------
# A program written in Values makes a node for every number, so their operators skip the checks
# that two floats do not need. They compute what `ops` says, and hand the rest over to it.


def _binary(op: Elementwise) -> Callable[[Value, Any], Any]:
    """`value op other`."""
    scalar, (left, right) = op.scalar, op.locals
    left_varies, right_varies = callable(left), callable(right)
    new, is_recording = object.__new__, recording.get

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
        mode = is_recording()
        if mode is not True:
            return scalar_node(out) if mode is False else op(self, other)
        node = new(Value)  # scalar_node(out, op, self, other, da, db) without the call
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


def _reflected(op: Elementwise) -> Callable[[Value, Any], Any]:
    """`number op value`."""
    scalar, (_, right) = op.scalar, op.locals
    right_varies = callable(right)

    def method(self: Value, other: Any) -> Any:
        kind = other.__class__
        if (kind is not float and kind is not int) or recording.get() is not True:
            return op(other, self)
        y = self.primal
        try:
            out = scalar(other, y)
            db = right(out, other, y) if right_varies else right
        except (ArithmeticError, ValueError):
            return op(other, self)
        return scalar_node(out, op, other, self, None, db)

    return method


for _name, _op in {
    "add": ops.add,
    "sub": ops.sub,
    "mul": ops.mul,
    "truediv": ops.div,
    "pow": ops.pow,
}.items():
    setattr(Value, f"__{_name}__", _binary(_op))
    setattr(Value, f"__r{_name}__", _reflected(_op))
ScalarNode.chain = _binary(chain)
