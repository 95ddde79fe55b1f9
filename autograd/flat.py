"""`Flat`: parameters one after the other in one array, so that one call changes them all."""

from __future__ import annotations

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
        self.array: NDArray[Any] = np.concatenate([tensor.primal.ravel() for tensor in tensors])
        self.parts: list[Any] = self.split(self.array)
        for tensor, part in zip(self.tensors, self.parts, strict=True):
            _lay(tensor, part)

    def split(self, array: Any) -> list[Any]:
        """Another array of that length as parts in the shapes of the tensors."""
        ends = accumulate((tensor.size for tensor in self.tensors), initial=0)
        return [
            array[start:stop].reshape(tensor.shape)
            for tensor, (start, stop) in zip(self.tensors, pairwise(ends), strict=True)
        ]

    def hold(self) -> None:
        """Make sure that the tensors lie in `array`, also where they were given new data since."""
        for tensor, part in zip(self.tensors, self.parts, strict=True):
            if tensor.primal is not part:
                part.flags.writeable = True
                part[...] = tensor.primal
                _lay(tensor, part)


def _lay(tensor: Tensor, part: Any) -> None:
    """Let the tensor hold its part. It is lent, so that graphs read copies of it."""
    tensor.primal = part
    tensor.frozen, tensor.lent = False, True
