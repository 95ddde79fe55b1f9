"""Backpropagation with vectors and matrices, one example at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.backprop.network import Gradients, Layer, forward, over_examples
from nn.data import Array


def matrix_form(layers: Sequence[Layer], x: Array, errors: Array) -> Gradients:
    """δ⁽ᴸ⁾ = ∇ₐC ⊙ f'(z); δ⁽ˡ⁾ = (Wᵀ δ⁽ˡ⁺¹⁾) ⊙ f'(z⁽ˡ⁾); ∇W = δ aᵀ; ∇b = δ.

    x: examples (n, inputs). errors: ∇ₐC of the outputs, (n, outputs). (Nielsen 2015, eqs BP1a and
    BP2 to BP4.)
    """
    return over_examples(_one_example, layers, x, errors)


def _one_example(layers: Sequence[Layer], x: Array, error: Array) -> Gradients:
    zs, activations = forward(layers, x)
    delta = error * layers[-1].slope(zs[-1])
    deltas = [delta]
    for layer, above, z in zip(layers[-2::-1], layers[:0:-1], zs[-2::-1], strict=True):
        delta = (above.W.T @ delta) * layer.slope(z)
        deltas.insert(0, delta)
    weights = [np.outer(delta, a) for delta, a in zip(deltas, activations, strict=False)]
    return Gradients(deltas, weights, deltas)
