"""Computations, shown: drawn (`draw`), walked through (`step`), written down (`explain`).

Nothing in the engine knows of these.
"""

from autograd.pictures.drawing import Drawing, DrawingError, draw
from autograd.pictures.explaining import Explanation, Trace, explain
from autograd.pictures.stepping import Stepper, step

__all__ = [
    "Drawing",
    "DrawingError",
    "Explanation",
    "Stepper",
    "Trace",
    "draw",
    "explain",
    "step",
]
