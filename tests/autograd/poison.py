"""Overwrites the memory of compiled programs before each run.

A run that reads memory before writing it then gives a wrong result. Otherwise it would find what
the recording or the run before left there, which is most often the right number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from autograd.jit.lowering.code import Code

_MEMORY = re.compile(r"^(\w+) = np\.empty\(", re.MULTILINE)


def memory(text: str) -> list[str]:
    """The names of the arrays that the lines of a program make for results.

    Those that begin as zeros are left out: the zeros stay, and each run writes the other entries.
    """
    return _MEMORY.findall(text)


def spoiler() -> Callable[..., None]:
    """A function that fills arrays, in turn with an ordinary number and with NaN; integers with the
    largest.

    NaN leaves nothing as it was, but a program whose result is NaN may be run again operation by
    operation, without this memory. An ordinary number does not have that happen.
    """
    numbers = cycle([0.731, np.nan])

    def spoil(*arrays: Any) -> None:
        number = next(numbers)
        for array in arrays:
            kind = array.dtype.kind
            array.fill(number if kind in "fc" else kind == "b" or np.iinfo(array.dtype).max)

    return spoil


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have programs that are compiled from now on begin each run with their memory spoilt."""
    plain = Code.run

    def run(code: Code) -> list[str]:
        header, *body = plain(code)
        names = memory("\n".join(code.setup))
        if not names:
            return [header, *body]
        code.shared["spoil"] = spoiler()
        return [header, f"    spoil({', '.join(names)})", *body]

    monkeypatch.setattr(Code, "run", run)
