"""Writes the steps of a schedule, one after the other, into a function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from math import prod
from typing import Any

import numpy as np

from autograd.jit.native import functions, products
from autograd.jit.native.layout import Buffer, Layout, in_turn, part_of, steps, whole
from autograd.jit.native.nests import IDENTITIES, RUNNING, Nest, NestWriter, combined, load, store
from autograd.jit.native.schedule import AnyStep, Schedule, copy_of, needs, new_term
from autograd.jit.native.text import Function, Value, in_memory, number, type_of
from autograd.jit.terms import Term, is_basic
from autograd.ops import indexing, structural
from autograd.ops.elementwise import mul


class Steps:
    """A function while its steps are written.

    pointers: the addresses of buffers; values: numbers by their terms; others: functions that it
    calls; globals: lines of the module besides; outside: memory for whether the number of an entry
    was one that an array does not have.
    """

    schedule: Schedule

    def __init__(self, to: Function, schedule: Schedule) -> None:
        self.to = to
        self.schedule = schedule
        self.pointers: dict[Buffer, Value] = {}
        self.values: dict[Term, Value] = {}
        self.others: list[Function] = []
        self.globals: dict[str, None] = {}
        self.outside: Value = ""

    def value(self, term: Term) -> Value:
        term = self.schedule.number_of(term)
        if term.constant:
            example = term.example if term.scalar else term.example.item()
            return number(example, type_of(term.dtype))
        if term in self.values:
            return self.values[term]
        place = self.schedule.place(term)
        assert place is not None
        return load(self.to, term.dtype, self.base(place))

    def _layout(self, term: Term) -> Layout:
        return self.schedule.layouts[term]

    def base(self, layout: Layout) -> Value:
        """The address of the first entry."""
        pointer = self.pointers[layout.buffer]
        if not layout.offset:
            return pointer
        kind = in_memory(type_of(layout.buffer.dtype))
        return self.to.at(kind, pointer, layout.offset)

    def step(self, step: AnyStep) -> None:
        if isinstance(step, Nest):
            outputs = {
                term: self._layout(term) if term.ndim else self.single(term)
                for term in [*step.members, *step.reductions]
                if term in self.schedule.stored or term in step.reductions
            }
            self.nest(Nest(step.shape, step.members, step.reductions, outputs))
            for term in step.reductions:
                if not term.ndim:
                    self.values[term] = load(
                        self.to, term.dtype, self.pointers[outputs[term].buffer]
                    )
        elif step.how not in ("load", "item"):  # which are read where they are used
            getattr(self, f"_{step.how}")(step.term)

    def single(self, term: Term) -> Layout:
        """Memory for one number."""
        buffer = Buffer(1, term.dtype)
        self.pointers[buffer] = self.to.slot(in_memory(type_of(term.dtype)))
        return Layout(buffer, (), ())

    def nest(self, nest: Nest) -> None:
        values = {arg: self.value(arg) for arg in needs(nest) if arg not in self.schedule.layouts}
        writer = NestWriter(nest, f"nest{len(self.others)}", self.schedule.layouts, values)
        self.others.append(writer.function(len(self.others)))
        writer.call(self.to, self.pointers.__getitem__)

    def copy(self, x: Term, into: Layout) -> None:
        """Store the entries of an array, or a number in each place, in a layout of its shape."""
        self.copy_all([(x, into)])

    def copy_all(self, pairs: Iterable[tuple[Term, Layout]]) -> None:
        """The same for several, which do not overlap."""
        nests: dict[tuple[int, ...], Nest] = {}
        for x, into in pairs:
            copy = copy_of(x)
            if x.shape != into.shape:
                copy.example = np.broadcast_to(np.zeros((), x.dtype), into.shape)
            nest = nests.setdefault(into.shape, Nest(into.shape))
            nest.members.append(copy)
            nest.outputs[copy] = into
        for nest in nests.values():
            self.nest(nest)

    def _number(self, term: Term) -> None:
        args = [self.value(arg) for arg in term.args]
        self.values[term] = functions.write(self.to, term, args)

    def _fill(self, term: Term) -> None:
        (x,) = term.args
        self.copy(self.schedule.number_of(x), self._layout(term))

    def _move(self, term: Term) -> None:
        (x,) = term.args
        self.copy(x, Layout(self._layout(term).buffer, x.shape, steps(x.shape)))

    def _join(self, term: Term) -> None:
        into, start, parts, places = self._layout(term), 0, [], []
        axis = term.settings["axis"] % term.ndim
        for arg in term.args:
            offset = into.offset + start * into.strides[axis]
            place = Layout(into.buffer, arg.shape, into.strides, offset)
            if self.schedule.place(arg) != place:  # where it may have been computed
                parts.append(arg)
                places.append(place)
            start += arg.shape[axis]
        self.store_all(parts, places)

    def _pack(self, term: Term) -> None:
        self.store_all(term.args, [self._layout(term).item(n) for n in range(term.size)])

    def store_all(self, terms: Sequence[Term], places: Sequence[Layout]) -> None:
        """Store each array or number in a place; those that lie in memory in turn at once."""
        sources, index = [self.schedule.place(term) for term in terms], 0
        pairs = list(zip(sources, places, strict=True))
        alike = all(x is None or x.buffer.dtype == into.buffer.dtype for x, into in pairs)
        copies: list[tuple[Term, Layout]] = []
        while index < len(terms):
            rows = in_turn(index, sources, places) if alike else []
            for source, into in rows:
                copies.append((self.stand_in(source), into))
                index += into.shape[0]
            if rows:
                continue
            term, into = terms[index], places[index]
            if into.shape:
                copies.append((term, into))
            else:
                dtype = into.buffer.dtype
                value = functions.convert(self.to, self.value(term), term.dtype, dtype)
                store(self.to, dtype, value, self.base(into))
            index += 1
        self.copy_all(copies)

    def _product(self, term: Term) -> None:
        x, y = [self._layout(arg) for arg in term.args]
        out = self._layout(term) if term.ndim else self.single(term)
        products.write(self.to, self.globals, x, y, out, self.base)
        if not term.ndim:
            self.values[term] = load(self.to, term.dtype, self.pointers[out.buffer])

    def _einsum(self, term: Term) -> None:
        """A nest over all indices: the product of two factors, summed over those that go."""
        names = term.settings["subscripts"].replace("->", ",").split(",")
        letters = names[2] + "".join(sorted({*names[0], *names[1]} - {*names[2]}))
        sizes = [size for arg in term.args for size in arg.shape]
        size_of = dict(zip(names[0] + names[1], sizes, strict=True))
        shape, factors = tuple([size_of[letter] for letter in letters]), []
        for arg, own in zip(term.args, names, strict=False):
            factor = arg
            if arg.ndim:
                x, strides = self._layout(arg), dict.fromkeys(letters, 0)
                for letter, stride in zip(own, x.strides, strict=True):
                    strides[letter] += stride
                spread = Layout(x.buffer, shape, tuple(strides.values()), x.offset)
                factor = self.stand_in(spread)
            factors.append(factor)
        result = product = new_term(mul, tuple(factors), shape, term.dtype)
        axes, totals = tuple(range(term.ndim, len(shape))), []
        if axes:
            settings = {"axis": axes, "keepdims": False}
            result = new_term(structural.sum_op, (product,), term.shape, term.dtype, **settings)
            totals.append(result)
        out = self._layout(term) if term.ndim else self.single(term)
        self.nest(Nest(shape, [product], totals, {result: out}))
        if not term.ndim:
            self.values[term] = load(self.to, term.dtype, self.pointers[out.buffer])

    def _running(self, term: Term) -> None:
        to, kind, out = self.to, type_of(term.dtype), self._layout(term)
        op, count = RUNNING[term.op], term.shape[-1]  # type: ignore[index]
        self.copy(term.args[0], out)
        base, total = self.base(out), to.slot(kind)
        with to.loop(str(term.size // count)) as row:
            to.store(kind, number(IDENTITIES[op], kind), total)
            first = to(f"mul i64 {row}, {count}")
            with to.loop(str(count)) as i:
                at = to(f"getelementptr {kind}, ptr {base}, i64 {to(f'add i64 {first}, {i}')}")
                x = to.load(kind, at)
                value = combined(to, op, kind, to.load(kind, total), x)
                to.store(kind, value, total)
                to.store(kind, value, at)

    def turn_of(self, items: Layout, turn: Value) -> Value:
        """The address of the item of this turn."""
        kind, step = in_memory(type_of(items.buffer.dtype)), items.strides[0]
        at = turn if step == 1 else self.to(f"mul i64 {turn}, {step}")
        at = self.to(f"add i64 {at}, {items.offset}") if items.offset else at
        return self.to.at(kind, self.pointers[items.buffer], at)

    def copy_layout(self, source: Layout, into: Layout) -> None:
        """Store entries of one layout in another of the same shape."""
        self.copy(self.stand_in(source), into)

    def stand_in(self, source: Layout) -> Term:
        """A term for what is somewhere in memory."""
        term = new_term(None, (), source.shape, source.buffer.dtype)
        self.schedule.layouts[term] = source
        self.schedule.kinds[term] = "given"
        return term

    # --- entries by number ---------------------------------------------------------------------

    def _numbers(self, array: Any) -> Value:
        """The address of constant integers."""
        numbers = np.ascontiguousarray(array, np.int64).ravel()
        name = f"@numbers{len(self.globals)}"
        entries = ", ".join(f"i64 {n}" for n in numbers.tolist())
        self.globals[f"{name} = private constant [{numbers.size} x i64] [{entries}], align 64"] = (
            None
        )
        return name

    def _places(self, key: Any, layout: Layout) -> Any:
        """Where the entries that a key picks are in the buffer."""
        at = sum(
            (np.arange(size) * stride).reshape(-1, *[1] * (len(layout.shape) - axis - 1))
            for axis, (size, stride) in enumerate(zip(layout.shape, layout.strides, strict=True))
        )
        return (np.broadcast_to(at, layout.shape) + layout.offset)[key]

    def _gather(self, term: Term) -> None:
        (x,) = term.args
        to, kind = self.to, in_memory(type_of(term.dtype))
        numbers = self._numbers(self._places(term.settings["key"], self._layout(x)))
        source, out = self.pointers[self._layout(x).buffer], self.base(self._layout(term))
        with to.loop(str(term.size)) as i:
            at = to.load("i64", to.at("i64", numbers, i))
            value = to.load(kind, to.at(kind, source, at))
            to.store(kind, value, to.at(kind, out, i))

    def _zeros(self, term: Term) -> Value:
        """Fill the memory of a new array with zeros; its address."""
        base, size = self.base(self._layout(term)), term.size * term.dtype.itemsize
        self.to.needed.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        self.to.do(f"call void @llvm.memset.p0.i64(ptr {base}, i8 0, i64 {size}, i1 0)")
        return base

    def _put(self, term: Term) -> None:
        (x,) = term.args
        self._zeros(term)
        into = self._layout(term)
        value = functions.convert(self.to, self.value(x), x.dtype, term.dtype)
        place = self._places(term.settings["key"], into).item()
        store(self.to, term.dtype, value, self.base(Layout(into.buffer, (), (), place)))

    def _scatter(self, term: Term) -> None:
        (x,) = term.args
        to, kind, into = self.to, type_of(term.dtype), self._layout(term)
        base, key = self._zeros(term), term.settings["key"]
        if is_basic(key):
            self.copy(x, part_of(into, key))
            return
        source = self._layout(x)
        numbers = self._numbers(self._places(key, whole(into.buffer, term.shape)))
        places = self._numbers(self._places((), source))
        with to.loop(str(x.size)) as i:
            at = to.load("i64", to.at("i64", numbers, i))
            n = to.load("i64", to.at("i64", places, i))
            pointer = self.pointers[source.buffer]
            value = to.load(kind, to.at(kind, pointer, n))
            place = to.at(kind, base, at)
            to.store(kind, to(f"fadd {kind} {to.load(kind, place)}, {value}"), place)

    def _pick(self, term: Term) -> None:
        self._pair(term, self._layout(term.args[0]), self._layout(term), adds=False)

    def _place(self, term: Term) -> None:
        self._zeros(term)
        self._pair(term, self._layout(term), self._layout(term.args[0]), adds=True)

    def _pair(self, term: Term, x: Layout, y: Layout, adds: bool) -> None:
        """Copy x[key] to y, or add y to it, where numbers of the key are computed."""
        to, kind, key = self.to, in_memory(type_of(term.dtype)), term.settings["key"]
        numbers, count = iter(term.args[1:]), term.args[1].size
        axes = [*zip(key, x.shape, x.strides, strict=False)]
        fixed = sum(np.asarray(n) % size * s for n, size, s in axes if n is not indexing.HERE)
        table = self._numbers(np.broadcast_to(fixed + x.offset, term.args[1].shape))
        rest = x.shape[len(key) :]
        with to.loop(str(count)) as i, ExitStack() as loops:
            at, entry = to.load("i64", to.at("i64", table, i)), to(f"mul i64 {i}, {prod(rest)}")
            for part, size, stride in axes:
                if part is indexing.HERE:
                    n = self._number_within(next(numbers), i, size)
                    at = to(f"add i64 {at}, {to(f'mul i64 {n}, {stride}')}")
            for size, stride, step in zip(rest, x.strides[len(key) :], steps(rest), strict=True):
                turn = loops.enter_context(to.loop(str(size)))
                at = to(f"add i64 {at}, {to(f'mul i64 {turn}, {stride}')}")
                entry = to(f"add i64 {entry}, {to(f'mul i64 {turn}, {step}')}")
            one, other = to.at(kind, self.pointers[x.buffer], at), to.at(kind, self.base(y), entry)
            if adds:
                total = to(f"fadd {kind} {to.load(kind, one)}, {to.load(kind, other)}")
                to.store(kind, total, one)
            else:
                to.store(kind, to.load(kind, one), other)

    def _number_within(self, term: Term, i: Value, size: int) -> Value:
        """Number i of an array of the numbers of entries; noted, and 0, where there is no entry."""
        to, layout = self.to, self._layout(term)
        if not self.outside:
            self.outside = to.slot("i1")
            to.slots.append(f"  store i1 0, ptr {self.outside}")
        n = load(to, term.dtype, to.at(type_of(term.dtype), self.base(layout), i))
        n = functions.convert(to, n, term.dtype, np.dtype(np.int64))
        below = to(f"icmp slt i64 {n}, 0")
        n = to(f"select i1 {below}, i64 {to(f'add i64 {n}, {size}')}, i64 {n}")
        wrong = to(f"icmp uge i64 {n}, {size}")
        to.store("i1", to(f"or i1 {wrong}, {to.load('i1', self.outside)}"), self.outside)
        return to(f"select i1 {wrong}, i64 0, i64 {n}")

    def _segments(self, term: Term) -> None:
        (x,) = term.args
        to, kind, source = self.to, type_of(term.dtype), self._layout(x)
        base, out = self.pointers[source.buffer], self.base(self._layout(term))
        starts = term.settings["starts"]
        ends = self._numbers(np.append(starts[1:], x.size))
        begins = self._numbers(starts)
        (stride,) = source.strides
        with to.loop(str(term.size)) as i:
            first = to.load("i64", to.at("i64", begins, i))
            last = to.load("i64", to.at("i64", ends, i))
            total = to.slot(kind)
            to.store(kind, number(0.0, kind), total)
            with to.loop(to(f"sub i64 {last}, {first}")) as j:
                at = to(f"mul i64 {to(f'add i64 {first}, {j}')}, {stride}")
                at = to(f"add i64 {at}, {source.offset}")
                value = to.load(kind, to.at(kind, base, at))
                so_far = to.load(kind, total)
                to.do(f"store {kind} {to(f'fadd {kind} {so_far}, {value}')}, ptr {total}")
            to.store(kind, to.load(kind, total), to.at(kind, out, i))
