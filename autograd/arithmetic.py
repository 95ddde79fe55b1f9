"""What a `Value` and a `Tensor` can do: operators, comparisons, and how numbers get out of a graph.

The arithmetic is defined once for both. The methods of an array are in `array_methods`; NumPy's own
functions find nodes by `protocols`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from autograd import ops, sparse
from autograd.arguments import is_differentiated
from autograd.array_methods import ArrayMethods, Operand
from autograd.convert import ArrayLike, PlainArrayError
from autograd.display import Display
from autograd.engine.backward import run_backward
from autograd.engine.graph import Derivatives, Node, ancestors
from autograd.engine.operations import interpreter
from autograd.engine.spaces import detach_results, seed_of
from autograd.frames import caller, knows_stores, stores_item
from autograd.habits import OF_NODES, Habit
from autograd.ops import At, Axis
from autograd.ops.complex_parts import is_complex
from autograd.ops.predicates import (
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    nondifferentiable,
)
from autograd.protocols import NumPyProtocols

if TYPE_CHECKING:
    from autograd.nodes import Tensor

OUT_OF_THE_BOX = "the plain value"
"""How HIPS autograd's programs take out what a node holds."""


class Arithmetic(ArrayMethods[Operand], NumPyProtocols, Display):
    """What a Value and a Tensor can both do."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in OF_NODES]

    def __add__(self, other: Operand) -> Self:
        return ops.add(self, other)

    def __radd__(self, other: Operand) -> Self:
        return ops.add(other, self)

    def __sub__(self, other: Operand) -> Self:
        return ops.sub(self, other)

    def __rsub__(self, other: Operand) -> Self:
        return ops.sub(other, self)

    def __mul__(self, other: Operand) -> Self:
        return ops.mul(self, other)

    def __rmul__(self, other: Operand) -> Self:
        return ops.mul(other, self)

    def __truediv__(self, other: Operand) -> Self:
        return ops.div(self, other)

    def __rtruediv__(self, other: Operand) -> Self:
        return ops.div(other, self)

    def __floordiv__(self, other: Operand) -> Self:
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other: Operand) -> Self:
        return ops.floor_divide(other, self)

    def __mod__(self, other: Operand) -> Self:
        return ops.mod(self, other)

    def __rmod__(self, other: Operand) -> Self:
        return ops.mod(other, self)

    def __pow__(self, other: Operand) -> Self:
        return ops.pow(self, other)

    def __rpow__(self, other: Operand) -> Self:
        return ops.pow(other, self)

    def __matmul__(self, other: ArrayLike) -> Tensor:
        if other.__class__ is not np.ndarray and sparse.is_sparse(other):
            return sparse.reflected_product(self, other)
        return ops.matmul(self, other)

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        return sparse.product(other, self) if sparse.is_sparse(other) else ops.matmul(other, self)

    def __neg__(self) -> Self:
        return ops.neg(self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return ops.abs(self)

    def __divmod__(self, other: Operand) -> tuple[Self, Self]:
        return self // other, self % other

    def __rdivmod__(self, other: Operand) -> tuple[Self, Self]:
        return other // self, other % self

    def __round__(self, decimals: int | None = None) -> Self:
        return ops.round(self, decimals or 0)

    def __trunc__(self) -> Self:
        return ops.trunc(self)

    def __floor__(self) -> Self:
        return ops.floor(self)

    def __ceil__(self) -> Self:
        return ops.ceil(self)

    # Comparisons look at the data and give plain booleans: they steer a program and have no
    # derivative. A node is hashed by identity, so it can be a key of a dictionary.

    __hash__: ClassVar[Callable[[Any], int]] = object.__hash__

    def __eq__(self, other: object) -> Any:
        return _compare(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(np.not_equal, self, other)

    def __lt__(self, other: ArrayLike) -> Any:
        return _compare(np.less, self, other)

    def __le__(self, other: ArrayLike) -> Any:
        return _compare(np.less_equal, self, other)

    def __gt__(self, other: ArrayLike) -> Any:
        return _compare(np.greater, self, other)

    def __ge__(self, other: ArrayLike) -> Any:
        return _compare(np.greater_equal, self, other)

    def __bool__(self) -> bool:
        return bool(self._branched(bool))

    def __int__(self) -> int:
        if is_differentiated(self):
            raise TypeError(
                "int(x) of a node that is being differentiated would make a constant of it: write "
                "np.trunc(x) for a node, and int(x.item()) where the number itself is meant"
            )
        return int(self._branched(int))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(
                "a node of real numbers cannot be an index or a count: write int(x.item()), which "
                "rounds towards zero; or do not differentiate with respect to it (argnums chooses)"
            )
        return int(self)

    def _branched(self, kind: type[bool] | type[int]) -> Any:
        """The data, by which the program now decides how to go on."""
        return interpreter().branch(self, kind)

    def _taken_out(self, how: str) -> Any:
        """The data, for use outside of the graph."""
        return interpreter().take_out(self, how)

    # What only the answers to comparisons can do, which are nodes while a program is recorded.

    def __and__(self, other: ArrayLike) -> Any:
        return logical_and(self, other) if self.dtype.kind == "b" else NotImplemented

    def __or__(self, other: ArrayLike) -> Any:
        return logical_or(self, other) if self.dtype.kind == "b" else NotImplemented

    def __xor__(self, other: ArrayLike) -> Any:
        return logical_xor(self, other) if self.dtype.kind == "b" else NotImplemented

    __rand__: Final = __and__
    __ror__: Final = __or__
    __rxor__: Final = __xor__

    def __invert__(self) -> Any:
        if self.dtype.kind != "b":
            raise TypeError("~x is for booleans, and this node holds real numbers")
        return logical_not(self)

    def any(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether any entry is not zero; plain, without derivative."""
        return nondifferentiable(np.any, self, axis=axis, keepdims=keepdims)

    def all(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether no entry is zero; plain, without derivative."""
        return nondifferentiable(np.all, self, axis=axis, keepdims=keepdims)

    def __float__(self) -> float:
        return float(self._to_python("float"))

    def __complex__(self) -> complex:
        return complex(self._to_python("complex"))

    def _to_python(self, kind: str) -> Any:
        """The number, where Python or NumPy ask for one of a `kind`; TypeError where that would cut
        the node out of its graph.
        """
        if not knows_stores():
            raise TypeError(
                f"{kind}(x) of a node x: this Python cannot tell it from array[i] = x, which would "
                "cut x out of the graph; write x.item()"
            )
        if stores_item(caller(2)):  # array[i] = node
            raise PlainArrayError
        if is_differentiated(self):  # of what calls it there is no telling: float, math.sin, "%f"
            raise TypeError(
                f"{kind}(x) of a node that is being differentiated would make a constant of it, "
                "whose derivative is 0: call NumPy's function in place of Python's (np.sin(x) for "
                "math.sin(x)); build arrays by autograd.array([...]), not by fill or fromiter; and "
                "write x.item() where the number itself is meant"
            )
        return _number(self._taken_out(f"{kind}()"))

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.size == 1 else format(str(self), spec)

    def item(self) -> float:
        """The single number as a Python float, or complex; ValueError where there are more."""
        number: float = _number(self._taken_out(".item()"))
        return number

    def numpy(self) -> NDArray[Any]:
        """The data as an array that can be read but not written, without copying it."""
        view = np.asarray(self._taken_out(".numpy()")).view()
        view.flags.writeable = False
        return view

    def detach(self) -> Self:
        """A leaf with the same data and no history: what is computed from it is not tied to the
        graph of this node.
        """
        kind: Any = type(self)
        data: Any = interpreter().detach(self)
        if data.__class__ is kind:
            return data
        return interpreter().plain_result(Arithmetic.detach, (self,), kind(data, self.label))

    def backward(self, gradient: ArrayLike | None = None) -> None:
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
        interpreter().take_out(self, "backward()")
        order = ancestors([self], flowing=True)
        cotangents: Derivatives = {self: seed_of(self, gradient)}
        run_backward(order, cotangents, None, None, create_graph=False)
        leaves = list(cotangents)
        found = detach_results([(cotangents[leaf], leaf) for leaf in leaves])
        for leaf, g in zip(leaves, found, strict=True):
            leaf.grad = g if leaf.grad is None else leaf.grad + g

    # What programs written for micrograd read.

    @property
    def _prev(self) -> set[Node]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        return "" if self.op is None else self.op.symbol

    # And what those for HIPS autograd do.

    @property
    def _value(self) -> Any:
        return self._taken_out(OUT_OF_THE_BOX)


for _name, _habit in OF_NODES.items():
    setattr(Arithmetic, _name, Habit(_name, _habit))


class ArrayArithmetic(Arithmetic[ArrayLike]):
    """What an array can do besides: indexing, and being gone through."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Self:
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

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def tolist(self) -> Any:
        """The numbers as nested lists of floats."""
        return self._taken_out(".tolist()").tolist()


def _number(primal: Any) -> Any:
    if np.size(primal) != 1:
        raise ValueError(f"item() needs a single number, and this has shape {np.shape(primal)}")
    array = np.asarray(primal)
    return array.item() if array.dtype.kind == "c" else float(array.reshape(()))


def _compare(compare: Callable[..., Any], x: Node, other: Any) -> Any:
    known = isinstance(other, Node | float | complex | int | list | tuple)
    if not (known or hasattr(other, "__array__")):
        return NotImplemented
    if (
        x.primal.__class__ is not float
        and (is_complex(x) or is_complex(other))
        and compare not in (np.equal, np.not_equal)
    ):
        raise TypeError("complex numbers have no order: compare real parts or absolute values")
    answer = nondifferentiable(compare, x, other)
    return bool(answer) if isinstance(answer, np.bool_) else answer
