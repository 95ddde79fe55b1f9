"""Which variable of the program a node was first given to, noted while the program runs.

Who calls it at each line is `lines.LineLog`.
"""

from __future__ import annotations

import dis
from collections import defaultdict
from types import CodeType, FrameType
from typing import Any

from autograd.graph import Node


class Variables:
    """The names of nodes by creation number: those that lines of the program stored them under.

    The code of a function says, for each line, which variables that line stores; when the line is
    done they are looked at.
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
            stores = self._stores[frame.f_code] = _stores(frame.f_code)
        if names := stores.get(lineno):
            local, everywhere = frame.f_locals, frame.f_globals
            for name in names:
                node: Any = local.get(name, everywhere.get(name))
                if isinstance(node, Node):
                    self.names.setdefault(node.index, name)

    def forget_frames(self) -> None:
        """Let go of frames that never ended, as those of generators."""
        self._running.clear()


def _stores(code: CodeType) -> dict[int, list[str]]:
    """The variables that each line of a function stores."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for instruction in dis.get_instructions(code):
        positions = instruction.positions
        if instruction.opname.startswith("STORE_") and positions and positions.lineno:
            match instruction.opname, instruction.argval:
                case "STORE_FAST_STORE_FAST", (first, second):  # two in one, from Python 3.13 on
                    names = [first, second]
                case "STORE_FAST_LOAD_FAST", (first, _):
                    names = [first]
                case "STORE_FAST" | "STORE_NAME" | "STORE_GLOBAL" | "STORE_DEREF", name:
                    names = [name]
                case _:
                    names = []
            found[positions.lineno] += names
    return found
