"""Pictures of training and of what a network has learned.

Each function draws into the matplotlib axes in its argument, or into a new figure of pyplot, and
returns the axes. matplotlib comes with the extra ``train`` and is imported when it is needed.
``COLOURS`` are the colours of the classes, which colour-blind readers can distinguish.
"""

from nn.plot.classes import COLOURS, confusion_matrix, decision_boundary
from nn.plot.curves import learning_curves
from nn.plot.deltas import delta_sizes
from nn.plot.functions import activations
from nn.plot.images import images, mistakes, weights
from nn.plot.scores import precision_recall_curve, roc_curve
from nn.plot.spread import layer_spread
from nn.plot.surface import error_surface

__all__ = [
    "COLOURS",
    "activations",
    "confusion_matrix",
    "decision_boundary",
    "delta_sizes",
    "error_surface",
    "images",
    "layer_spread",
    "learning_curves",
    "mistakes",
    "precision_recall_curve",
    "roc_curve",
    "weights",
]
