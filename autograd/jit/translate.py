"""From a recorded graph to terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.graph import Node
from autograd.jit.terms import Term, Terms


def translate(
    terms: Terms,
    outputs: Iterable[Node],
    known: dict[Node, Term],
    read: Callable[[Any], Term],
    first: int = 0,
) -> None:
    """Put the term of every node that `outputs` depend on into `known`.

    known: comes with the terms of the inputs, which end the graph there.
    read: gives the term of data from outside the program: a plain argument of an operation, a
        node without a history, or one made before number `first`.
    """
    for node in computed(outputs, known, first):
        args = []
        for arg in node.args:
            if not isinstance(arg, Node):
                if arg.__class__ is int and node.dtype.kind in "iu":  # or it would become a float
                    arg = terms.constant(np.asarray(arg, node.dtype))
                args.append(arg if isinstance(arg, Term) else read(arg))
                continue
            term = known.get(arg)
            if term is None:
                term = known[arg] = read(arg)
            args.append(term)
        terms.index = node.index
        if node.op.pure:
            example = node.primal
            if example.__class__ not in (float, bool) and all(arg.scalar for arg in args):
                example = None  # of numbers terms have a number, where nodes have an array
            known[node] = terms.computed(node.op, tuple(args), node.settings, example)
        else:
            known[node] = terms.input(node.primal, node.settings)
    terms.index = -1
    for output in outputs:
        if output not in known:
            known[output] = read(output)


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
