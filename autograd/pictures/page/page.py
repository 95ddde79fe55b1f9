"""A graph as a piece of HTML and as a page of its own, neither of which loads anything else."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib import import_module
from importlib.resources import files
from string import Template
from typing import Any

_FILES = files("autograd.pictures.page") / "files"
_SCRIPTS = "dagre.min.js", "shapes.js", "view.js", "player.js", "tools.js"


def fragment(title: str, data: Mapping[str, Any]) -> str:
    """A piece of HTML, to be shown in a notebook.

    title: what it says to those who hear it.
    data: the graph, as `view.js` reads it; with "frames", as `player.js` does.

    Of several in one page the first brings the scripts to life; all hold them, as each may be
    shown alone. All of it is in attributes, so that nothing is left where scripts are taken out.
    """
    scripts, version = _scripts()
    packed = _packed(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return _fill(
        "fragment.html",
        title=escape(title),
        data=packed,
        version=version,
        scripts=scripts,
        start=_read("start.js"),
    )


def page(title: str, data: Mapping[str, Any]) -> str:
    """A page of its own."""
    return _fill("page.html", title=escape(title), fragment=fragment(title, data))


def show(html: str, picture: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Show a fragment in Jupyter, and before it a picture, which the fragment hides.

    Jupyter runs scripts only in a notebook that is trusted, GitHub in none: there the picture is
    what one sees. In one output with HTML it would not be shown by GitHub.
    """
    display: Any = import_module("IPython.display")
    data = {
        kind: b64encode(shown).decode() if isinstance(shown, bytes) else shown
        for kind, shown in picture.items()
    }
    if "image/png" in data:
        display.publish_display_data(data, dict(metadata))
        data = {}
    display.publish_display_data({"text/html": html, **data})


def _packed(text: str) -> str:
    return b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


@cache
def _scripts() -> tuple[str, str]:
    """All scripts and the style, packed, and their version."""
    style = f"const STYLE = {json.dumps(_read('page.css'))};"
    source = "\n".join([style, *map(_read, _SCRIPTS)])
    return _packed(source), sha256(source.encode()).hexdigest()[:12]


def _fill(template: str, **parts: str) -> str:
    return Template(_read(template)).substitute(parts)


@cache
def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")
