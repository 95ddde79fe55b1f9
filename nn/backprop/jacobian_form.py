"""Backpropagation as a product of Jacobian matrices, one example at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.backprop.network import Gradients, Layer, forward, over_examples
from nn.data import Array


def jacobian_form(layers: Sequence[Layer], x: Array, errors: Array) -> Gradients:
    """∂C/∂z⁽ˡ⁾ = ∂C/∂a⁽ᴸ⁾ · D⁽ᴸ⁾ W⁽ᴸ⁾ · D⁽ᴸ⁻¹⁾ W⁽ᴸ⁻¹⁾ ⋯ D⁽ˡ⁾, a product of Jacobian matrices.

    D = ∂a/∂z = diag f'(z) is the Jacobian of an activation, W⁽ˡ⁾ = ∂z⁽ˡ⁾/∂a⁽ˡ⁻¹⁾ that of a linear
    layer, and ∂z/∂W = I ⊗ aᵀ. Multiplying from the left takes only products of a row vector and a
    matrix; multiplying from the right would be forward mode.

    x: examples (n, inputs). errors: ∂C/∂a of the outputs, (n, outputs). (Neupert et al. 2021.)
    """
    return over_examples(_one_example, layers, x, errors)


def _one_example(layers: Sequence[Layer], x: Array, error: Array) -> Gradients:
    zs, activations = forward(layers, x)
    row = error
    deltas: list[Array] = []
    weights: list[Array] = []
    for layer, z, a in reversed(list(zip(layers, zs, activations, strict=False))):
        row = row @ np.diag(layer.slope(z))  # ∂C/∂z
        weight_row = row @ np.kron(np.eye(len(z)), a)  # ∂C/∂vec(W), with W in C order
        deltas.insert(0, row)
        weights.insert(0, weight_row.reshape(layer.W.shape))
        row = row @ layer.W  # ∂C/∂a of the layer below
    return Gradients(deltas, weights, deltas)
