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
    if into and tracing.get() is not None:
        raise JitError(
            f"{name} writes into arrays, and cannot be part of another program: let it return the "
            "new contents, and give `into` to the outermost compiled function"
        )
    if not into:
        with set_recording(True):
            result = f(*args, **kwargs)
    else:
        plain = not any(isinstance(arg, Node) for arg in flatten((args, kwargs))[0])
        with Overwriting(into) as overwriting:
            result, updates = split_updates(name, f(*args, **kwargs), into)
            updates = [_plain(overwriting.kept(new)) for new in updates]
            result = map_tree(overwriting.kept_result, result)
            if plain:
                result = map_tree(_plain, result)
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


class Overwriting(Observer):
    """A block in which a function runs whose updates are written over these arrays afterwards.

    What it computes relies on copies of them: a graph that is still held then has the old numbers.
    Leaves that hold such an array hold it again at the end of the block.
    """

    def __init__(self, arrays: Sequence[Any]) -> None:
        self.arrays = arrays
        self.on: bool | Observer = True
        self.copies: dict[int, tuple[Any, Any]] = {}
        """Copies of arrays, after the arrays themselves, by their `id`."""
        self.leaves: dict[ArrayNode, tuple[Any, Any, bool]] = {}
        """What leaves hold for now, what they held before, and whether that was frozen."""

    def __enter__(self) -> Self:
        self._recording = set_recording(self)
        self._recording.__enter__()
        observing.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        observing.remove(self)
        self._recording.__exit__(*error)
        for leaf, (held, primal, frozen) in self.leaves.items():
            if leaf.primal is held:  # else the function itself has given it new data
                leaf.primal, leaf.frozen = primal, frozen

    def __bool__(self) -> bool:
        return bool(self.on)

    def switched(self, on: bool | Observer) -> Observer:
        other = copy(self)
        other.on = self.on.switched(on) if isinstance(self.on, Observer) else on
        return other

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        args = tuple(map(self.kept, args))
        token = recording.set(self.on)
        try:
            return op.apply(args, settings)
        finally:
            recording.reset(token)

    def backward(
        self, order: Sequence[Node], cotangents: dict[Node, Array], step: Callable[[Node], None]
    ) -> None:
        for node in order:
            step(node)

    def kept(self, x: Any) -> Any:
        """`x` in memory that is not written over: the node itself, or a copy of an array."""
        if isinstance(x, ArrayNode):
            if self._is_overwritten(x.primal):
                before = x.primal, x.frozen
                x.primal = x.primal.copy()
                x.freeze()
                if x.op is None:
                    self.leaves[x] = x.primal, *before
        elif isinstance(x, np.ndarray) and self._is_overwritten(x):
            if id(x) not in self.copies:
                self.copies[id(x)] = x, x.copy()
            return self.copies[id(x)][1]
        return x

    def kept_result(self, x: Any) -> Any:
        """The same for what is returned, where a leaf would show its new contents."""
        x = self.kept(x)
        return identity(x) if isinstance(x, ArrayNode) and x in self.leaves else x

    def _is_overwritten(self, x: Any) -> bool:
        return any(np.may_share_memory(x, array) for array in self.arrays)


def _plain(leaf: Any) -> Any:
    """The data of a node, which is the caller's own."""
    if not isinstance(leaf, ArrayNode):
        return leaf.primal if isinstance(leaf, Node) else leaf
    return leaf.primal.copy()[()]


def _without_history(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Node) and leaf.op is not None else leaf
