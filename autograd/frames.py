"""What only Python's frames and their bytecode tell.

The language does not document them. The instructions read here are those of CPython 3.11 to 3.13;
where an interpreter has others, or no frames at all, nodes have no names and no lines, and
`float(node)` raises rather than cut a node out of its graph without a word.
"""

from __future__ import annotations

import dis
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import CodeType, FrameType

import numpy as np

_PACKAGE = os.path.dirname(__file__) + os.sep
_STORES_ITEM = ("STORE_SUBSCR", "STORE_SLICE")
_STORES_NAME = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")


def caller(depth: int = 1) -> FrameType | None:
    """The frame that called the function that calls this; None where Python has no frames."""
    return sys._getframe(depth + 1) if hasattr(sys, "_getframe") else None


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, its caller, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def stacklevel_of_caller() -> int:
    """The `stacklevel` of a warning, in the function that calls this, about a call of the package:
    that of the line outside which made it.
    """
    frames = enumerate(outwards(caller()), 1)
    outside = (n for n, frame in frames if not frame.f_code.co_filename.startswith(_PACKAGE))
    return next(outside, 1)


def stores_item(frame: FrameType | None) -> bool:
    """Whether the instruction that runs in a frame is a store, `array[i] = ...`.

    Where the array is NumPy's, it then asks for a float, as `float(...)` does, and nothing but the
    instruction tells the two apart. False where the instruction is not known.
    """
    if frame is None:
        return False
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in _STORES_ITEM


def multiplies_sparse(frame: FrameType | None) -> bool:
    """Whether a sparse matrix of SciPy is being multiplied: `A @ node`, `A.dot(node)`."""
    if frame is None or frame.f_code.co_name not in ("_matmul_dispatch", "_mul_dispatch"):
        return False
    return str(frame.f_globals.get("__name__", "")).startswith("scipy.sparse")


@cache
def knows_stores() -> bool:
    """Whether `stores_item` is right on this interpreter: tried out, on a store and on a call."""
    answers = []

    class Number:
        def __float__(self) -> float:
            answers.append(stores_item(caller()))
            return 0.0

    try:
        np.zeros(1)[0] = Number()
        float(Number())
    except (AttributeError, IndexError, TypeError):
        return False
    return answers == [True, False]


def stored_names(code: CodeType) -> dict[int, list[str]]:
    """The variables that each line of a function stores, by the number of the line."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for instruction in dis.get_instructions(code):
        positions = instruction.positions
        if instruction.opname.startswith(_STORES_NAME) and positions and positions.lineno:
            variables = instruction.argval
            if isinstance(variables, tuple):  # STORE_FAST_LOAD_FAST does two things, since 3.13
                variables = variables[: instruction.opname.count("STORE_")]
            else:
                variables = (variables,)
            names[positions.lineno] += variables
    return names
