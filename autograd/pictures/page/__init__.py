"""Graphs in a web page: laid out by dagre, moved by svg-pan-zoom, opened and stepped through.

Both libraries stand in `files`, as npm has them (@dagrejs/dagre 3.1.3, MIT, and svg-pan-zoom 3.6.2,
BSD), each with its licence.
"""

from autograd.pictures.page.page import fragment, page, show

__all__ = ["fragment", "page", "show"]
