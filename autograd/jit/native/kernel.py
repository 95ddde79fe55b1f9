"""A kernel: steps that follow one another as one function of machine code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, repeat
from math import prod
from typing import Any

import numpy as np

from autograd.jit.loops import Loop
from autograd.jit.native import convention, functions, machine
from autograd.jit.native.form import Form
from autograd.jit.native.layout import Buffer, Layout, in_turn
from autograd.jit.native.loops import LoopSteps
from autograd.jit.native.nests import Nest, load
from autograd.jit.native.schedule import AnyStep, Schedule, makes, needs
from autograd.jit.native.text import Function, Value, in_memory, type_of
from autograd.jit.terms import Term

_DECLARED = """\
declare i64 @llvm.smin.i64(i64, i64) #0
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare void @PyErr_SetNone(ptr)
@PyExc_IndexError = external global ptr
attributes #0 = { nounwind willreturn memory(none) }
"""
_DOUBLE, _INTEGER = np.dtype(np.float64), np.dtype(np.int64)
_LONG = 20_000
"""From so many operations on, other threads of Python may run meanwhile."""


class Kernel:
    """The function of some steps.

    It gets an array of slots, of eight bytes: for the driver's variables `parameters`, of the kinds
    of `convention`, and then for the numbers that it computes, the `results`; and the addresses of
    `arrays`, so that programs that differ in these alone have one text. It returns 0, or the number
    of a branch that went another way, and 1; -1 with an error set; or -2 where an array is not
    where it should be.
    """

    def __init__(
        self,
        schedule: Schedule,
        run: Sequence[AnyStep],
        names: Mapping[Term, str],
        wanted: Collection[Term],
        branches: Sequence[tuple[str, str]],
        checks: Sequence[tuple[Term, int]],
        checked: Sequence[Buffer],
    ) -> None:
        """names: the driver's variables that hold numbers; wanted: numbers that it needs; checks:
        numbers that decide, and which of the branches; checked: arrays that are written into, of
        which it finds out, before anything is, whether the parameters lie as they should.
        """
        self._schedule = schedule
        self.parameters: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self.arrays: list[Any] = []
        self._steps = LoopSteps(
            Function("define i64 @kernel(ptr noalias %slots, ptr %arrays)"), schedule, branches
        )
        made = dict.fromkeys(term for step in run for term in makes(step))
        self.results: dict[Term, int] = {term: kind_of(term) for term in wanted if term in made}
        read = dict.fromkeys(schedule.number_of(term) for step in run for term in needs(step))
        read |= dict.fromkeys(schedule.number_of(term) for term, _ in checks)
        self._take_numbers([x for x in names if x in read and x not in made and not x.ndim], names)
        self._take_arrays([*read, *made], checked)
        long = sum(map(work, run)) > _LONG
        if long:
            thread = self._steps.to("call ptr @PyEval_SaveThread()")
        for step in run:
            self._steps.step(step)
        for term, branch in checks:
            self._steps.look_at(term, branch)
        if long:
            self._steps.to.do(f"call void @PyEval_RestoreThread(ptr {thread})")
        if self._steps.outside:
            self._refuse_entries()
        self._store_results()
        failed = self._steps.failed
        self._steps.to.do(f"ret i64 {self._steps.to.load('i64', failed) if failed else 0}")

    def _slot(self, name: str, kind: int) -> Value:
        place = self._places.setdefault(name, len(self._places))
        self.parameters[name] = kind
        return self._steps.to.at("i64", "%slots", place)

    def _address(self, name: str) -> Value:
        """The address of the entries of an array that it is called with."""
        return self._steps.to.load("ptr", self._slot(name, convention.ARRAY))

    def _take_numbers(self, terms: Sequence[Term], names: Mapping[Term, str]) -> None:
        to, slots = self._steps.to, Buffer(len(terms), _DOUBLE)
        self._schedule.slots = {}
        self._steps.pointers[slots] = "%slots"
        for n, term in enumerate(terms):
            if term.dtype == _DOUBLE:  # which is read where it is used
                self._slot(names[term], convention.NUMBER)
                self._schedule.slots[term] = Layout(slots, (), (), n)
                continue
            kind = kind_of(term)
            slot, wide = self._slot(names[term], kind), _wide(kind)
            value = functions.convert(to, to.load(type_of(wide), slot), wide, term.dtype)
            self._steps.values[term] = value

    def _take_arrays(self, terms: Sequence[Term], checked: Sequence[Buffer]) -> None:
        """The addresses of all memory, before anything is computed."""
        to, pointers = self._steps.to, self._steps.pointers
        buffers = dict.fromkeys(checked)
        buffers |= dict.fromkeys(x for term in terms for x in self._schedule.buffers(term))
        checks: list[Value] = []
        for buffer in buffers:
            if buffer.array is not None:
                pointer = to.load("ptr", to.at("ptr", "%arrays", len(self.arrays)))
                pointers[buffer] = pointer
                self.arrays.append(buffer.array)
                for name in buffer.same_as if buffer in checked else ():
                    checks.append(to(f"icmp eq ptr {self._address(name)}, {pointer}"))
                for name, size in buffer.apart_from if buffer in checked else ():
                    data, end = self._address(name), to.at("i8", pointer, buffer.array.nbytes)
                    before = to(f"icmp ule ptr {to.at('i8', data, size)}, {pointer}")
                    checks.append(to(f"or i1 {before}, {to(f'icmp uge ptr {data}, {end}')}"))
            elif buffer.name:
                pointers[buffer] = self._address(buffer.name)
        if any(buffer.offset >= 0 for buffer in buffers):
            memory = self._address("memory")
        for buffer in buffers:
            if buffer.offset >= 0:
                pointers[buffer] = to.at("i8", memory, buffer.offset)
            elif buffer not in pointers:
                kind = in_memory(type_of(buffer.dtype))
                name = pointers[buffer] = to.fresh("%local")
                to.slots.append(f"  {name} = alloca [{buffer.size} x {kind}], align 64")
        self._require(checks)

    def _require(self, checks: Sequence[Value]) -> None:
        """Return where one of these is false."""
        to = self._steps.to
        for check in checks:
            strange, following = to.fresh("strange"), to.fresh("begin")
            to.do(f"br i1 {check}, label %{following}, label %{strange}")
            to.begin(strange)
            to.do("ret i64 -2")
            to.begin(following)

    def _refuse_entries(self) -> None:
        """Raise where an array has not the entry that is wanted."""
        to = self._steps.to
        outside = to.load("i1", self._steps.outside)
        to.do(f"br i1 {outside}, label %outside, label %inside")
        to.begin("outside")
        to.do(f"call void @PyErr_SetNone(ptr {to.load('ptr', '@PyExc_IndexError')})")
        to.do("ret i64 -1")
        to.begin("inside")

    def _store_results(self) -> None:
        to, slots = self._steps.to, len(self.parameters)
        terms, place = [*self.results], 0
        sources = [self._schedule.place(term) for term in terms]
        while place < len(terms):
            kind, rows = self.results[terms[place]], in_turn(place, sources)
            wide = _wide(kind)
            if len(rows) != 1:
                value, dtype = self._steps.value(terms[place]), terms[place].dtype
                slot = to.at("i64", "%slots", slots + place)
                to.store(type_of(wide), functions.convert(to, value, dtype, wide), slot)
                place += 1
                continue
            ((row,),) = rows
            with to.loop(str(row.shape[0])) as i:
                dtype = row.buffer.dtype
                value = load(to, dtype, self._steps.turn_of(row, i))
                slot = to.at("i64", "%slots", to(f"add i64 {i}, {slots + place}"))
                to.store(type_of(wide), functions.convert(to, value, dtype, wide), slot)
            place += row.shape[0]

    @property
    def has_checks(self) -> bool:
        """Whether a branch may go another way."""
        return bool(self._steps.failed)

    def callable(self, compiled: machine.Compiled) -> Any:
        """The function of Python's objects. It returns a tuple of numbers, or an integer: the
        number of a branch that went another way, and 1, or less than 1 where an array is not in
        order or not where it should be.
        """
        form, slots = Form(), len(self.parameters)
        for n, kind in enumerate(self.parameters.values()):
            form.add(kind, slot=n)
        outputs = iter([(kind, slots + n, None) for n, kind in enumerate(self.results.values())])
        form.give((0.0,) * len(self.results), repeat(True), outputs, iter(()))
        return form.function(compiled, slots + len(self.results), self.arrays)[0]

    def text(self) -> str:
        """The module in LLVM's text."""
        everything = [*self._steps.others, self._steps.to]
        needed = sorted(set().union(*[function.needed for function in everything]))
        ours = sorted(set().union(*[function.elementary for function in everything]))
        declared = [machine.elementary_function(name)[0] for name in ours]
        several = [line.split("@")[1].split("(")[0] for line, _ in declared]
        kept = []
        if several:  # LLVM would drop what is not called yet
            pointers = ", ".join(f"ptr @{name}" for name in several)
            array = f"[{len(several)} x ptr] [{pointers}]"
            kept = [f'@llvm.compiler.used = appending global {array}, section "llvm.metadata"']
        lines = [*self._steps.globals, *needed, *chain(*declared), *kept]
        return "\n".join([_DECLARED, *lines, *[function.text() for function in everything]])


def kind_of(term: Term) -> int:
    """How a number is in a slot."""
    kind = term.dtype.kind
    return (
        convention.NUMBER
        if kind == "f"
        else convention.TRUTH
        if kind == "b"
        else convention.INTEGER
    )


def _wide(kind: int) -> np.dtype[Any]:
    """The type of the number in a slot."""
    return _DOUBLE if kind == convention.NUMBER else _INTEGER


def work(step: AnyStep) -> int:
    """About how many operations a step takes."""
    if isinstance(step, Nest):
        return prod(step.shape) * (len(step.members) + len(step.reductions))
    if isinstance(step.term.op, Loop):
        return step.term.op.turns * len(step.term.op.order())
    return step.term.size * (step.term.args[0].shape[-1] if step.how == "product" else 1)
