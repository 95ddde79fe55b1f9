"""Backpropagation as the texts write it, four times, beside what the engine finds.

The engine needs none of it: here it is to be read, and to be compared with. Only names are here.
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
