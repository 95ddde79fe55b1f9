"""Loop nests: elementwise operations and reductions over one shape, computed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.native import functions
from autograd.jit.native.layout import Buffer, Layout
from autograd.jit.native.text import Function, Value, in_memory, number, type_of
from autograd.jit.terms import Term, largest_so_far, products_so_far, smallest_so_far
from autograd.ops import reductions, running, structural

IDENTITIES: dict[Op, float] = {
    structural.sum_op: 0.0,
    structural.sum_to_op: 0.0,
    reductions.max_op: -inf,
    reductions.min_op: inf,
    running.prod_op: 1.0,
}
"""The reductions, and what each begins with."""
RUNNING: dict[Op, Op] = {
    largest_so_far: reductions.max_op,
    smallest_so_far: reductions.min_op,
    products_so_far: running.prod_op,
}
"""Reductions of all entries up to each."""

_BLOCK = 1024
"""So many numbers are summed in one row before they are added to the total, which keeps digits."""
_FEW = 8
"""In more entries than these, functions are computed for several at a time."""
_SMALL = 256
"""Up to so many operations are written where they are wanted, for LLVM to unroll."""
_MANY = 100
"""But of more nests than these, since LLVM takes more than in proportion for long functions."""


@dataclass
class Nest:
    """Operations over the entries of one shape.

    members: elementwise terms, arguments first; reductions: terms of them, or of arrays.
    outputs: where members are stored that something else needs, and where reductions are.
    """

    shape: tuple[int, ...]
    members: list[Term] = field(default_factory=list)
    reductions: list[Term] = field(default_factory=list)
    outputs: dict[Term, Layout] = field(default_factory=dict)


def reduced_strides(term: Term, out: Layout) -> tuple[int, ...]:
    """The strides of a reduction's result along the axes of its argument, 0 along those summed."""
    (x,) = term.args
    if term.op is structural.sum_to_op:
        return out.across(x.shape) if out.shape else (0,) * x.ndim
    axes = structural.normalize_axis(term.settings["axis"], x.ndim)
    left = iter(out.strides)
    if term.settings["keepdims"]:
        return tuple([0 if n in axes else s for n, s in enumerate(out.strides)])
    return tuple([0 if n in axes else next(left) for n in range(x.ndim)])


