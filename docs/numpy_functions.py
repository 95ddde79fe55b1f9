"""`python docs/numpy_functions.py > docs/numpy_functions.md`: what functions do with nodes."""

from __future__ import annotations

import textwrap

import autograd.numpy as np
from autograd.numpy.wrapping import MARKS, Mark

MODULES = ["numpy", "numpy.linalg", "numpy.fft", "numpy.random"]

_HEAD = """\
# NumPy's functions

What the functions of `autograd.numpy` do with nodes, for each function of NumPy {version}. Without
nodes among its arguments each is NumPy's own. This page is written by
`python docs/numpy_functions.py`, and a test holds it to what the functions do.

A function *with a derivative* has one of any order. One *without* gives a plain result, since what
it finds does not change where its arguments change a little, or is not a number at all. One that
*refuses* nodes raises TypeError with its name; many of these write into arrays, read files, or need
complex numbers.

Some of the functions with a derivative (`np.array`, `np.full`, `np.diff`, ...) have one under
`autograd.numpy` alone: NumPy itself does not pass nodes on to them, or the engine's table has none.
"""


def page() -> str:
    """The page of the documentation."""
    sections = [_HEAD.format(version=".".join(np.__version__.split(".")[:2]))]
    sections += [_section(module) for module in MODULES]
    return "\n".join(sections)


def _section(module: str) -> str:
    marks, parts = MARKS[module], [f"## `{module}`\n"]
    for mark, heading in (
        (Mark.DERIVATIVE, "With a derivative"),
        (Mark.PLAIN, "Without"),
        (Mark.REFUSED, "Refuses nodes"),
    ):
        names = [f"`{name}`" for name in sorted(marks) if marks[name] is mark]
        if names:
            listed = textwrap.fill(" ".join(names), 100, break_on_hyphens=False)
            parts.append(f"**{heading}** ({len(names)})\n\n{listed}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
