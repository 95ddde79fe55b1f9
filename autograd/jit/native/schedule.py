"""The steps of a program in machine code: which operations are computed together, and when.

Each step has a number, its stage: it comes after all that it needs. Elementwise operations over one
shape that are at the same stage are one nest of loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.loops import Loop, is_of_lists
from autograd.jit.loops.loop import cut, item, joined, listed, rows, stacked, with_numbers
from autograd.jit.native import functions
from autograd.jit.native.layout import (
    Buffer,
    Layout,
    new_list,
    of_array,
    part_of,
    steps,
    view,
    whole,
)
from autograd.jit.native.nests import IDENTITIES, RUNNING, Nest
from autograd.jit.native.text import has_type
from autograd.jit.terms import Term, entry, is_view, pack, segment_sums
from autograd.ops import indexing, products, structural
from autograd.ops.elementwise import identity


@dataclass
class Step:
    """What computes one term that is no part of a nest, or a number from numbers.

    how: as `Schedule.kinds` says. parts: the numbers that a loop gives besides.
    """

    how: str
    term: Term
    parts: list[Term] = field(default_factory=list)


AnyStep: TypeAlias = "Nest | Step"

_IN_NESTS = ("element", "reduction")
_NO_STEP = ("given", "view", "uniform", "list", "part")
_NUMBERS = ("number", "load", "item")
_ANYWHERE = ("element", "reduction", "product", "einsum", "pick", "place", "join")
"""Arrays that may be computed into a part of other memory."""


_MANY = 8
_MOST_HANDED_ON = 4096
_MOST_SUMMED = 100_000
"""Sums of more products are left to NumPy, which calls BLAS for some."""


class Unsupported(Exception):
    """A program that is not written in machine code."""


def new_term(
    op: Op | None, args: tuple[Term, ...], shape: tuple[int, ...], dtype: Any, **settings: Any
) -> Term:
    """A term that the program did not have; without an operation, of what is in memory."""
    new = Term()
    new.op, new.args, new.settings = op, args, settings
    new.example = np.broadcast_to(np.zeros((), dtype), shape)
    new.constant, new.number, new.index = False, -1, -1
    return new


def copy_of(term: Term) -> Term:
    """A term that stands for a copy of an array."""
    return new_term(identity, (term,), term.shape, term.dtype)


class Schedule:
    """The steps in order, and how and where each term is computed.

    kinds: "given"; "view" (of an array in memory); "uniform" (an array of which all entries are one
        number, which is in no memory); "number" (an operation on numbers); "load" (a number out of
        an array); "element", "reduction" (in nests); "fill", "move", "product", "einsum", "join",
        "gather", "scatter", "put" (a number into zeros), "pick", "place" (the same by numbers that
        are computed), "segments", "running" (along the last axis), "pack"; "loop", "part" (a number
        that a loop gives), "list" (what is known of a list), "listed" (a new list), "joined" (an
        array of its items); or "call" (of Python: no machine code is made).
    layouts: of the arrays that are in memory; lists: of the lists; slots: of the floats that the
    kernel which is being written is called with.
    bodies: the schedules of the bodies of loops.
    stored: the terms of nests that something outside of their nest reads.
    """

    def __init__(
        self,
        order: Sequence[Term],
        results: Collection[Term],
        given: Mapping[Term, Layout],
        alone: bool = False,
        homes: Mapping[Term, Layout] | None = None,
    ) -> None:
        """order: all terms, arguments first; results: those that are needed in the end; given:
        where some of them are; alone: whether NumPy is to compute nothing that can be written;
        homes: where some of them are to be computed, if they can be.
        """
        self._alone = alone
        self._in_memory = self._wanted_in_memory(order)
        self.kinds: dict[Term, str] = {}
        self.layouts: dict[Term, Layout] = {}
        self.lists: dict[Term, Layout] = {}
        self.slots: dict[Term, Layout] = {}
        self.bodies: dict[Term, Body] = {}
        self._loops: dict[Term, Step] = {}
        self.stored: set[Term] = {term for term in results if term.ndim}
        self._ready: dict[Term, int] = {}  # the first stage at which others can read it
        self._nest: dict[Term, int] = {}  # the stage of its nest
        stages: dict[int, list[Term]] = {}
        homes = self._homes(order, homes or {})
        for term in order:
            self.kinds[term] = kind = self._how(term)
            if term in given:
                self.layouts[term] = given[term]
            elif term.ndim and kind == "view":
                self.layouts[term] = self._view
            elif term.constant and term.ndim:
                self.layouts[term] = of_array(np.ascontiguousarray(term.example))
            elif term.ndim and term in homes and kind in _ANYWHERE:
                self.layouts[term] = homes[term]
            elif term.ndim and kind != "uniform":
                self.layouts[term] = whole(Buffer(term.size, term.dtype), term.shape)
            stage = self._stage(term)
            if kind not in _NO_STEP:
                stages.setdefault(stage, []).append(term)
        self.steps: list[AnyStep] = []
        for stage in sorted(stages):
            self.steps += self._of_stage(stages[stage])
        for term in order:
            if self.kinds[term] == "part":
                self._loops[term.args[0]].parts.append(term)

    def _homes(self, order: Sequence[Term], homes: Mapping[Term, Layout]) -> dict[Term, Layout]:
        """Where arrays are joined, so that each part can be computed there."""
        found = {**homes}
        for term in reversed(order):
            if term.op is structural.concatenate_op and term.settings["axis"] == 0:
                home = found.setdefault(term, whole(Buffer(term.size, term.dtype), term.shape))
                start = home.offset
                for arg in term.args:
                    part = arg
                    while part.op is structural.reshape_op:
                        (part,) = part.args
                    place = Layout(home.buffer, part.shape, steps(part.shape), start)
                    if part.dtype == term.dtype:
                        found.setdefault(part, place)
                    start += arg.size
        return found

    def _wanted_in_memory(self, order: Sequence[Term]) -> set[Term]:
        """The terms that an operation reads which needs its arguments in memory."""
        wanted: set[Term] = set()
        for term in order:
            by_entry = term.op in IDENTITIES or functions.computes(term, self._alone)
            if not by_entry or (term in wanted and is_view(term)):
                wanted.update(term.args)
        return wanted

    def _how(self, term: Term) -> str:
        op = term.op
        if op is None:
            return "given"
        if is_of_lists(term):
            return self._how_list(term)
        if not has_type(term.dtype) or not all(has_type(arg.dtype) for arg in term.args):
            return "call"
        arrays = [arg for arg in term.args if arg.ndim]
        if op is entry or (op is structural.index_op and not term.ndim and is_view(term)):
            return "load" if arrays and self.kinds[arrays[0]] != "uniform" else "number"
        if is_view(term) or op is structural.broadcast_op:
            return self._how_view(term, arrays)
        if op in IDENTITIES:
            floats = term.args[0].dtype.kind == "f" == term.dtype.kind
            counts = op is structural.sum_op and term.dtype.kind == "i"
            return "reduction" if arrays and (floats or counts) else "call"
        if functions.computes(term, self._alone):
            return "element" if term.ndim else "number" if not arrays else "call"
        return self._how_array(term, arrays)

    def _how_list(self, term: Term) -> str:
        op = term.op
        if isinstance(op, Loop):
            self.bodies[term] = self._body(term, op)
            return "loop"
        if op is listed:
            self.lists[term] = self._listed(term)
            return "listed"
        (whole_list,) = term.args
        if op is cut:
            self.lists[term] = self.lists[whole_list].cut(**term.settings)
            return "list"
        if op is item:
            self._view = self.lists[whole_list].item(term.settings["index"])
            return "view" if term.ndim else "item"
        if op is rows:
            self.lists[term] = self._rows(term)
            return "list"
        if op is stacked:
            self._view = self.lists[whole_list]
            return "view"
        if op is joined:
            return "joined"
        loop, index = whole_list.op, term.settings["index"]
        assert isinstance(loop, Loop)
        body = self.bodies[whole_list]
        if index >= len(loop.last):
            self.lists[term] = body.kept[index - len(loop.last)]
            return "list"
        if not term.ndim:
            return "part"
        self._view = body.last[index]
        return "view"

    def _listed(self, term: Term) -> Layout:
        """A new list, whose items are of one shape and type."""
        count, kinds = 0, set()
        for arg, many in zip(term.args, term.settings["lists"], strict=True):
            known = self.lists.get(arg)
            count += known.shape[0] if many and known else 1
            kinds.add((known.shape[1:], known.buffer.dtype) if known else (arg.shape, arg.dtype))
        if len(kinds) > 1 or not has_type(next(iter(kinds))[1]):
            raise Unsupported
        ((shape, dtype),) = kinds
        return new_list(shape, count, dtype)

    def _rows(self, term: Term) -> Layout:
        """Parts of an array, which are where the array is."""
        (x,), settings = term.args, term.settings
        if x not in self.layouts:
            raise Unsupported
        numbers, moved = settings["numbers"], settings["steps"]
        first = part_of(self.layouts[x], with_numbers(settings["key"], numbers))
        following = [n + step for n, step in zip(numbers, moved, strict=True)]
        second = part_of(self.layouts[x], with_numbers(settings["key"], following))
        strides = second.offset - first.offset, *first.strides
        return Layout(first.buffer, (settings["turns"], *first.shape), strides, first.offset)

    def _body(self, term: Term, loop: Loop) -> Body:
        """The schedule of a body, whose inputs are where the arguments are."""
        given: dict[Term, Layout] = {}
        items: dict[Buffer, Layout] = {}
        first = len(loop.fixed)
        streams = term.args[first + len(loop.carried) :]
        for x, arg in zip(loop.fixed, term.args, strict=False):
            if arg in self.layouts:
                given[x] = self.layouts[arg]
        for x, arg in zip(loop.streams, streams, strict=True):
            stream = self.lists[arg]
            if x.ndim:
                buffer = Buffer(x.size, x.dtype, name="item")
                given[x], items[buffer] = Layout(buffer, x.shape, stream.strides[1:]), stream
            if stream.shape[1:] != x.shape or stream.buffer.dtype != x.dtype:
                raise Unsupported
        return Body(loop, given, items, self._alone)

    def _how_view(self, term: Term, arrays: Sequence[Term]) -> str:
        (x,) = term.args
        if not arrays or self.kinds[x] == "uniform":
            if not term.ndim:
                return "call"
            return "fill" if term in self._in_memory else "uniform"
        if not term.ndim:
            return "load" if x.size == 1 else "call"
        found = view(self.layouts[x], term)
        if found is None:
            return "move"
        self._view = found
        return "view"

    def _how_array(self, term: Term, arrays: Sequence[Term]) -> str:
        op, same = term.op, all(arg.dtype == term.dtype for arg in term.args)
        in_memory = arrays and all(self.kinds[arg] != "uniform" for arg in arrays)
        if op is products.matmul_op:
            return "product" if same and in_memory and term.dtype.kind == "f" else "call"
        if op is products.einsum_op:
            small = self._alone or _entries_of_einsum(term) <= _MOST_SUMMED
            return "einsum" if same and in_memory and small and term.dtype.kind == "f" else "call"
        if not term.ndim:
            return "call"
        if op in (indexing.gather_op, indexing.place_op):
            picks = in_memory and term.dtype == term.args[0].dtype and self._picks(term)
            return "call" if not picks else "pick" if op is indexing.gather_op else "place"
        if op in RUNNING and in_memory and same and term.dtype.kind == "f":
            return "running"
        if op is structural.concatenate_op and same and len(arrays) == len(term.args):
            return "join"
        if op is pack:
            return "pack"
        if op is structural.index_op and in_memory:
            return "gather"
        if op is structural.scatter_op and term.dtype.kind == "f" and (in_memory or not arrays):
            return "scatter" if in_memory else "put"
        if op is segment_sums and in_memory and term.dtype.kind == "f":
            return "segments"
        return "call"

    def _picks(self, term: Term) -> bool:
        """Whether a key has computed numbers for each entry that it picks, which lie in order."""
        numbers, key = term.args[1:], term.settings["key"]
        fixed = [np.asarray(part) for part in key if part is not indexing.HERE]
        shape = numbers[0].shape
        lie_in_order = numbers if term.op is indexing.gather_op else term.args
        return (
            {x.dtype.kind for x in fixed} | {x.dtype.kind for x in numbers} <= {"i", "u"}
            and np.broadcast_shapes(shape, *[part.shape for part in fixed]) == shape
            and all(number.shape == shape for number in numbers)
            and all(arg in self.layouts and self.layouts[arg].in_order for arg in lie_in_order)
            and (term.op is indexing.gather_op or term.dtype.kind == "f")
        )

    def _stage(self, term: Term) -> int:
        kind = self.kinds[term]
        if kind in _IN_NESTS:
            shape = term.shape if kind == "element" else term.args[0].shape
            stage = max([self._within(arg, shape) for arg in term.args], default=0)
            self._nest[term] = stage
            self._ready[term] = stage + 1
            return stage
        stage = max([self._ready[arg] for arg in term.args], default=0)
        self.stored.update(arg for arg in term.args if self.kinds[arg] == "element")
        self._ready[term] = stage + (kind not in _NO_STEP and kind not in _NUMBERS)
        return stage

    def _within(self, arg: Term, shape: tuple[int, ...]) -> int:
        """The first stage at which a nest over this shape can read an argument."""
        if self.kinds[arg] == "element" and arg.shape == shape:
            return self._nest[arg]
        return self._ready[arg]

    def _of_stage(self, terms: Sequence[Term]) -> list[AnyStep]:
        """The steps of one stage: numbers first, since the others may read them; calls last."""
        numbers: list[AnyStep] = []
        nests: dict[tuple[int, ...], Nest] = {}
        others: list[AnyStep] = []
        calls: list[AnyStep] = []
        for term in terms:
            kind = self.kinds[term]
            if kind in _NUMBERS:
                numbers.append(Step(kind, term))
            elif kind == "loop":
                self._loops[term] = Step(kind, term)
                others.append(self._loops[term])
            elif kind == "element":
                nests.setdefault(term.shape, Nest(term.shape)).members.append(term)
            elif kind == "reduction":
                shape = term.args[0].shape
                nests.setdefault(shape, Nest(shape)).reductions.append(term)
            else:
                (calls if kind == "call" else others).append(Step(kind, term))
        for nest in nests.values():
            inside = {*nest.members}
            for term in [*nest.members, *nest.reductions]:
                self.stored.update(
                    arg for arg in term.args if self.kinds[arg] == "element" and arg not in inside
                )
        return [*numbers, *nests.values(), *others, *calls]

    def buffers(self, term: Term) -> list[Buffer]:
        """The memory that a term is in, and of a loop all that it needs."""
        found = []
        if term in self.layouts and (self.kinds[term] != "element" or term in self.stored):
            found.append(self.layouts[term].buffer)
        if term in self.lists:
            found.append(self.lists[term].buffer)
        if self.kinds[term] == "item":
            found.append(self.lists[term.args[0]].buffer)
        if self.kinds[term] == "load":
            found.append(self.layouts[term.args[0]].buffer)
        if term in self.bodies:
            found += self.bodies[term].all_buffers()
        return found

    def place(self, term: Term) -> Layout | None:
        """Where a term is in memory; None for a number that is not."""
        if term in self.slots:
            return self.slots[term]
        if self.kinds[term] == "item":
            return self.lists[term.args[0]].item(term.settings["index"])
        if self.kinds[term] != "load":
            return self.layouts.get(term)
        (x,) = term.args
        layout, index = self.layouts[x], term.settings.get("index")
        if index is None:  # a part without axes, or the whole of an array of one number
            return part_of(layout, term.settings.get("key", (0,) * x.ndim))
        places = np.unravel_index(index, x.shape)
        apart = sum(int(n) * s for n, s in zip(places, layout.strides, strict=True))
        return Layout(layout.buffer, (), (), layout.offset + apart)

    def number_of(self, term: Term) -> Term:
        """The number that all entries of a uniform array are; others stand for themselves."""
        while self.kinds[term] == "uniform":
            (term,) = term.args
        return term


def _entries_of_einsum(term: Term) -> int:
    """The number of products that are added up."""
    letters = "".join(term.settings["subscripts"].replace("->", ",").split(",")[:2])
    sizes = [size for arg in term.args for size in arg.shape]
    return prod(dict(zip(letters, sizes, strict=True)).values())


class Body(Schedule):
    """The schedule of the body of a loop, and where its results are.

    items: lists by the buffers that are their item of this turn. states: the memory of arrays that
    are handed on. last, kept: that of results; copies: those arrays that each turn has to copy.
    """

    def __init__(
        self,
        loop: Loop,
        given: dict[Term, Layout],
        items: dict[Buffer, Layout],
        alone: bool,
    ) -> None:
        self.items = items
        self.states: list[Layout | None] = []
        for carried in loop.carried:
            x = carried.input
            state = whole(Buffer(x.size, x.dtype), x.shape) if x.ndim else None
            self.states.append(state)
            if state is not None:
                given[x] = state
        super().__init__(loop.order(), loop.results, given, alone)
        if "call" in self.kinds.values() or not all(has_type(x.dtype) for x in loop.results):
            raise Unsupported
        if any(carried.next.size > _MOST_HANDED_ON for carried in loop.carried):
            raise Unsupported
        self._made = {x.buffer for t, x in self.layouts.items() if self.kinds[t] not in _NO_STEP}
        self.copies: list[tuple[Term, Layout]] = []
        self.kept: list[Layout] = [self._kept(x, loop.turns) for x in loop.kept]
        self.last: list[Layout] = [self._last(x) for x in loop.last]

    def _kept(self, x: Term, turns: int) -> Layout:
        """The list of what a term is in each turn: computed right there, if it can be."""
        layout = self.layouts.get(x)
        own = layout and layout.buffer in self._made - self.items.keys()
        if layout and own and layout.buffer.size == x.size:
            self.items[layout.buffer] = new_list((x.size,), turns, x.dtype)
            layout.buffer.name = "item"
        if layout and layout.buffer in self.items:
            items = self.items[layout.buffer]
            strides = items.strides[0], *layout.strides
            start = items.offset + layout.offset
            return Layout(items.buffer, (turns, *x.shape), strides, start)
        items = new_list(x.shape, turns, x.dtype)
        if x.ndim:
            buffer = Buffer(x.size, x.dtype, name="item")
            self.items[buffer] = items
            self.copies.append((x, whole(buffer, x.shape)))
        return items

    def _last(self, x: Term) -> Layout:
        """What a term is in the last turn."""
        layout = self.layouts.get(x)
        if layout and layout.buffer in self._made - self.items.keys():
            return layout
        if layout and layout.buffer in self.items:
            items = self.items[layout.buffer].item(-1)
            return Layout(items.buffer, x.shape, layout.strides, items.offset + layout.offset)
        copy = whole(Buffer(x.size, x.dtype), x.shape)
        if x.ndim:
            self.copies.append((x, copy))
        return copy

    def all_buffers(self) -> list[Buffer]:
        """All the memory that a loop needs besides that of its arguments."""
        found = [layout.buffer for layout in [*self.states, *self.last] if layout is not None]
        found += [items.buffer for items in self.kept]
        for term in self.kinds:
            found += self.buffers(term)
        return [buffer for buffer in dict.fromkeys(found) if buffer.name != "item"]


def needs(step: AnyStep) -> list[Term]:
    """What a step reads."""
    if isinstance(step, Step):
        return [*step.term.args]
    inside = {*step.members}
    args: list[Any] = [arg for term in [*step.members, *step.reductions] for arg in term.args]
    return [arg for arg in dict.fromkeys(args) if arg not in inside]


def makes(step: AnyStep) -> list[Term]:
    """What a step computes."""
    if isinstance(step, Step):
        return [step.term, *step.parts]
    return [*step.members, *step.reductions]
