"""Functions that copy entries: repeat, tile and pad, composed of indexing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.indexing import set_op, take
from autograd.ops.structural import along, as_array, reshape_op, shape_of

Mode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]


def repeat(x: ArrayLike, repeats: Any, axis: int | None = None) -> Array:
    """Each entry `repeats` times over, a number or one for each; without `axis`, of x as a row.

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
            f"repeat: {repeats} is neither one number nor one for each of the {size} entries along "
            f"axis {axis} of shape {shape_of(x)}"
        ) from error
    return take(x, places, axis)


def tile(x: ArrayLike, reps: int | Sequence[int]) -> Array:
    """x laid side by side so many times along each axis, the last for a single number.

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


def pad(x: ArrayLike, pad_width: Any, mode: Mode = "constant", constant_values: Any = 0) -> Array:
    """x with entries added before and after it along each axis.

    pad_width: how many, as in NumPy: a number, a pair (before, after), or a pair for each axis.
    mode: "constant" puts `constant_values` there; "edge" the nearest entry of x; "reflect" and
        "symmetric" x mirrored, without and with its edge; "wrap" x once more.

    Raises ValueError for a mode that is not a copy of entries.

    >>> import numpy as np
    >>> from autograd import grad, pad
    >>> pad(np.array([1.0, 2.0, 3.0]), (1, 2), "reflect")
    array([2., 1., 2., 3., 2., 1.])
    >>> grad(lambda x: pad(x, 2, "edge").sum())(np.ones(3))
    array([3., 1., 3.])
    """
    x = as_array(x)
    shape = shape_of(x)
    try:
        widths = np.broadcast_to(pad_width, (len(shape), 2)).tolist()
    except ValueError as error:
        raise ValueError(f"pad: {pad_width} does not fit the axes of shape {shape}") from error
    if mode == "constant":
        frame = np.pad(np.zeros(shape, x.dtype), widths, constant_values=constant_values)
        key = tuple([slice(n, n + size) for (n, _), size in zip(widths, shape, strict=True)])
        return set_op(frame, x, key=key)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(
            f"pad: mode {mode!r} is not one of 'constant', 'edge', 'reflect', 'symmetric', 'wrap'"
        )
    for axis, added in enumerate(widths):
        if added != [0, 0]:
            x = take(x, np.pad(np.arange(shape[axis]), added, mode), axis)
    return x
