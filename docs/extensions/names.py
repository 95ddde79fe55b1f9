"""Names in prose that say where they are from, `nn.fit`, link to the reference."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

NAME = re.compile(r"(autograd|nn)(\.\w+)+")


def link(app: Sphinx, document: nodes.document) -> None:
    """A name that is not in the reference stays what it is."""
    for literal in list(document.findall(nodes.literal)):
        linked = isinstance(literal.parent, nodes.reference | addnodes.pending_xref)
        if NAME.fullmatch(literal.astext()) and not linked:
            found = addnodes.pending_xref(
                refdomain="py",
                reftype="obj",
                reftarget=literal.astext(),
                refdoc=app.env.current_document.docname,
            )
            literal.replace_self(found)
            found += literal


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", link)
    return {"parallel_read_safe": True}
