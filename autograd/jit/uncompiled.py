"""A call of a compiled function that runs uncompiled, with the same results and the same effects.

It does so where an observer looks at each operation, where it is part of a program that is being
recorded, and where no program can follow it. `assign`, `observe` and `sample` see to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Self

import numpy as np

from autograd.graph import (
    Array,
    ArrayNode,
    Node,
    Observer,
    Op,
    Settings,
    leaf,
    observing,
    recording,
    set_recording,
    tracing,
)
from autograd.jit.trace import JitError
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
    observed = isinstance(recording.get(), Observer)
    if into and tracing.get() is not None:
        raise JitError(
            f"{name} writes into arrays, and cannot be part of another program: let it return the "
            "new contents, and give `into` to the outermost compiled function"
        )
    if tracing.get() is not None or not (into or observed):
        with set_recording(True):
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
            keeper.graph_is_left = any(isinstance(x, ArrayNode) for x in flatten(result)[0])
        if into:
            for array, new in zip(into, updates, strict=True):
                array[...] = new
    return result if recording.get() else map_tree(_without_history, result)


def split_updates(name: str, result: Any, into: Sequence[Any]) -> tuple[Any, list[Any]]:
    """What a function returns that writes into arrays: its result, and an update for each."""
    if isinstance(result, tuple) and len(result) == 2:
        updates, _ = flatten(result[1])
        if len(updates) == len(into):
            return result[0], updates
        found = f"{len(updates)} update{'s' * (len(updates) != 1)}"
    else:
        found = "no pair"
    raise JitError(
        f"{name} has to return (result, updates) with {len(into)} updates, one for each array of "
        f"`into`, and it has returned {found}"
    )


class LeafKeeper(Observer):
    """A block in which a function runs uncompiled, and leaves hold the same arrays afterwards.

    A graph relies on the arrays that it reads, so that leaves are given copies, which do not follow
    what is written into the arrays. A compiled call leaves them alone; so does this one, unless it
    leaves a graph behind.

    into: arrays that are written over after the block. Graphs read copies of them.
    """

    def __init__(self, into: Sequence[Any]) -> None:
        self.into = into
        self.on: bool | Observer = True
        self.graph_is_left = True
        self.copies: dict[int, tuple[Any, Any]] = {}
        """Copies of arrays, after the arrays themselves, by their `id`."""
        self.leaves: dict[ArrayNode, tuple[Any, Any, bool, bool]] = {}
        """What leaves hold for now and what they held before, whether that was frozen, and whether
        it could be written to."""

    def __enter__(self) -> Self:
        self._recording = set_recording(self)
        self._recording.__enter__()
        observing.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        observing.remove(self)
        self._recording.__exit__(*error)
        for node, (held, before, frozen, writeable) in self.leaves.items():
            new_data = node.primal is not held  # which the function itself has given it
            if not new_data and (not self.graph_is_left or self._is_overwritten(before)):
                before.flags.writeable = writeable
                node.primal, node.frozen = before, frozen

    def __bool__(self) -> bool:
        return bool(self.on)

    def switched(self, on: bool | Observer) -> Observer:
        other = copy(self)
        other.on = self.on.switched(on) if isinstance(self.on, Observer) else on
        return other

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        before = {
            x: (x.primal, x.frozen, x.primal.flags.writeable)
            for x in args
            if isinstance(x, ArrayNode)
            and x.op is None
            and (x not in self.leaves or self.leaves[x][0] is not x.primal)
        }
        if self.into:
            args = tuple([self._readable(x) for x in args])
        token = recording.set(self.on)
        try:
            return op.apply(args, settings)
        finally:
            recording.reset(token)
            self.leaves |= {x: (x.primal, *state) for x, state in before.items()}

    def backward(
        self, order: Sequence[Node], cotangents: dict[Node, Array], step: Callable[[Node], None]
    ) -> None:
        for node in order:
            step(node)

    def kept(self, x: Any) -> Any:
        """A part of the result, which is not to show what is written over it."""
        return identity(x) if isinstance(x, ArrayNode) and x.op is None else self._readable(x)

    def _readable(self, x: Any) -> Any:
        """`x` in memory that is not written over: the node itself, or a copy of an array."""
        if isinstance(x, ArrayNode):
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
    tracer = tracing.get()
    return tracer.cut(x) if tracer is not None else leaf(_plain(x))
