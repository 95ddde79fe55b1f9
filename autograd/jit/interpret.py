"""The interpreter of recorded programs: one operation after the other, on data and on nodes.

It computes derivatives of compiled programs, and calls that the compiled code cannot: in a
derivative 0 · ∞ is 0, for instance where a branch that is not taken has an infinite slope, but the
code multiplies plainly and gives NaN. Such a run is repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property
from itertools import compress, count
from operator import itemgetter
from typing import Any

import numpy as np

from autograd import zeros
from autograd.engine.backward import gradients
from autograd.engine.graph import NO_SETTINGS, Args, Array, Node, Nodes
from autograd.engine.operations import Op, Shares
from autograd.jit.loops import Loop, inside
from autograd.jit.loops.loop import part
from autograd.jit.terms import Term, normal, products_so_far
from autograd.ops.elementwise import mul, where
from autograd.ops.op_types import chain_product
from autograd.ops.predicates import equal, isnan, logical_and, logical_or
from autograd.ops.running import recur_op
from autograd.ops.structural import (
    concatenate,
    index_op,
    project,
    ravel,
    reshape,
    shape_of,
    sum_op,
)
from autograd.scalars import number_of


class Tape:
    """Operations, each by the places of its arguments on the tape.

    terms: all terms of a program; the places are their numbers. A wide program has so many that
        Python would be slow to look after them.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.ops: list[Op | None] = [term.op for term in terms]
        self.args: list[tuple[int, ...]] = [
            tuple([arg.number for arg in term.args]) for term in terms
        ]
        self._settings = [term.settings for term in terms]
        self._constants = [term.example if term.constant else None for term in terms]

    def values(self, places: Sequence[int], inputs: Sequence[Array]) -> list[Any]:
        """The values on the tape before it runs, where `inputs` are at `places`."""
        values = self._constants.copy()
        for place, x in zip(places, inputs, strict=True):
            values[place] = x
        return values

    def run(self, values: list[Any], places: Iterable[int]) -> None:
        """Compute what is at `places`, in this order; on nodes, nodes."""
        with np.errstate(all="ignore"):
            for place in places:
                op = self.ops[place]
                if op is not None:
                    args = [values[arg] for arg in self.args[place]]
                    value = op(*args, **self._settings[place])
                    values[place] = value if isinstance(value, Node) else normal(value)

    def run_with_strong_zeros(
        self, values: list[Any], masks: list[zeros.Mask], places: Iterable[int]
    ) -> None:
        """The same on plain data, where in the chain rule a strong zero times ∞ is 0.

        masks: at each place, which entries depend on the variables; it is filled in as well.
        """
        with np.errstate(all="ignore"):
            for place in places:
                op = self.ops[place]
                if op is None:
                    continue
                args = [values[arg] for arg in self.args[place]]
                given = [masks[arg] for arg in self.args[place]]
                settings = self._settings[place]
                value = normal(op(*args, **settings))
                values[place], masks[place] = zeros.closed(op, value, args, given, settings)

    def reached(
        self, places: Iterable[int], through: Callable[[Op], bool] = lambda op: True
    ) -> set[int]:
        """The places that `places` depend on, themselves included, by operations of a kind."""
        needed = set(places)
        for place in range(max(needed, default=-1), -1, -1):
            op = self.ops[place]
            if place in needed and op is not None and through(op):
                needed.update(self.args[place])
        return needed


# --------------------------------------------------------------------------------------------------
# When the code has to be checked for NaN


def may_be_nan(order: Iterable[Term], given: Iterable[Term] = ()) -> set[Term]:
    """The terms that depend on a product of a derivative, and may be NaN for 0 · ∞.

    order: all terms, arguments first. given: inputs that may be. The terms of the bodies of loops
        are among the result.
    """
    doubtful: set[Term] = set(given)
    for term in order:
        if isinstance(term.op, Loop):
            doubtful |= _may_be_nan_inside(term, term.op, doubtful)
            continue
        if term.op is part:
            loop: Any = term.args[0].op
            if [*loop.last, *loop.kept][term.settings["index"]] in doubtful:
                doubtful.add(term)
            continue
        product = term.op is chain_product or term.op is products_so_far
        if product and any(map(_is_nonzero_and_finite, term.args)):
            product = False
        if product or not doubtful.isdisjoint(term.args):
            doubtful.add(term)
    return doubtful


def _may_be_nan_inside(term: Term, loop: Loop, doubtful: Collection[Term]) -> set[Term]:
    """Those terms of the body of a loop."""
    order = loop.order()
    given = {x for x, arg in zip(loop.inputs, term.args, strict=True) if arg in doubtful}
    while True:
        found = may_be_nan(order, given)
        carried = {x.input for x in loop.carried if x.next in found}
        if carried <= given:
            return found
        given |= carried


def _is_nonzero_and_finite(factor: Term) -> bool:
    x = factor.example
    return factor.constant and bool(np.all(np.isfinite(x) & (np.asarray(x) != 0)))


def nan_sensitive(
    order: Sequence[Term], doubtful: Collection[Term], checked: Sequence[Term]
) -> list[Term]:
    """The doubtful terms that decide something: NaN there need not show in the results."""
    deciding = [arg for term in order if term.dtype.kind in "biu" for arg in term.args]
    deciding += checked
    return [x for x in dict.fromkeys(deciding) if x in doubtful and x.dtype.kind in "fc"]


