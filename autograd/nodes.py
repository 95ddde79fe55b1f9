"""`Tensor`, a node for an array: what it holds, and data in and out.

`Value`, a node for one number, is in `scalars`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.arithmetic import ArrayArithmetic
from autograd.convert import ArrayLike, as_float_array, require_leaf, require_meaning
from autograd.engine.graph import NO_SETTINGS, Array, Node, Settings, next_index
from autograd.engine.operations import Op
from autograd.ops.structural import Entries, broadcast_to, project, shape_of, sum_to


class Tensor(ArrayArithmetic, Node):
    """An array of numbers whose derivatives are tracked.

    data: anything `numpy.array` takes, of real or complex numbers; it is copied. float32, float64,
        complex64 and complex128 stay as they are, integers and booleans become float64.
    label: a name for drawings and messages.
    dtype: the floating-point type to hold it in.

    `.data` is a NumPy array; on a leaf it may be replaced or written to, and a graph that used
    the old numbers keeps them. `.grad` is None until `backward` finds one. Raises TypeError for
    objects.

    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> (x * x).sum().backward()
    >>> x.grad
    array([[2., 4.],
           [6., 8.]])
    """

    __slots__ = ("args", "frozen", "lent", "saved", "settings")

    def __init__(self, data: ArrayLike, label: str = "", dtype: DTypeLike | None = None) -> None:
        self.primal: NDArray[Any] = as_float_array(data, dtype)
        self.op: Op | None = None
        self.args: tuple[Array, ...] = ()
        self.saved: tuple[Any, ...] = ()
        self.settings: Settings = NO_SETTINGS
        self.index: int = next_index()
        self.label = label
        self.grad: NDArray[Any] | None = None
        self.frozen: bool = False  # whether a graph relies on the array
        self.lent: bool = False  # whether `.data` has handed it out, perhaps to be written to

    @staticmethod
    def made(
        primal: Any,
        op: Op | None = None,
        args: tuple[Array, ...] = (),
        saved: tuple[Any, ...] = (),
        settings: Settings = NO_SETTINGS,
    ) -> Tensor:
        """The result of an operation, or a leaf where there is none, around `primal` itself."""
        node = object.__new__(Tensor)
        node.primal = primal if isinstance(primal, np.ndarray) else np.asarray(primal)
        if node.primal.dtype.kind in "cO" and op is not None:
            require_meaning(op, node.primal)
        node.op, node.args, node.saved, node.settings = op, args, saved, settings
        node.index, node.label, node.grad = next_index(), "", None
        node.frozen = node.lent = False
        return node

    @property
    def data(self) -> NDArray[Any]:
        """The array. A leaf's may be written to or replaced; that of a result is read-only.

        Once a graph has read a leaf's array it is the graph's own, and `.data` is a fresh copy.
        """
        self._taken_out(".data")
        if self.op is not None:
            return self.numpy()
        if self.frozen:
            self.primal, self.frozen = self.primal.copy(), False
        self.lent = True
        return self.primal

    @data.setter
    def data(self, new: ArrayLike) -> None:
        require_leaf(self)
        if new is not self.primal:
            new = as_float_array(new, self.dtype)
            if new.shape != self.shape:
                raise ValueError(
                    f"new data of shape {new.shape} for a tensor of shape {self.shape}"
                )
            self.primal, self.frozen, self.lent = new, False, False

    def save(self) -> NDArray[Any]:
        """The array, which stays as it is from now on: whoever was handed it cannot write to it,
        and where a view of it may be about, which still could be written to, this is a copy.
        """
        if self.op is None and not self.frozen:
            if self.lent:
                self.freeze()
                self.primal, self.lent = self.primal.copy(), False
            self.freeze()
        return self.primal

    def freeze(self) -> None:
        """Let nobody write into the array any more: something relies on it."""
        self.primal.flags.writeable = False
        self.frozen = True

    def changed_parents(self) -> list[Node]:
        return [
            arg
            for arg, then in zip(self.args, self.saved, strict=True)
            if isinstance(arg, Node) and arg.primal is not then
            if not np.array_equal(arg.primal, then, equal_nan=True)
        ]

    def fit(self, share: Array) -> Array:
        primal = self.primal
        if (
            share.__class__ is np.ndarray
            and share.shape == primal.shape
            and share.dtype is primal.dtype
        ):
            return share
        if share.__class__ is Entries:
            return share
        shape = shape_of(share)
        if shape != self.shape:
            reduce = sum_to if len(shape) >= self.ndim else broadcast_to
            share = reduce(share, self.shape)
        return project(share, self.dtype)

    def share_memory(self, args: Sequence[Array]) -> None:
        sources = [arg for arg in args if isinstance(arg, Tensor)]
        if self.primal.base is not None or any(self.primal is arg.primal for arg in sources):
            if any(arg.lent for arg in sources):
                self.primal = self.primal.copy()
            else:
                for tensor in (self, *sources):
                    tensor.freeze()


Node.array = Tensor