class NestWriter:
    """Writes a nest as a function of pointers and numbers, and the call of it."""

    def __init__(
        self,
        nest: Nest,
        name: str,
        layouts: Mapping[Term, Layout],
        numbers: Mapping[Term, Value],
    ) -> None:
        """layouts: where arrays are that the nest reads; numbers: those that have no axes."""
        self._nest = nest
        self._layouts = layouts
        self._numbers = numbers
        self._members = {*nest.members}
        self._buffers: dict[Buffer, str] = {}
        self._given: dict[Term, str] = {}
        self._strides: dict[tuple[Buffer, int, tuple[int, ...]], None] = {}
        self.name = name
        self._axes()

    def _external(self) -> list[Term]:
        args = (arg for term in [*self._nest.members, *self._nest.reductions] for arg in term.args)
        return [arg for arg in dict.fromkeys(args) if arg not in self._members]

    def _axes(self) -> None:
        """The buffers and numbers that are read, and the axes that are left when those are joined
        along which all arrays go on as they do along the next.
        """
        shape, nest = self._nest.shape, self._nest
        accesses: list[tuple[int, ...]] = []
        for term in self._external():
            layout = self._layouts.get(term)
            if layout is None:
                self._given[term] = f"%s{len(self._given)}"
            else:
                self._buffers.setdefault(layout.buffer, f"%p{len(self._buffers)}")
                accesses.append(layout.across(shape))
        for term, layout in nest.outputs.items():
            self._buffers.setdefault(layout.buffer, f"%p{len(self._buffers)}")
            reduces = term.op in IDENTITIES and term not in self._members
            accesses.append(reduced_strides(term, layout) if reduces else layout.across(shape))
        kept: list[list[int]] = []  # axes that are gone through as one
        for axis, size in enumerate(shape):
            if size == 1:
                continue
            joins = kept and all(
                strides[kept[-1][-1]] == strides[axis] * size for strides in accesses
            )
            if joins:
                kept[-1].append(axis)
            else:
                kept.append([axis])
        self._kept = kept
        self.sizes: list[int] = [prod([shape[axis] for axis in axes]) for axes in kept]

    def _along(self, strides: Sequence[int]) -> list[int]:
        return [strides[axes[-1]] for axes in self._kept]

    # ----------------------------------------------------------------------------------------------

    def call(self, to: Function, pointer: Callable[[Buffer], Value]) -> None:
        """Write the call. pointer: the address of a buffer."""
        given = [f"ptr {pointer(buffer)}" for buffer in self._buffers]
        given += [f"{type_of(term.dtype)} {self._numbers[term]}" for term in self._given]
        to.do(f"call void @{self.name}({', '.join(given)})")

    def function(self, others: int) -> Function:
        """The function. others: how many nests there are besides."""
        parameters = [f"ptr noalias {p}" for p in self._buffers.values()]
        parameters += [f"{type_of(term.dtype)} {s}" for term, s in self._given.items()]
        small = prod(self._nest.shape) * len(self._nest.members) <= _SMALL
        how = "alwaysinline" if small and others < _MANY else "noinline"
        to = Function(
            f"define internal void @{self.name}({', '.join(parameters)}) {how} nounwind "
            '"prefer-vector-width"="512"',
            array=prod(self._nest.shape) > _FEW,
        )
        self._begin_totals(to)
        self._loops(to)
        to.do("ret void")
        return to

    def _begin_totals(self, to: Function) -> None:
        """Fill the results of reductions that are added to step by step."""
        for term in self._nest.reductions:
            layout = self._nest.outputs[term]
            if self._is_inner(term) and not self._is_summed_outside(term):
                continue
            kind = type_of(term.dtype)
            value = number(IDENTITIES[term.op], kind)  # type: ignore[index]
            base = self._buffers[layout.buffer]
            size = prod(layout.shape)  # a result of its own, in order
            if size == 1:
                to.store(kind, value, to.at(kind, base, layout.offset))
                continue
            with to.loop(str(size)) as i:
                at = to(f"add i64 {i}, {layout.offset}")
                to.store(kind, value, to.at(kind, base, at))

    def _reduction(self, term: Term) -> list[int]:
        return self._along(reduced_strides(term, self._nest.outputs[term]))

    def _is_inner(self, term: Term) -> bool:
        """Whether it is reduced along the innermost loop."""
        return not self.sizes or self._reduction(term)[-1] == 0

    def _is_summed_outside(self, term: Term) -> bool:
        """Whether it is reduced along another loop, too, or along the innermost in blocks."""
        outer = any(stride == 0 for stride in self._reduction(term)[:-1])
        return outer or (bool(self.sizes) and self.sizes[-1] > _BLOCK)

    def _loops(self, to: Function) -> None:
        turns: list[Value] = []
        with ExitStack() as stack:
            for size in self.sizes[:-1]:
                turns.append(stack.enter_context(to.loop(str(size))))
            inner = [term for term in self._nest.reductions if self._is_inner(term)]
            last = self.sizes[-1] if self.sizes else 1
            in_blocks = bool(inner) and last > _BLOCK
            start, count = "0", str(last)
            if in_blocks:
                block = stack.enter_context(to.loop(str(-(-last // _BLOCK))))
                start = to(f"mul i64 {block}, {_BLOCK}")
                left = to(f"sub i64 {last}, {start}")
                count = to(f"call i64 @llvm.smin.i64(i64 {left}, i64 {_BLOCK})")
            totals = {}
            for term in inner:
                kind = type_of(term.dtype)
                totals[term] = to.slot(kind)
                to.store(kind, number(IDENTITIES[term.op], kind), totals[term])  # type: ignore[index]
            if self.sizes:
                with to.loop(count) as turn:
                    place = to(f"add i64 {start}, {turn}") if in_blocks else turn
                    self._entry(to, [*turns, place], totals)
            else:
                self._entry(to, [], totals)
            for term, total in totals.items():
                kind = type_of(term.dtype)
                layout = self._nest.outputs[term]
                at = self._address(
                    to, layout, self._reduction(term), [*turns, "0"][: len(self.sizes)]
                )
                value = to.load(kind, total)
                if self._is_summed_outside(term):
                    value = combined(to, term.op, kind, to.load(kind, at), value)
                to.store(kind, value, at)

    def _address(
        self, to: Function, layout: Layout, along: Sequence[int], turns: Sequence[Value]
    ) -> Value:
        at = str(layout.offset)
        for turn, stride in zip(turns, along, strict=True):
            if stride and turn != "0":
                step = turn if stride == 1 else to(f"mul nsw i64 {turn}, {stride}")
                at = step if at == "0" else to(f"add nsw i64 {at}, {step}")
        kind = in_memory(type_of(layout.buffer.dtype))
        return to.at(kind, self._buffers[layout.buffer], at)

    def _entry(self, to: Function, turns: list[Value], totals: Mapping[Term, Value]) -> None:
        """Compute one entry of each member, and add it to the reductions."""
        nest = self._nest
        known: dict[Term, Value] = dict(self._given)

        def value(term: Term) -> Value:
            if term not in known:
                layout = self._layouts[term]
                at = self._address(to, layout, self._along(layout.across(nest.shape)), turns)
                known[term] = load(to, term.dtype, at)
            return known[term]

        for term in nest.members:
            known[term] = functions.write(to, term, [value(arg) for arg in term.args])
            if term in nest.outputs:
                layout = nest.outputs[term]
                at = self._address(to, layout, self._along(layout.across(nest.shape)), turns)
                store(to, term.dtype, known[term], at)
        for term in nest.reductions:
            (x,) = term.args
            kind = type_of(term.dtype)
            entry = functions.convert(to, value(x), x.dtype, term.dtype)
            at = totals.get(term, "")
            if not at:
                at = self._address(to, nest.outputs[term], self._reduction(term), turns)
            total = combined(to, term.op, kind, to.load(kind, at), entry)
            to.store(kind, total, at)


def combined(to: Function, op: Op | None, kind: str, x: Value, y: Value) -> Value:
    """Two parts of a reduction together. LLVM may add up in another order."""
    if kind.startswith("i"):
        return to(f"{'mul' if op is running.prod_op else 'add'} {kind} {x}, {y}")
    if op in (structural.sum_op, structural.sum_to_op):
        return to(f"fadd reassoc contract {kind} {x}, {y}")
    if op is running.prod_op:
        return to(f"fmul reassoc {kind} {x}, {y}")
    bits = "f64" if kind == "double" else "f32"
    larger = op is reductions.max_op
    return to.call(f"llvm.{'maximum' if larger else 'minimum'}.{bits}", kind, x, y)


def load(to: Function, dtype: np.dtype[Any], at: Value) -> Value:
    """Read a number from memory."""
    kind = type_of(dtype)
    value = to.load(in_memory(kind), at)
    return to(f"trunc i8 {value} to i1") if kind == "i1" else value


def store(to: Function, dtype: np.dtype[Any], value: Value, at: Value) -> None:
    """Write a number to memory."""
    kind = type_of(dtype)
    if kind == "i1":
        value = to(f"zext i1 {value} to i8")
    to.store(in_memory(kind), value, at)
