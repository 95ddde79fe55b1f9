"""`why`: one sentence on why a gradient is zero, missing or tiny, and where."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from autograd.diagnostics.answer import Why, gradient_of, in_operations, reason, shrinking
from autograd.diagnostics.cuts import CutLog
from autograd.diagnostics.debug import DebugBlock
from autograd.diagnostics.flow import Flow, Use, flow, largest
from autograd.diagnostics.missing import missing
from autograd.diagnostics.numbers import data_of, extent, is_finite
from autograd.diagnostics.report import backward_fault
from autograd.engine.graph import Node
from autograd.engine.operations import recording
from autograd.lines import user_line_of

TINY = 1e-6
"""A gradient is tiny if its largest entry is smaller than this fraction of the output's."""


def why(x: Node, output: Node | Callable[[], Any]) -> Why:
    """Why the gradient of `output` with respect to the node `x` is zero, missing or tiny.

    output: a node, or a function without arguments that computes it from x. The function is run
        once more, so that its lines are known and what `.data` or `.item()` takes out of the graph.
        Of a node both are known if it was computed inside `with debug():`.

    Nothing is changed, and no `.grad` is written. Raises TypeError for anything but nodes.

    >>> from autograd import Value, relu, why
    >>> x = Value(-2.0, "x")
    >>> why(x, relu(x) * 3)  # doctest: +ELLIPSIS
    The gradient of x is zero because of operation 'relu': the unit is dead: the inputs ...
    >>> why(x, lambda: x.item() * Value(3.0)).kind
    'cut'
    """
    if not isinstance(x, Node):
        raise TypeError(f"why: x must be a node (Value or Tensor), not a {type(x).__name__}")
    if isinstance(output, Node):
        cuts = [cut for log in CutLog.recent if log.saw(output) for cut in log.cuts]
    else:
        if not callable(output):
            raise TypeError(
                f"why: the output must be a node, or a function that computes it, not a "
                f"{type(output).__name__}: was it taken out of the graph by .item() or .data?"
            )
        with recording(True), DebugBlock(at_once=False, keep=True) as block:
            output = output()
        cuts = list(block.cuts.cuts)
    if not isinstance(output, Node):
        return missing(x, None, cuts)
    passed = flow(output, x)
    if passed is None:
        return missing(x, output, cuts)
    g = passed.cotangents[x]
    if not is_finite(g):
        return _not_finite(x, output, passed)
    if largest(g) == 0:
        return _zero(x, passed)
    if largest(g) < TINY * largest(passed.cotangents[output]):
        return _tiny(x, output, passed)
    zeros = int(np.count_nonzero(data_of(g) == 0))
    some = f", and 0 in {zeros} of its {x.size} entries" if zeros else ""
    return Why(
        "none",
        f"{gradient_of(x)} is not zero: it is {extent(data_of(g))}{some}. If its .grad "
        "says otherwise, backward() has not been called on this output since it was computed.",
    )


def _not_finite(x: Node, output: Node, passed: Flow) -> Why:
    """Which derivative made NaN or infinity of a finite cotangent, if the output is finite."""
    for use in passed.uses if is_finite(output) else ():
        g, node = passed.cotangents[use.result], use.result
        if is_finite(g) and not isfinite(use.size):
            fault = backward_fault(node, g, use.share, "")
            at = f"at entry {list(fault.entry)} " if fault.entry else ""
            return Why(
                "not finite",
                f"{gradient_of(x)} is not finite because of {in_operations([node])}: "
                f"{at}{fault.at_entry or fault.made}. {fault.advice}",
                user_line_of(node),
                node.op.name,
            )
    return Why(
        "not finite",
        f"{gradient_of(x)} is not finite: run the program inside `with debug():`, "
        "which finds the operation that began it.",
    )


def _zero(x: Node, passed: Flow) -> Why:
    """Every path has an operation that passes nothing back, or the contributions cancel."""
    if passed.cancelled:
        node = passed.cancelled[0]
        users = [use.result for use in passed.uses if use.arg is node and use.size > 0]
        of = "" if node is x else f" of the result of {in_operations([node])}"
        return Why(
            "cancelled",
            f"{gradient_of(x)} is zero: the contributions{of} through "
            f"{in_operations(users[:3])} cancel, so the output does not depend on it.",
            user_line_of(users[0]),
            users[0].op.name,
            lasting=True,
        )
    blamed = [
        use for use in passed.uses if use.size == 0 and largest(passed.cotangents[use.result]) > 0
    ]
    use = blamed[0]
    kind, words, lasting = reason(use)
    others = len({other.result for other in blamed}) - 1
    more = f" ({others} more operations on the paths also pass nothing back)" if others else ""
    return Why(
        kind,
        f"{gradient_of(x)} is zero because of {in_operations([use.result])}: {words}{more}.",
        user_line_of(use.result),
        use.result.op.name,
        lasting,
    )


def _tiny(x: Node, output: Node, passed: Flow) -> Why:
    """Along the widest path from the output, which operation makes the gradient small?"""
    widest: dict[Node, Use] = {}
    for use in passed.uses:
        if use.arg not in widest or use.size > widest[use.arg].size:
            widest[use.arg] = use
    path = []
    node = x
    while node is not output:
        path.append(widest[node])
        node = widest[node].result
    factors = [use.size / largest(passed.cotangents[use.result]) for use in path]
    place = int(np.argmin(factors))
    worst = path[place].result
    small = [factor for factor in factors if factor < 0.5]
    if factors[place] < 1e-3 or len(small) < 2:
        words = f"{in_operations([worst])}: {shrinking(path[place], factors[place])}"
    else:
        words = (
            f"each of {len(small)} operations on the path reduces it by more than half, "
            f"{in_operations([worst])} the most, to {factors[place]:.2g} of the cotangent"
        )
    return Why(
        "tiny",
        f"{gradient_of(x)} is tiny, at most {largest(passed.cotangents[x]):.2g}: {words}.",
        user_line_of(worst),
        worst.op.name,
    )
