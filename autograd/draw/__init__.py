"""Drawings of computations. Only names are here."""

from autograd.draw.drawing import Drawing, draw
from autograd.draw.render import DrawingError

__all__ = ["Drawing", "DrawingError", "draw"]
