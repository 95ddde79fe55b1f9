"""Uncompiled calls of a compiled function, with the same results and side effects.

A call runs uncompiled where an observer looks at each operation, where it is part of a program that
is being recorded, and where no program can follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from autograd.around import Around
from autograd.engine.graph import Array, Node, Settings, leaf
from autograd.engine.operations import (
    NOT_RECORDING,
    RECORDING,
    Interpreter,
    Op,
    interpreter,
    recording,
    using,
)
from autograd.jit.errors import JitError
from autograd.nodes import Tensor
from autograd.ops.elementwise import identity
from autograd.trees import flatten, map_tree


def run_uncompiled(
    name: str,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    into: Sequence[Any],
) -> Any:
    """The result of `f`, whose updates are written into the arrays of `into`.

    As in a compiled call derivatives inside are recorded whatever it is called in: only the result
    has no history inside `no_grad`.
    """
    running = interpreter()
    observed = running is not RECORDING and running is not NOT_RECORDING
    if into and running.replayed:
        raise JitError(
            f"{name} writes into arrays, and cannot be part of another program: let it return the "
            "new contents, and give `into` to the outermost compiled function"
        )
    if running.replayed or not (into or observed):
        with recording(True):
            result = f(*args, **kwargs)
    else:
        with LeafKeeper(into) as keeper:
            result = f(*args, **kwargs)
            if into:
                result, updates = split_updates(name, result, into)
                updates = [_plain(new) for new in updates]
                result = map_tree(keeper.kept, result)
                if not any(isinstance(arg, Node) for arg in flatten((args, kwargs))[0]):
                    result = map_tree(_plain, result)
            keeper.graph_is_left = any(isinstance(x, Tensor) for x in flatten(result)[0])
        if into:
            for array, new in zip(into, updates, strict=True):
                array[...] = new
    return result if running.records else map_tree(_without_history, result)


def split_updates(name: str, result: Any, into: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The result of a function that writes into arrays, and an update for each of them."""
    if isinstance(result, tuple) and len(result) == 2:
        updates, _ = flatten(result[1])
        if len(updates) == len(into):
            return result[0], updates
        returned = f"{len(updates)} update{'s' * (len(updates) != 1)}"
    else:
        returned = "no pair"
    raise JitError(
        f"{name} has to return (result, updates) with {len(into)} updates, one for each array of "
        f"`into`, and it has returned {returned}"
    )


class LeafKeeper(Around):
    """A block in which a function runs uncompiled, and leaves hold the same arrays afterwards.

    A graph relies on the arrays that it reads, so that leaves are given copies, which do not follow
    what is written into the arrays. A compiled call leaves them alone; so does this one, unless it
    leaves a graph behind.

    into: arrays that are written over after the block. Graphs read copies of them.
    """

    def __init__(self, into: Sequence[Any]) -> None:
        super().__init__(RECORDING)
        self.into = into
        self.graph_is_left = True
        self.copies: dict[int, tuple[Any, Any]] = {}
        """Copies of arrays, after the arrays themselves, by their `id`."""
        self.leaves: dict[Tensor, tuple[Any, Any, bool, bool, bool]] = {}
        """For each leaf its data now and before, and whether it was frozen, lent and writeable."""

    def __enter__(self) -> Self:
        running = interpreter().recording()
        if isinstance(running, Around):  # what looks at operations is not to see copies
            self.inner: Interpreter = running.inner
            running = running.around(self)
        else:
            self.inner, running = running, self
        self._block = using(running)
        self._block.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._block.__exit__(*error)
        for node, (data, before, frozen, lent, writeable) in self.leaves.items():
            new_data = node.primal is not data  # which the function itself has given it
            if not new_data and (not self.graph_is_left or self._is_overwritten(before)):
                before.flags.writeable = writeable
                node.primal, node.frozen, node.lent = before, frozen, lent

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        before = {
            x: (x.primal, x.frozen, x.lent, x.primal.flags.writeable)
            for x in args
            if isinstance(x, Tensor)
            and x.op is None
            and (x not in self.leaves or self.leaves[x][0] is not x.primal)
        }
        if self.into:
            args = tuple([self._readable(x) for x in args])
        try:
            return super().apply(op, args, settings)
        finally:
            self.leaves |= {x: (x.primal, *state) for x, state in before.items()}

    def kept(self, x: Any) -> Any:
        """A part of the result, which is not to show what is written over it."""
        return identity(x) if isinstance(x, Tensor) and x.op is None else self._readable(x)

    def _readable(self, x: Any) -> Any:
        """`x` in memory that is not written over: the node itself, or a copy of an array."""
        if isinstance(x, Tensor):
            if self._is_overwritten(x.primal):
                x.primal = x.primal.copy()
                x.freeze()
        elif isinstance(x, np.ndarray) and self._is_overwritten(x):
            if id(x) not in self.copies:
                self.copies[id(x)] = x, x.copy()
            return self.copies[id(x)][1]
        return x

    def _is_overwritten(self, x: Any) -> bool:
        return any(np.may_share_memory(x, array) for array in self.into)


def _plain(x: Any) -> Any:
    """The data of a node or an array, in memory of its own."""
    data = x.primal if isinstance(x, Node) else x
    return data.copy()[()] if isinstance(data, np.ndarray) else data


def _without_history(x: Any) -> Any:
    if not isinstance(x, Node) or x.op is None:
        return x
    data = interpreter().detach(x)
    return data if isinstance(data, Node) else leaf(_plain(x))
