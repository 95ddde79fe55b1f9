"""`repeat` and `tile`, composed of indexing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.indexing import take
from autograd.ops.structural import along, as_array, reshape_op, shape_of


@array_function
def repeat(x: ArrayLike, repeats: Any, axis: int | None = None) -> Array:
    """Repeat each entry along an axis; by default, of x flattened.

    repeats: how often, as one number or one for each entry along the axis.

    The cotangents of the copies are summed. Raises ValueError if `repeats` has another length.

    >>> import numpy as np
    >>> from autograd import grad, repeat
    >>> grad(lambda x: repeat(x, [2, 3]).sum())(np.ones(2))
    array([2., 3.])
    """
    x, axis = along(x, axis)
    size = shape_of(x)[axis]
    try:
        places = np.repeat(np.arange(size), repeats)
    except ValueError as error:
        raise ValueError(
            f"repeat: {repeats} must be one number, or one for each of the {size} entries along "
            f"axis {axis} of shape {shape_of(x)}"
        ) from error
    return take(x, places, axis)


@array_function
def tile(x: ArrayLike, reps: int | Sequence[int]) -> Array:
    """Copies of x side by side: `reps` copies along each axis, or along the last for one number.

    The cotangents of the copies are summed.

    >>> import numpy as np
    >>> from autograd import tile
    >>> tile(np.array([1.0, 2.0]), (2, 2))
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]])
    """
    reps = (reps,) if isinstance(reps, int) else tuple(reps)
    shape = shape_of(x)
    reps = (1,) * (len(shape) - len(reps)) + reps
    x = reshape_op(as_array(x), shape=(1,) * (len(reps) - len(shape)) + shape)
    for axis, times in enumerate(reps):
        if times != 1:
            x = take(x, np.tile(np.arange(shape_of(x)[axis]), times), axis)
    return x
