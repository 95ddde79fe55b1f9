"""Links to headings as Jupyter writes them, `notebook.ipynb#The-chain-rule`, beside GitHub's."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def name_as_jupyter_does(app: Sphinx, doctree: nodes.document) -> None:
    slugs = app.env.metadata[app.env.current_document.docname].get("myst_slugs", {})
    slugs |= {title.replace(" ", "-"): (line, id, title) for line, id, title in slugs.values()}


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", name_as_jupyter_does)
    return {"parallel_read_safe": True}
