"""How Sphinx makes the documentation site: `sphinx-build -W docs docs/_build/html`.

What the pages say is not here, and how docstrings, formulas and links become pages is in
`extensions/`. Nothing is fetched while the site is built, and nothing when it is read.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

project = "wengert"
author = "wengert contributors"
copyright = author
version = release = import_module("autograd").__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "extensions.docstrings",
    "extensions.formulas",
    "extensions.headings",
    "extensions.names",
    "extensions.reference",
    "extensions.sources",
]

# The site is made of pages from all over the repository, at the same paths as there, so that a
# link that works where the repository is shown works in the site as well.
root_doc = "docs/index"
include_patterns = ["docs/**", "notebooks/*.ipynb", "notebooks/*.md", "benchmarks/**.md", "*.md"]
exclude_patterns = ["docs/_build", "docs/extensions", "**/.*", "build", "dist"]
html_extra_path = ["extra"]  # the way from / to the first page

html_math_renderer = "paths"
nb_execution_mode = "off"  # notebooks are shown as they were run
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_type_aliases = {
    name: name
    for name in (
        *("Array", "ArrayLike", "Axis", "DTypeLike", "Initializer", "Loss", "Metric", "Metrics"),
        *("Parameter", "Parameters", "PathLike", "Rng"),
    )
}
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = "wengert"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False  # it fetches pages, which a browser refuses for files
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def setup(app: Sphinx) -> None:
    """Pages are named from the repository's root."""
    app.srcdir = type(app.srcdir)(HERE.parent)
