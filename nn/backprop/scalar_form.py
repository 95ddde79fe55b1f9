"""Backpropagation in single numbers, with indices and sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.backprop.network import Gradients, Layer, forward, over_examples
from nn.data import Array


def scalar_form(layers: Sequence[Layer], x: Array, errors: Array) -> Gradients:
    """δᵢ⁽ᴸ⁾ = ∂C/∂aᵢ f'(zᵢ); δᵢ⁽ˡ⁾ = (Σⱼ Wⱼᵢ δⱼ⁽ˡ⁺¹⁾) f'(zᵢ⁽ˡ⁾); ∂C/∂Wᵢⱼ = aⱼ δᵢ; ∂C/∂bᵢ = δᵢ.

    x: examples (n, inputs). errors: ∂C/∂a of the outputs, (n, outputs); for the squared error
    ½ Σ (yᵢ - aᵢ)² it is -(yᵢ - aᵢ). (Nielsen 2015, eqs BP1 to BP4; Neupert et al. 2021.)
    """
    return over_examples(_one_example, layers, x, errors)


def _one_example(layers: Sequence[Layer], x: Array, error: Array) -> Gradients:
    zs, activations = forward(layers, x)
    slopes = [layer.slope(z) for layer, z in zip(layers, zs, strict=True)]
    deltas = [[0.0] * len(layer.b) for layer in layers]
    for i, slope in enumerate(slopes[-1]):
        deltas[-1][i] = error[i] * slope
    for n in reversed(range(len(layers) - 1)):
        W = layers[n + 1].W
        for i, slope in enumerate(slopes[n]):
            total = 0.0
            for j, delta in enumerate(deltas[n + 1]):
                total += W[j, i] * delta
            deltas[n][i] = total * slope
    weights = [
        np.array([[a * delta for a in before] for delta in of_layer])
        for before, of_layer in zip(activations, deltas, strict=False)
    ]
    return Gradients([np.array(d) for d in deltas], weights, [np.array(d) for d in deltas])
