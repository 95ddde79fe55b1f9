"""The table of batching rules: how each operation is applied to a whole batch at once.

A rule takes an operation of the example with the arguments for all, and computes the results for
all in operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from string import ascii_letters
from typing import TypeAlias

import numpy as np

from autograd.batching import indices
from autograd.batching.step import Step, one_by_one
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.kernels import broadcast_axes
from autograd.ops import TABLE
from autograd.ops.op_types import Elementwise
from autograd.ops.predicates import question
from autograd.ops.products import einsum_op, matmul_op
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import (
    Axis,
    as_integers,
    broadcast_to,
    cast,
    concatenate_op,
    normalize_axis,
    reshape_op,
    shape_of,
    sum_op,
    transpose,
    transpose_op,
)
from autograd.scalars import Value

Rule: TypeAlias = Callable[[Step], Array]


def batch(step: Step) -> Array:
    """The results of an operation for all examples, by its rule, or else one after the other."""
    op = step.op
    rule = RULES.get(op) or (_aligned if isinstance(op, Elementwise) else one_by_one)
    return rule(step)


# --------------------------------------------------------------------------------------------------
# Operations that broadcast, and those that work on the last axes anyway


def _aligned(step: Step) -> Array:
    """Arguments as they are, but for axes of length one after the batch."""
    ndim = max(map(step.ndim, range(len(step.args))))
    args = [step.lifted(argnum, ndim) for argnum in range(len(step.args))]
    return step.op(*_unpromoted(step, args), **step.settings)


def _unpromoted(step: Step, args: list[Array]) -> list[Array]:
    """Python's floats take the type of arrays beside them, and so has an array made of floats."""
    numbers = [isinstance(arg, Value) for arg in step.node.args]
    types = {
        arg.dtype
        for arg, number in zip(step.node.args, numbers, strict=True)
        if not number and getattr(getattr(arg, "dtype", None), "kind", "") == "f"
    }
    if not types or not any(numbers):
        return args
    dtype = np.result_type(*types)
    return [
        cast(arg, dtype) if number and many else arg
        for arg, number, many in zip(args, numbers, step.batched, strict=True)
    ]


def _native(step: Step) -> Array:
    """One argument, whose last axes alone count."""
    return step.op(step.args[0], **step.settings)


def _recurrence(step: Step) -> Array:
    return step.op(step.spread(0), step.spread(1))


# --------------------------------------------------------------------------------------------------
# Operations along axes


def _later(axis: Axis, ndim: int) -> Axis:
    """The same axes, after a batch axis."""
    if isinstance(axis, int):
        return axis % max(ndim, 1) + 1
    return tuple([a + 1 for a in normalize_axis(axis, ndim)])


def _along(step: Step) -> Array:
    """Reductions, and what else has an axis."""
    settings = step.settings
    settings["axis"] = _later(settings.get("axis"), step.ndim(0))
    return step.op(step.args[0], **settings)


def _ranked(step: Step) -> Array:
    """Questions for the number of an entry, along one axis or in the example as one row."""
    settings, x, ndim = step.settings, step.args[0], step.ndim(0)
    if step.op is question(np.argsort):
        settings.setdefault("axis", -1)
    if settings.get("axis") is None:
        x, ndim = reshape_op(x, shape=(step.size, math.prod(step.shape(0)))), 1
        settings["axis"] = 0
        settings.pop("keepdims", None)
    settings["axis"] = _later(settings["axis"], ndim)
    return reshape_op(step.op(x, **settings), shape=(step.size, *step.node.shape))


def _roll(step: Step) -> Array:
    settings, x, axis = step.settings, step.args[0], step.settings["axis"]
    if axis is not None:
        axes = axis if isinstance(axis, tuple) else (axis,)  # an axis may be named twice
        settings["axis"] = tuple([a % step.ndim(0) + 1 for a in axes])
        return step.op(x, **settings)
    rows = reshape_op(x, shape=(step.size, math.prod(step.shape(0))))
    shift = settings["shift"]
    shift = sum(shift) if isinstance(shift, tuple) else shift
    return reshape_op(step.op(rows, shift=shift, axis=1), shape=(step.size, *step.node.shape))


# --------------------------------------------------------------------------------------------------
# Shapes


def _reshape(step: Step) -> Array:
    return reshape_op(step.args[0], shape=(step.size, *step.node.shape))


def _transpose(step: Step) -> Array:
    axes, ndim = step.settings["axes"], step.ndim(0)
    axes = range(ndim)[::-1] if axes is None else axes
    return transpose_op(step.args[0], axes=(0, *[a % ndim + 1 for a in axes]))


def _broadcast(step: Step) -> Array:
    shape = step.settings["shape"]
    return broadcast_to(step.lifted(0, len(shape)), (step.size, *shape))


def _sum_to(step: Step) -> Array:
    shape = step.settings["shape"]
    axes = [axis + 1 for axis in broadcast_axes(shape, step.shape(0))]
    summed = sum_op(step.args[0], axis=tuple(axes), keepdims=False)
    return reshape_op(summed, shape=(step.size, *shape))


def _concatenate(step: Step) -> Array:
    parts = [step.spread(argnum) for argnum in range(len(step.args))]
    return concatenate_op(*parts, axis=step.settings["axis"] % step.node.ndim + 1)


# --------------------------------------------------------------------------------------------------
# Products


