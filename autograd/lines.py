"""`LineLog`: which line of the program made which node, and the first variable that held it.

Nodes do not store their line, so that making them costs nothing.
"""

from __future__ import annotations

import linecache
import os
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.frames import caller, outwards, stored_names

_Trace: TypeAlias = Callable[[FrameType, Any, Any], Any]
_Position: TypeAlias = tuple[CodeType, int]

_ENGINE, _LIBRARY, _USER = range(3)
_ENGINE_FOLDERS = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep for file in (__file__, np.__file__)
)


class Line(NamedTuple):
    """A line of source: its file, its number, counted from 1, its function and its text.

    The text is stripped of whitespace, and "" if the source cannot be read.
    """

    file: str
    lineno: int
    function: str
    text: str

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.lineno}"


class _Variables:
    """The names of nodes, by creation number: the variables that lines of the program store.

    The bytecode of a function says which variables a line stores. They are read once it is done.
    """

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._stores: dict[CodeType, dict[int, list[str]]] = {}
        self._running: dict[FrameType, int] = {}

    def at_line(self, frame: FrameType) -> None:
        """A line of the frame is about to run, and the one before it is done."""
        self.left(frame)
        self._running[frame] = frame.f_lineno

    def left(self, frame: FrameType) -> None:
        """The line that was running in the frame is done."""
        lineno = self._running.pop(frame, None)
        if lineno is None:
            return
        stores = self._stores.get(frame.f_code)
        if stores is None:
            stores = self._stores[frame.f_code] = stored_names(frame.f_code)
        if names := stores.get(lineno):
            local, everywhere = frame.f_locals, frame.f_globals
            for name in names:
                node: Any = local.get(name, everywhere.get(name))
                if isinstance(node, Node):
                    self.names.setdefault(node.index, name)

    def forget_frames(self) -> None:
        """Release frames that never ended, as those of generators."""
        self._running.clear()


