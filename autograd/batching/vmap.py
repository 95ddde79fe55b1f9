"""`vmap`: turn a function of one example into a function of a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeAlias

import numpy as np

from autograd.batching.batch import Batch
from autograd.batching.shared import share, unshare
from autograd.engine.graph import Array, Node
from autograd.nodes import Tensor
from autograd.ops.shaping import moveaxis
from autograd.ops.structural import shape_of
from autograd.trees import flatten, map_tree
from autograd.wrap_util import require_function

P = ParamSpec("P")
Axes: TypeAlias = Any
"""An axis, None for what is the same for all examples, or containers of these."""


def vmap(f: Callable[P, Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[P, Any]:
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
    A tensor takes numbers of the examples as its index, and so does an argument that is the same
    for all; an array from outside does by `captured(x)[i]`. Random numbers cannot be drawn by
    `sample`, and those drawn otherwise are the same for all examples. Raises ValueError for axes
    that do not fit.

    >>> import numpy as np
    >>> from autograd import grad, vmap
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> vmap(lambda v: v @ v)(x)
    array([ 5., 25.])
    >>> vmap(grad(lambda w, v: (w @ v) ** 2), in_axes=(None, 0))(np.ones(2), x)
    array([[ 6., 12.],
           [42., 56.]])
    """
    require_function("vmap", f)

    @wraps(f)
    def batched(*args: P.args, **kwargs: P.kwargs) -> Any:
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
            if axis is None:
                example[number] = share(leaves[number])
            else:
                whole = moveaxis(leaves[number], axis, 0) if axis else leaves[number]
                example[number] = _first(whole)
                inputs[example[number]] = whole
        batch = Batch("vmap", size, inputs)
        result = map_tree(unshare, batch.run(f, rebuild(iter(example)), kwargs))
        if result is None:
            return None
        outputs, rebuild_result = flatten(result)
        values = batch.results(outputs)
        places = _matched("out_axes", out_axes, result)
        return rebuild_result(
            iter([_placed(batch, *parts) for parts in zip(outputs, values, places, strict=True)])
        )

    return batched


def _matched(name: str, axes: Axes, tree: Any) -> list[int | None]:
    """An axis for each leaf of a tree: `axes` nests as it does, or ends earlier."""
    if tree is None:
        return []
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
    return Tensor.made(data[0] if len(data) else np.ones(data.shape[1:], data.dtype))


_DATA = (Node, np.ndarray, np.generic, complex, float, int)


def _placed(batch: Batch, out: Any, value: Array | None, axis: int | None) -> Any:
    """A result as the caller wants it."""
    if value is None:
        same = batch.for_any(out)
        if axis is None or not isinstance(same, _DATA):
            return same
        value = batch.repeated(out)
    elif axis is None:
        raise ValueError("vmap: out_axes is None for a result that differs from example to example")
    if axis:
        value = moveaxis(value, 0, axis)
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        value = value.copy()
    return value