def _matmul(step: Step) -> Array:
    """One product of matrices where that is possible, and else a batch of them."""
    (x, y), (left, right) = step.args, step.batched
    m, n = step.ndim(0), step.ndim(1)
    if left and not right and n <= 2:  # rows of all examples, one below the other
        rows = x if m == 1 else reshape_op(x, shape=(-1, step.shape(0)[-1]))
        return reshape_op(matmul_op(rows, y), shape=(step.size, *step.node.shape))
    if right and not left and n == 1 and m <= 2:
        return matmul_op(y, x if m == 1 else transpose(x))
    if m == n == 1:
        return einsum_op(x, y, subscripts="bi,bi->b")
    x, y = (_as_matrices(step, argnum, max(m, n, 2)) for argnum in (0, 1))
    return reshape_op(matmul_op(x, y), shape=(step.size, *step.node.shape))


def _as_matrices(step: Step, argnum: int, ndim: int) -> Array:
    """A factor whose examples have so many axes: a vector is a row on the left, else a column."""
    x, shape = step.args[argnum], step.shape(argnum)
    if len(shape) == 1:
        shape = (*shape, 1) if argnum else (1, *shape)
    if step.batched[argnum]:
        shape = (step.size, *(1,) * (ndim - len(shape)), *shape)
    return x if shape_of(x) == shape else reshape_op(x, shape=shape)


def _einsum(step: Step) -> Array:
    subscripts = step.settings["subscripts"]
    free = [letter for letter in ascii_letters if letter not in subscripts]
    if not free:
        return one_by_one(step)
    inputs, output = subscripts.split("->")
    named = [
        free[0] * many + letters
        for letters, many in zip(inputs.split(","), step.batched, strict=True)
    ]
    return einsum_op(*step.args, subscripts=f"{','.join(named)}->{free[0]}{output}")


# --------------------------------------------------------------------------------------------------
# Windows


def _after_places(step: Step) -> Array:
    """Windows, whose places are the first axes, after which the batch then is."""
    places = len(step.settings["windows"][0])
    return moveaxis(step.op(step.args[0], **step.settings), places, 0)


def _overlap_add(step: Step) -> Array:
    settings = step.settings
    places = len(settings["windows"][0])
    settings["shape"] = (step.size, *settings["shape"])
    return step.op(moveaxis(step.args[0], 0, places), **settings)


def _window_by_window(step: Step) -> Array:
    """Along the last axes anyway; all arguments have the same axes before these."""
    return step.op(*[step.spread(argnum) for argnum in range(len(step.args))], **step.settings)


def _conv(step: Step) -> Array:
    """More images where the weights are the same for all; otherwise each example is a group."""
    op, settings, (x, y) = step.op, step.settings, step.args
    if op is not TABLE["conv_weights"] and not step.batched[1]:
        out = op(reshape_op(x, shape=(-1, *step.shape(0)[1:])), y, **settings)
        return reshape_op(out, shape=(step.size, *step.node.shape))
    *geometry, groups = settings["geometry"]
    settings["geometry"] = (*geometry, groups * step.size)
    images = [True, op is TABLE["conv_weights"]]  # whether the channels are the second axis
    joined = [_channels_joined(step.spread(argnum), second) for argnum, second in enumerate(images)]
    out = op(*joined, **settings)
    if op is TABLE["conv_weights"]:
        return reshape_op(out, shape=(step.size, *step.node.shape))
    first, channels, *rest = step.node.shape
    return moveaxis(reshape_op(out, shape=(first, step.size, channels, *rest)), 1, 0)


def _channels_joined(x: Array, second: bool) -> Array:
    """The channels of all examples, which are the first or the second axis of each."""
    if second:
        x = moveaxis(x, 0, 1)
    size, channels, *rest = shape_of(x)[second:]
    return reshape_op(x, shape=(*shape_of(x)[:second], size * channels, *rest))


# --------------------------------------------------------------------------------------------------


def _named(names: str, rule: Rule) -> dict[Op, Rule]:
    return {TABLE[name]: rule for name in names.split()}


def _asked(names: str, rule: Rule) -> dict[Op, Rule]:
    return {question(getattr(np, name)): rule for name in names.split()}


RULES: dict[Op, Rule] = {
    **_named("cast real imag conj cumprod inv pinv det slogdet cholesky qr eig eigh svd", _native),
    **_named("sum mean max min prod var std norm logsumexp softmax log_softmax cumsum", _along),
    **_named("fft ifft rfft irfft", _along),
    TABLE["reshape"]: _reshape,
    TABLE["transpose"]: _transpose,
    TABLE["broadcast_to"]: _broadcast,
    TABLE["sum_to"]: _sum_to,
    TABLE["concatenate"]: _concatenate,
    TABLE["roll"]: _roll,
    TABLE["recurrence"]: _recurrence,
    **_named("index gather", indices.gather),
    **_named("scatter place", indices.place),
    TABLE["set"]: indices.set,
    TABLE["matmul"]: _matmul,
    TABLE["einsum"]: _einsum,
    TABLE["solve"]: _aligned,
    TABLE["windows"]: _after_places,
    TABLE["overlap_add"]: _overlap_add,
    **_named("window_sum window_max give_largest take_largest", _window_by_window),
    **_named("conv conv_input conv_weights", _conv),
    question(as_integers): _native,
    **_asked("any all count_nonzero max", _along),
    **_asked("argmax argmin argsort", _ranked),
    **_asked("isclose isinf isneginf isposinf signbit trunc", _aligned),
}
"""The rules by operation; elementwise operations broadcast, and the rest go one by one."""
