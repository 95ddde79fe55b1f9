"""`Flat`: parameters one after the other in one array, so that one call changes them all."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.nodes import Tensor


class Flat:
    """Tensors whose data are parts of one array.

    tensors: leaves of one floating-point type, each once.

    `array` holds the data of all in their order, each in C order; `parts` are the views of it that
    the tensors hold. What is written into `array` is in the tensors, and the other way round.
    Raises ValueError for tensors of several types, and for results of operations.

    >>> import numpy as np
    >>> from autograd import Flat, Tensor
    >>> w, b = Tensor([[1.0, 2.0]]), Tensor([3.0])
    >>> flat = Flat([w, b])
    >>> flat.array *= 10
    >>> w.tolist(), b.tolist()
    ([[10.0, 20.0]], [30.0])
    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        kinds = {tensor.dtype for tensor in tensors}
        if len(kinds) != 1:
            raise ValueError(
                "parameters of one type are needed to lie in one array, and these are of "
                f"{', '.join(sorted(kind.name for kind in kinds)) or 'none'}"
            )
        if any(tensor.op is not None for tensor in tensors):
            raise ValueError("the result of an operation cannot be moved: only leaves can")
        self.tensors: list[Tensor] = list(tensors)
        self._move()

    def _move(self) -> None:
        """Into a new array; whoever still holds a part of the old one keeps it as it is."""
        self.array: NDArray[Any] = np.concatenate(
            [tensor.primal.ravel() for tensor in self.tensors]
        )
        self.parts: list[Any] = self.split(self.array)
        for tensor, part in zip(self.tensors, self.parts, strict=True):
            tensor.primal = part
            tensor.frozen = False
        self.settled()

    def split(self, array: Any) -> list[Any]:
        """Another array of that length as parts in the shapes of the tensors."""
        ends = accumulate((tensor.size for tensor in self.tensors), initial=0)
        return [
            array[start:stop].reshape(tensor.shape)
            for tensor, (start, stop) in zip(self.tensors, pairwise(ends), strict=True)
        ]

    def settled(self) -> None:
        """Note who holds parts of the array now; see `hold`."""
        self._known = self._holders()

    def hold(self) -> bool:
        """Make sure that the tensors lie in `array`, also where they were given new data since.

        False where that took a new array, since a graph or somebody else has come to rely on the
        old one since `settled` was called.
        """
        frozen = False
        for tensor, part in zip(self.tensors, self.parts, strict=True):
            if tensor.primal is not part:
                if part.flags.writeable:
                    _lay(tensor, part)
                else:
                    frozen = True
            frozen = frozen or tensor.frozen
        if not frozen:
            return True
        if self._holders() != self._known:
            self._move()
            return False
        for tensor, part in zip(self.tensors, self.parts, strict=True):
            part.flags.writeable = True
            _lay(tensor, part)
        return True

    def _holders(self) -> tuple[int, ...]:
        """How many there are who hold the array or a part of it."""
        return (sys.getrefcount(self.array), *[sys.getrefcount(part) for part in self.parts])


def _lay(tensor: Tensor, part: Any) -> None:
    """The data of a tensor into its part of the array."""
    if tensor.primal is not part:
        part[...] = tensor.primal
        tensor.primal = part
    tensor.frozen = False
