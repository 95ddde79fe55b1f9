"""A walk as a piece of HTML and as a page of its own, neither of which loads anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from autograd.pictures.stepping.frames import Frame

_FILES = files("autograd.pictures.stepping") / "files"


def stepper_html(name: str, svg: str, shown: Sequence[Frame]) -> str:
    """The stepper, with its style, its script and its frames inside."""
    data = [
        {
            "phase": frame.phase,
            "say": frame.say,
            "lit": frame.lit,
            "target": frame.target,
            "texts": frame.texts,
        }
        for frame in shown
    ]
    return _fill(
        "stepper.html",
        name=escape(name),
        svg=svg,
        said=escape(shown[-1].say),
        # Inside a script no character reference is read, and only a < could end it.
        frames=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        css=_read("stepper.css"),
        js=_read("stepper.js"),
    )


def page_html(name: str, stepper: str) -> str:
    """A page of its own for a stepper."""
    return _fill("page.html", name=escape(name), stepper=stepper)


def _fill(template: str, **parts: str) -> str:
    return Template(_read(template)).substitute(parts)


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")
