"""Backpropagation in four forms from textbooks, to read and to compare with the engine.

Each form takes the layers of a network, examples x (n, inputs) and the derivative of each example's
cost with respect to the outputs, (n, outputs), and returns ``Gradients``.
"""

from nn.backprop.batch_form import batch_form
from nn.backprop.error_terms import Deltas, deltas
from nn.backprop.jacobian_form import jacobian_form
from nn.backprop.matrix_form import matrix_form
from nn.backprop.network import Gradients, Layer, layers_of
from nn.backprop.scalar_form import scalar_form

__all__ = [
    "Deltas",
    "Gradients",
    "Layer",
    "batch_form",
    "deltas",
    "jacobian_form",
    "layers_of",
    "matrix_form",
    "scalar_form",
]
