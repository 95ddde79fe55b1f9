"""A compiled program as one operation in a graph, whose derivative is compiled in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.backward import gradients, once_in_pass
from autograd.graph import (
    NO_SETTINGS,
    Array,
    Node,
    Op,
    Settings,
    saved_primals,
    scalar_node,
)
from autograd.jit.tape import Tape
from autograd.jit.terms import Term
from autograd.ops.elementwise import identity
from autograd.ops.structural import cast, concatenate, index_op, ravel, reshape


class Compiled(Op):
    """The operation that a program is where nodes go in: all its inputs are arguments."""

    def __init__(
        self,
        name: str,
        tape: Tape,
        inputs: Sequence[Term],
        outputs: Sequence[Term],
        compile: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> None:
        super().__init__(f"jit({name})", self._forward)
        self.tape = tape
        self.inputs = inputs
        self.outputs = outputs
        self._places = [term.number for term in outputs]
        self._arrays = [place for place, term in enumerate(inputs) if not term.scalar]
        self.pullback: Callable[..., Any] = compile(self._pull)

    @cached_property
    def varies(self) -> list[bool]:
        """For each input, whether an output has a derivative by it."""
        reached = self.tape.reached(self._places, lambda op: op.has_derivative)
        return [term.number in reached and term.dtype.kind == "f" for term in self.inputs]

    @cached_property
    def _steps(self) -> list[int]:
        return sorted(self.tape.reached(self._places))

    def nodes(
        self, args: tuple[Array, ...], data: Sequence[Any], values: Iterable[Any]
    ) -> list[Node]:
        """`values`, which the program gave for `args`, as nodes with this operation behind them.

        data: what the arguments hold.
        """
        values = list(values)
        if not values:
            return []
        saved = list(data)
        for place in self._arrays:
            (saved[place],) = saved_primals((args[place],))
        parts = [np.ravel(value) for value in values]
        packed = np.concatenate(parts) if len(parts) != 1 else np.asarray(values[0])
        whole = self.record(packed, args, tuple(saved), NO_SETTINGS)
        return list(map(_like, self._cut(whole), values))

    def _cut(self, whole: Array) -> list[Array]:
        """The outputs again, from all their entries in one row."""
        if len(self.outputs) == 1:
            return [whole]
        start, parts = 0, []
        for term in self.outputs:
            part = reshape(index_op(whole, key=slice(start, start + term.size)), term.shape)
            parts.append(cast(part, term.dtype))
            start += term.size
        return parts

    def _forward(self, *args: Array) -> Array:
        """The program, operation by operation."""
        values = self.tape.values([term.number for term in self.inputs], args)
        self.tape.run(values, self._steps)
        outputs = [values[place] for place in self._places]
        return outputs[0] if len(outputs) == 1 else concatenate([ravel(out) for out in outputs])

    def _pull(self, g: Array, *args: Array) -> list[Array]:
        out = self._forward(*args)
        wanted = [arg for arg, varies in zip(args, self.varies, strict=True) if varies]
        if not isinstance(out, Node):  # it does not depend on any of them
            return [arg * 0.0 for arg in wanted]
        pulled: list[Array] = gradients(out, wanted, seed=g, create_graph=True)
        return pulled

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        if not self.varies[argnum]:
            return None
        pulled = once_in_pass(self, g, args, lambda: self.pullback(g, *args))
        return pulled[sum(self.varies[:argnum])]


def _like(node: Array, value: Any) -> Array:
    """The node of an array of one number as a `Value`, where the program has a float."""
    if value.__class__ is float:
        return scalar_node(value, identity, node, None, 1.0)
    return node
