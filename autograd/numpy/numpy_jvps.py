"""What rules for `defjvp` are written with in HIPS autograd."""

from __future__ import annotations

from typing import Any

from autograd import ops
from autograd.hips.rules import def_linear, defjvp, defjvp_argnum
from autograd.numpy.numpy_vjps import balanced_eq, match_complex, replace_zero, untake
from autograd.ops.structural import broadcast_to

__all__ = [
    "balanced_eq",
    "broadcast",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "match_complex",
    "replace_zero",
    "untake",
]


def broadcast(x: Any, target: Any) -> Any:
    """x in the shape of `target`, and complex where that is.

    >>> import numpy as np
    >>> from autograd.numpy.numpy_jvps import broadcast
    >>> broadcast(np.array([1.0, 2.0]), np.zeros((2, 2)))
    array([[1., 2.],
           [1., 2.]])
    """
    shape = ops.shape_of(target)
    return match_complex(target, x if ops.shape_of(x) == shape else broadcast_to(x, shape))
