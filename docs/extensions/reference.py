"""The block `{reference} package` with public names in it: a table of them, then each in full.

Where the names are grouped and which there are is said in the pages of `docs/api`; a test looks
that none is missing.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from textwrap import indent
from typing import Any

from sphinx.application import Sphinx

import autograd
from autograd.alternatives import MARKS, Mark
from autograd.engine.operations import Op
from autograd.ops.op_types import Elementwise
from extensions.docstrings import inline, reformat
from extensions.plots import plot

BLOCK = re.compile(
    r"^```\{(reference|differentiable)\} (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)


PRIVATE = "function, kind, made_with"
"""Attributes that are between the classes of the packages."""


def package(path: str) -> Any:
    """A module by the name under which it is public, as `autograd.linalg` is."""
    parent, _, name = path.rpartition(".")
    found = getattr(package(parent), name, None) if parent else None
    return found if inspect.ismodule(found) else importlib.import_module(path)


def expand(app: Sphinx, document: str, source: list[str]) -> None:
    """Write the blocks of a page out."""

    def text(block: re.Match[str]) -> str:
        kind, path, names = block.groups()
        if kind == "differentiable":
            return differentiable(path)
        return f"```{{eval-rst}}\n{written(path, names.split())}\n```"

    source[0] = BLOCK.sub(text, source[0])


def differentiable(path: str) -> str:
    """The functions of a module of SciPy's that have a derivative here."""
    package(path)  # marks its functions
    marks = MARKS[path.removeprefix("autograd.")]
    names = sorted(name for name in marks if marks[name] is Mark.DERIVATIVE)
    return f"`{path}`: {' '.join(f'`{name}`' for name in names)}"


def written(path: str, names: list[str]) -> str:
    """A table of the names, and then the documentation of each."""
    found = {name: getattr(package(path), name) for name in names}
    table = [".. list-table::\n    :class: names\n    :widths: auto\n"]
    table += [
        f"    * - :py:obj:`{name}`\n      - {summary(thing)}" for name, thing in found.items()
    ]
    entries = [entry(name, thing) for name, thing in found.items()]
    return "\n".join([f".. currentmodule:: {path}\n", *table, "", *entries])


def summary(thing: Any) -> str:
    """The first sentence of a docstring."""
    if not (inspect.isroutine(thing) or isinstance(thing, type | Op)):
        return ""
    paragraph = " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())
    sentence = re.match(r".*?[.:;](?= [A-Z`(]|$)", paragraph)
    return inline(sentence[0].rstrip(":;") if sentence else paragraph)


def entry(name: str, thing: Any) -> str:
    """The directive that documents it."""
    picture = curve(name, thing)
    if isinstance(thing, Elementwise):
        described = indent("\n".join(reformat(inspect.getdoc(thing).splitlines())), "    ")
        return f".. py:function:: {name}{inspect.signature(thing)}\n\n{picture}{described}\n"
    if inspect.isclass(thing):
        return (
            f".. autoclass:: {name}\n    :members:\n    :exclude-members: {PRIVATE}\n"
            f"    :inherited-members: {', '.join(elsewhere(thing))}\n"
        )
    kind = "function" if inspect.isroutine(thing) else "data"
    return f".. auto{kind}:: {name}\n\n{picture}"


def curve(name: str, thing: Any) -> str:
    """The plot of an operation, inside its directive."""
    public = thing is getattr(autograd, name, None)
    picture = (
        plot(name, thing) if public and callable(thing) and not isinstance(thing, type) else ""
    )
    return f"    .. raw:: html\n\n        {picture}\n\n" if picture else ""


def elsewhere(kind: type) -> list[str]:
    """The bases of a class whose members are documented at another place, or not here at all."""
    return list(
        dict.fromkeys(
            above.__name__
            for base in kind.__mro__[1:]
            if base in PUBLIC or base.__module__.partition(".")[0] not in ("autograd", "nn")
            for above in base.__mro__
        )
    )


PUBLIC = {
    thing
    for page in sorted(Path(__file__).parents[1].glob("api/*.md"))
    for _, path, names in BLOCK.findall(page.read_text("utf-8"))
    for name in names.split()
    if inspect.isclass(thing := getattr(package(path), name))
}
"""The classes that are in the reference."""


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", expand)
    return {"parallel_read_safe": True}
