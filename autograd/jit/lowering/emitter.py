"""The emitter: collects the code of a program and knows where each result is when it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from autograd.jit.guards import is_of_library
from autograd.jit.loops import Loop
from autograd.jit.lowering.code import Code, sizes
from autograd.jit.lowering.plan import Plan, Slot, Slots
from autograd.jit.terms import Term, entry, fingerprint, is_view
from autograd.ops import elementwise, products, reductions, structural
from autograd.ops.op_types import Elementwise


@dataclass(eq=False)
class Location:
    """Where a result is when the program runs.

    name: its name in the source, or an expression for a number.
    fixed: an array of the same shape and strides, if the result is always in the same memory; None
        where each run allocates it.
    slot: the piece of the program's own memory that it lies in.
    """

    name: str
    fixed: Any = None
    slot: Slot | None = None
    whole: bool = False
    """Whether it is all of what is in its slot, laid out in order, and may be overwritten."""
    home: tuple[Term, int] | None = None
    """The array that it is a part of, and the number of its first entry there."""
    columns: tuple[str, int, int] | None = None
    """Of a list that is kept together with others, as a list of tuples: which of how many it is."""


@dataclass(frozen=True)
class Parts:
    """What a program, or the body of a loop, is made of.

    inputs: names and terms of what is given.
    checks: terms, a condition, with `{}` for the value, and the statement then, which leaves.
    effects: names of functions, and terms that they are called with once all is computed.
    sinks: terms, and arrays that they are to be in at the end of each run. A run that leaves, or in
        which an effect raises, has not written over what it reads.
    fixed: inputs that are in the same memory at each run.
    names: how to call terms, in code that is to be read; numbers stand in it as they are.
    comment: where in the program a term comes from.
    branches: for the checks within loops, by their numbers: the condition and the statement.
    """

    inputs: Sequence[tuple[str, Term]]
    results: Sequence[Term]
    checks: Sequence[tuple[Term, str, str]]
    effects: Sequence[tuple[str, Sequence[Term]]] = ()
    sinks: Sequence[tuple[Term, Any]] = ()
    fixed: Mapping[Term, Any] = field(default_factory=dict)
    names: Mapping[Term, str] = field(default_factory=dict)
    comment: Callable[[Term], str] | None = None
    branches: Sequence[tuple[str, str]] = ()


class Emitter:
    """The code written so far, and the locations of its terms.

    around: the emitter of the code that this is the body of a loop in. prefix: what sets its names
        apart.
    """

    def __init__(self, parts: Parts, around: Emitter | None = None, prefix: str = "") -> None:
        inputs, fixed, sinks = parts.inputs, parts.fixed, parts.sinks
        escaping = [*parts.results, *[arg for _, args in parts.effects for arg in args]]
        checked = {term for term, _, _ in parts.checks}
        roots = [*escaping, *[term for term, _ in sinks], *checked]
        self.parts = parts
        self.prefix = prefix
        self.renamed: dict[Term, str] = {}
        """Terms of a body that have the name of what they replace in the next turn."""
        self.results: dict[Term, list[Location]] = {}
        """Where the results of loops are."""
        self.readable: bool = bool(parts.names)
        self._line = ""
        self.code: Code = Code() if around is None else around.code.of_body()
        self.code.parameters = [name for name, term in inputs if term not in fixed]
        self.slots: Slots = Slots(prefix)
        self._boxes: set[str] = set()
        self._constants: dict[Any, str] = {} if around is None else around._constants
        self._taken: set[Slot] = set()
        self.places: dict[Term, Location] = {}
        self._joined: dict[Term, Location] = {}
        self.listed: dict[Term, str] = {}
        """The names of lists that hold arrays of which many entries are used."""
        self.sinks: dict[Term, tuple[str, Any]] = {}
        self.late: list[tuple[str, Term]] = []
        """Terms that are copied into sinks at the end, since they could not be computed there."""
        for number, (term, array) in enumerate(sinks):
            self.code.constants[f"out{number}"] = array
            in_order = term.fits(array) and array.flags.c_contiguous
            if term in self.sinks or parts.effects or not in_order:
                self.late.append((f"out{number}", term))
            else:
                self.sinks[term] = f"out{number}", array
        self._inputs_in = {
            term: [x for _, x in inputs if not x.scalar and np.may_share_memory(x.example, array)]
            for term, (_, array) in self.sinks.items()
        }
        written = {term for term, x in self._inputs_in.items() if x}
        self.overwritten: set[Term] = {
            x
            for _, x in inputs
            if not x.scalar and any(np.may_share_memory(x.example, array) for _, array in sinks)
        }
        """The inputs whose memory a sink lies in."""
        self.escaping: set[Term] = {*escaping} - set(self.sinks)
        self.plan: Plan = Plan(roots, {*self.escaping, *self.sinks}, {*self.escaping, *written})
        self._last_exit: int = max(
            (n for n, term in enumerate(self.plan.order) if term in checked or _may_raise(term)),
            default=-1,
        )
        """The position after which the run will not be left, to be taken again from its inputs."""
        for name, term in inputs:
            if term in fixed:
                self.code.constants[name] = fixed[term]
            self.places[term] = Location(name, fixed.get(term))

    def of_body(self, term: Term, loop: Loop) -> Emitter:
        """An emitter for the body of a loop, whose inputs have no places yet."""
        parts = Parts(
            inputs=[],
            results=loop.results[: len(loop.results) - len(loop.checks)],
            checks=[(x, *self.parts.branches[number]) for x, number in loop.checks],
            names=self.parts.names,
            comment=self.parts.comment,
            branches=self.parts.branches,
        )
        return Emitter(parts, around=self, prefix=f"{self.prefix}{term.number}_")

    def begin(self, position: int, term: Term) -> None:
        """Begin to write the term at this position of the plan."""
        self.position: int = position
        self._now = term

    def end(self) -> None:
        """The term is written: memory that only it needed is free."""
        for term in self.plan.ending.get(self.position, ()):
            slot = self.places[term].slot
            if slot is not None and slot not in self._taken:
                self.slots.release(slot)
        self._taken = set()

    def begun(self, whole: Term) -> bool:
        """Whether a part of an array has been computed in its place already."""
        return whole in self._joined

    def joined(self, whole: Term) -> Location:
        """The location of an array whose parts are computed in place; allocated with the first."""
        if whole not in self._joined:
            if whole in self.sinks:
                name, array = self.sinks[whole]
                self._joined[whole] = Location(name, array)
            else:
                self._joined[whole] = self._memory(whole, True)
        return self._joined[whole]

    def part(self, whole: Term, start: int, shape: tuple[int, ...], key: Term | None) -> Location:
        """The entries of such an array from number `start`, in a shape of their own."""
        base = self.joined(whole)
        stop = start + prod(shape)
        flat = base.name if whole.ndim == 1 else f"{base.name}.reshape(-1)"
        text = f"{flat}[{start}:{stop}]" + ("" if len(shape) == 1 else f".reshape({sizes(shape)})")
        name = self.once(key, text)
        fixed = base.fixed.reshape(-1)[start:stop].reshape(shape)
        return Location(name, fixed, home=(whole, start))

    # --- writing ---------------------------------------------------------------------------------

    def body(self, line: str) -> None:
        """A line that is run each time."""
        if self.parts.comment is not None:
            origin = self.parts.comment(self._now)
            if origin and origin != self._line:
                self.code.body.append(f"# {origin}")
                self._line = origin
        self.code.body.append(line)

    def copy(self, into: str, x: str, *how: str) -> None:
        """A line that copies x into an array at each run."""
        self.body(f"{self.code.of_numpy('copyto')}({', '.join([into, x, *how])})")

    def name(self, term: Term) -> str:
        """The name of a term."""
        return (
            self.renamed.get(term) or self.parts.names.get(term) or f"t{self.prefix}{term.number}"
        )

    def once(self, term: Term | None, expression: str) -> str:
        """A name, that of a term if given, for something that is made once."""
        name = f"part{len(self.code.setup)}" if term is None else self.name(term)
        self.code.setup.append(f"{name} = {expression}")
        return name

    def new(self, term: Term, expression: str) -> Location:
        """An array or number that is made anew at each run."""
        name = self.name(term)
        self.body(f"{name} = {expression}")
        return Location(name)

    def constant(self, array: Any) -> str:
        """A name for an array of numbers that stay."""
        same = fingerprint(array)  # not the same as what stands in memory that changes
        if same not in self._constants:
            name = self._constants[same] = f"const{len(self._constants)}"
            self.code.constants[name] = array
        return self._constants[same]

    def setting(self, value: Any) -> str:
        """A setting of an operation as source."""
        if isinstance(value, np.ndarray):
            return self.constant(value)
        if isinstance(value, tuple):
            parts = [self.setting(part) for part in value]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        if isinstance(value, slice):
            parts = [self.setting(part) for part in (value.start, value.stop, value.step)]
            return f"slice({', '.join(parts)})"
        if isinstance(value, np.dtype):
            return f"np.{value.name}"
        if value is Ellipsis:
            return "..."
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        if isinstance(value, float):
            return self.code.number(value)
        name = f"setting{len(self.code.shared)}"
        self.code.shared[name] = value
        return name

    def between_brackets(self, part: Any) -> str:
        """A part of a key as source."""
        if not isinstance(part, slice):
            return self.setting(part)
        first, last, step = (
            "" if n is None else str(n) for n in (part.start, part.stop, part.step)
        )
        return f"{first}:{last}" + (f":{step}" if step else "")

    # --- memory ----------------------------------------------------------------------------------

    def destination(
        self, term: Term, reuse: Sequence[Term] = (), shared: bool = True
    ) -> Location | None:
        """The memory that a term is to be computed into; None for new memory at each run.

        reuse: arguments that may be overwritten by it, if they are needed no more.
        """
        if term in self.sinks:
            name, array = self.sinks[term]
            # `where` copies twice, the second time over what it still needs.
            by_entry = isinstance(term.op, Elementwise) and term.op is not elementwise.where
            inputs = self._inputs_in[term]
            if (not inputs or self._last_exit < self.position) and all(
                self.plan.last.get(self.plan.owner[x], -1) < self.position
                or (by_entry and self.plan.last[self.plan.owner[x]] == self.position)
                for x in inputs
                if x in self.plan.owner
            ):
                return Location(name, array)
            self.late.append((name, term))
        if term in self.escaping or term in self.plan.singles:
            return None
        if term in self.plan.homes:
            return self.part(*self.plan.homes[term], term.shape, term)
        for arg in reuse:
            place = self.places[arg]
            if (
                place.whole
                and place.slot is not None
                and place.slot.shared
                and arg.shape == term.shape
                and arg.dtype == term.dtype
                and term.size > 1
                and self.plan.last[self.plan.owner[arg]] == self.position
                and not self._shared(arg, term)
            ):
                self._taken.add(place.slot)
                name = place.name
                if _says_something(self.name(term)):
                    name = self.once(term, name)  # a name of its own for the same memory
                return Location(name, place.fixed, place.slot, True)
        return self._memory(term, shared)

    def _shared(self, arg: Term, term: Term) -> bool:
        """Whether another argument of a term is in the same memory."""
        owner = self.plan.owner
        return any(other is not arg and owner[other] is owner[arg] for other in term.args)

    def _memory(self, term: Term, shared: bool) -> Location:
        slot = self.slots.take(term.shape, term.dtype, shared)
        name = self.name(term)
        if not _says_something(name):
            others = [n for n, shape in slot.shown.items() if shape == term.shape]
            name = next((other for other in others if not _says_something(other)), name)
        slot.shown[name] = term.shape
        return Location(name, np.empty(term.shape, term.dtype), slot, True)

    def operand(self, arg: Term, dtype: np.dtype[Any]) -> str:
        """An argument of a NumPy function as source; numbers are put into arrays of `dtype`, since
        NumPy is slow to convert them.
        """
        place = self.places[arg]
        if not arg.scalar or self.readable or arg.dtype.kind != dtype.kind:
            return place.name
        name = f"number{self.prefix}{arg.number}_{dtype.name}"
        if name not in self._boxes:
            self._boxes.add(name)
            if arg.constant:
                self.code.setup.append(f"{name} = np.array({place.name}, np.{dtype.name})")
            else:
                self.code.setup.append(f"{name} = np.empty((), np.{dtype.name})")
                self.body(f"{name}[()] = {place.name}")
        return name


_NEVER_RAISE_FOR_FLOATS = (
    entry,
    elementwise.add,
    elementwise.sub,
    elementwise.mul,
    elementwise.neg,
)
_NEVER_RAISE_FOR_ARRAYS = (
    products.matmul_op,
    reductions.max_op,
    reductions.min_op,
    structural.sum_op,
    structural.broadcast_op,
    structural.cast_op,
    structural.concatenate_op,
    structural.sum_to_op,
)


def _may_raise(term: Term) -> bool:
    """Whether an operation may raise because of its numbers, as Python's floats do."""
    if term.op is None or is_view(term):
        return False
    if term.scalar:
        return term.op not in _NEVER_RAISE_FOR_FLOATS
    by_entry = isinstance(term.op, Elementwise) and is_of_library(term.op.kernel)
    return not by_entry and term.op not in _NEVER_RAISE_FOR_ARRAYS


def _says_something(name: str) -> bool:
    """Whether a name is more than a number."""
    return re.fullmatch(r"t\d+(_\d+)*", name) is None
