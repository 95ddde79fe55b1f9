"""`CutLog`: where a program took numbers out of its graph, noted while it runs.

What that did to a gradient is said by `why`.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, ClassVar, NamedTuple
from weakref import ref

from autograd.arithmetic import Arithmetic
from autograd.graph import Node, next_index
from autograd.lines import Line, LineLog
from autograd.ops.predicates import ask

_COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}


class Cut(NamedTuple):
    """Numbers taken out of a node: how, and at which line.

    how: ".item()", "no_grad()", "a comparison", "argmax", ...
    when: counted as `node.index` is.
    node: gives the node; None for one that is gone, which is so only if the log did not hold it.
    result: what came of it.
    """

    how: str
    line: Line
    when: int
    node: Callable[[], Node | None]
    result: Any


class CutLog:
    """Inside `with log.watch():` it is noted where the user's own lines ask nodes for `.data`,
    `.item()`, `float()`, `.numpy()`, `.detach()`, a comparison, or an argmax.

    Python is asked to report calls of functions (`sys.setprofile`), in this thread only; who was
    told them before is told them still. With `hold` the nodes are kept for as long as the log is.
    """

    recent: ClassVar[deque[CutLog]] = deque(maxlen=8)
    """The logs begun last, the latest at the end."""

    MOST: ClassVar[int] = 1000

    def __init__(self, lines: LineLog, *, hold: bool = False) -> None:
        self.cuts: deque[Cut] = deque(maxlen=self.MOST)
        self._lines = lines
        self._hold = hold

    @contextmanager
    def watch(self) -> Iterator[CutLog]:
        """A block in which cuts are noted."""
        before = sys.getprofile()

        def profile(frame: FrameType, event: Any, arg: Any) -> None:
            if before is not None:
                before(frame, event, arg)
            if event == "return" and frame.f_code in _TAKERS:
                how, asked = _TAKERS[frame.f_code](frame.f_locals)
                for node in asked:
                    self.note(how, node, arg, frame)

        self.recent.append(self)
        sys.setprofile(profile)
        try:
            yield self
        finally:
            sys.setprofile(before)

    def note(self, how: str, node: Node, result: Any, frame: FrameType) -> None:
        """Numbers of `node` were taken out where `frame` is; no matter, if not by a user's line."""
        line = self._lines.asked_by(frame)
        if line is not None:
            held = (lambda: node) if self._hold else ref(node)
            self.cuts.append(Cut(how, line, next_index(), held, result))


def _asked(variables: Mapping[str, Any]) -> tuple[str, list[Node]]:
    name = getattr(variables["function"], "__name__", "")
    how = "a comparison" if name in _COMPARISONS else name
    return how, [arg for arg in variables["args"] if isinstance(arg, Node)]


# The functions through which numbers leave, and how to tell what left from their variables.
_TAKERS: dict[CodeType, Callable[[Mapping[str, Any]], tuple[str, list[Node]]]] = {
    Arithmetic._taken_out.__code__: lambda variables: (variables["how"], [variables["self"]]),
    Arithmetic._branched.__code__: lambda variables: ("int()", [variables["self"]]),
    Arithmetic.detach.__code__: lambda variables: (".detach()", [variables["self"]]),
    ask.__code__: _asked,
}
