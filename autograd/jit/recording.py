"""Recording: run a function once on nodes, and turn what it did into a `Recording` in terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.engine.operations import using
from autograd.jit.errors import JitError, Unrepeatable
from autograd.jit.guards import IS_TRIED, Capture, Guard
from autograd.jit.indices import NO_PICKS, Index, NeedsNumber, as_number
from autograd.jit.terms import Term, Terms, entry, is_leaf
from autograd.jit.trace import Provenance, Trace
from autograd.ops.elementwise import identity
from autograd.scalars import Value
from autograd.trees import flatten, map_tree


@dataclass(frozen=True)
class Check:
    """A branch of the program: `kind(term)` has to be `value`, or the program does not fit."""

    term: Term
    kind: type[bool] | type[int]
    value: bool | int
    line: str


@dataclass
class Recording:
    """One path through a function, and all that decides whether a call can take it."""

    terms: Terms
    inputs: list[Term]
    guard: Guard
    checks: list[Check]
    effects: list[tuple[Callable[..., Any], list[Term]]]
    """Side effects: functions, each called with the values of terms, in order."""
    draws: list[Term]
    outputs: list[Term | None]
    """One for each leaf of the result; None for a leaf that is the same at each run."""
    constants: list[Any]
    """The leaves that are None in `outputs`."""
    plain: list[bool]
    """For each term in `outputs`, whether it is plain data in the result in any case."""
    rebuild: Callable[[Iterator[Any]], Any]
    result: Any
    """The result of the recorded call, with 0.0 in place of its nodes, which hold the graph."""
    computed: list[Any]
    """Arrays that NumPy alone has computed, which are constants of the program."""

    def has_constants_of(self, other: Recording) -> bool:
        """Whether two recordings of the same path have the same constant arrays."""
        ours, theirs = [
            [(x.dtype, x.shape, x.tobytes()) for x in r.computed] for r in (self, other)
        ]
        return ours == theirs

    def took_path_of(self, other: Recording) -> bool:
        """Whether two recordings of the same function took the same branches."""
        paths = [[(c.kind, c.value, c.line) for c in r.checks] for r in (self, other)]
        return paths[0] == paths[1]


def record(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    roots: Sequence[tuple[str, Any]],
    provenance: Provenance | None = None,
    exactly: bool = False,
    is_repeat: bool = False,
    settings: frozenset[int] | None = None,
) -> Recording:
    """Run `f` on nodes of its own, and translate what it did.

    roots: functions and other objects, by name, through which it may read from outside.
    exactly: guard only what the code reads that has run, even where that takes long to find out.
    is_repeat: it is the second attempt, since the first gave objects new attributes.
    settings: by position among the integers, those that are no data; by default all. Raises
        NeedsNumber where others are more than indices.
    """
    capture = Capture(roots, exactly)
    first = next_index()
    inputs: list[Node] = []
    takes_indices = settings is not None and NO_PICKS not in settings
    trace = Trace(capture.places, provenance, takes_indices)
    picks, positions = trace.picks, count()

    def as_input(leaf: Any) -> Any:
        if is_leaf(leaf):
            leaf = _input(leaf)
            inputs.append(leaf)
        elif leaf.__class__ is int and settings is not None and takes_indices and IS_TRIED:
            position = next(positions)
            if position not in settings:
                leaf = Index(leaf, position, picks)
                inputs.append(leaf.place)
        return leaf

    own_args = [arg if n in static else map_tree(as_input, arg) for n, arg in enumerate(args)]
    own_kwargs = {k: x if k in static else map_tree(as_input, x) for k, x in kwargs.items()}
    if provenance is not None:
        provenance.inputs = inputs
    try:
        try:
            with capture, using(trace), provenance or nullcontext():
                result = f(*own_args, **own_kwargs)
        finally:
            trace.restore()
    except JitError:
        raise
    except Exception as error:
        if picks.indices:  # it may be because they are no numbers
            raise NeedsNumber(None) from error
        trace.run_observers()
        raise
    picks.check(result, capture.looks_at_types)
    if trace.failures:
        raise Unrepeatable(f"an operation at {trace.failures[0]} failed, and it went on")
    if capture.refuse_unrepeatable(result, is_repeat):
        return record(f, args, kwargs, static, roots, provenance, exactly, True, settings)
    return _in_terms(trace, inputs, first, result, capture)


def _input(leaf: Any) -> Node:
    """A node for one number or array of the arguments, which it does not copy."""
    if isinstance(leaf, Node):
        leaf = leaf.primal
    if isinstance(leaf, float):
        return Value(leaf)
    return Node.array.made(np.asarray(leaf).view())


def _in_terms(
    trace: Trace, inputs: list[Node], first: int, result: Any, capture: Capture
) -> Recording:
    """What the function did, as terms; nodes from number `first` on are its own."""
    terms = Terms()
    own = [terms.input(node.primal) for node in inputs]
    known = {
        node: terms.variable(x) if node in trace.variables else x
        for node, x in zip(inputs, own, strict=True)
    }

    def term(x: Any) -> Term:
        """Read from outside if it is no node, or one without a history, or an older one."""
        if not isinstance(x, Node):
            return capture.read(x, terms)
        if x not in known:
            read = capture.read(x, terms)
            known[x] = terms.variable(read) if x in trace.variables else read
        return known[x]

    leaves, rebuild = flatten(result)
    guarded = [node for node, *_ in trace.branches]
    wanted = [*leaves, *guarded, *chain.from_iterable(args for _, args in trace.effects)]
    wanted += trace.draws  # those of no use too, since the next draws depend on them
    numbers: dict[float, Term] = {}  # constants

    def operand(node: Node, arg: Any) -> Term:
        """An argument of a node that is not yet known."""
        if arg.__class__ in (int, complex):
            return terms.constant(_among(node, arg))
        found = term(arg)
        if arg.__class__ is float and arg:  # 0.0 is equal to -0.0
            numbers[arg] = found
        return found

    for node in computed([part for part in wanted if isinstance(part, Node)], known, first):
        op = node.op
        found = [
            (
                numbers.get(arg)
                if arg.__class__ is float
                else isinstance(arg, Node) and known.get(arg)
            )
            or operand(node, arg)
            for arg in node.args
        ]
        args = tuple(found)
        terms.index = node.index
        if op.pure:
            example = node.primal
            if example.__class__ not in (float, bool) and all(arg.scalar for arg in args):
                example = None  # of numbers terms have a number, where nodes have an array
            if op is as_number:
                known[node] = terms.computed(entry, args, {"index": 0}, example)
                continue
            made = terms.computed(op, args, node.settings, example)
            if op is identity or node in trace.variables:
                made = terms.variable(made)
            known[node] = made
        else:
            known[node] = terms.input(node.primal, node.settings)
    terms.index = -1
    checks = [Check(term(x), kind, value, line) for x, kind, value, line in trace.branches]
    effects = [(act, [*map(term, args)]) for act, args in trace.effects]
    replaced = {id(old) for *_, old in trace.assigned if isinstance(old, np.ndarray)}
    outputs: list[Term | None] = []
    plain = []
    constants = []
    for leaf in leaves:
        if isinstance(leaf, Node) or capture.is_input(leaf):
            outputs.append(term(leaf))
            plain.append(not isinstance(leaf, Node) or leaf in trace.leaving)
        else:
            outputs.append(None)
            constants.append(leaf)
            capture.note_constant(leaf)
    return Recording(
        terms,
        own,
        capture.guard(replaced),
        [check for check in checks if not check.term.constant],
        effects,
        [known[node] for node in trace.draws],
        outputs,
        constants,
        plain,
        rebuild,
        map_tree(lambda x: 0.0 if isinstance(x, Node) else x, result),
        capture.copies,
    )


def _among(node: Node, number: int | complex) -> Any:
    """A whole number among the arguments of a node: beside integers it is one of their type, or of
    that of the result, as NumPy takes it; what is beside it must not become a float. A complex
    number is an array of the type of the result.
    """
    if isinstance(number, complex):
        return np.asarray(number, node.dtype if node.dtype.kind == "c" else None)
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
    count = next_index() - first
    nodes: list[Any] = [None] * count
    done = bytearray(count)
    for node in known:
        if node.index >= first:
            done[node.index - first] = True
    stack = list(outputs)
    while stack:
        node = stack.pop()
        place = node.index - first
        if place < 0 or done[place] or node.op is None:
            continue
        done[place] = True
        nodes[place] = node
        if node.__class__ is Value:
            if isinstance(node.a, Node):
                stack.append(node.a)
            if isinstance(node.b, Node):
                stack.append(node.b)
        else:
            stack += node.parents
    return [node for node in nodes if node is not None]
