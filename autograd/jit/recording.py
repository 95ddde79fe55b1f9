"""Recording: a function is run once, eagerly, and what it did becomes a `Recording` in terms."""

from __future__ import annotations

import functools
import operator
import random
import zlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pickle import dumps
from types import GeneratorType
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Node, array_node, next_index, set_recording, tracing
from autograd.jit.notes import Notes
from autograd.jit.reading import Called
from autograd.jit.signature import is_leaf
from autograd.jit.terms import Term, Terms
from autograd.jit.trace import Assignment, Guard, JitError, Observation, Trace, Unrepeatable
from autograd.jit.translate import translate
from autograd.jit.watch import (
    MOST,
    Place,
    attributes,
    changed,
    places,
    read_by,
    readable_names,
)
from autograd.nodes import Value
from autograd.trees import flatten

Read: TypeAlias = Callable[[], Any]


@dataclass(frozen=True)
class Check:
    """A guard as a term: `kind(term)` has to be `then`, or the program does not fit the call."""

    term: Term
    kind: type[bool] | type[int]
    then: bool | int
    line: str


@dataclass(frozen=True)
class Effect:
    """What is done besides computing: `act` is called with the values of `args`, in order."""

    act: Callable[..., Any]
    args: tuple[Term, ...]


@dataclass(frozen=True)
class Outside:
    """Data from outside, read at each run: what it is in the program, and how to get it."""

    term: Term
    read: Read
    node: Node | None
    """The node it is the data of, if it is a node's."""
    name: str
    """The variable, attribute or item that holds it, as the source writes it."""


@dataclass
class Recording:
    """One way through a function, as terms, with all that decides whether a call may take it."""

    terms: Terms
    inputs: list[Term]
    outside: list[Outside]
    checks: list[Check]
    effects: list[Effect]
    draws: list[Term]
    outputs: list[Term | None]
    """One for each leaf of the result; None for a leaf that is the same at each run."""
    constants: list[Any]
    """The leaves that are None in `outputs`."""
    plain: list[bool]
    """For each term in `outputs`, whether it is plain data in the result in any case."""
    rebuild: Callable[[Iterator[Any]], Any]
    watched: list[Place]
    contents: list[tuple[Place, Any]]
    """Arrays that constants may have been made of, and copies of what they held."""
    result: Any
    """What the recorded call gave, as nodes."""


_MOST_CALLS = 100_000


def record(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    roots: Sequence[tuple[str, Any]],
    notes: Notes | None = None,
    exactly: bool = False,
    settled: bool = False,
) -> Recording:
    """Run `f` on nodes of its own, and translate what it has done.

    roots: functions and other objects, by name, through which it may read from outside.
    notes: where to note down what each operation belongs to.
    exactly: watch only for what the code reads that has run, not for what it might have, also where
        it takes long to find that out.
    settled: it is the second attempt, since the first has given objects new attributes.
    """
    inside = places(roots)
    around = [*chain.from_iterable(inside.values())]
    if len(around) >= MOST:
        raise JitError(
            f"the function can reach more than {MOST:,} places that may change between calls: pass "
            "data as arguments, or say with `watch` what it reads"
        )
    found = [place.found for place in around]
    states = _states(found)
    written = _sums(found)
    given = args, kwargs
    first = next_index()
    inputs: list[Node] = []

    def fresh(leaf: Any) -> Any:
        if is_leaf(leaf):
            leaf = _input(leaf)
            inputs.append(leaf)
        return leaf

    args = tuple([arg if n in static else _map(fresh, arg) for n, arg in enumerate(args)])
    kwargs = {k: arg if k in static else _map(fresh, arg) for k, arg in kwargs.items()}
    trace = Trace(around, notes)
    if notes is not None:
        notes.inputs = inputs
    token = tracing.set(trace)
    try:
        ran = Called() if exactly else Called(_MOST_CALLS)
        with ran as called, set_recording(True), notes or nullcontext():
            result = f(*args, **kwargs)
    finally:
        tracing.reset(token)
        trace.restore()
    if trace.failures:
        raise Unrepeatable(f"an operation at {trace.failures[0]} failed, and it went on")
    _refuse_draws(states, _states(found))
    functions = [Place(name, "", lambda: None, root) for name, root in roots]
    names = called.names if called.complete else readable_names([*functions, *around])
    watched = [
        place for place in read_by(names, roots, inside) if id(place) not in trace.observers_own
    ]
    _refuse_changes(watched, written, first, settled)
    if not settled and any(
        place.found != place.read() for place in watched if attributes(place) is not None
    ):
        # It has kept something for later, such as a cached property, which is there the next time.
        return record(f, *given, static, roots, notes, exactly, settled=True)
    watched = [place for place in watched if attributes(place) is None]
    _refuse_hidden(result, first)
    return _translated(trace, inputs, first, result, watched)


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    leaves, rebuild = flatten(tree)
    return rebuild(map(f, leaves))


