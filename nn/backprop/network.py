"""A network as the W, b and h of the textbooks: arrays and functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nn.data import Array
from nn.modules.activations import (
    ELU,
    Activation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Step,
    Tanh,
)
from nn.modules.layers import Dropout, Linear, Sequential
from nn.modules.module import Module

Elementwise: TypeAlias = Callable[[Array], Array]


class Layer(NamedTuple):
    """q⁽ˡ⁾ = h(z⁽ˡ⁾) with z⁽ˡ⁾ = W q⁽ˡ⁻¹⁾ + b.

    W is (outputs, inputs), b is (outputs,), and ``slope`` is the derivative h'. ``path`` is the
    path of the linear layer in the model.
    """

    path: str
    W: Array
    b: Array
    h: Elementwise
    slope: Elementwise


class Gradients(NamedTuple):
    """The result of backpropagation, layer by layer.

    deltas: the error terms δ = ∂C/∂z of each example's own cost C, (n, units).
    weights, biases: ∂J/∂W and ∂J/∂b of the mean cost J = 1/n Σ C.
    """

    deltas: list[Array]
    weights: list[Array]
    biases: list[Array]


def _sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


def _function_and_slope(activation: Any) -> tuple[Elementwise, Elementwise]:
    """h and h' of an activation, from a table of derivatives."""
    alpha = getattr(activation, "alpha", 1.0)
    table: dict[type[Activation], tuple[Elementwise, Elementwise]] = {
        Identity: (lambda z: z, np.ones_like),
        Sigmoid: (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
        Tanh: (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        ReLU: (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
        LeakyReLU: (lambda z: np.where(z > 0, z, alpha * z), lambda z: np.where(z > 0, 1, alpha)),
        ELU: (
            lambda z: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
            lambda z: np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0))),
        ),
        Softplus: (lambda z: np.logaddexp(0, z), _sigmoid),
        Step: (lambda z: (z >= 0) * 1.0, np.zeros_like),
    }
    if type(activation) not in table:
        names = ", ".join(kind.__name__ for kind in table)
        raise TypeError(
            f"{activation.title()}: the classical forms only support Linear layers in a chain, "
            f"with the activations {names}"
        )
    return table[type(activation)]


def layers_of(model: Module) -> list[Layer]:
    """Return the layers of a model of ``Linear`` layers, each followed by at most one activation.

    The arrays are float64 copies. Dropout is ignored, as in evaluation mode. Raises ``TypeError``
    for other modules.

    >>> from nn import MLP
    >>> [layer.W.shape for layer in layers_of(MLP([4, 3, 2]))]
    [(3, 4), (2, 3)]
    """
    if not isinstance(model, Module):
        raise TypeError(f"a {type(model).__name__} is not a module and has no layers")
    flat = [(path, module) for path, module in _flat(model, "") if not isinstance(module, Dropout)]
    layers: list[Layer] = []
    identity = _function_and_slope(Identity())
    before: Any = None
    for path, module in flat:
        if isinstance(module, Linear):
            W = _numbers(module.weight)
            b = np.zeros(len(W)) if module.bias is None else _numbers(module.bias)
            layers.append(Layer(path, W, b, *identity))
        else:
            h, slope = _function_and_slope(module)
            if not isinstance(before, Linear):
                raise TypeError(f"{path} ({module.title()}) does not follow a Linear layer")
            layers[-1] = layers[-1]._replace(h=h, slope=slope)
        before = module
    return layers


def _flat(module: Module, path: str) -> list[tuple[str, Any]]:
    if not isinstance(module, Sequential):
        return [(path, module)]
    inner = enumerate(module.layers)
    return [
        pair for number, layer in inner for pair in _flat(layer, f"{path}.{number}".lstrip("."))
    ]


def _numbers(parameter: Any) -> Array:
    return np.array(parameter if isinstance(parameter, np.ndarray) else parameter.numpy(), float)


def forward(layers: Sequence[Layer], q: Array) -> tuple[list[Array], list[Array]]:
    """Return z⁽¹⁾ … z⁽ᴸ⁾ and q⁽⁰⁾ = x, q⁽¹⁾ … q⁽ᴸ⁾, of one example or of many, one per row."""
    zs, qs = [], [q]
    for layer in layers:
        zs.append(qs[-1] @ layer.W.T + layer.b)
        qs.append(layer.h(zs[-1]))
    return zs, qs


def over_examples(
    one: Callable[[Sequence[Layer], Array, Array], Gradients],
    layers: Sequence[Layer],
    x: Array,
    errors: Array,
) -> Gradients:
    """Apply a form for one example to each row of x: stack the δ, average the gradients."""
    results = [one(layers, row, error) for row, error in zip(x, errors, strict=True)]
    deltas, weights, biases = zip(*results, strict=True)
    return Gradients(
        [np.stack(of_layer) for of_layer in zip(*deltas, strict=True)],
        [np.mean(of_layer, axis=0) for of_layer in zip(*weights, strict=True)],
        [np.mean(of_layer, axis=0) for of_layer in zip(*biases, strict=True)],
    )
