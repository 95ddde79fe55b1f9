"""`repeat`, `tile` and `pad`, composed of indexing."""

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


def pad(x: ArrayLike, pad_width: Any, mode: Mode = "constant", constant_values: Any = 0) -> Array:
    """Pad x: add entries before and after it along each axis.

    pad_width: the number of entries, a pair (before, after), or a pair for each axis.
    mode: what the new entries are: "constant", `constant_values`; "edge", the nearest entry of x;
        "reflect" and "symmetric", the mirror image without and with the edge; "wrap", x repeated.

    Each entry of x gets the sum of the cotangents of its copies. Raises ValueError for another mode
    or a pad_width that does not match x.

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
        raise ValueError(f"pad: pad_width {pad_width} does not match shape {shape}") from error
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
