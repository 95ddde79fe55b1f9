"""`pad`, composed of indexing, reductions and joining."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.elementwise import floor, round
from autograd.ops.indexing import set_op, take
from autograd.ops.reductions import max as max_of
from autograd.ops.reductions import mean, median
from autograd.ops.reductions import min as min_of
from autograd.ops.structural import (
    as_array,
    broadcast_to,
    cast,
    concatenate_op,
    holds_node,
    index_op,
    shape_of,
)

Mode: TypeAlias = Literal[
    "constant",
    "edge",
    "empty",
    "linear_ramp",
    "maximum",
    "mean",
    "median",
    "minimum",
    "reflect",
    "symmetric",
    "wrap",
]
_STATISTICS: Final[dict[str, Callable[..., Array]]] = {
    "maximum": max_of,
    "mean": mean,
    "median": median,
    "minimum": min_of,
}


@array_function
def pad(
    x: ArrayLike,
    pad_width: Any,
    mode: Mode = "constant",
    constant_values: Any = 0,
    *,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: Literal["even", "odd"] = "even",
) -> Array:
    """Pad x: add entries before and after it along each axis.

    pad_width: the number of entries, a pair (before, after), or a pair for each axis.
    mode: what the new entries are: "constant", `constant_values`; "edge", the nearest entry of x;
        "reflect" and "symmetric", the mirror image without and with the edge; "wrap", x repeated;
        "linear_ramp", from the edge to `end_values`; "maximum", "mean", "median" and "minimum", of
        the `stat_length` entries at that end, or of all; "empty", 0.
    reflect_type: "odd" for mirror images reflected in the value of the edge, too.

    What may differ at the two ends is given as `pad_width` is. Each entry of x gets the sum of the
    cotangents of its copies. Raises ValueError for another mode or a pad_width that does not match
    x.

    >>> import numpy as np
    >>> from autograd import grad, pad
    >>> pad(np.array([1.0, 2.0, 3.0]), (1, 2), "reflect")
    array([2., 1., 2., 3., 2., 1.])
    >>> grad(lambda x: pad(x, 2, "edge").sum())(np.ones(3))
    array([3., 1., 3.])
    """
    x = as_array(x)
    shape = shape_of(x)
    widths = _widths(pad_width, shape)
    if mode in ("constant", "empty"):
        values = constant_values if mode == "constant" else 0
        if holds_node(values):
            return _by_axis(
                x, widths, values, lambda part, axis, end, value: cast(value, part.dtype)
            )
        frame = np.pad(np.zeros(shape, x.dtype), widths, constant_values=values)
        key = tuple([slice(n, n + size) for (n, _), size in zip(widths, shape, strict=True)])
        return set_op(frame, x, key=key)
    if mode == "linear_ramp":
        return _by_axis(x, widths, end_values, _ramp)
    if mode in _STATISTICS:
        statistic = _STATISTICS[mode]
        return _by_axis(x, widths, stat_length, lambda *where: _statistic(statistic, *where))
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"pad: mode {mode!r} is not one of {', '.join(map(repr, get_args(Mode)))}")
    for axis, added in enumerate(widths):
        if added != (0, 0):
            mirrored = take(x, np.pad(np.arange(shape[axis]), added, mode), axis)
            if mode in ("reflect", "symmetric") and reflect_type == "odd":
                mirrored = _odd(x, mirrored, axis, added, shape[axis] - (mode == "reflect"))
            x = mirrored
    return x


def _widths(pad_width: Any, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """The numbers of entries before and after, for each axis."""
    if isinstance(pad_width, dict):
        named = {axis % len(shape): width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(named.get(axis, 0), 2) for axis in range(len(shape))]
    try:
        pairs = np.broadcast_to(pad_width, (len(shape), 2)).tolist()
    except ValueError as error:
        raise ValueError(f"pad: pad_width {pad_width} does not match shape {shape}") from error
    return [(before, after) for before, after in pairs]


def _by_axis(
    x: Array, widths: list[tuple[int, int]], values: Any, entries: Callable[..., Array]
) -> Array:
    """One axis after the other, `entries(part, axis, end, value)` joined to either end: what
    broadcasts to the new entries at an end, for the value that belongs to it.
    """
    for axis, ((before, after), pair) in enumerate(
        zip(widths, _pairs(values, len(widths)), strict=True)
    ):
        shape = shape_of(x)
        parts = [x]
        for end, (width, value) in enumerate(zip((before, after), pair, strict=True)):
            if width:
                new = entries(x, axis, (end, width), value)
                new = broadcast_to(new, (*shape[:axis], width, *shape[axis + 1 :]))
                if x.dtype.kind in "iu":
                    new = floor(new) if entries is _ramp else round(new)
                parts.insert(len(parts) * end, cast(new, x.dtype))
        x = concatenate_op(*parts, axis=axis) if len(parts) > 1 else x
    return x


def _pairs(values: Any, ndim: int) -> Iterator[Any]:
    """A value for either end of each axis, from all forms that NumPy takes."""
    if values is None:
        return iter([(None, None)] * ndim)
    values = as_array(values)
    if shape_of(values) in ((), (2,), (1, 2)) or shape_of(values)[-1] == 1:
        values = broadcast_to(values, (ndim, 2))
    return iter([(values[axis, 0], values[axis, 1]) for axis in range(ndim)])


def _part(x: Array, axis: int, start: int | None, stop: int | None) -> Array:
    return index_op(x, key=(slice(None),) * axis + (slice(start, stop),))


def _ramp(x: Array, axis: int, where: tuple[int, int], last: Array) -> Array:
    """From the edge of x to the value that the outermost entry has."""
    end, width = where
    edge = _part(x, axis, -1, None) if end else _part(x, axis, None, 1)
    if x.dtype.kind in "iu":  # whose differences wrap around
        edge = cast(edge, float)
    shares = np.arange(width) / width
    shares = shares[::-1] if end else shares
    shares = shares.reshape([-1 if a == axis else 1 for a in range(len(shape_of(x)))])
    return last + (edge - last) * shares


def _statistic(
    statistic: Callable[..., Array], x: Array, axis: int, where: tuple[int, int], length: Any
) -> Array:
    n = shape_of(x)[axis]
    n = n if length is None else min(n, int(length))
    return statistic(_part(x, axis, -n, None) if where[0] else _part(x, axis, None, n), axis, True)


def _odd(x: Array, mirrored: Array, axis: int, added: tuple[int, int], most: int) -> Array:
    """2 · edge - the mirror image, before and after x."""
    if max(added) > most:
        raise ValueError(
            f"pad: with reflect_type='odd' at most {most} entries are added along axis {axis}, "
            f"not {added}"
        )
    before, after = added
    n = shape_of(mirrored)[axis]
    parts = [
        2 * _part(x, axis, None, 1) - _part(mirrored, axis, None, before),
        x,
        2 * _part(x, axis, -1, None) - _part(mirrored, axis, n - after, None),
    ]
    return concatenate_op(*parts, axis=axis)
