"""`Provenance`: the line of the program, and the derivative, that each operation comes from."""

from __future__ import annotations

from bisect import bisect_left
from typing import Self

from autograd.engine.graph import Array, Node, next_index
from autograd.lines import LineLog


class Provenance:
    """Inside `with Provenance() as provenance:` record where operations come from.

    Only the readable source of a program needs it, since it slows the recording down.
    """

    def __init__(self) -> None:
        self._log = LineLog()
        # Creation numbers in rising order, and from each on until the next: at which node a
        # derivative was being taken, and how.
        self._marks: list[int] = []
        self._at: list[tuple[Node, str] | None] = []
        self._cotangents: dict[int, Node] = {}
        self.inputs: list[Node] = []
        self.names: dict[int, str] = {}
        """The names of nodes that no line of the program stored, by creation number."""

    def __enter__(self) -> Self:
        self._log.__enter__()
        self._around = self._log.line_of(next_index())
        return self

    def __exit__(self, *error: object) -> None:
        self._log.__exit__(*error)

    def differentiates(self, node: Node | None, how: str = "", g: Array = None) -> None:
        """From here on operations belong to a derivative of `node`, or with `how` empty to the node
        itself; None ends that.
        """
        self._marks.append(next_index())
        self._at.append(None if node is None else (node, how))
        if isinstance(g, Node) and node is not None:
            self._cotangents.setdefault(g.index, node)

    def origin(self, index: int) -> str:
        """The origin of the node with a creation number, such as `model.py:3: y = w @ x`.

        It names the user's line too where the operation is in a library, and the kind of derivative
        ("gradient of ..."). "" where nothing is known.
        """
        if index < 0:
            return ""
        place = bisect_left(self._marks, index) - 1
        if place >= 0 and (at := self._at[place]) is not None:
            node, how = at
            before = self.origin(node.index)
            return f"{how} of {before}" if how else before
        user, inner = self._log.user_line_of(index), self._log.line_of(index)
        if inner is None or inner == self._around:
            return "(no line of the function)"
        called = f"{user}, in " if user not in (None, inner, self._around) else ""
        return f"{called}{inner}: {inner.text}"

    def name(self, index: int) -> str | None:
        """The variable that held the node of a creation number; of a cotangent, `grad_` and what it
        is the gradient by.
        """
        if (name := self.names.get(index) or self._log.name_of(index)) is not None:
            return name
        node = self._cotangents.get(index)
        if node is None:
            return None
        while node.op is not None and node.op.name == "identity":
            (node,) = node.parents
        before = self.name(node.index)
        return before and f"grad_{before}"
