"""Plan the memory of a program: lifetimes of results, and buffers that are allocated once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from autograd.jit.loops.loop import SHOWN
from autograd.jit.lowering import expressions
from autograd.jit.lowering.code import sizes
from autograd.jit.terms import Term, entry, is_view, ordered
from autograd.ops import structural


class Plan:
    """The order of the terms, and for each its uses, the end of its life and its place in others.

    uses, entries: how often a term is wanted, and how often one number out of it.
    user: for each term the last that takes it as an argument.
    owner: for each term the one whose memory it is in: that of its argument, for a view.
    last: for each owner the position in the order after which its memory is free; `ending` are the
        owners by that position.
    homes: terms that may be computed where an array is that they become parts of: that array, and
        the number of their first entry in it. Only operations that take memory for their result are
        computed there; the others make an array, which is copied.
    singles: arrays without axes that no others are computed from; they are NumPy's scalars, whose
        arithmetic is six times as fast.
    """

    def __init__(
        self, roots: Sequence[Term], outside: Collection[Term], closed: Collection[Term]
    ) -> None:
        """Look at what `roots` depend on.

        outside: terms that have memory from elsewhere. closed: arrays that parts cannot be put into
            before they are computed themselves.
        """
        self.order: list[Term] = ordered(roots)
        self.uses: Counter[Term] = Counter(arg for term in self.order for arg in term.args)
        self.uses.update(roots)
        self.entries: Counter[Term] = Counter(t.args[0] for t in self.order if t.op is entry)
        self.user: dict[Term, Term] = {}
        self.owner: dict[Term, Term] = {}
        self.last: dict[Term, int] = {}
        self.homes: dict[Term, tuple[Term, int]] = {}
        self.position: dict[Term, int] = {}
        self.users: dict[Term, list[Term]] = {}
        for position, term in enumerate(self.order):
            self.position[term] = position
            shown = is_view(term) or term.op in SHOWN
            self.owner[term] = self.owner[term.args[0]] if shown else term
            for arg in term.args:
                self.user[arg] = term
                self.users.setdefault(arg, []).append(term)
                self.last[self.owner[arg]] = position
        for term in roots:
            self.last[self.owner[term]] = len(self.order)
        for term in self.order:
            joins = term.op is structural.concatenate_op and not term.settings["axis"] % term.ndim
            if joins and term not in closed:
                self._find_homes(term, outside)
        self.singles: set[Term] = self._find_singles()
        self.ending: dict[int, list[Term]] = {}
        for term, position in self.last.items():
            self.ending.setdefault(position, []).append(term)

    def _find_singles(self) -> set[Term]:
        singles: set[Term] = set()
        needed: set[Term] = set()
        for term in reversed(self.order):
            if expressions.makes_scalar(term) and term not in needed and term not in self.homes:
                singles.add(term)
            if term not in singles or term.op not in expressions.FOR_BOTH:
                needed.update(term.args)
        return singles

    def _find_homes(self, whole: Term, outside: Collection[Term]) -> None:
        start = 0
        for arg in whole.args:
            part = arg
            while part.op is structural.reshape_op:
                part = part.args[0]
            if (
                part.op is not None
                and not part.scalar
                and not is_view(part)
                and part.dtype == whole.dtype
                and part not in outside
                and part not in self.homes
            ):
                self.homes[part] = whole, start
                self.last[whole] = max(self.last[whole], self.last[part])
            start += arg.size


@dataclass(eq=False)
class Slot:
    """A piece of memory of `size` numbers of one type."""

    name: str
    size: int
    dtype: np.dtype[Any]
    shared: bool
    """Whether it may be given to another result once this one is not needed any more."""
    shown: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The shapes of the arrays that it is seen as, by their names."""

    def lines(self) -> list[str]:
        """The lines that allocate it, and the views of it under their names."""
        function = "empty" if self.shared else "zeros"
        template = f"{{}} = np.{function}({{}}, np.{self.dtype.name})"
        if len(self.shown) == 1:
            ((name, shape),) = self.shown.items()
            return [template.format(name, shape[0] if len(shape) == 1 else shape)]
        lines = [template.format(self.name, self.size)]
        for name, shape in self.shown.items():
            part = "" if prod(shape) == self.size else f"[:{prod(shape)}]"
            rows = "" if len(shape) == 1 else f".reshape({sizes(shape)})"
            lines.append(f"{name} = {self.name}{part}{rows}")
        return lines


class Slots(list[Slot]):
    """All memory of a program: pieces are shared by results that are not alive together."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._free: dict[tuple[np.dtype[Any], int], list[Slot]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any], shared: bool) -> Slot:
        """Memory for an array: the smallest piece that is free and large enough, or a new one."""
        size = prod(shape)
        kinds = [kind for kind in self._free if kind[0] == dtype]
        fitting = [kind for kind in kinds if size <= kind[1] <= 4 * size + 64]
        if shared and fitting:
            best = min(fitting, key=lambda kind: kind[1])
            slot = self._free[best].pop()
            if not self._free[best]:
                del self._free[best]
            return slot
        self.append(Slot(f"buffer{self._prefix}{len(self)}", size, dtype, shared))
        return self[-1]

    def release(self, slot: Slot) -> None:
        """The array in this piece is not needed any more."""
        if slot.shared:
            self._free.setdefault((slot.dtype, slot.size), []).append(slot)
