"""`CutLog`: where a program took numbers out of its graph, noted while it runs.

What that did to a gradient is said by `why`.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from types import CodeType, FrameType
from typing import Any, ClassVar, NamedTuple, TypeAlias
from weakref import ref

import numpy as np

from autograd.arithmetic import Arithmetic
from autograd.engine.graph import Node, next_index
from autograd.lines import Line, LineLog
from autograd.ops.predicates import nondifferentiable

Handler: TypeAlias = Callable[[FrameType, Any], None]
"""Called with the frame of the function that returns, and with what it returns."""

_COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}


class Cut(NamedTuple):
    """Numbers taken out of a node: how, and at which line.

    how: ".item()", "no_grad()", "a comparison", "argmax", ...
    when: counted as `node.index` is.
    node, result: give the node, and what came of it; None for what is gone, which is so only if
        the log did not hold it.
    """

    how: str
    line: Line
    when: int
    node: Callable[[], Node | None]
    result: Callable[[], Any]


class CutLog:
    """Inside `with log.watch({}):` it is noted where the user's own lines ask nodes for `.data`,
    `.item()`, `float()`, `.numpy()`, `.detach()`, a comparison, or an argmax.

    With `hold` the nodes are kept for as long as the log is.
    """

    recent: ClassVar[deque[CutLog]] = deque(maxlen=8)
    """The logs begun last that hold nothing, the latest at the end."""

    MOST: ClassVar[int] = 1000

    def __init__(self, lines: LineLog, *, hold: bool = False) -> None:
        self.cuts: deque[Cut] = deque(maxlen=self.MOST)
        self._lines = lines
        self._hold = hold
        self._begun, self._ended = inf, inf

    @contextmanager
    def watch(self, others: Mapping[CodeType, Handler]) -> Iterator[CutLog]:
        """A block in which cuts are noted, and what others want to see return is handed to them."""
        if not self._hold:  # else it is for one question only
            self.recent.append(self)
        self._begun = next_index()
        try:
            with _on_return({**dict.fromkeys(_TAKERS, self._taken), **others}):
                yield self
        finally:
            self._ended = next_index()

    def saw(self, node: Node) -> bool:
        """Whether `node` was computed in the block."""
        return self._begun < node.index < self._ended

    def _taken(self, frame: FrameType, result: Any) -> None:
        line = self._lines.asked_by(frame)
        if line is not None:  # else the engine or a library took it, for a reason of its own
            how, nodes = _TAKERS[frame.f_code](frame.f_locals)
            for node in nodes:
                self.note(how, line, node, result)

    def note(self, how: str, line: Line, node: Node, result: Any) -> None:
        """Numbers of `node` were taken out of the graph at `line`."""
        if self.cuts and self.cuts[-1].line == line and self.cuts[-1].node() is node:
            return  # one way out leads through another, as .data through .numpy()
        self.cuts.append(Cut(how, line, next_index(), self._held(node), self._held(result)))

    def _held(self, x: Any) -> Callable[[], Any]:
        weak = isinstance(x, Node | np.ndarray) and not self._hold
        return ref(x) if weak else lambda: x


def _asked(variables: Mapping[str, Any]) -> tuple[str, list[Node]]:
    name = getattr(variables["function"], "__name__", "")
    how = "a comparison" if name in _COMPARISONS else name
    return how, [arg for arg in variables["args"] if isinstance(arg, Node)]


# The functions through which numbers leave, and how to tell what left from their variables.
_TAKERS: dict[CodeType, Callable[[Mapping[str, Any]], tuple[str, list[Node]]]] = {
    Arithmetic._taken_out.__code__: lambda variables: (variables["how"], [variables["self"]]),
    Arithmetic._branched.__code__: lambda variables: ("int()", [variables["self"]]),
    Arithmetic.detach.__code__: lambda variables: (".detach()", [variables["self"]]),
    nondifferentiable.__code__: _asked,
}


@contextmanager
def _on_return(handlers: Mapping[CodeType, Handler]) -> Iterator[None]:
    """Inside the block `handlers[code](frame, result)` is called when a function of `code` returns.

    Python is asked to report calls (`sys.setprofile`), in this thread only; who was told of them
    before is told of them still.
    """
    before = sys.getprofile()

    def profile(frame: FrameType, event: Any, arg: Any) -> None:
        if before is not None:
            before(frame, event, arg)
        if event == "return" and (handler := handlers.get(frame.f_code)):
            handler(frame, arg)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
