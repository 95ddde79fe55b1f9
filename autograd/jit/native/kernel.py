"""A kernel: steps that follow one another as one function of machine code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from autograd.jit.loops import Loop
from autograd.jit.native import functions, machine
from autograd.jit.native.layout import Buffer, in_turn
from autograd.jit.native.loops import LoopSteps
from autograd.jit.native.nests import Nest, load
from autograd.jit.native.schedule import AnyStep, Schedule, Step, makes, needs
from autograd.jit.native.text import Function, Value, in_memory, type_of
from autograd.jit.terms import Term

_DECLARED = """\
declare double @PyFloat_AsDouble(ptr)
declare i32 @PyObject_IsTrue(ptr)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyBool_FromLong(i64)
declare i64 @llvm.smin.i64(i64, i64) #0
declare ptr @PyTuple_New(i64)
@PyFloat_Type = external global i8
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i64 @PyLong_AsLongLong(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyErr_Occurred()
declare void @PyErr_SetNone(ptr)
@PyExc_IndexError = external global ptr
attributes #0 = { nounwind willreturn memory(none) }
"""
_DOUBLE, _INTEGER = np.dtype(np.float64), np.dtype(np.int64)
_LONG = 20_000
"""From so many operations on, other threads of Python may run meanwhile."""


class Kernel:
    """The function of some steps.

    parameters: the driver's variables that it is called with, in order; results: the numbers that
    it returns in a tuple; row_names: variables that are numbers of a tuple that it is called with;
    arrays: those of which it has the address. It returns an integer instead where an array is not
    in order or not where it should be, or one of these numbers is no float.
    """

    def __init__(
        self,
        schedule: Schedule,
        run: Sequence[AnyStep],
        numbers: Mapping[Term, str],
        wanted: Collection[Term],
        branches: Sequence[tuple[str, str]],
    ) -> None:
        """numbers: the driver's variables that hold numbers; wanted: numbers that it needs."""
        self._names = numbers
        self.parameters: dict[str, int] = {}
        self.row_names: set[str] = set()
        self.arrays: list[Any] = []
        to = Function("define ptr @kernel(ptr %self, ptr %args, i64 %n)")
        self._steps = LoopSteps(to, schedule, branches)
        self._prepare(run)
        long = sum(map(work, run)) > _LONG
        if long:
            thread = self._steps.to("call ptr @PyEval_SaveThread()")
        for step in run:
            self._steps.step(step)
        if long:
            self._steps.to.do(f"call void @PyEval_RestoreThread(ptr {thread})")
        made = {term for step in run for term in makes(step)}
        self.results: list[Term] = [term for term in wanted if term in made]
        self._finish()

    # ----------------------------------------------------------------------------------------------
    # Arguments and results

    def _prepare(self, run: Sequence[AnyStep]) -> None:
        """Take the arguments apart, before anything is computed."""
        to, made = self._steps.to, dict.fromkeys(term for step in run for term in makes(step))
        outside = dict.fromkeys(
            self._steps.schedule.number_of(term) for step in run for term in needs(step)
        )
        arrays: dict[Buffer, None] = {}
        checks: list[Value] = []
        rows = self._rows(run)
        for term in [*outside, *made]:
            arrays |= dict.fromkeys(self._steps.schedule.buffers(term))
            is_number = not (term.ndim or term.constant or term in self._steps.schedule.lists)
            if is_number and term not in made and term not in rows:
                self._steps.values[term] = self._number(self._argument(self._names[term]), term)
        for buffer in arrays:
            if buffer.array is not None:
                if not self.arrays:
                    table = to.load("ptr", to.at("i8", "%self", machine.ITEMS))
                    addresses = to.load("ptr", to.at("i8", table, machine.DATA))
                address = to.at("ptr", addresses, len(self.arrays))
                pointer = self._steps.pointers[buffer] = to.load("ptr", address)
                self.arrays.append(buffer.array)
                for name in buffer.same_as:
                    data, in_order = self._array(name)
                    checks += [in_order, to(f"icmp eq ptr {data}, {pointer}")]
                for name, size in buffer.apart_from:
                    data, in_order = self._array(name)
                    before = to(f"icmp ule ptr {to.at('i8', data, size)}, {pointer}")
                    end = to.at("i8", pointer, buffer.array.nbytes)
                    apart = to(f"or i1 {before}, {to(f'icmp uge ptr {data}, {end}')}")
                    checks += [in_order, apart]
            elif buffer.name:
                self._steps.pointers[buffer], in_order = self._array(buffer.name)
                checks.append(in_order)
        if any(buffer.offset >= 0 for buffer in arrays):
            thing = self._argument("memory")
            self._memory = to.load("ptr", to.at("i8", thing, machine.DATA))
        for buffer in arrays:
            if buffer.offset >= 0:
                self._steps.pointers[buffer] = to.at("i8", self._memory, buffer.offset)
            elif buffer not in self._steps.pointers:
                kind = in_memory(type_of(buffer.dtype))
                name = to.fresh("%local")
                to.slots.append(f"  {name} = alloca [{buffer.size} x {kind}], align 64")
                self._steps.pointers[buffer] = name
        if self._steps.values:
            error = to("call ptr @PyErr_Occurred()")
            to.do(f"br i1 {to(f'icmp eq ptr {error}, null')}, label %fine, label %error")
            to.begin("error")
            to.do("ret ptr null")
            to.begin("fine")
        self._require(checks)

    def _require(self, checks: Sequence[Value]) -> None:
        """Return an integer unless all of these are true."""
        to = self._steps.to
        for check in checks:
            strange, following = to.fresh("strange"), to.fresh("begin")
            to.do(f"br i1 {check}, label %{following}, label %{strange}")
            to.begin(strange)
            to.do(f"ret ptr {to('call ptr @PyLong_FromLongLong(i64 0)')}")
            to.begin(following)

    def _rows(self, run: Sequence[AnyStep]) -> set[Term]:
        """Numbers that are read from a tuple one after the other, for lists alone."""
        to = self._steps.to
        uses: Counter[Term] = Counter()
        for step in run:
            uses.update(needs(step))
        found: set[Term] = set()
        for step in run:
            row = self._steps.schedule.row_of(step.term) if isinstance(step, Step) else []
            if row and found.isdisjoint(row):
                names = [self._names[term] for term in row]
                self.row_names.update(names)
                thing = self._argument(f"({', '.join(names)},)")
                items = to.at("i8", thing, machine.ITEMS)
                self._steps.rows[row[0]] = items
                self._require([self._all_floats(items, len(row))])
                for n, term in enumerate(row):
                    if uses[term] > 1:
                        thing = to.load("ptr", to.at("ptr", items, n))
                        self._steps.values[term] = self._number(thing, term)
                found.update(row)
        return found

    def _all_floats(self, items: Value, count: int) -> Value:
        """Whether so many objects are Python's floats."""
        to = self._steps.to
        floats = to.slot("i64")
        to.store("i64", "0", floats)
        with to.loop(str(count)) as i:
            thing = to.load("ptr", to.at("ptr", items, i))
            kind = to.load("ptr", to.at("i8", thing, machine.TYPE))
            is_float = to(f"zext i1 {to(f'icmp eq ptr {kind}, @PyFloat_Type')} to i64")
            to.store("i64", to(f"add i64 {to.load('i64', floats)}, {is_float}"), floats)
        return to(f"icmp eq i64 {to.load('i64', floats)}, {count}")

    def _argument(self, name: str) -> Value:
        to, place = self._steps.to, self.parameters.setdefault(name, len(self.parameters))
        return to.load("ptr", to.at("ptr", "%args", place))

    def _array(self, name: str) -> tuple[Value, Value]:
        """The address of the entries of an array, and whether they lie in order."""
        to, thing = self._steps.to, self._argument(name)
        data, flags = [to.at("i8", thing, n) for n in (machine.DATA, machine.FLAGS)]
        flags = to(f"and i32 {to.load('i32', flags)}, {machine.IN_ORDER}")
        return to.load("ptr", data), to(f"icmp eq i32 {flags}, {machine.IN_ORDER}")

    def _number(self, thing: Value, term: Term) -> Value:
        """The number that an object is."""
        to = self._steps.to
        if term.dtype == np.bool_:
            return to(f"icmp ne i32 {to(f'call i32 @PyObject_IsTrue(ptr {thing})')}, 0")
        if term.dtype.kind == "f":
            value = to(f"call double @PyFloat_AsDouble(ptr {thing})")
            return functions.convert(to, value, _DOUBLE, term.dtype)
        value = to(f"call i64 @PyLong_AsLongLong(ptr {thing})")
        return functions.convert(to, value, _INTEGER, term.dtype)

    def _finish(self) -> None:
        to = self._steps.to
        if self._steps.outside:
            outside = to.load("i1", self._steps.outside)
            to.do(f"br i1 {outside}, label %outside, label %inside")
            to.begin("outside")
            to.do(f"call void @PyErr_SetNone(ptr {to.load('ptr', '@PyExc_IndexError')})")
            to.do("ret ptr null")
            to.begin("inside")
        count = len(self.results) + self.has_checks
        row = to(f"call ptr @PyTuple_New(i64 {count})")
        items = to.at("i8", row, machine.ITEMS)

        def put(thing: Value, place: Value) -> None:
            to.store("ptr", thing, to.at("ptr", items, place))

        sources, place = [self._steps.schedule.place(term) for term in self.results], 0
        while place < len(self.results):
            dtype, rows = self.results[place].dtype, in_turn(place, sources)
            if len(rows) != 1:
                put(self._object(self._steps.value(self.results[place]), dtype), str(place))
                place += 1
                continue
            ((row_of_items,),) = rows
            with to.loop(str(row_of_items.shape[0])) as i:
                value = load(to, dtype, self._steps.turn_of(row_of_items, i))
                put(self._object(value, dtype), to(f"add i64 {i}, {place}"))
            place += row_of_items.shape[0]
        if self.has_checks:
            failed = to.load("i64", self._steps.failed)
            put(self._object(failed, _INTEGER), str(count - 1))
        to.do(f"ret ptr {row}")

    def _object(self, value: Value, dtype: np.dtype[Any]) -> Value:
        """A new object of Python that is a number."""
        to, is_float = self._steps.to, dtype.kind == "f"
        wide = functions.convert(to, value, dtype, _DOUBLE if is_float else _INTEGER)
        maker = "Bool_FromLong" if dtype == np.bool_ else "Long_FromLongLong"
        made = f"Py{'Float_FromDouble' if is_float else maker}"
        return to(f"call ptr @{made}({'double' if is_float else 'i64'} {wide})")

    @property
    def has_checks(self) -> bool:
        """Whether the last of the results is the number of a branch of a loop that went another
        way, and 1, or 0.
        """
        return bool(self._steps.failed)

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


def work(step: AnyStep) -> int:
    """About how many operations a step takes."""
    if isinstance(step, Nest):
        return prod(step.shape) * (len(step.members) + len(step.reductions))
    if isinstance(step.term.op, Loop):
        return step.term.op.turns * len(step.term.op.order())
    return step.term.size * (step.term.args[0].shape[-1] if step.how == "product" else 1)
