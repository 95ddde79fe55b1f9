"""Arguments of a batched function that are the same for all examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.graph import Array
from autograd.nodes import Tensor
from autograd.ops.indexing import At, index
from autograd.ops.structural import holds_node
from autograd.trees import map_tree


class SharedArray(np.ndarray[Any, np.dtype[Any]]):
    """A plain array, whose index may consist of numbers that differ from example to example."""

    def __getitem__(self, key: Any) -> Any:
        return index(np.asarray(self), key) if holds_node(key) else super().__getitem__(key)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        if holds_node(args) or holds_node([*kwargs.values()]):  # one that NumPy does not look at
            node = Tensor.made(np.asarray(self))
            plain_args, plain_kwargs = map_tree(unshare, (args, kwargs))
            return node.__array_function__(func, types, plain_args, plain_kwargs)
        return super().__array_function__(func, types, args, kwargs)

    def take(self, indices: Any, *args: Any, **kwargs: Any) -> Any:
        """See `numpy.take`."""
        return np.take(self, indices, *args, **kwargs)

    @property
    def at(self) -> At:
        """`x.at[key].set(v)` and `x.at[key].add(v)`, as of a node."""
        return At(np.asarray(self))


def share(x: Any) -> Any:
    """An argument, as a `SharedArray` if it is a plain array."""
    return x.view(SharedArray) if type(x) is np.ndarray and x.ndim else x


def unshare(x: Array) -> Array:
    """`share` undone."""
    return np.asarray(x) if isinstance(x, SharedArray) else x
