"""From terms to Python source: floats for numbers, NumPy with buffers made once for arrays.

`write` writes the terms in order, checks and effects, and the results.
"""

from __future__ import annotations

from autograd.jit.loops import is_of_lists
from autograd.jit.lowering import expressions
from autograd.jit.lowering.code import Code, depths
from autograd.jit.lowering.emitter import Emitter, Location, Parts
from autograd.jit.lowering.loops import write_of_lists
from autograd.jit.lowering.statements import statement
from autograd.jit.terms import Term, is_view

_INLINE = 60
"""Longer expressions get a line of their own."""


def write(parts: Parts) -> Code:
    """The code that computes the results."""
    to = Emitter(parts)
    _terms(to)
    _finish(to)
    return to.code


def _terms(to: Emitter) -> None:
    """Write the terms in order, each with its conditions."""
    conditions: dict[Term, list[tuple[str, str]]] = {}
    for term, condition, leave in to.parts.checks:
        conditions.setdefault(term, []).append((condition, leave))
    for position, term in enumerate(to.plan.order):
        to.begin(position, term)
        if term not in to.places:
            to.places[term] = _written(to, term)
        for condition, leave in conditions.get(term, ()):
            to.body(f"if {condition.format(to.places[term].name)}:")
            to.body(f"    {leave}")
        to.end()


def _written(to: Emitter, term: Term) -> Location:
    if term.op is None:
        if term.scalar:
            return Location(to.code.number(term.example))
        return Location(to.constant(term.example), term.example)
    if is_of_lists(term):
        return write_of_lists(to, term, _terms, lambda inner, x: _own(inner, x, set()))
    singles = to.plan.singles
    if not (expressions.can_write(term) or (term in singles and term.op in expressions.FOR_BOTH)):
        return statement(to, term)
    operands = [to.places[arg].name for arg in term.args]
    text, needed = expressions.written(term, operands)
    to.code.math |= needed
    user = to.plan.user.get(term)
    if (
        user is not None
        and to.plan.uses[term] == 1
        and len(text) < _INLINE
        # What is in memory may be overwritten by then.
        and all(arg.scalar or arg in singles for arg in term.args)
        and user.op not in expressions.REPEATING
    ):
        return Location(text)
    enclosed = text.startswith("(") and depths(text).index(0) == len(text) - 1
    return to.new(term, text[1:-1] if enclosed else text)


def _finish(to: Emitter) -> None:
    """Write the end of each run, its effects and results, and the memory of the program."""
    returned: set[Term] = set()
    for name, args in to.parts.effects:
        to.body(f"{name}({', '.join(_own(to, arg, returned) for arg in args)})")
    for number, term in enumerate(to.parts.results):
        if term.ndim or term.scalar or term in to.plan.singles:
            text = _own(to, term, returned)
        else:
            text = f"{to.places[term].name}[()]"
        if to.plan.owner[term] in to.overwritten:
            to.body(f"result{number} = {text}")
            text = f"result{number}"
        to.code.results.append(text)
    for term, (name, _) in to.sinks.items():
        if to.places[term].name != name and (name, term) not in to.late:
            to.late.append((name, term))
    sources = [to.places[term].name for _, term in to.late]
    if len(to.late) > 1:  # one may be in memory that another is written into
        for number, (_, term) in enumerate(to.late):
            if to.plan.owner[term] in to.overwritten:
                to.body(f"update{number} = {sources[number]}.copy()")
                sources[number] = f"update{number}"
    for (name, _), source in zip(to.late, sources, strict=True):
        to.copy(name, source)
    to.code.setup[:0] = [line for slot in to.slots for line in slot.lines()]


def _own(to: Emitter, term: Term, returned: set[Term]) -> str:
    """A result that belongs to the caller: nobody else writes into it, or sees it change."""
    place = to.places[term]
    if term.scalar:
        return place.name
    made_here = not (term.op is None or is_view(term) or is_of_lists(term)) and place.slot is None
    if made_here and term not in to.sinks and term not in returned:
        returned.add(term)
        return place.name
    return f"{place.name}.copy()"
