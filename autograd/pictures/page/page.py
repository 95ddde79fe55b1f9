"""A graph as a piece of HTML and as a page of its own, neither of which loads anything else."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

_FILES = files("autograd.pictures.page") / "files"
_SCRIPTS = "dagre.min.js", "svg-pan-zoom.min.js", "view.js", "player.js"


@dataclass(frozen=True)
class Content:
    """What a page shows.

    title: what it says to those who hear it, and as a page's title.
    data: the graph, as `view.js` reads it; with "frames", as `player.js` does.
    picture: a PNG, for where scripts do not run, and its width in pixels of the page.
    instead: a sentence in place of a picture that there is not.
    """

    title: str
    data: Mapping[str, Any]
    picture: tuple[bytes, int] | None = None
    instead: str = ""


def fragment(content: Content) -> str:
    """A piece of HTML, to be shown in a notebook.

    Of several in one page the first brings the scripts to life; all hold them, as each may be
    shown alone. In a notebook that is not trusted, what is left of it is the picture.
    """
    version, scripts = _scripts()
    text = json.dumps(content.data, ensure_ascii=False, separators=(",", ":"))
    return _fill(
        "fragment.html",
        title=escape(content.title),
        picture=_static(content),
        # In a script nothing is escaped, and only a < could end it.
        data=text.replace("<", "\\u003c"),
        css=_read("page.css"),
        version=version,
        scripts=scripts,
        start=_read("start.js"),
    )


def page(content: Content) -> str:
    """A page of its own."""
    return _fill("page.html", title=escape(content.title), fragment=fragment(content))


def _static(content: Content) -> str:
    if content.picture is None:
        return f"<p>{escape(content.instead)}</p>" if content.instead else ""
    png, width = content.picture
    return (
        f'<img class="static" alt="{escape(content.title)}" width="{width}" '
        f'style="max-width:100%;height:auto" src="data:image/png;base64,{b64encode(png).decode()}">'
    )


@cache
def _scripts() -> tuple[str, str]:
    """The version of the scripts, and all of them, packed."""
    source = "\n".join(map(_read, _SCRIPTS)).encode()
    packed = gzip.compress(source, 9, mtime=0)
    return sha256(source).hexdigest()[:12], b64encode(packed).decode()


def _fill(template: str, **parts: str) -> str:
    return Template(_read(template)).substitute(parts)


@cache
def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")
