"""Looking through a recorded graph for the operation in which NaN or infinity began.

`debug` notices it while it happens; how it is told is in `report`.
"""

from __future__ import annotations

from autograd.faults.numbers import is_finite
from autograd.graph import Node


def origin(output: Node) -> Node | None:
    """The earliest node whose result is not finite although all it was made from is.

    It is looked for along the paths of such results that lead to `output`: an infinity that the
    program has masked is not taken for the cause. None where they begin in a leaf or constant.
    """
    first: Node | None = None
    seen = {output}
    stack = [output]
    while stack:
        node = stack.pop()
        bad = [arg for arg in node.args if not is_finite(arg)]
        if not bad and node.op is not None and (first is None or node.index < first.index):
            first = node
        for arg in bad:
            if isinstance(arg, Node) and arg.op is not None and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return first
