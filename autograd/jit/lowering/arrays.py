"""Programs with arrays: NumPy calls one after the other, into buffers made once.

How each kind of operation is written is in `statements`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd.jit import packing
from autograd.jit.lowering import scalars
from autograd.jit.lowering.code import Code
from autograd.jit.lowering.literals import literal
from autograd.jit.lowering.plan import Plan, is_view
from autograd.jit.lowering.storage import Slot, Slots
from autograd.jit.terms import Term
from autograd.ops.kinds import Elementwise


@dataclass(eq=False)
class Place:
    """Where a result is when the program runs.

    name: how the source calls it, or for a number the expression it is.
    fixed: an array of the same shape and strides as it is at each run, if it is always the same
        memory; None where each run has another.
    slot: the piece of the program's own memory that it lies in.
    """

    name: str
    fixed: Any = None
    slot: Slot | None = None
    whole: bool = False
    """Whether it is all of what is in its slot, laid out in order, and may be overwritten."""


NO_NAMES: Mapping[Term, str] = MappingProxyType({})


def sizes(shape: Sequence[int]) -> str:
    """A shape as `reshape` takes it."""
    return ", ".join(map(str, shape)) or "()"


class Arrays:
    """Writes a program down; `code` is the result."""

    def __init__(
        self,
        inputs: Sequence[tuple[str, Term]],
        results: Sequence[Term],
        escaping: Sequence[Term],
        checks: Sequence[tuple[Term, str, str]],
        sinks: Sequence[tuple[Term, Any]],
        fixed: Mapping[Term, Any],
        names: Mapping[Term, str] = NO_NAMES,
        comment: Callable[[Term], str] | None = None,
    ) -> None:
        """Prepare to write.

        results, escaping: terms whose arrays leave the program, as results or otherwise.
        checks: terms, a condition, with `{}` for the value, and the statement then, which leaves.
        sinks: terms, and arrays that they are to be in at the end of each run.
        fixed: inputs that are in the same memory at each run.
        names: how to call terms, in code that is to be read; numbers stand in it as they are.
        comment: where in the program a term comes from.
        """
        self._names = names
        self.readable: bool = bool(names)
        self._shown: dict[str, str] = {}
        self.code: Code = Code()
        self.slots: Slots = Slots()
        self.places: dict[Term, Place] = {}
        self.sinks: dict[Term, tuple[str, Any]] = {
            term: (f"out{number}", array) for number, (term, array) in enumerate(sinks)
        }
        self._late = [
            (f"out{number}", term)
            for number, (term, array) in enumerate(sinks)
            if self.sinks[term][1] is not array
        ]
        self.code.constants |= {f"out{number}": array for number, (_, array) in enumerate(sinks)}
        self.escaping: set[Term] = {*results, *escaping} - set(self.sinks)
        self._comment = comment
        self._line = ""
        roots = [*results, *escaping, *self.sinks, *[term for term, _, _ in checks]]
        self._checks: dict[Term, list[tuple[str, str]]] = {}
        for term, condition, leave in checks:
            self._checks.setdefault(term, []).append((condition, leave))
        self.listed: dict[Term, str] = {}
        """Arrays that there is a list of, with its name, since so many entries of them are used."""
        self._boxes: set[str] = set()
        self.taken: set[Slot] = set()
        self._inputs = {term: name for name, term in inputs}
        self.code.parameters = [name for name, term in inputs if term not in fixed]
        self._fixed = fixed
        self._inputs_in = {
            term: [
                given
                for _, given in inputs
                if not given.scalar and np.may_share_memory(given.example, array)
            ]
            for term, (_, array) in self.sinks.items()
        }
        written = {term for term, given in self._inputs_in.items() if given}
        self.plan: Plan = Plan(roots, {*self.escaping, *self.sinks}, {*self.escaping, *written})
        self._joined: dict[Term, Place] = {}
        self.entries: Counter[Term] = self.plan.count(packing.entry)

    def joined(self, whole: Term) -> Place:
        """Where an array is of which parts are computed in their places; made with the first."""
        if whole not in self._joined:
            if whole in self.sinks:
                name, array = self.sinks[whole]
                self._joined[whole] = Place(name, array)
            else:
                self._joined[whole] = self._memory(whole, True)
        return self._joined[whole]

    def part(self, whole: Term, start: int, shape: tuple[int, ...], key: Term | None) -> Place:
        """The entries of such an array from number `start`, in a shape of their own."""
        base = self.joined(whole)
        stop = start + prod(shape)
        flat = base.name if whole.ndim == 1 else f"{base.name}.reshape(-1)"
        text = f"{flat}[{start}:{stop}]" + ("" if len(shape) == 1 else f".reshape({sizes(shape)})")
        name = self.once(key, text)
        return Place(name, base.fixed.reshape(-1)[start:stop].reshape(shape))

    # --- writing ---------------------------------------------------------------------------------

    def write(self) -> Code:
        """Write all terms, in order."""
        from autograd.jit.lowering.statements import statement

        for position, term in enumerate(self.plan.order):
            self.position: int = position
            self._now = term
            if term.op is None:
                self.places[term] = self._given(term)
            elif scalars.can_write(term):
                self.places[term] = self._number(term)
            else:
                self.places[term] = statement(self, term)
            for condition, leave in self._checks.get(term, ()):
                self.body(f"if {condition.format(self.places[term].name)}:")
                self.body(f"    {leave}")
            self._release()
        return self.code

    def _release(self) -> None:
        for term in self.plan.ending.get(self.position, ()):
            slot = self.places[term].slot
            if slot is not None and slot not in self.taken:
                self.slots.release(slot)
        self.taken = set()

    def body(self, line: str) -> None:
        """A line that is run each time."""
        if self._comment is not None:
            origin = self._comment(self._now)
            if origin and origin != self._line:
                self.code.body.append(f"# {origin}")
                self._line = origin
        self.code.body.append(line)

    def name(self, term: Term) -> str:
        """What a term is called."""
        return self._names.get(term) or f"t{term.number}"

    def _has_word(self, term: Term) -> bool:
        """Whether a term has a name that says something."""
        name = self._names.get(term, "t0")
        return not (name[0] == "t" and name[1:].isdigit())

    def once(self, term: Term | None, expression: str) -> str:
        """A name, that of a term if given, for something that is made once."""
        name = f"part{len(self.code.setup)}" if term is None else self.name(term)
        self.code.setup.append(f"{name} = {expression}")
        return name

    def _given(self, term: Term) -> Place:
        if term.constant:
            if term.scalar:
                return Place(_float(term.example))
            return Place(self.constant(term.example), term.example)
        name = self._inputs[term]
        if term in self._fixed:
            self.code.constants[name] = self._fixed[term]
        return Place(name, self._fixed.get(term))

    def constant(self, array: Any) -> str:
        """A name for an array of numbers that stay."""
        for name, known in self.code.constants.items():
            if known is array or _same(known, array):
                return name
        name = f"const{len(self.code.constants)}"
        self.code.constants[name] = array
        return name

    def setting(self, value: Any) -> str:
        """How a setting of an operation is written."""
        if isinstance(value, np.ndarray):
            return self.constant(value)
        if isinstance(value, tuple):
            parts = [self.setting(part) for part in value]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        if isinstance(value, slice):
            parts = [self.setting(part) for part in (value.start, value.stop, value.step)]
            return f"slice({', '.join(parts)})"
        if isinstance(value, np.dtype):
            return f"np.{_dtype(value)}"
        if value is Ellipsis:
            return "..."
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        if isinstance(value, float):
            return _float(value)
        name = f"setting{len(self.code.shared)}"
        self.code.shared[name] = value
        return name

    def _number(self, term: Term) -> Place:
        operands = [self.places[arg].name for arg in term.args]
        text, needed = scalars.written(term, operands)
        self.code.math |= needed
        inline = (
            self.plan.uses[term] == 1
            and term not in self.escaping
            and term not in self._checks
            and len(text) < 60
            and not any(scalars.repeats_operands(user.op) for user in self._users(term))
        )
        if inline:
            return Place(text)
        name = self.name(term)
        self.body(f"{name} = {text.removeprefix('(').removesuffix(')') if _bare(text) else text}")
        return Place(name)

    def _users(self, term: Term) -> list[Term]:
        if not hasattr(self, "_used_by"):
            self._used_by: dict[Term, list[Term]] = {}
            for user in self.plan.order:
                for arg in user.args:
                    self._used_by.setdefault(arg, []).append(user)
        return self._used_by.get(term, [])

    # --- memory ----------------------------------------------------------------------------------

    def destination(
        self, term: Term, reuse: Sequence[Term] = (), shared: bool = True
    ) -> Place | None:
        """The memory that a term is to be computed into; None for new memory at each run.

        reuse: arguments that may be overwritten by it, if they are needed no more.
        """
        if term in self.sinks:
            name, array = self.sinks[term]
            by_entry = isinstance(term.op, Elementwise)
            if all(
                self.plan.last.get(self.plan.owner[given], -1) < self.position
                or (by_entry and self.plan.last[self.plan.owner[given]] == self.position)
                for given in self._inputs_in[term]
                if given in self.plan.owner
            ):
                return Place(name, array)
            self._late.append((name, term))
        if term in self.escaping:
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
                self.taken.add(place.slot)
                name = place.name
                if self._has_word(term):
                    name = self.once(term, name)  # a name of its own for the same memory
                return Place(name, place.fixed, place.slot, True)
        return self._memory(term, shared)

    def _shared(self, arg: Term, term: Term) -> bool:
        """Whether another argument of a term is in the same memory."""
        owner = self.plan.owner
        return any(other is not arg and owner[other] is owner[arg] for other in term.args)

    def _memory(self, term: Term, shared: bool) -> Place:
        slot = self.slots.take(term.shape, term.dtype, shared)
        whole = slot.size == term.size
        part = slot.name if whole else f"{slot.name}[:{term.size}]"
        shape = "" if term.shape == (term.size,) else f".reshape({sizes(term.shape)})"
        if self._has_word(term):
            name = self.once(term, part + shape)
        elif (name := self._shown.get(part + shape, "")) == "":
            name = self._shown[part + shape] = self.once(term, part + shape)
        return Place(name, np.empty(term.shape, term.dtype), slot, True)

    def operand(self, arg: Term, dtype: np.dtype[Any] | None) -> str:
        """How an argument of a NumPy function is written; numbers are put into arrays of `dtype`,
        since NumPy is slow to convert them.
        """
        place = self.places[arg]
        if not arg.scalar:
            return place.name
        if self.readable or dtype is None or arg.dtype.kind != dtype.kind:
            return place.name
        kind = _dtype(dtype)
        if arg.constant:
            return self._shared_number(arg, dtype)
        name = f"number{arg.number}_{kind}"
        if name not in self._boxes:
            self._boxes.add(name)
            self.code.setup.append(f"{name} = np.empty((), np.{kind})")
            self.body(f"{name}[()] = {place.name}")
        return name

    def _shared_number(self, arg: Term, dtype: np.dtype[Any]) -> str:
        key = f"number{arg.number}_{dtype.name}"
        if key not in self._boxes:
            self._boxes.add(key)
            self.code.setup.append(f"{key} = {literal(np.asarray(arg.example, dtype))}")
        return key

    def finish(
        self, results: Sequence[Term], effects: Sequence[tuple[str, Sequence[Term]]]
    ) -> Code:
        """What is done and given at the end of each run."""
        given: set[Term] = set()
        for term, (name, _) in self.sinks.items():
            if self.places[term].name != name and (name, term) not in self._late:
                self._late.append((name, term))
        for name, term in self._late:
            self.body(f"{self.code.of_numpy('copyto')}({name}, {self.places[term].name})")
        for name, args in effects:
            self.body(f"{name}({', '.join(self._own(arg, given) for arg in args)})")
        self.code.results = [
            self._own(term, given) if term.ndim or term.scalar else f"{self.places[term].name}[()]"
            for term in results
        ]
        self.code.setup[:0] = [
            f"{s.name} = np.{'empty' if s.shared else 'zeros'}({s.size}, np.{_dtype(s.dtype)})"
            for s in self.slots.all
        ]
        return self.code

    def _own(self, term: Term, given: set[Term]) -> str:
        """A result that belongs to the caller: nobody else writes into it, or sees it change."""
        place = self.places[term]
        if term.scalar:
            return place.name
        made_here = term.op is not None and not is_view(term) and place.slot is None
        if made_here and term not in self.sinks and term not in given:
            given.add(term)
            return place.name
        return f"{place.name}.copy()"


def _bare(text: str) -> bool:
    """Whether the outer parentheses enclose the whole."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return i == len(text) - 1
    return False


def _float(value: float | bool) -> str:
    text = repr(value)
    if text in ("nan", "inf", "-inf"):
        return f"float('{text}')"
    return f"({text})" if value < 0 else text


def _dtype(dtype: np.dtype[Any]) -> str:
    return "bool" if dtype.kind == "b" else dtype.name


def _same(x: Any, y: Any) -> bool:
    """Whether two small arrays hold the same, to the bit."""
    if x.shape != y.shape or x.dtype != y.dtype or x.nbytes > _SMALL:
        return False
    same: bool = x.tobytes() == y.tobytes()
    return same


_SMALL = 4096
