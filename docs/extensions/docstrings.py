"""Docstrings as they are written here, turned into what Sphinx reads.

They are plain text to be read in a terminal: `code` between backticks, one paragraph for each
group of arguments (`name: what it is`), formulas in Unicode, examples after `>>>`. None of that is
markup, so characters that Sphinx takes for markup are protected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from textwrap import indent

from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef

ARGUMENT = re.compile(r"(\*{0,2}[A-Za-z_]\w*(?:, \*{0,2}[A-Za-z_]\w*)*): (.*)", re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*(\(\))?")


def inline(text: str) -> str:
    """Code becomes code, and a link where it is a public name; all else is itself."""
    parts = re.split(r"``(.+?)``|`([^`]+)`", text)
    out = []
    for plain, double, single in zip(
        parts[::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True
    ):
        out.append(re.sub(r"(\*\w+\*)|([\\*|]|_\b)", lambda m: m[1] or f"\\{m[2]}", plain))
        if code := double or single:
            out.append(f":py:obj:`{code}`\\ " if NAME.fullmatch(code) else f"``{code}``\\ ")
    return "".join(out)


def items(lines: list[str]) -> list[str]:
    """The items of a paragraph: a line and the lines below it that are further in."""
    found: list[str] = []
    for line in lines:
        if line.startswith(" ") and found:
            found[-1] += " " + line.strip()
        else:
            found.append(line)
    return found


def paragraph(lines: list[str]) -> Iterator[str]:
    """A block between blank lines."""
    arguments = [ARGUMENT.fullmatch(item) for item in items(lines)]
    if lines[0].startswith(">>>"):
        yield from lines
    elif all(line.startswith("    ") for line in lines):
        yield "::"
        yield ""
        yield from lines
    elif all(arguments) and "`" not in "".join(a[1] for a in arguments if a):
        for argument in arguments:
            assert argument
            names = ", ".join(f"``{name}``" for name in argument[1].split(", "))
            yield names
            yield indent(inline(argument[2]), "    ")
    elif re.match(r"([-*]|\d+\.) ", lines[0]):
        yield from map(inline, items(lines))
    else:
        yield inline(" ".join(lines))
    yield ""


def reformat(lines: list[str]) -> list[str]:
    blocks = (list(block) for filled, block in groupby(lines, key=bool) if filled)
    return [line for block in blocks for line in paragraph(block)]


def process(
    app: Sphinx, kind: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    lines[:] = reformat(lines)


def signature(
    app: Sphinx, kind: str, name: str, thing: object, options: object, *parts: str | None
) -> tuple[str | None, ...]:
    """Types and defaults as the code has them."""
    return tuple(
        part and re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", part).replace("[[...],", "[...,")
        for part in parts
    )


def setup(app: Sphinx) -> dict[str, bool]:
    TypeAliasForwardRef.__repr__ = lambda alias: alias.name  # Sphinx shows the class as well
    app.connect("autodoc-process-docstring", process)
    app.connect("autodoc-process-signature", signature)
    return {"parallel_read_safe": True}
