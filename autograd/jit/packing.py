"""The operations between Python's floats and arrays: into one array, out of it, sums of segments.

What a rolled program computes with in between are the engine's own operations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.graph import Op
from autograd.ops.predicates import Question

pack: Op = Question("pack", lambda *numbers: np.array(numbers, np.float64))
"""`pack(*numbers)`: an array of float64, one entry for each number."""

entry: Op = Question("entry", lambda x, index: np.asarray(x).item(index))
"""`entry(x, index=i)`: the number at place i of x in C order, as one of Python's."""


def _segment_sums(x: Any, starts: Any) -> Any:
    return np.add.reduceat(x, starts)


segment_sums: Op = Question("segment_sums", _segment_sums)
"""`segment_sums(x, starts=s)`: sums over x[s[0]:s[1]], x[s[1]:s[2]], ..., none of them empty."""
