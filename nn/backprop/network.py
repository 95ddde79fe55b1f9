"""A network taken apart into the W, b and h of the texts, plain arrays and functions.

What is done with them is in ``scalar_form``, ``matrix_form``, ``jacobian_form``, ``batch_form``.
"""

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

Function: TypeAlias = Callable[[Array], Array]


class Layer(NamedTuple):
    """q⁽ˡ⁾ = h(z⁽ˡ⁾) with z⁽ˡ⁾ = W q⁽ˡ⁻¹⁾ + b.

    W is (outputs, inputs), b (outputs,), ``slope`` the derivative h'; ``path`` is that of the
    linear layer in the model.
    """

    path: str
    W: Array
    b: Array
    h: Function
    slope: Function


class Gradients(NamedTuple):
    """What each form finds, layer by layer.

    deltas: the error terms δ of each example's own cost, (n, units).
    weights, biases: ∂J/∂W and ∂J/∂b of the mean cost J = 1/n Σ C over the examples.
    """

    deltas: list[Array]
    weights: list[Array]
    biases: list[Array]


def _sigmoid(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


def _function_and_slope(activation: Any) -> tuple[Function, Function]:
    """h and h' of an activation, as a table of derivatives gives them."""
    alpha = getattr(activation, "alpha", 1.0)
    table: dict[type[Activation], tuple[Function, Function]] = {
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
        known = ", ".join(kind.__name__ for kind in table)
        raise TypeError(
            f"{activation.title()}: the classical forms know Linear layers and the activations "
            f"{known}, one after the other; the engine knows all"
        )
    return table[type(activation)]


def layers_of(model: Module) -> list[Layer]:
    """The layers of a model of ``Linear`` layers, each followed by an activation or none.

    Arrays are float64 copies. Dropout is passed over, as in evaluation. Raises ``TypeError`` for
    anything else.

    >>> from nn import MLP
    >>> [layer.W.shape for layer in layers_of(MLP([4, 3, 2]))]
    [(3, 4), (2, 3)]
    """
    if not isinstance(model, Module):
        raise TypeError(f"a {type(model).__name__} is no module, and has no layers to take apart")
    flat = [(path, part) for path, part in _flat(model, "") if not isinstance(part, Dropout)]
    layers: list[Layer] = []
    identity = _function_and_slope(Identity())
    for place, (path, part) in enumerate(flat):
        if isinstance(part, Linear):
            W = _numbers(part.weight)
            b = np.zeros(len(W)) if part.bias is None else _numbers(part.bias)
            layers.append(Layer(path, W, b, *identity))
        elif not place or not isinstance(flat[place - 1][1], Linear):
            _function_and_slope(part)  # raises, if it is no activation
            raise TypeError(f"{path} ({part.title()}) does not follow a Linear layer")
        else:
            h, slope = _function_and_slope(part)
            layers[-1] = layers[-1]._replace(h=h, slope=slope)
    return layers


def _flat(module: Module, path: str) -> list[tuple[str, Any]]:
    if not isinstance(module, Sequential):
        return [(path, module)]
    inner = enumerate(module.layers)
    return [
        pair for place, part in inner for pair in _flat(part, f"{path}.{place}".removeprefix("."))
    ]


def _numbers(parameter: Any) -> Array:
    return np.array(parameter if isinstance(parameter, np.ndarray) else parameter.numpy(), float)


def forward(layers: Sequence[Layer], q: Array) -> tuple[list[Array], list[Array]]:
    """All z⁽¹⁾ … z⁽ᴸ⁾, and q⁽⁰⁾ = x, q⁽¹⁾ … q⁽ᴸ⁾: of one example, or of many, one a row."""
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
    """A form for one example applied to each row of x: δ side by side, the gradients averaged."""
    found = [one(layers, row, error) for row, error in zip(x, errors, strict=True)]
    every = range(len(layers))
    return Gradients(
        [np.stack([each.deltas[place] for each in found]) for place in every],
        [np.mean([each.weights[place] for each in found], axis=0) for place in every],
        [np.mean([each.biases[place] for each in found], axis=0) for place in every],
    )
