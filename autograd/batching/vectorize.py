"""`vectorize`: turn a function of one point, written for numbers, into one of arrays of points."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from autograd.batching.batch import Batch
from autograd.engine.graph import Array, Node
from autograd.jit.errors import JitError, JitNotice
from autograd.jit.trace import user_line
from autograd.ops.structural import (
    Shape,
    as_array,
    broadcast_to,
    cast,
    concatenate,
    index_op,
    ravel,
    reshape_op,
    shape_of,
)
from autograd.scalars import Value
from autograd.trees import flatten
from autograd.wrap_util import require_function

LIMIT = 64
"""The points of one call go so many ways together; those of further ways one by one."""


def vectorize(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function that gives f(x) for each point x of an array, in array operations for all.

    f is written on numbers: with operators, comparisons, and functions of autograd or NumPy, not of
    `math`. It gives a number or array, or a nested dict, list or tuple of them. Its arguments are
    numbers too, or nest them; arrays in their place, of any shapes that broadcast, are points.
    Numbers are handed on as they are, and so are keyword arguments.

    f runs on one point, and what it does is done for all others in float64; those that a branch
    sends another way are left, and it runs again on one of them. So f may branch and loop as it
    likes, but costs as many runs as there are ways: beyond 64 of them the points left are taken one
    by one, with a JitNotice. Results differ from those of a loop over the points by rounding alone.

    `vectorize(grad(f))` and `vectorize(derivative(f, 3))` give derivatives at all points.

    >>> import numpy as np
    >>> from autograd import derivative, sin, vectorize
    >>> @vectorize
    ... def f(x):
    ...     return x**3 if x > 0 else -x
    >>> f(np.array([-2.0, -1.0, 1.0, 2.0]))
    array([2., 1., 1., 8.])
    >>> vectorize(derivative(lambda x: x**4, 3))(np.array([1.0, 2.0]))
    array([24., 48.])
    """
    require_function("vectorize", f)

    @wraps(f)
    def of_points(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(args)
        varied = [n for n, leaf in enumerate(leaves) if not isinstance(leaf, _NUMBERS)]
        if not varied:
            return f(*args, **kwargs)
        shape = np.broadcast_shapes(*[shape_of(leaves[n]) for n in varied])
        rows = [_row(leaves[n], shape) for n in varied]
        left = np.arange(math.prod(shape))
        ways: list[_Way] = []
        while left.size or not ways:
            if len(ways) == LIMIT:
                warnings.warn(
                    f"vectorize: the points of {_name(f)} go more than {LIMIT} different ways; "
                    f"the last {left.size} of {math.prod(shape)} are taken one by one",
                    JitNotice,
                    stacklevel=2,
                )
            taken = left if len(ways) < LIMIT else left[:1]
            way = _Way(rows, taken)
            for n, number in zip(varied, way.example, strict=True):
                leaves[n] = number
            way.finish(way.run(f, rebuild(iter(leaves)), kwargs))
            ways.append(way)
            left = np.concatenate([left[taken.size :], *way.left])
        return _joined(ways, shape)

    return of_points


_NUMBERS = (int, float, Value)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "f")


def _row(leaf: Any, shape: Shape) -> Any:
    """The points of one argument, in a row."""
    if not isinstance(leaf, Node | np.ndarray | np.generic):
        raise TypeError(
            f"vectorize: {leaf!r} of type {type(leaf).__name__} is no number and no array of "
            "points; what is the same for all points can be handed on by keyword"
        )
    return ravel(broadcast_to(cast(as_array(leaf), np.float64), shape))


class _Way(Batch):
    """The points that take the path of the first of them."""

    def __init__(self, rows: Sequence[Array], points: Any) -> None:
        values = [row if points.size == row.size else index_op(row, key=points) for row in rows]
        firsts = [(x.primal if isinstance(x, Node) else x)[:1] for x in values]
        self.example = [Value.made(float(first[0]) if first.size else 1.0) for first in firsts]
        super().__init__("vectorize", points.size, dict(zip(self.example, values, strict=True)))
        self.points = points
        self.left: list[Any] = []
        """Points that went other ways."""

    def part(self, agree: Any) -> None:
        if self.outer.replayed:
            raise JitError(
                f"{user_line()}: the points go different ways here, and in a compiled program the "
                "number of those that go either way must not depend on values: compute both and "
                "choose by where(condition, x, y), or use vectorize without jit"
            )
        stay = np.flatnonzero(agree)
        self.left.append(self.points[~agree])
        self.points = self.points[stay]
        self.restart(stay.size, {node: index_op(x, key=stay) for node, x in self.inputs.items()})

    def finish(self, result: Any) -> None:
        """Find what the result is for all points that came this way."""
        self.outputs, self.rebuild = flatten(result)
        self.values = [
            x if x is not None else self._number(out)
            for x, out in zip(self.results(self.outputs), self.outputs, strict=True)
        ]
        self.form = [shape_of(x)[1:] for x in self.values]

    def _number(self, out: Any) -> Array:
        if not isinstance(out, Node | np.ndarray | np.generic | int | float | complex):
            raise TypeError(
                f"vectorize: the function has to return numbers, and it returned {out!r} of type "
                f"{type(out).__name__}{' (is a `return` missing?)' if out is None else ''}"
            )
        return self.repeated(out)


def _joined(ways: Sequence[_Way], shape: Shape) -> Any:
    """The results of all ways, each where its point is."""
    first = ways[0]
    for way in ways:
        if way.form != first.form:
            raise ValueError(
                "vectorize: the function gives results of different shapes for different points: "
                f"{first.form} and {way.form}"
            )
    back = np.argsort(np.concatenate([way.points for way in ways])) if len(ways) > 1 else None
    results = []
    for number, tail in enumerate(first.form):
        parts = [way.values[number] for way in ways]
        whole = parts[0] if back is None else index_op(concatenate(parts), key=back)
        whole = reshape_op(whole, shape=shape + tail)
        if isinstance(whole, np.ndarray):
            whole = whole[()] if whole.flags.writeable else whole.copy()[()]
        results.append(whole)
    return first.rebuild(iter(results))
