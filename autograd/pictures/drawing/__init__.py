"""Drawings of computations."""

from autograd.pictures.drawing.drawing import Drawing, draw
from autograd.pictures.drawing.render import DrawingError

__all__ = ["Drawing", "DrawingError", "draw"]
