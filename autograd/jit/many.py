"""`vmap` and `vectorize`: a function of one example, or one point, made a function of many.

Both run it once, and have a `Batch` do for all what it did.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Array, Node, ScalarNode, array_node, scalar_node
from autograd.jit.batching.batch import Batch
from autograd.jit.function import JitNotice
from autograd.jit.trace import JitError, user_line
from autograd.ops.shaping import moveaxis
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
from autograd.trees import flatten

Axes: TypeAlias = Any
"""An axis, None for what is the same for all examples, or containers of these."""


def vmap(f: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """The function that applies f to each example of a batch, in array operations for all at once.

    in_axes: along which axis of each argument the examples lie, None for an argument that is the
        same for all; one for all arguments, or a tuple with an entry for each. For an argument that
        is a nested dict, list or tuple of arrays the entry may be one, or nest likewise.
    out_axes: where the batch goes in the results, in the same form. A result that is the same for
        all examples is repeated, and may have None.

    f runs once, on the first example, and what it does is done for all. It may be, contain and be
    used in `grad`, `jacobian`, `jit` and `vmap`. Keyword arguments are the same for all examples,
    and so is what f reads from outside. An operation without a batching rule, such as one of the
    user's own, is called for one example after the other.

    Where f branches on a value, all examples have to go the same way: else JitError names the line.
    A tensor takes numbers of the examples as its index, and so does an array from outside by
    `captured(x)[i]`. Random numbers cannot be drawn by `sample`, and those drawn otherwise are the
    same for all examples. Raises ValueError for axes that do not fit.

    >>> import numpy as np
    >>> from autograd import grad, vmap
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> vmap(lambda v: v @ v)(x)
    array([ 5., 25.])
    >>> vmap(grad(lambda w, v: (w @ v) ** 2), in_axes=(None, 0))(np.ones(2), x)
    array([[ 6., 12.],
           [42., 56.]])
    """

    @wraps(f)
    def batched(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(args)
        if isinstance(in_axes, list | tuple) and len(in_axes) != len(args):
            raise ValueError(
                f"vmap: in_axes {in_axes} has {len(in_axes)} entries, and the function was called "
                f"with {len(args)} positional arguments"
            )
        axes = _matched("in_axes", in_axes, args)
        size = _batch_size(leaves, axes)
        inputs: dict[Node, Array] = {}
        example = list(leaves)
        for number, axis in enumerate(axes):
            if axis is not None:
                whole = moveaxis(leaves[number], axis, 0) if axis else leaves[number]
                example[number] = _first(whole)
                inputs[example[number]] = whole
        batch = Batch("vmap", size, inputs)
        result = batch.run(f, rebuild(iter(example)), kwargs)
        outputs, rebuild_result = flatten(result)
        values = batch.results(outputs)
        places = _matched("out_axes", out_axes, result)
        return rebuild_result(
            iter([_placed(batch, *parts) for parts in zip(outputs, values, places, strict=True)])
        )

    return batched


def _matched(name: str, axes: Axes, tree: Any) -> list[int | None]:
    """An axis for each leaf of a tree: `axes` nests as it does, or ends earlier."""
    if axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        return [axes] * len(flatten(tree)[0])
    if isinstance(axes, dict) and isinstance(tree, dict) and axes.keys() == tree.keys():
        pairs = [(axes[key], part) for key, part in tree.items()]
    elif (
        isinstance(axes, list | tuple) and isinstance(tree, list | tuple) and len(axes) == len(tree)
    ):
        pairs = list(zip(axes, tree, strict=True))
    else:
        raise ValueError(
            f"vmap: {name} has {axes!r} for {_described(tree)}: give an axis, None, or the same "
            "nesting of dicts, lists and tuples with these in it"
        )
    return [axis for part, inner in pairs for axis in _matched(name, part, inner)]


def _described(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    if isinstance(tree, list | tuple):
        return f"a {type(tree).__name__} of {len(tree)}"
    return f"a {type(tree).__name__} of shape {shape_of(tree)}"


def _batch_size(leaves: list[Any], axes: list[int | None]) -> int:
    sizes = []
    for leaf, axis in zip(leaves, axes, strict=True):
        if axis is None:
            continue
        shape = leaf.shape if isinstance(leaf, Node | np.ndarray) else ()
        if not -len(shape) <= axis < len(shape):
            raise ValueError(
                f"vmap: {_described(leaf)} has no axis {axis} for the examples to lie along; what "
                "is the same for all of them needs None in in_axes"
            )
        sizes.append(shape[axis])
    if not sizes:
        raise ValueError("vmap: no argument has a batch axis, in_axes is None for all of them")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: the arguments have different numbers of examples along their axes: {sizes}"
        )
    return sizes[0]


def _first(whole: Array) -> Node:
    """A node for the first example; for one of an empty batch, with numbers that harm nobody."""
    data = np.asarray(whole.primal if isinstance(whole, Node) else whole)
    return array_node(data[0] if len(data) else np.ones(data.shape[1:], data.dtype))


def _placed(batch: Batch, out: Any, value: Array | None, axis: int | None) -> Any:
    """A result as the caller wants it."""
    if value is None:
        same = batch.for_any(out)
        if axis is None or not isinstance(same, Node | np.ndarray | np.generic | float | int):
            return same
        value = batch.repeated(out)
    elif axis is None:
        raise ValueError("vmap: out_axes is None for a result that differs from example to example")
    if axis:
        value = moveaxis(value, 0, axis)
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        value = value.copy()
    return value


# --------------------------------------------------------------------------------------------------
# Points

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


_NUMBERS = (int, float, ScalarNode)


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
    """Those of some points that go the way of the first of them."""

    def __init__(self, rows: Sequence[Array], points: Any) -> None:
        values = [row if points.size == row.size else index_op(row, key=points) for row in rows]
        firsts = [(x.primal if isinstance(x, Node) else x)[:1] for x in values]
        self.example = [scalar_node(float(first[0]) if first.size else 1.0) for first in firsts]
        super().__init__("vectorize", points.size, dict(zip(self.example, values, strict=True)))
        self.points = points
        self.left: list[Any] = []
        """Points that went other ways."""

    def part(self, agree: Any) -> None:
        if self.outer is not None:
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
        if not isinstance(out, Node | np.ndarray | np.generic | int | float):
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