def _input(leaf: Any) -> Node:
    """A node for one number or array of the arguments, which it does not copy."""
    if isinstance(leaf, Node):
        leaf = leaf.primal
    if isinstance(leaf, float):
        return Value(leaf)
    return array_node(np.asarray(leaf).view())


def _states(found: Sequence[Any]) -> dict[Any, Any]:
    """Where generators and iterators stand, the hidden ones of Python and NumPy among them."""
    states: dict[Any, Any] = {
        "Python's": random.getstate(),
        "NumPy's": dumps(np.random.get_state()),  # noqa: NPY002  (only to see whether anybody drew)
    }
    for thing in found:
        if isinstance(thing, np.random.Generator):
            states[id(thing)] = dumps(thing.bit_generator.state)
        elif isinstance(thing, np.random.RandomState):
            states[id(thing)] = dumps(thing.get_state())
        elif isinstance(thing, random.Random):
            states[id(thing)] = thing.getstate()
        elif isinstance(thing, GeneratorType):
            states["iterator", id(thing)] = thing.gi_frame and thing.gi_frame.f_lasti
        elif isinstance(thing, Iterator):
            left = operator.length_hint(thing) if hasattr(thing, "__length_hint__") else ""
            states["iterator", id(thing)] = f"{left} {thing!r}"
    return states


def _refuse_draws(before: dict[Any, Any], now: dict[Any, Any]) -> None:
    for key, state in now.items():
        if before[key] == state:
            continue
        if isinstance(key, tuple):
            raise JitError(
                "the function takes items from an iterator outside, and a compiled program would "
                "use those of the recording again and again: pass them as an argument"
            )
        raise JitError(
            "the function draws random numbers by itself, and a compiled program would use those "
            "of the recording again and again: draw them by sample(generator, f), or pass them as "
            "an argument"
        )


def _sums(found: Sequence[Any]) -> dict[int, Any]:
    """Something that tells whether arrays were written into, by their `id`."""
    arrays = {id(thing): thing for thing in found if isinstance(thing, np.ndarray)}
    return {key: _sum(array) for key, array in arrays.items() if array.dtype.kind in "fiub"}


_MOST_LOOKED_AT = 1 << 20


def _sum(array: Any) -> int:
    """A checksum of the array; of a large one of entries evenly apart, to be quick."""
    step = array.size // _MOST_LOOKED_AT + 1
    return zlib.crc32((array.reshape(-1)[::step] if step > 1 else array).tobytes())


def _refuse_changes(
    watched: Sequence[Place], written: dict[int, Any], first: int, settled: bool
) -> None:
    for place in watched:
        array = isinstance(place.found, np.ndarray) and id(place.found) in written
        there = attributes(place)
        if there is not None:
            computed = [thing for thing in there.values() if isinstance(thing, Node)]
            changes = any(thing.index >= first for thing in computed)
            changes = changes or (settled and len(there) != place.found)
        else:
            changes = changed([place]) is not None or (
                array and _sum(place.found) != written[id(place.found)]
            )
        if changes:
            raise JitError(
                f"the function changes {place.name}, which is outside of it, while it runs; a "
                "compiled program would do so only once. Return the new value, or keep the change "
                "out of the compiled function"
            )


def _refuse_hidden(result: Any, first: int) -> None:
    """Refuse what would be the same at each run though it holds computed numbers."""
    for leaf in flatten(result)[0]:
        if isinstance(leaf, Node) or is_leaf(leaf):
            continue
        around = chain.from_iterable(places([("the result", leaf)]).values())
        inside = [leaf, *[place.found for place in around]]
        hidden = any(isinstance(thing, Node) and thing.index >= first for thing in inside)
        if hidden or isinstance(leaf, Iterator | Coroutine):
            raise JitError(
                f"the function returns a {type(leaf).__name__}, in which a compiled program cannot "
                "put new numbers: return numbers and arrays, in lists, tuples and dicts"
            )


