"""`Value` (one number) and `Tensor` (an array): the arithmetic of nodes, defined once for both.

How derivatives flow is in `backward`; how NumPy's own functions find nodes is in `protocols`.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self

import numpy as np

from autograd import ops
from autograd.backward import backward
from autograd.graph import (
    Array,
    ArrayNode,
    Node,
    ScalarNode,
    next_index,
    recording,
    scalar_node,
)
from autograd.ops import At, Axis
from autograd.ops.elementwise import Elementwise
from autograd.protocols import IN_PLAIN_ARRAY, NumPyProtocols

_STORE_SUBSCR = dis.opmap["STORE_SUBSCR"]


class Arithmetic(NumPyProtocols, Node):
    """What a Value and a Tensor can both do: operators, comparisons, and NumPy's methods."""

    __slots__ = ()

    def __add__(self, other: Array) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Array) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Array) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Array) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Array) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Array) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Array) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Array) -> Any:
        return ops.div(other, self)

    def __floordiv__(self, other: Array) -> Any:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Array) -> Any:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Array) -> Any:
        return ops.mod(self, other)

    def __rmod__(self, other: Array) -> Any:
        return ops.mod(other, self)

    def __pow__(self, other: Array) -> Any:
        return ops.pow(self, other)

    def __rpow__(self, other: Array) -> Any:
        return ops.pow(other, self)

    def __matmul__(self, other: Array) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Array) -> Any:
        return ops.matmul(other, self)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Any:
        return ops.abs(self)

    def __round__(self, decimals: int | None = None) -> Any:
        return ops.round(self, decimals or 0)

    # Comparisons look at the data and give plain booleans: they steer a program and have no
    # derivative. A node is hashed by identity, so it can be a key of a dictionary.

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return _compare(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(np.not_equal, self, other)

    def __lt__(self, other: Array) -> Any:
        return _compare(np.less, self, other)

    def __le__(self, other: Array) -> Any:
        return _compare(np.less_equal, self, other)

    def __gt__(self, other: Array) -> Any:
        return _compare(np.greater, self, other)

    def __ge__(self, other: Array) -> Any:
        return _compare(np.greater_equal, self, other)

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __float__(self) -> float:
        caller = sys._getframe(1)
        if caller.f_code.co_code[caller.f_lasti] == _STORE_SUBSCR:  # array[i] = node
            raise TypeError(IN_PLAIN_ARRAY)
        return self.item()

    def __int__(self) -> int:
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.size == 1 else format(str(self), spec)

    def item(self) -> float:
        """The single number as a Python float; ValueError where there are more."""
        if self.size != 1:
            raise ValueError(f"item() needs a single number, and this has shape {self.shape}")
        return float(np.asarray(self.primal).reshape(()))

    def numpy(self) -> Any:
        """The data as an array that can be read but not written, without copying it."""
        view = np.asarray(self.primal).view()
        view.flags.writeable = False
        return view

    def detach(self) -> Self:
        """A leaf with the same data and no history: what is computed from it is not tied to the
        graph of this node.
        """
        raise NotImplementedError

    def backward(self, gradient: Array | None = None) -> None:
        """Add ∂self/∂leaf to the `.grad` of every leaf this node was computed from.

        gradient: the cotangent of this node, of its shape; may be left out for a single number,
            where it is 1.

        A node inside the graph gets the `.grad` of this pass alone; it is there to be read, and may
        share its memory with that of a leaf. The graph stays, so the pass can be run again. Raises
        ValueError for a node of more than one number without `gradient`.

        >>> from autograd import Value
        >>> a, b = Value(2.0), Value(-3.0)
        >>> (a * b).backward()
        >>> a.grad, b.grad
        (-3.0, 2.0)
        """
        backward(self, gradient)

    # What programs written for micrograd read.

    @property
    def _prev(self) -> set[Node]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        return "" if self.op is None else self.op.symbol

    # The methods of a NumPy array.

    @property
    def T(self) -> Any:
        """The axes reversed."""
        return ops.transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes exchanged: each matrix of a batch transposed."""
        return ops.matrix_transpose(self)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Σ of the entries; see `autograd.sum`."""
        return ops.sum(self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """The arithmetic mean; see `autograd.mean`."""
        return ops.mean(self, axis, keepdims)

    def var(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
        """The variance; see `autograd.var`."""
        return ops.var(self, axis, ddof, keepdims)

    def std(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Any:
        """The standard deviation; see `autograd.std`."""
        return ops.std(self, axis, ddof, keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """The product of the entries; see `autograd.prod`."""
        return ops.prod(self, axis, keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """The largest entry; see `autograd.max`."""
        return ops.max(self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """The smallest entry; see `autograd.min`."""
        return ops.min(self, axis, keepdims)

    def argmax(self, axis: int | None = None) -> Any:
        """Where the largest entry is: plain integers, without derivative."""
        return ops.argmax(self, axis)

    def argmin(self, axis: int | None = None) -> Any:
        """Where the smallest entry is: plain integers, without derivative."""
        return ops.argmin(self, axis)

    def cumsum(self, axis: int | None = None) -> Any:
        """Running sums; see `autograd.cumsum`."""
        return ops.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Any:
        """Running products; see `autograd.cumprod`."""
        return ops.cumprod(self, axis)

    def reshape(self, *shape: Any) -> Any:
        """The same entries in another shape; see `autograd.reshape`."""
        return ops.reshape(self, *shape)

    def ravel(self) -> Any:
        """The entries in one axis."""
        return ops.ravel(self)

    flatten = ravel

    def transpose(self, *axes: Any) -> Any:
        """The axes permuted, or reversed where none are named; see `autograd.transpose`."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return ops.transpose(self, given or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return ops.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> Any:
        """Without the axes of length one; see `autograd.squeeze`."""
        return ops.squeeze(self, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Each entry several times over; see `autograd.repeat`."""
        return ops.repeat(self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> Any:
        """The entries at `indices` along an axis; see `autograd.take`."""
        return ops.take(self, indices, axis)

    def diagonal(self, offset: int = 0) -> Any:
        """The entries x[i, i + offset]; see `autograd.diagonal`."""
        return ops.diagonal(self, offset)

    def trace(self, offset: int = 0) -> Any:
        """The sum of the diagonal; see `autograd.trace`."""
        return ops.trace(self, offset)

    def dot(self, other: Array) -> Any:
        """The product as `numpy.dot` defines it; see `autograd.dot`."""
        return ops.dot(self, other)

    def clip(self, min: Array = None, max: Array = None) -> Any:
        """Held between two bounds; see `autograd.clip`."""
        return ops.clip(self, min, max)

    def round(self, decimals: int = 0) -> Any:
        """To so many decimals, with derivative 0; see `autograd.round`."""
        return ops.round(self, decimals)

    def astype(self, dtype: Any) -> Any:
        """In another floating-point type; its cotangent is cast back."""
        return ops.cast(self, dtype)

    def exp(self) -> Any:
        """exp(x), entry by entry."""
        return ops.exp(self)

    def log(self) -> Any:
        """ln x, entry by entry."""
        return ops.log(self)

    def sqrt(self) -> Any:
        """√x, entry by entry."""
        return ops.sqrt(self)

    def tanh(self) -> Any:
        """tanh x, entry by entry."""
        return ops.tanh(self)

    def sigmoid(self) -> Any:
        """1 / (1 + exp(-x)), entry by entry."""
        return ops.sigmoid(self)

    def relu(self) -> Any:
        """max(x, 0), entry by entry."""
        return ops.relu(self)


class Value(Arithmetic, ScalarNode, recorded=True):
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
        self.primal = data if data.__class__ is float else _as_float(data)
        self.op = self.a = self.b = self.da = self.db = None
        self.index = next_index()
        self.label = label
        self.grad = 0.0

    @property
    def data(self) -> float:
        """The number. Only a leaf can be given another."""
        number: float = self.primal
        return number

    @data.setter
    def data(self, new: Any) -> None:
        _require_leaf(self)
        self.primal = _as_float(new)
        self.renewed = next_index()

    def detach(self) -> Value:
        """A leaf with the same number and no history."""
        return Value(self.primal, self.label)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.primal!r}, grad={self.grad!r}{label})"

    def __reduce__(self) -> tuple[Any, ...]:
        _require_leaf(self)
        return Value, (self.primal, self.label)


class Tensor(Arithmetic, ArrayNode, recorded=True):
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
        self.primal = _as_float_array(data, dtype)
        self.op = None
        self.args = self.saved = ()
        self.settings = {}
        self.frozen = False
        self.index = next_index()
        self.label = label
        self.grad = None

    @property
    def data(self) -> Any:
        """The array. A leaf's may be written to or replaced; that of a result is read-only.

        Once a graph has read a leaf's array it is the graph's own, and `.data` is a fresh copy.
        """
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

    def detach(self) -> Tensor:
        """A leaf with the same numbers and no history."""
        return Tensor(self.primal, self.label)

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
        return self.primal.tolist()

    def __repr__(self) -> str:
        array = np.array2string(self.primal, separator=", ", prefix="Tensor(", threshold=100)
        label = f", label={self.label!r}" if self.label else ""
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({array}{label}{dtype})"

    def __reduce__(self) -> tuple[Any, ...]:
        _require_leaf(self)
        return Tensor, (self.primal, self.label)


def _compare(kernel: Callable[..., Any], x: Node, other: Any) -> Any:
    other = other.primal if isinstance(other, Node) else other
    if not isinstance(other, float | int | np.ndarray | np.generic | list | tuple):
        return NotImplemented
    result = kernel(x.primal, other)
    return result if np.ndim(result) else bool(result)


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
        if not is_recording():
            return scalar_node(out)
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
        if (kind is not float and kind is not int) or not recording.get():
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
