"""Arrays built from nodes: `array`, `full`, `linspace`, `r_` and `c_`.

Each function takes the arguments of NumPy's function of the same name.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.structural import holds_node


def array(object: Any, dtype: Any = None, *, copy: bool = True, ndmin: int = 0) -> Array:
    """An array from nested lists of nodes and numbers."""
    x = _typed(ops.array(object), dtype)
    missing = ndmin - len(ops.shape_of(x))
    return ops.expand_dims(x, tuple(range(missing))) if missing > 0 else x


def _typed(x: Array, dtype: Any) -> Array:
    return x if dtype is None else ops.cast(x, dtype)


def asarray(a: Any, dtype: Any = None) -> Array:
    """See `array`."""
    return array(a, dtype)


asanyarray: Final = asarray
ascontiguousarray: Final = asarray


def copy(a: Array) -> Array:
    """x itself, since nodes cannot be written into."""
    return ops.array(a)


def astype(x: Array, dtype: Any, /, *, copy: bool = True) -> Array:
    """x in another dtype; plain data in an integer dtype, which has no derivative."""
    return x.astype(dtype)


def full(shape: Any, fill_value: Array, dtype: Any = None) -> Array:
    """An array of this shape filled with a number, or with an array that broadcasts to it."""
    return _typed(ops.broadcast_to(fill_value, shape), dtype)


def full_like(a: Array, fill_value: Array, dtype: Any = None) -> Array:
    """An array of the shape and dtype of `a`, filled with a number; a node stays real."""
    own = getattr(a, "dtype", None)
    if dtype is None and own is not None and (own.kind in "fc" or not holds_node(fill_value)):
        dtype = own
    return full(ops.shape_of(a), fill_value, dtype)


def _alike(*arrays: Array) -> list[Array]:
    """Arrays in the floating-point type that NumPy finds for all of them."""
    arrays = tuple([ops.array(x) for x in arrays])
    common = np.result_type(*[x.dtype for x in arrays])
    return [ops.as_real(ops.cast(x, common)) for x in arrays]


def linspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced numbers: start + i (stop - start) / (num - 1)."""
    start, stop = _alike(start, stop)
    gaps = num - 1 if endpoint else num
    step = (stop - start) / gaps if gaps else np.nan * (stop - start)
    shares = (np.arange(num) / max(gaps, 1)).astype(step.dtype)
    ndim = len(ops.shape_of(step))
    line = start + (stop - start) * shares.reshape((num,) + (1,) * ndim)
    if endpoint and num > 1:  # without roundings, and also if the start is infinite
        line = ops.concatenate([line[:-1], ops.broadcast_to(stop, (1, *ops.shape_of(step)))])
    line = _typed(ops.moveaxis(line, 0, axis), dtype)
    return (line, step) if retstep else line


def logspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    base: Array = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Array:
    """The powers of `base` with evenly spaced exponents."""
    return _typed(ops.pow(base, linspace(start, stop, num, endpoint, axis=axis)), dtype)


def geomspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Array:
    """A geometric sequence: each number is a constant multiple of the one before."""
    start, stop, _ = _alike(start, stop, 1.0)
    sign = ops.sign(start)
    line = sign * ops.exp(linspace(ops.log(start / sign), ops.log(stop / sign), num, endpoint))
    ends = [ops.broadcast_to(end, (1, *ops.shape_of(line)[1:])) for end in (start, stop)]
    ends = ends[: min(num, 1 + endpoint)]
    if ends:
        line = ops.concatenate([ends[0], line[1 : num + 1 - len(ends)], *ends[1:]])
    return _typed(ops.moveaxis(line, 0, axis), dtype)


def make_diagonal(D: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Matrices with the last axis of D on their diagonals, as in HIPS autograd. Supports only
    offset=0, axis1=-1 and axis2=-2.
    """
    if offset != 0 or (axis1, axis2) not in ((-1, -2), (-2, -1)):
        raise NotImplementedError("make_diagonal: offset must be 0, axis1=-1 and axis2=-2")
    D = ops.array(D)
    return ops.expand_dims(D, -1) * np.eye(ops.shape_of(D)[-1])


class _Rows:
    """`r_[a, b]` joins arrays, numbers and slices along the first axis."""

    def __getitem__(self, key: Any) -> Array:
        if not holds_node(key):
            return np.r_[key]
        parts = key if isinstance(key, tuple) else (key,)
        return ops.concatenate([self.part(part) for part in parts], 0)

    def part(self, part: Any) -> Array:
        """One of the parts as an array."""
        if isinstance(part, str):
            raise TypeError(f"r_[{part!r}, ...] does not take nodes; use concatenate with an axis")
        return np.r_[part] if isinstance(part, slice) else ops.atleast_1d(part)


class _Columns(_Rows):
    """`c_[a, b]` joins arrays, numbers and slices along the last axis, with vectors as columns."""

    def __getitem__(self, key: Any) -> Array:
        if not holds_node(key):
            return np.c_[key]
        parts = [self.part(part) for part in (key if isinstance(key, tuple) else (key,))]
        columns = [ops.expand_dims(x, 1) if len(ops.shape_of(x)) == 1 else x for x in parts]
        return ops.concatenate(columns, -1)


r_: Final = _Rows()
c_: Final = _Columns()
