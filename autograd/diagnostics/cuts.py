"""`CutLog`: where a program took numbers out of its graph.

`debug` fills it in while the program runs; `why` reads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Any, ClassVar, NamedTuple
from weakref import ref

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.frames import caller
from autograd.lines import Line, LineLog

_IN_WORDS = {
    "detach": ".detach()",
    **dict.fromkeys(
        ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"), "a comparison"
    ),
}


class Cut(NamedTuple):
    """Numbers taken out of a node: how, and at which line.

    how: ".item()", "no_grad()", "a comparison", "argmax", ...
    when: counted as `node.index` is.
    node, result: functions that give the node and what was computed from it; None once they are
        garbage, unless the log keeps them.
    """

    how: str
    line: Line
    when: int
    node: Callable[[], Node | None]
    result: Callable[[], Any]


class CutLog:
    """The cuts of the program that runs inside `with log.open():`, the latest 1,000 of them.

    keep: hold the nodes for as long as the log lives, for a log that answers one question only.
    """

    recent: ClassVar[deque[CutLog]] = deque(maxlen=8)
    """The logs opened last that keep nothing alive, the latest at the end."""

    MOST: ClassVar[int] = 1000

    def __init__(self, lines: LineLog, *, keep: bool = False) -> None:
        self.cuts: deque[Cut] = deque(maxlen=self.MOST)
        self._lines = lines
        self._keep = keep
        self._begin, self._end = inf, inf

    @contextmanager
    def open(self) -> Iterator[CutLog]:
        """A block whose cuts belong in this log."""
        if not self._keep:
            self.recent.append(self)
        self._begin = next_index()
        try:
            yield self
        finally:
            self._end = next_index()

    def saw(self, node: Node) -> bool:
        """Whether `node` was computed in the block."""
        return self._begin < node.index < self._end

    def note(self, how: str, node: Node, result: Any, line: Line | None = None) -> None:
        """Numbers of `node` leave the graph: at `line`, or at the one that runs now.

        That has to be a line of the user's own: the engine and libraries have reasons of theirs.
        """
        line = line or self._lines.line_calling(caller())
        if line is None:
            return
        if self.cuts and self.cuts[-1].line == line and self.cuts[-1].node() is node:
            return  # one way out uses another: .data of a result is .numpy()
        how = _IN_WORDS.get(how, how)
        self.cuts.append(
            Cut(how, line, next_index(), self._reference(node), self._reference(result))
        )

    def _reference(self, x: Any) -> Callable[[], Any]:
        weak = isinstance(x, Node | np.ndarray) and not self._keep
        return ref(x) if weak else lambda: x
