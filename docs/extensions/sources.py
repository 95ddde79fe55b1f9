"""What Sphinx makes of the source of modules: links back only to what is on a page.

Something public under several names is on a page under one of them, and Sphinx takes the first.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

BACK = re.compile(r'<a class="viewcode-back" href="[./]*([^"]*)\.html#([^"]*)">.*?</a>\n?')
BUILTIN = re.compile(r'<li><a href="builtins\.html">.*?</li>')


def check_links_back(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Leave out what points to no name of a page, and the module of Python's own types."""
    if page.startswith("_modules/"):
        objects = app.env.domains.python_domain.objects
        places = {(found.docname, name) for name, found in objects.items()}
        body = BACK.sub(lambda link: link[0] if link.groups() in places else "", context["body"])
        context["body"] = BUILTIN.sub("", body)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", check_links_back)
    return {"parallel_read_safe": True}
