"""NumPy's types of integers, which take nodes as well, and functions that find places.

Integers have no derivative. In a compiled program each run computes them anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import holds_node


class _SameAs(type):
    """A class that stands for one of NumPy's, in comparisons and checks of types."""

    theirs: type

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, cls.theirs)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.theirs)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.theirs

    def __hash__(cls) -> int:
        return hash(cls.theirs)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if args and holds_node(args[0]):
            return ops.cast(ops.array(args[0]), np.dtype(cls.theirs))
        return cls.theirs(*args, **kwargs)


def integer_type(theirs: Any) -> Any:
    """NumPy's type of integers, which of a node makes plain integers, as HIPS autograd does."""
    return _SameAs(theirs.__name__, (theirs,), {"theirs": theirs, "__module__": theirs.__module__})


def lexsort(keys: Any, axis: int = -1) -> Any:
    """The order of the entries by several keys, the last first."""
    return nondifferentiable(np.lexsort, ops.array(keys), axis=axis)


def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    """The places in an array of shape `dims`, counted in one row, of indices along its axes."""
    return nondifferentiable(_raveled, *multi_index, dims=dims, mode=mode, order=order)


def _raveled(*indices: Any, **settings: Any) -> Any:
    return np.ravel_multi_index(indices, **settings)


def unravel_index(indices: Any, shape: Any, order: Any = "C") -> tuple[Any, ...]:
    """The indices along each axis of an array of a shape, from places counted in one row."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    rows = nondifferentiable(_unraveled, indices, shape=shape, order=order)
    return tuple([rows[axis] for axis in range(len(shape))])


def _unraveled(indices: Any, shape: Any, order: Any) -> Any:
    return np.stack(np.unravel_index(indices, shape, order))
