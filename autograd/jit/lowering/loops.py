"""Loops as `for` statements, and lists as Python's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.jit.loops.loop import (
    ENTRY,
    Carried,
    Loop,
    cut,
    is_moving,
    item,
    joined,
    listed,
    part,
    rows,
    stacked,
)
from autograd.jit.lowering.emitter import Emitter, Location
from autograd.jit.terms import Term, is_view

WriteTerms = Callable[[Emitter], None]
Own = Callable[[Emitter, Term], str]


def write_of_lists(to: Emitter, term: Term, write_terms: WriteTerms, own: Own) -> Location:
    """Write a loop, a list or what is read from one, and say where it then is.

    write_terms: writes the terms of a body. own: an expression for a term in memory of its own.
    """
    if isinstance(term.op, Loop):
        return _Writer(to, term, term.op).write(write_terms, own)
    if term.op is listed:
        return _listed(to, term, own)
    if term.op is part:
        return to.results[term.args[0]][term.settings["index"]]
    (items,) = term.args
    place = to.places[items]
    if term.op is rows:
        return _rows(to, term, place.name)
    if term.op is stacked or term.op is joined:
        make = "np.concatenate" if term.op is joined else "np.array"
        return to.new(term, f"{make}({_whole(place)})")
    if term.op is item:
        column = "" if place.columns is None else f"[{place.columns[1]}]"
        return Location(f"{place.name}[{term.settings['index']}]{column}")
    assert term.op is cut
    start, stop, step = (term.settings[name] for name in ("start", "stop", "step"))
    bounds = to.between_brackets(slice(start, stop, None if step == 1 else step))
    return Location(f"{place.name}[{bounds}]", columns=place.columns)


def _whole(place: Location) -> str:
    """A list by itself, also where it is kept together with others."""
    columns = place.columns
    return place.name if columns is None else f"[row[{columns[1]}] for row in {place.name}]"


def _rows(to: Emitter, term: Term, name: str) -> Location:
    numbers, steps = term.settings["numbers"], term.settings["steps"]
    step = next(step for step in steps if step)
    first = numbers[steps.index(step)]
    stop = first + term.settings["turns"] * step
    key = term.settings["key"]
    if key == (ENTRY,):
        bounds = slice(first, stop if stop >= 0 else None, None if step == 1 else step)
        return Location(f"{name}[{to.between_brackets(bounds)}]")
    texts = []
    for n, moves in zip(numbers, steps, strict=True):
        away = f" + {n - first}" if n > first else f" - {first - n}" if n < first else ""
        texts.append(f"n{away}" if moves else str(n))
    left, parts = iter(texts), []
    for x in key:
        if x is ENTRY:
            parts.append(next(left))
        elif is_moving(x):
            parts.append(f"{next(left)}:{next(left)}")
        else:
            parts.append(to.between_brackets(x))
    turns = f"range({first}, {stop}, {step})" if step != 1 else f"range({first}, {stop})"
    return to.new(term, f"[{name}[{', '.join(parts)}] for n in {turns}]")


def _listed(to: Emitter, term: Term, own: Own) -> Location:
    if all(arg.constant and arg.scalar for arg in term.args):
        numbers = to.constant(np.array([arg.example for arg in term.args]))
        return Location(to.once(term, f"{numbers}.tolist()"))
    parts = []
    for arg, many in zip(term.args, term.settings["lists"], strict=True):
        if many:
            parts.append(f"*{_whole(to.places[arg])}")
        elif arg.op is None and arg not in to.overwritten:
            parts.append(to.places[arg].name)
        else:
            parts.append(own(to, arg))
    return to.new(term, f"[{', '.join(parts)}]")


class _Writer:
    def __init__(self, to: Emitter, term: Term, loop: Loop) -> None:
        self._to = to
        self._term = term
        self._loop = loop
        self._inner: Emitter = to.of_body(term, loop)
        args = list(zip(loop.inputs, term.args, strict=True))
        first = len(loop.fixed)
        self._fixed, self._initial = args[:first], args[first : first + len(loop.carried)]
        self._streams = args[first + len(loop.carried) :]

    def write(self, write_terms: WriteTerms, own: Own) -> Location:
        to, inner, loop = self._to, self._inner, self._loop
        for x, arg in self._fixed:
            inner.places[x] = Location(to.places[arg].name, to.places[arg].fixed)
        for x, _ in self._streams:
            inner.places[x] = Location(inner.name(x))
        for carried in self._loop.carried:
            if _may_replace(inner, loop, carried) and carried.next not in inner.renamed:
                name = inner.name(carried.next if inner.readable else carried.input)
                inner.renamed[carried.next] = inner.renamed[carried.input] = name
            inner.places[carried.input] = Location(inner.name(carried.input))
        rows = self._rows()
        for name in rows:
            to.body(f"{name} = []")
        for x, arg in self._initial:
            to.body(f"{inner.places[x].name} = {to.places[arg].name}")
        head = self._head()
        write_terms(inner)
        last = [self._last(term, own) for term in loop.last]
        for name, terms in rows.items():
            texts = [own(inner, term) for term in terms]
            text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
            inner.body(f"{name}.append({text})")
        self._hand_on(own)
        to.body(head)
        to.code.body += [f"    {line}" for line in inner.code.body or ["pass"]]
        to.slots += inner.slots
        kept = [Location("")] * len(loop.kept)
        for name, terms in rows.items():
            for column, term in enumerate(terms):
                columns = None if len(terms) == 1 else (name, column, len(terms))
                for n, other in enumerate(loop.kept):
                    if other is term:
                        kept[n] = Location(name, columns=columns)
        to.results[self._term] = [*last, *kept]
        return Location("None")

    def _last(self, term: Term, own: Own) -> Location:
        """What the last turn gave, which outlives what is handed on at the end of it."""
        inner, text = self._inner, own(self._inner, term)
        handed_on = term in [carried.input for carried in self._loop.carried]
        if text.isidentifier() and not handed_on:
            return Location(text)
        name = f"last{inner.prefix}{term.number}"
        inner.body(f"{name} = {text}")
        return Location(name)

    def _hand_on(self, own: Own) -> None:
        inner = self._inner
        pairs = []
        for carried in self._loop.carried:
            name, next = inner.places[carried.input].name, own(inner, carried.next)
            if name != next:
                pairs.append((name, next))
        names = [name for name, _ in pairs]
        if any(next in names[:n] for n, (_, next) in enumerate(pairs)):
            inner.body(f"{', '.join(names)} = {', '.join([next for _, next in pairs])}")
        else:
            for name, next in pairs:
                inner.body(f"{name} = {next}")

    def _head(self) -> str:
        """The line that begins the loop."""
        to, inner = self._to, self._inner
        targets: list[str] = []
        lists: list[str] = []
        rows: dict[str, list[str]] = {}
        for x, arg in self._streams:
            place, name = to.places[arg], inner.places[x].name
            if place.columns is None:
                targets.append(name)
                lists.append(place.name)
                continue
            if place.name not in rows:
                rows[place.name] = ["_"] * place.columns[2]
            rows[place.name][place.columns[1]] = name
        targets += [f"({', '.join(names)})" for names in rows.values()]
        lists += rows
        if not lists:
            return f"for _ in range({self._loop.turns}):"
        if len(lists) == 1:
            return f"for {targets[0].strip('()')} in {lists[0]}:"
        return f"for {', '.join(targets)} in zip({', '.join(lists)}):"

    def _rows(self) -> dict[str, list[Term]]:
        """The lists that are kept, and of what; those that are always read together are one."""
        to, prefix = self._to, self._inner.prefix
        readers: dict[int, list[Any]] = {n: [] for n in range(len(self._loop.kept))}
        alone = set()
        first = len(self._loop.last)
        for term in to.plan.order:
            if term.op is part and term.args[0] is self._term and term.settings["index"] >= first:
                n = term.settings["index"] - first
                for reader, key in _readers(to, term):
                    readers[n] += [key] if isinstance(reader.op, Loop) else []
                    if reader.op is item:
                        alone.add(n)  # a result may be many of its items
        groups: dict[Any, list[Term]] = defaultdict(list)
        for n, term in enumerate(self._loop.kept):
            groups[n if n in alone else frozenset(readers[n])].append(term)
        return {f"kept{prefix}{n}": terms for n, terms in enumerate(groups.values())}


def _readers(to: Emitter, items: Term) -> list[tuple[Term, Any]]:
    """Who reads a list, and what tells apart how."""
    found: list[tuple[Term, Any]] = []
    for reader in to.plan.users.get(items, ()):
        if reader.op is cut:
            how = tuple(reader.settings.values())
            found += [(r, (id(r), how)) for r in to.plan.users.get(reader, ())]
        else:
            found.append((reader, (id(reader), None)))
    return found


def _may_replace(inner: Emitter, loop: Loop, carried: Carried) -> bool:
    """Whether the next value may have the name of the one before, which no one reads any more."""
    plan, x, next = inner.plan, carried.input, carried.next
    if next.op is None or is_view(next) or x in loop.results:
        return False
    end = plan.position[next]
    return all(_last_read(inner, user) <= end for user in plan.users.get(x, ()))


def _last_read(inner: Emitter, user: Term) -> int:
    """The position at which the arguments of a term are read, which is in an expression later on
    where the term has one use.
    """
    plan = inner.plan
    while plan.uses[user] == 1 and user in plan.user:
        user = plan.user[user]
    return plan.position[user]
