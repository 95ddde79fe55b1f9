"""Computations drawn (`draw`), walked through (`step`) and written as formulas (`explain`)."""

from autograd.pictures.drawing import Drawing, DrawingError, draw
from autograd.pictures.explaining import Explanation, SeriesExplanation, Trace, explain
from autograd.pictures.stepping import Stepper, step

__all__ = [
    "Drawing",
    "DrawingError",
    "Explanation",
    "SeriesExplanation",
    "Stepper",
    "Trace",
    "draw",
    "explain",
    "step",
]
