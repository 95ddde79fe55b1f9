"""Graphs in a web page: laid out by dagre, scrolled and zoomed, opened and stepped through.

dagre stands in `files`, as npm has it (@dagrejs/dagre 3.1.3, MIT), with its licence.
"""

from autograd.pictures.page.page import fragment, page, show

__all__ = ["fragment", "page", "show"]
