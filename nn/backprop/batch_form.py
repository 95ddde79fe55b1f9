"""Backpropagation of a whole mini-batch in matrices, one example a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.backprop.network import Gradients, Layer, forward
from nn.data import Array


def batch_form(layers: Sequence[Layer], x: Array, errors: Array) -> Gradients:
    """dZ = dQ ⊙ h'(Z); dQ⁽ˡ⁻¹⁾ = dZ⁽ˡ⁾ W⁽ˡ⁾; dW⁽ˡ⁾ = 1/n dZ⁽ˡ⁾ᵀ Q⁽ˡ⁻¹⁾; db⁽ˡ⁾ = 1/n Σᵢ dZᵢ⁽ˡ⁾.

    x: examples (n, inputs). errors: dQ⁽ᴸ⁾ = ∂C/∂q of the outputs, (n, outputs). The rows of dZ are
    the error terms δ. (Lindholm et al. 2022, algorithm 6.1.)
    """
    n = len(x)
    Z, Q = forward(layers, x)
    dQ = errors
    deltas: list[Array] = []
    weights: list[Array] = []
    biases: list[Array] = []
    for layer, z, q in reversed(list(zip(layers, Z, Q, strict=False))):
        dZ = dQ * layer.slope(z)
        dQ = dZ @ layer.W
        deltas.insert(0, dZ)
        weights.insert(0, dZ.T @ q / n)
        biases.insert(0, np.sum(dZ, axis=0) / n)
    return Gradients(deltas, weights, biases)
