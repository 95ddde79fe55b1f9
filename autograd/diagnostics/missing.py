"""Why no path leads from a node to an output: what took the numbers out of the graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.diagnostics.answer import Why, gradient_of, in_operations
from autograd.diagnostics.cuts import Cut
from autograd.diagnostics.flow import descends
from autograd.diagnostics.numbers import data_of
from autograd.engine.graph import Node, ancestors
from autograd.lines import user_line_of

_WITHOUT_DERIVATIVE = {"a comparison", "argmax", "argmin", "argsort", "bool()", "int()"}


def missing(x: Node, output: Node | None, cuts: Iterable[Cut]) -> Why:
    """There is no path from `x` to `output`, which is None where there is not even a node.

    cuts: where the program took numbers out of the graph.
    """
    if likeliest := _likeliest(x, output, cuts):
        return _by_cut(x, *likeliest)
    if output is None:
        words = "the function returned no node, so nothing was recorded"
    elif output is not x and descends(x, output):
        words = "it was computed from the output: pass the node first, as in why(x, output)"
    elif output.op is None:
        words = (
            "the output is a leaf without a history: it was computed from plain numbers (.data, "
            ".item(), float(), math.*) or inside no_grad()"
        )
    elif x.index > output.index:
        words = (
            "it was created after the output, which was computed from another node of that name: "
            "compute the output again"
        )
    elif (reader := _reader_of_copy(x, output)) is not None:
        words = (
            f"{in_operations([reader])} reads the numbers that it holds, but not the node itself: "
            ".data, .item(), float(), detach() or a copy took them out of the graph"
        )
    else:
        words = (
            "the output was computed without it, or from numbers that .data, .item(), float() or "
            ".numpy() took out of it; why(x, f) with a function f that computes it finds the line"
        )
    line = user_line_of(output) if output is not None else None
    return Why(
        "apart",
        f"{gradient_of(x)} is zero: no path leads from it to the output; {words}.",
        line,
        lasting=True,
    )


def _by_cut(x: Node, cut: Cut, sure: bool) -> Why:
    has_derivative = cut.how not in _WITHOUT_DERIVATIVE
    if not has_derivative:
        fix = " and has no derivative"
    elif cut.how == "no_grad()":
        fix = ", where nothing is recorded: compute it outside of that block"
    else:
        fix = ", and what is computed from it is constant: use the node itself"
    return Why(
        "cut" if has_derivative else "no derivative",
        f"{gradient_of(x)} is zero{'' if sure else ', it seems'}: at {cut.line}, "
        f"`{cut.line.text}`, {cut.how} takes the numbers out of the graph{fix}.",
        cut.line,
        cut.how,
        lasting=True,
    )


def _likeliest(x: Node, output: Node | None, cuts: Iterable[Cut]) -> tuple[Cut, bool] | None:
    """The cut that made the output constant in `x`, and whether that is certain.

    It is the latest of those with the most evidence: its node descends from `x`, and the graph of
    the output holds its numbers. Of a node that is garbage neither is known.
    """
    constants = [] if output is None else _constants(output)
    best: Cut | None = None
    most = 0
    for cut in cuts:
        node = cut.node()
        if cut.when < x.index or (output is not None and cut.when > output.index):
            continue
        if node is not None and not descends(node, x):
            continue
        evidence = (node is not None) + any(_same(cut.result(), c) for c in constants)
        if evidence >= most:
            most, best = evidence, cut
    return None if best is None else (best, most > 0)


def _constants(output: Node) -> list[Any]:
    """What the graph of `output` reads besides results: leaves, arrays and numbers."""
    args = (arg for node in ancestors([output]) for arg in node.args)
    return [arg for arg in args if not (isinstance(arg, Node) and arg.op is not None)]


def _reader_of_copy(x: Node, output: Node) -> Node | None:
    """An operation that reads a constant or a leaf of the same numbers as `x`."""
    for node in ancestors([output]):
        for arg in node.args:
            if arg is not x and not (isinstance(arg, Node) and arg.op) and _same(x, arg):
                return node
    return None


def _same(result: Any, constant: Any) -> bool:
    if result is constant:
        return True
    one, other = data_of(result), data_of(constant)
    if one.shape != other.shape or not one.size:
        return False
    # 0 and 1 stand everywhere
    return bool(np.array_equal(one, other)) and not np.isin(one, (0, 1)).all()
