"""The methods of a NumPy array that nodes have: each is the function of that name on the node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd import ops
from autograd.convert import ArrayLike
from autograd.engine.graph import Node
from autograd.ops import Axis

if TYPE_CHECKING:
    from autograd.nodes import Tensor

Operand = TypeVar("Operand", bound=ArrayLike)
"""What an operator takes beside a node, to give one of the same kind."""


class ArrayMethods(Node, Generic[Operand]):
    """Sums, shapes and elementwise functions, as methods."""

    __slots__ = ()

    @property
    def T(self) -> Tensor:
        """The axes reversed."""
        return ops.transpose(self)

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged: each matrix of a batch transposed."""
        return ops.matrix_transpose(self)

    @property
    def real(self) -> Self:
        """The real part; see `autograd.real`."""
        return ops.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part; see `autograd.imag`."""
        return ops.imag(self)

    def conj(self) -> Self:
        """The complex conjugate; see `autograd.conj`."""
        return ops.conj(self)

    conjugate = conj

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Σ of the entries; see `autograd.sum`."""
        return ops.sum(self, axis, keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """The arithmetic mean; see `autograd.mean`."""
        return ops.mean(self, axis, keepdims)

    def var(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """The variance; see `autograd.var`."""
        return ops.var(self, axis, ddof, keepdims)

    def std(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor:
        """The standard deviation; see `autograd.std`."""
        return ops.std(self, axis, ddof, keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """The product of the entries; see `autograd.prod`."""
        return ops.prod(self, axis, keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """The largest entry; see `autograd.max`."""
        return ops.max(self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """The smallest entry; see `autograd.min`."""
        return ops.min(self, axis, keepdims)

    def argmax(self, axis: int | None = None) -> Any:
        """Where the largest entry is: plain integers, without derivative."""
        return ops.argmax(self, axis)

    def argmin(self, axis: int | None = None) -> Any:
        """Where the smallest entry is: plain integers, without derivative."""
        return ops.argmin(self, axis)

    def cumsum(self, axis: int | None = None) -> Tensor:
        """Running sums; see `autograd.cumsum`."""
        return ops.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Tensor:
        """Running products; see `autograd.cumprod`."""
        return ops.cumprod(self, axis)

    def reshape(self, *shape: int | Sequence[int], order: str = "C") -> Tensor:
        """The same entries in another shape; see `autograd.reshape`."""
        return ops.reshape(self, *shape, order=order)

    def ravel(self, order: str = "C") -> Tensor:
        """The entries in one axis; see `autograd.ravel`."""
        return ops.ravel(self, order)

    flatten = ravel

    def transpose(self, *axes: int | Sequence[int] | None) -> Tensor:
        """The axes permuted, or reversed where none are named; see `autograd.transpose`."""
        given: Any = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return ops.transpose(self, given or None)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Two axes exchanged."""
        return ops.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> Tensor:
        """Without the axes of length one; see `autograd.squeeze`."""
        return ops.squeeze(self, axis)

    def repeat(
        self, repeats: int | Sequence[int] | NDArray[np.integer[Any]], axis: int | None = None
    ) -> Tensor:
        """Each entry several times over; see `autograd.repeat`."""
        return ops.repeat(self, repeats, axis)

    def take(self, indices: ArrayLike, axis: int | None = None) -> Tensor:
        """The entries at `indices` along an axis; see `autograd.take`."""
        return ops.take(self, indices, axis)

    def diagonal(self, offset: int = 0) -> Tensor:
        """The entries x[i, i + offset]; see `autograd.diagonal`."""
        return ops.diagonal(self, offset)

    def trace(self, offset: int = 0) -> Tensor:
        """The sum of the diagonal; see `autograd.trace`."""
        return ops.trace(self, offset)

    def dot(self, other: Operand) -> Self:
        """The product as `numpy.dot` defines it; see `autograd.dot`."""
        return ops.dot(self, other)

    def clip(self, min: Operand | None = None, max: Operand | None = None) -> Self:
        """Held between two bounds; see `autograd.clip`."""
        return ops.clip(self, min, max)

    def round(self, decimals: int = 0) -> Self:
        """To so many decimals, with derivative 0; see `autograd.round`."""
        return ops.round(self, decimals)

    def astype(self, dtype: DTypeLike) -> Any:
        """In another floating-point type; its cotangent is cast back. In an integer type, or bool,
        plain data: they have no derivative.
        """
        return ops.cast(self, dtype)

    def exp(self) -> Self:
        """exp(x), entry by entry."""
        return ops.exp(self)

    def log(self) -> Self:
        """ln x, entry by entry."""
        return ops.log(self)

    def sqrt(self) -> Self:
        """√x, entry by entry."""
        return ops.sqrt(self)

    def tanh(self) -> Self:
        """tanh x, entry by entry."""
        return ops.tanh(self)

    def sigmoid(self) -> Self:
        """1 / (1 + exp(-x)), entry by entry."""
        return ops.sigmoid(self)

    def relu(self) -> Self:
        """max(x, 0), entry by entry."""
        return ops.relu(self)