class LineLog:
    """Records which line makes which node inside `with LineLog() as log:`; see `log.line_of(node)`.

    Python reports each line to it (`sys.settrace`), which makes the block several times slower. A
    debugger or a coverage tool keeps its own trace function. Only the current thread is followed:
    nodes that other threads make meanwhile are attributed to its lines.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with LineLog() as log:
    ...     y = x * x
    >>> log.line_of(y).text
    'y = x * x'
    >>> log.line_of(x)
    """

    libraries: ClassVar[list[str]] = []
    """Folders of packages whose lines `line_of` gives but `user_line_of` skips."""

    recent: ClassVar[deque[LineLog]] = deque(maxlen=8)
    """The latest logs, the newest at the end."""

    def __init__(self) -> None:
        # Creation numbers in rising order, and the lines that run from each to the next: the
        # innermost one outside the engine, and the innermost one outside libraries, too.
        self._marks: list[int] = []
        self._positions: list[tuple[_Position | None, _Position | None]] = []
        self._kinds: dict[str, int] = {}
        self._user: _Position | None = None
        self._variables = _Variables()
        self._on = False

    def line_of(self, node: Node | int) -> Line | None:
        """The innermost line outside `autograd` and NumPy that was running when `node` was made.

        node: a node, or its creation number.

        None for a node that was not made inside the block.
        """
        return _line(self._at(node)[0])

    def user_line_of(self, node: Node | int) -> Line | None:
        """The innermost line of the user's own code, outside `nn`, too."""
        return _line(self._at(node)[1])

    def name_of(self, node: Node | int) -> str | None:
        """The first variable of the user's code that held the node, if any."""
        return self._variables.names.get(_number(node))

    def _at(self, node: Node | int) -> tuple[_Position | None, _Position | None]:
        interval = bisect_left(self._marks, _number(node)) - 1
        return self._positions[interval] if interval >= 0 else (None, None)

    def __enter__(self) -> Self:
        if self._on:
            raise RuntimeError("this LineLog is in use; make another for a block inside its own")
        self._on = True
        self.recent.append(self)
        self._before = sys.gettrace()
        self._followed: list[tuple[FrameType, Any]] = []
        frame_outside = caller()
        for frame in outwards(frame_outside):
            if self._kind(frame.f_code) != _ENGINE:
                self._followed.append((frame, frame.f_trace))
                frame.f_trace = self._follow(frame.f_trace)
        self.running(frame_outside)
        sys.settrace(self._called)
        return self

    def __exit__(self, *error: object) -> None:
        if sys.gettrace() == self._called:  # else another tracer began in the block
            sys.settrace(self._before)
        for frame, trace in self._followed:
            frame.f_trace = trace
        self._followed = []  # frames hold whatever their variables hold
        self._variables.forget_frames()
        self._user = None
        self._note(None)
        self._on = False

    # --- tracing ---------------------------------------------------------------------------------

    def _called(self, frame: FrameType, event: Any, arg: Any) -> Any:
        """Called by Python when a function begins or a generator resumes."""
        theirs = None
        if self._before is not None:
            theirs = self._before(frame, event, arg)
            if sys.gettrace() != self._called:  # coverage puts itself first at each call
                sys.settrace(self._called)
        if self._kind(frame.f_code) == _ENGINE:
            return theirs
        self._enter(frame)
        return self._follow(theirs)

    def _follow(self, theirs: _Trace | None) -> _Trace:
        """The trace function of one frame, which calls `theirs`, the one before, too."""
        if theirs is None:
            return self._happened

        def both(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal theirs
            if theirs is not None:
                theirs = theirs(frame, event, arg)
            self._happened(frame, event, arg)
            return both

        return both

    def _happened(self, frame: FrameType, event: str, arg: Any) -> Any:
        if self._on:
            if event == "line":
                self._enter(frame)
            elif event == "return":  # or a generator yields, or an exception passes
                self._variables.left(frame)
                self.running(frame.f_back)  # Python does not report that line again
        return self._happened

    def _enter(self, frame: FrameType) -> None:
        position = (frame.f_code, frame.f_lineno)
        if self._kind(frame.f_code) == _USER:
            self._user = position
            self._variables.at_line(frame)
        self._note(position)

    # --- without tracing -------------------------------------------------------------------------

    @contextmanager
    def open(self) -> Iterator[Self]:
        """A block in which nothing is traced: `running` says which line makes what comes next."""
        self.recent.append(self)
        try:
            yield self
        finally:
            self._user = None
            self._note(None)

    def running(
        self,
        frame: FrameType | None,
        rules: CodeType | None = None,
        differentiated: Node | None = None,
    ) -> None:
        """From now on nodes are made by the lines that run in `frame` and in its callers.

        rules, differentiated: the function that runs derivative rules, and the node whose rule it
            runs. Nodes that no line of the rule makes belong to the line that made this node.
        """
        innermost = user = None
        for outer in outwards(frame):
            if outer.f_code is rules and differentiated is not None:
                rule_innermost, rule_user = self._at(differentiated)
                innermost, user = innermost or rule_innermost, user or rule_user
                break
            kind = self._kind(outer.f_code)
            if kind != _ENGINE:
                innermost = innermost or (outer.f_code, outer.f_lineno)
            if kind == _USER:
                user = (outer.f_code, outer.f_lineno)
                break
        self._user = user
        self._note(innermost)

    def line_calling(self, frame: FrameType | None) -> Line | None:
        """The line that called the engine, whose `frame` is given; None for one of a library."""
        for outer in outwards(frame):
            kind = self._kind(outer.f_code)
            if kind != _ENGINE:
                return _line((outer.f_code, outer.f_lineno)) if kind == _USER else None
        return None

    def _note(self, position: _Position | None) -> None:
        mark = next_index()
        if self._marks and self._marks[-1] == mark - 1:  # nothing was made at the line before
            self._marks[-1] = mark
            self._positions[-1] = (position, self._user)
        else:
            self._marks.append(mark)
            self._positions.append((position, self._user))

    def _kind(self, code: CodeType) -> int:
        file = code.co_filename
        kind = self._kinds.get(file)
        if kind is None:
            path = os.path.abspath(file)
            kind = _USER
            if path.startswith(_ENGINE_FOLDERS) or file.startswith("<frozen "):
                kind = _ENGINE
            elif any(path.startswith(os.path.join(folder, "")) for folder in self.libraries):
                kind = _LIBRARY
            self._kinds[file] = kind
        return kind


def line_of(node: Node) -> Line | None:
    """The line that made `node`, from the latest of the recent logs that knows it."""
    for log in reversed(LineLog.recent):
        if line := log.line_of(node):
            return line
    return None


def user_line_of(node: Node) -> Line | None:
    """The innermost line of the user's own that made `node`, from the latest log that knows it."""
    for log in reversed(LineLog.recent):
        if line := log.user_line_of(node):
            return line
    return None


def _number(node: Node | int) -> int:
    return node if isinstance(node, int) else node.index


def _line(position: _Position | None) -> Line | None:
    if position is None:
        return None
    code, lineno = position
    text = linecache.getline(code.co_filename, lineno).strip()
    return Line(code.co_filename, lineno, code.co_qualname, text)