def _translated(
    trace: Trace, inputs: list[Node], first: int, result: Any, watched: list[Place]
) -> Recording:
    terms = Terms()
    known = {node: terms.input(node.primal) for node in inputs}
    input_terms = [known[node] for node in inputs]
    by_array = {id(p.found): p for p in reversed(watched) if isinstance(p.found, np.ndarray)}
    names = {id(p.found): p.name for p in sorted(watched, key=lambda p: len(p.name), reverse=True)}
    outside: dict[Any, Outside] = {}
    live: set[int] = set()
    owners = {id(_owner(p.found)): names[id(p.found)] for p in by_array.values()}
    viewed: set[int] = set()
    fresh = False

    def read(x: Any) -> Term:
        nonlocal fresh
        if isinstance(x, Node):
            if x.index < first:
                get = functools.partial(getattr, x, "primal")
                return _from_outside(x, get, x.primal, x, names.get(id(x), x.label))
            x = x.primal
        if isinstance(x, np.ndarray):
            place = by_array.get(id(x))
            if place is not None:
                live.add(id(x))
                return _from_outside(id(x), place.read, x, None, names[id(x)])
            owner = id(_owner(x))
            if owner in owners:  # a view: it shows what the array holds at each run
                viewed.add(owner)
                return _from_outside(id(x), lambda: x, x, None, f"a view of {owners[owner]}")
        fresh = fresh or isinstance(x, np.ndarray | np.generic)
        return terms.constant(x)

    def _from_outside(key: Any, get: Read, example: Any, node: Node | None, name: str) -> Term:
        if key not in outside:
            outside[key] = Outside(terms.input(example), get, node, name)
        return outside[key].term

    leaves, rebuild = flatten(result)
    wanted = [leaf for leaf in leaves if isinstance(leaf, Node)]
    for event in trace.events:
        match event:
            case Guard():
                wanted.append(event.node)
            case Observation():
                wanted += [arg for arg in event.args if isinstance(arg, Node)]
            case Assignment():
                wanted += [event.new] if isinstance(event.new, Node) else []
    wanted += trace.draws  # those of no use too, since the next draws depend on them
    translate(terms, wanted, known, read, first)

    checks, effects = [], []
    for event in trace.events:
        match event:
            case Guard():
                term = known[event.node]
                if not term.constant:
                    checks.append(Check(term, event.kind, event.then, event.line))
            case Observation():
                parts = [known[a] if isinstance(a, Node) else read(a) for a in event.args]
                effects.append(Effect(_Again(event.f), tuple(parts)))
            case Assignment():
                new = known[event.new] if isinstance(event.new, Node) else read(event.new)
                effects.append(Effect(_setter(event.owner, event.name), (new,)))
    outputs: list[Term | None] = []
    constants = []
    for leaf in leaves:
        if isinstance(leaf, Node):
            outputs.append(known[leaf])
        elif isinstance(leaf, np.ndarray) and id(leaf) in by_array:
            outputs.append(read(leaf))
        else:
            outputs.append(None)
            constants.append(leaf)
    replaced = {
        id(event.old)
        for event in trace.events
        if isinstance(event, Assignment) and isinstance(event.old, np.ndarray)
    }
    identities, contents = [], []
    for place in watched:
        if id(place.found) in replaced:
            continue
        followed = id(place.found) in live and place is by_array[id(place.found)]
        in_view = isinstance(place.found, np.ndarray) and id(_owner(place.found)) in viewed
        if not followed or in_view:
            identities.append(place)
        in_place = followed or in_view
        if isinstance(place.found, np.ndarray) and (fresh or not in_place):
            contents.append((place, place.found.copy()))
    draws = [known[node] for node in trace.draws]
    return Recording(
        terms,
        input_terms,
        sorted(outside.values(), key=lambda part: part.node is None),
        checks,
        effects,
        draws,
        outputs,
        constants,
        [leaf in trace.leaving for leaf in leaves if isinstance(leaf, Node)],
        rebuild,
        identities,
        contents,
        result,
    )


class _Again:
    """Calls `f` but for the first time: the recording has called it on the same numbers."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.first = True

    def __call__(self, *args: Any) -> None:
        if self.first:
            self.first = False
        else:
            self.f(*args)


def _owner(array: Any) -> Any:
    """The array that holds the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _setter(owner: Any, name: str) -> Callable[[Any], None]:
    return lambda new: setattr(owner, name, new if new.__class__ is float else np.array(new))
