"""Writes loops and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from autograd.jit.loops import Loop
from autograd.jit.native import functions
from autograd.jit.native.layout import Buffer, Layout, whole
from autograd.jit.native.nests import load, store
from autograd.jit.native.schedule import AnyStep, Body, Schedule, Step
from autograd.jit.native.steps import Steps
from autograd.jit.native.text import Function, Value, in_memory, type_of
from autograd.jit.terms import Term


class LoopSteps(Steps):
    """A function whose steps may be loops.

    failed: memory for the number of the first branch that went another way, and 1; or 0.
    """

    schedule: Schedule

    def __init__(
        self, to: Function, schedule: Schedule, branches: Sequence[tuple[str, str]]
    ) -> None:
        """branches: the condition under which each branch of a loop does not fit."""
        super().__init__(to, schedule)
        self.failed: Value = ""
        self._branches = branches

    def step(self, step: AnyStep) -> None:
        if isinstance(step, Step) and step.how == "loop":
            self._loop(step)
        else:
            super().step(step)

    def _listed(self, term: Term) -> None:
        items, index = self.schedule.lists[term], 0
        terms, places = [], []
        for arg, many in zip(term.args, term.settings["lists"], strict=True):
            other = self.schedule.lists.get(arg)
            if many and other is not None:
                count = other.shape[0]
                self.copy_layout(other, items.cut(index, index + count, 1))
                index += count
            else:
                terms.append(arg)
                places.append(items.item(index))
                index += 1
        self.store_all(terms, places)

    def _joined(self, term: Term) -> None:
        source = self.schedule.lists[term.args[0]]
        self.copy_layout(source, whole(self.schedule.layouts[term].buffer, source.shape))

    def _loop(self, step: Step) -> None:
        loop, to, outer = step.term.op, self.to, self.schedule
        assert isinstance(loop, Loop)
        body = outer.bodies[step.term]
        first = len(loop.fixed)
        initial = step.term.args[first : first + len(loop.carried)]
        streams = step.term.args[first + len(loop.carried) :]
        slots: dict[Term, Value] = {}
        for carried, arg, state in zip(loop.carried, initial, body.states, strict=True):
            if state is None:
                slots[carried.input] = self._new_slot(carried.input, self.value(arg))
            else:
                self.copy(arg, state)
        last = {x: self._new_slot(x) for x in loop.last if not x.ndim}
        fixed = {
            x: self.value(arg)
            for x, arg in zip(loop.fixed, step.term.args, strict=False)
            if not x.ndim
        }
        with to.loop(str(loop.turns)) as turn:
            self.schedule = body
            self.values.update(fixed)
            for x, slot in slots.items():
                self.values[x] = load(to, x.dtype, slot)
            for buffer, items in body.items.items():
                self.pointers[buffer] = self.turn_of(items, turn)
            for x, arg in zip(loop.streams, streams, strict=True):
                if not x.ndim:
                    self.values[x] = load(to, x.dtype, self.turn_of(outer.lists[arg], turn))
            for inner in body.steps:
                self.step(inner)
            for x, slot in last.items():
                store(to, x.dtype, self.value(x), slot)
            self.copy_all(body.copies)
            for x, items in zip(loop.kept, body.kept, strict=True):
                if not x.ndim:
                    store(to, x.dtype, self.value(x), self.turn_of(items, turn))
            for x, branch in loop.checks:
                self.look_at(x, branch)
            self._hand_on(loop, body, slots)
            self.schedule = outer
        for part in step.parts:
            x = loop.last[part.settings["index"]]
            self.values[part] = load(to, x.dtype, last[x])

    def _hand_on(self, loop: Loop, body: Body, slots: Mapping[Term, Value]) -> None:
        """What the next turn finds: all of it is read before any of it is written."""
        to = self.to
        values = [None if c.next.ndim else self.value(c.next) for c in loop.carried]
        copies: list[tuple[Term, Layout]] = []
        between: list[tuple[Term, Layout]] = []
        for carried, state, value in zip(loop.carried, body.states, values, strict=True):
            x = carried.next
            if state is None:
                assert value is not None
                store(to, x.dtype, value, slots[carried.input])
            elif body.kinds[x] in ("given", "view", "uniform") and len(loop.carried) > 1:
                place = whole(Buffer(x.size, x.dtype), x.shape)
                kind = in_memory(type_of(x.dtype))
                name = self.pointers[place.buffer] = to.fresh("%between")
                to.slots.append(f"  {name} = alloca [{x.size} x {kind}], align 64")
                between.append((x, place))
                copies.append((self.stand_in(place), state))
            else:
                copies.append((x, state))
        self.copy_all(between)
        self.copy_all(copies)

    def _new_slot(self, term: Term, value: Value = "") -> Value:
        slot = self.to.slot(in_memory(type_of(term.dtype)))
        if value:
            store(self.to, term.dtype, value, slot)
        return slot

    def look_at(self, term: Term, branch: int) -> None:
        """Note the number of a branch, and 1, where it goes another way."""
        to, (condition, _) = self.to, self._branches[branch]
        if not self.failed:
            self.failed = to.slot("i64")
            to.slots.append(f"  store i64 0, ptr {self.failed}")
        value = self.value(term)
        if condition in ("not {}", "{}"):
            truth = functions.convert(to, value, term.dtype, np.dtype(np.bool_))
            wrong = to(f"xor i1 {truth}, 1") if condition == "not {}" else truth
        else:
            kind = type_of(term.dtype)
            whole_number = value
            if kind in ("double", "float"):
                bits = "f64" if kind == "double" else "f32"
                to.needed.add(f"declare i64 @llvm.fptosi.sat.i64.{bits}({kind}) #0")
                whole_number = to(f"call i64 @llvm.fptosi.sat.i64.{bits}({kind} {value})")
            elif kind != "i64":
                whole_number = functions.convert(to, value, term.dtype, np.dtype(np.int64))
            wrong = to(f"icmp ne i64 {whole_number}, {condition.split()[-1]}")
        so_far = to.load("i64", self.failed)
        is_first = to(f"icmp eq i64 {so_far}, 0")
        now = to(f"and i1 {wrong}, {is_first}")
        first = to(f"select i1 {now}, i64 {branch + 1}, i64 {so_far}")
        to.store("i64", first, self.failed)
