"""Recording: a function is run once, eagerly, and what it did becomes a `Recording` in terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.engine.operations import using
from autograd.jit.adapter import is_leaf
from autograd.jit.notes import Notes
from autograd.jit.outside import Captured, Outside
from autograd.jit.reading import Called
from autograd.jit.refusals import (
    checksums,
    refuse_changes,
    refuse_draws,
    refuse_hidden,
    states,
)
from autograd.jit.terms import Term, Terms
from autograd.jit.trace import JitError, Trace, Unrepeatable
from autograd.jit.watch import (
    MOST,
    Place,
    attributes,
    places,
    read_by,
    readable_names,
)
from autograd.scalars import Value
from autograd.trees import flatten, map_tree


@dataclass(frozen=True)
class Check:
    """A guard as a term: `kind(term)` has to be `then`, or the program does not fit the call."""

    term: Term
    kind: type[bool] | type[int]
    then: bool | int
    line: str


@dataclass
class Recording:
    """One way through a function, and all that decides whether a call may take it."""

    terms: Terms
    inputs: list[Term]
    outside: list[Outside]
    checks: list[Check]
    effects: list[tuple[Callable[..., Any], list[Term]]]
    """What is done besides computing: functions, each called with the values of terms, in order."""
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
    exactly: watch only what the code reads that has run, even where that takes long to find out.
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
    before = states(found)
    written = checksums(found)
    given = args, kwargs
    first = next_index()
    inputs: list[Node] = []

    def fresh(leaf: Any) -> Any:
        if is_leaf(leaf):
            leaf = _input(leaf)
            inputs.append(leaf)
        return leaf

    args = tuple([arg if n in static else map_tree(fresh, arg) for n, arg in enumerate(args)])
    kwargs = {k: arg if k in static else map_tree(fresh, arg) for k, arg in kwargs.items()}
    trace = Trace(around, notes)
    if notes is not None:
        notes.inputs = inputs
    try:
        try:
            ran = Called() if exactly else Called(_MOST_CALLS)
            with ran as called, using(trace), notes or nullcontext():
                result = f(*args, **kwargs)
        finally:
            trace.restore()
    except JitError:
        raise
    except Exception:
        trace.tell()
        raise
    if trace.failures:
        raise Unrepeatable(f"an operation at {trace.failures[0]} failed, and it went on")
    refuse_draws(before, states(found))
    names = called.names
    if not called.complete:
        names = readable_names([*[root for _, root in roots], *found])
    watched = read_by(names, roots, inside)
    refuse_changes(watched, written, first, settled)
    if not settled and any(
        place.found != place.read() for place in watched if attributes(place) is not None
    ):
        # It has kept something for later, such as a cached property, which is there the next time.
        return record(f, *given, static, roots, notes, exactly, settled=True)
    watched = [place for place in watched if attributes(place) is None]
    refuse_hidden(result, first)
    return _in_terms(trace, inputs, first, result, watched)


def _input(leaf: Any) -> Node:
    """A node for one number or array of the arguments, which it does not copy."""
    if isinstance(leaf, Node):
        leaf = leaf.primal
    if isinstance(leaf, float):
        return Value(leaf)
    return Node.array.made(np.asarray(leaf).view())


def _in_terms(
    trace: Trace, inputs: list[Node], first: int, result: Any, watched: list[Place]
) -> Recording:
    """What the function did, as terms; nodes from number `first` on are its own."""
    terms = Terms()
    known = {node: terms.input(node.primal) for node in inputs}
    captured = Captured(terms, watched, first)

    def term(x: Any) -> Term:
        """Read from outside if it is no node, or one without a history, or an older one."""
        if not isinstance(x, Node):
            return captured.read(x)
        if x not in known:
            known[x] = captured.read(x)
        return known[x]

    leaves, rebuild = flatten(result)
    guarded = [node for node, *_ in trace.guards]
    wanted = [*leaves, *guarded, *chain.from_iterable(args for _, args in trace.effects)]
    wanted += trace.draws  # those of no use too, since the next draws depend on them
    for node in computed([part for part in wanted if isinstance(part, Node)], known, first):
        args = [
            terms.constant(_among(node, arg)) if arg.__class__ is int else term(arg)
            for arg in node.args
        ]
        terms.index = node.index
        if node.op.pure:
            example = node.primal
            if example.__class__ not in (float, bool) and all(arg.scalar for arg in args):
                example = None  # of numbers terms have a number, where nodes have an array
            known[node] = terms.computed(node.op, tuple(args), node.settings, example)
        else:
            known[node] = terms.input(node.primal, node.settings)
    terms.index = -1
    checks = [Check(term(node), kind, then, line) for node, kind, then, line in trace.guards]
    effects = [(act, [*map(term, args)]) for act, args in trace.effects]
    replaced = {id(old) for *_, old in trace.assigned if isinstance(old, np.ndarray)}
    outputs: list[Term | None] = []
    plain = []
    constants = []
    for leaf in leaves:
        if isinstance(leaf, Node) or captured.follows(leaf):
            outputs.append(term(leaf))
            plain.append(not isinstance(leaf, Node) or leaf in trace.leaving)
        else:
            outputs.append(None)
            constants.append(leaf)
    same, contents = captured.to_compare(replaced)
    return Recording(
        terms,
        [known[node] for node in inputs],
        captured.inputs(),
        [check for check in checks if not check.term.constant],
        effects,
        [known[node] for node in trace.draws],
        outputs,
        constants,
        plain,
        rebuild,
        same,
        contents,
        result,
    )


def _among(node: Node, number: int) -> Any:
    """A whole number among the arguments of a node: beside integers it is one of their type, or of
    that of the result, as NumPy takes it; what is beside it must not become a float.
    """
    others = [arg for arg in node.args if arg.__class__ is not int]
    if isinstance(node, Value) or any(_is_real(arg) for arg in others):
        return number
    whole = np.asarray(number, None if node.dtype == bool else node.dtype)
    return number if whole.dtype == object else whole


def _is_real(x: Any) -> bool:
    return isinstance(x, float) or (not isinstance(x, bool) and x.dtype.kind == "f")


def computed(outputs: Iterable[Node], known: Iterable[Node], first: int) -> list[Node]:
    """The nodes with a history that `outputs` depend on, up to those in `known`, in order.

    All arguments count here, also those whose slope was 0 in the recording: a branch of `relu` that
    was closed then is open on other numbers.
    """
    seen = set(known)
    stack = list(outputs)
    nodes = []
    while stack:
        node = stack.pop()
        if node not in seen and node.op is not None and node.index >= first:
            seen.add(node)
            nodes.append(node)
            stack += node.parents
    return sorted(nodes, key=attrgetter("index"))
