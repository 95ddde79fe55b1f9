"""Pictures of training and of what was learned; what they show is computed elsewhere.

Each function draws into the matplotlib axes it is given, or makes a figure with pyplot where it is
given none, and returns the axes. Only names are here. matplotlib comes with the extra ``train``
and is imported when the first picture is drawn. ``COLOURS`` are those of the classes, in
order, which colour-blind readers can tell apart.
"""

from nn.plot.classes import COLOURS, confusion_matrix, decision_boundary
from nn.plot.curves import learning_curves
from nn.plot.deltas import delta_sizes
from nn.plot.functions import activations
from nn.plot.images import images, mistakes, weights

__all__ = [
    "COLOURS",
    "activations",
    "confusion_matrix",
    "decision_boundary",
    "delta_sizes",
    "images",
    "learning_curves",
    "mistakes",
    "weights",
]