def decide_inside(order: Sequence[Term], doubtful: Collection[Term]) -> bool:
    """Whether a doubtful term decides something within a loop."""
    loops: list[Any] = [term.op for term in inside(order) if isinstance(term.op, Loop)]
    return any(
        nan_sensitive(loop.order(), doubtful, [term for term, _ in loop.checks]) for loop in loops
    )


def nan_finder(doubtful: Mapping[int, Term]) -> Callable[[Sequence[Any]], bool]:
    """A function that tells whether there is NaN among results; `doubtful` are by their places.

    It may also answer yes for numbers like ∞ and -∞, whose sum is NaN.
    """
    arrays = [place for place, term in doubtful.items() if not term.scalar]
    numbers = [place for place, term in doubtful.items() if term.scalar]
    pick: Callable[[Sequence[Any]], Any] = itemgetter(slice(0))
    if numbers:
        part = slice(numbers[0], numbers[-1] + 1)
        together = len(numbers) == part.stop - part.start
        pick = itemgetter(part) if together else itemgetter(*numbers)

    def finds(values: Sequence[Any]) -> bool:
        for place in arrays:
            entries = values[place].ravel()
            square = entries.dot(entries)  # half the time of `isnan` and `any`
            if square != square:
                return True
        total = sum(pick(values))
        return bool(total != total)

    return finds


def zero_products(
    tape: Tape, inputs: Sequence[int], outputs: Iterable[int]
) -> Callable[..., Array]:
    """A function of the inputs: how many entries of products of the chain rule are NaN where a
    factor is 0. If none is, `run_with_strong_zeros` gives what `run` gives.

    inputs, outputs: their places on the tape.
    """
    places, plain = sorted(tape.reached(outputs)), copy(tape)
    plain.ops = [mul if op is chain_product else op for op in tape.ops]

    def count_entries(*args: Array) -> Array:
        values = plain.values(inputs, args)
        plain.run(values, places)
        total: Array = 0.0
        for place in places:
            if tape.ops[place] is chain_product:
                x, y = [values[arg] for arg in tape.args[place]]
                closed = logical_and(isnan(values[place]), logical_or(equal(x, 0), equal(y, 0)))
                count = where(closed, 1.0, 0.0)
                if shape_of(count):
                    count = sum_op(count, axis=None, keepdims=False)
                total = total + count
            elif tape.ops[place] is recur_op:
                return total + 1.0  # its products are inside
        return total

    return count_entries


# --------------------------------------------------------------------------------------------------
# On nodes


class Compiled(Op):
    """A whole program as one operation on nodes: its inputs are the arguments."""

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
        self._compile = compile
        self._pullbacks: dict[tuple[bool, ...], Callable[..., Any]] = {}
        """Compiled derivatives, by which inputs they are with respect to."""

    @cached_property
    def varies(self) -> list[bool]:
        """For each input, whether an output has a derivative with respect to it."""
        reached = self.tape.reached(self._places, lambda op: op.has_derivative)
        return [term.number in reached and term.dtype.kind in "fc" for term in self.inputs]

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
            if isinstance(arg := args[place], Node):
                saved[place] = arg.save()
        parts = [np.ravel(value) for value in values]
        packed = np.concatenate(parts) if len(parts) != 1 else np.asarray(values[0])
        whole = self.record(packed, args, tuple(saved), NO_SETTINGS)
        return [
            number_of(node) if value.__class__ is float else node
            for node, value in zip(self._cut(whole), values, strict=True)
        ]

    def _cut(self, whole: Array) -> list[Array]:
        """The outputs again, from all their entries in one row."""
        if len(self.outputs) == 1:
            return [whole]
        start, parts = 0, []
        for term in self.outputs:
            part = reshape(index_op(whole, key=slice(start, start + term.size)), term.shape)
            parts.append(project(part, term.dtype))
            start += term.size
        return parts

    def _forward(self, *args: Array) -> Array:
        """The program, operation by operation."""
        values = self.tape.values([term.number for term in self.inputs], args)
        self.tape.run(values, self._steps)
        outputs = [values[place] for place in self._places]
        return outputs[0] if len(outputs) == 1 else concatenate([ravel(out) for out in outputs])

    def _pullback(self, wanted: tuple[bool, ...]) -> Callable[..., Any]:
        """The cotangents of the `wanted` inputs, of that of the output and of all inputs."""

        def pullback(g: Array, *args: Array) -> list[Array]:
            out = self._forward(*args)
            inputs = list(compress(args, wanted))
            if not isinstance(out, Node):  # it does not depend on any of them
                return [x * 0.0 for x in inputs]
            pulled: list[Array] = gradients(out, inputs, seed=g, create_graph=True)
            return pulled

        if wanted not in self._pullbacks:
            self._pullbacks[wanted] = self._compile(pullback)
        return self._pullbacks[wanted]

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        wanted = tuple(
            varies and isinstance(arg, Node) and (active is None or arg in active)
            for varies, arg in zip(self.varies, node.args, strict=True)
        )
        if any(wanted):
            yield from zip(
                compress(count(), wanted), self._pullback(wanted)(g, *args), strict=False
            )
