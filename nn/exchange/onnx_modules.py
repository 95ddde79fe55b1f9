"""Translations of the layers and activations of ``nn`` to ONNX's operator set 17."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from nn.exchange.onnx_graph import OnnxGraph, translates
from nn.modules.activations import (
    ELU,
    Activation,
    Function,
    Identity,
    LeakyReLU,
    PReLU,
    Softmax,
    Step,
)
from nn.modules.layers import BatchNorm, Dropout, LayerNorm, Linear, Sequential
from nn.modules.scaling import Standardize

OPERATIONS = {
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "softplus": "Softplus",
    "log_softmax": "LogSoftmax",
    "erf": "Erf",
    "sign": "Sign",
    "abs": "Abs",
    "neg": "Neg",
    "negative": "Neg",
    "reciprocal": "Reciprocal",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "arcsin": "Asin",
    "arccos": "Acos",
    "arctan": "Atan",
    "sinh": "Sinh",
    "cosh": "Cosh",
    "tanh": "Tanh",
    "floor": "Floor",
    "ceil": "Ceil",
}
"""ONNX's names of elementwise functions in ``autograd`` and NumPy."""

FUNCTIONS: dict[Callable[..., Any], str] = {
    getattr(library, name): operation
    for library in (ag, np)
    for name, operation in OPERATIONS.items()
    if hasattr(library, name)
}

# --------------------------------------------------------------------------------------------------
# Layers


@translates(Linear)
def linear(graph: OnnxGraph, layer: Linear, x: str) -> str:
    """X Wᵀ + b."""
    graph.takes(layer.weight.shape[1])
    inputs = [x, *(graph.weight(name, array) for name, array in layer.state_dict().items())]
    return graph.add("Gemm", *inputs, transB=1)


@translates(Sequential)
def sequential(graph: OnnxGraph, model: Sequential, x: str) -> str:
    """The layers in order; also for ``MLP`` and ``Classifier``."""
    for layer in model.layers:
        x = graph.translate(layer, x)
    return x


@translates(Dropout)
def dropout(graph: OnnxGraph, layer: Dropout, x: str) -> str:
    """No node, since dropout has no effect in evaluation mode."""
    return x


@translates(LayerNorm)
def layer_norm(graph: OnnxGraph, layer: LayerNorm, x: str) -> str:
    """Normalisation over the last axis."""
    graph.takes(len(layer.weight))
    inputs = [graph.weight(name, array) for name, array in layer.state_dict().items()]
    return graph.add("LayerNormalization", x, *inputs, axis=-1, epsilon=layer.eps)


@translates(BatchNorm)
def batch_norm(graph: OnnxGraph, layer: BatchNorm, x: str) -> str:
    """Normalisation by the running mean and variance."""
    graph.takes(len(layer.weight))
    state = layer.state_dict()
    names = ("weight", "bias", "running_mean", "running_var")
    inputs = [graph.weight(name, state[name]) for name in names]
    return graph.add("BatchNormalization", x, *inputs, epsilon=layer.eps)


@translates(Standardize)
def standardize(graph: OnnxGraph, layer: Standardize, x: str) -> str:
    """(x - mean)/std, and 0 where std is 0; inverse: x · std + mean."""
    graph.takes(len(layer.mean))
    mean = graph.weight("mean", layer.mean)
    if layer.inverse:
        return graph.add("Add", graph.add("Mul", x, graph.weight("std", layer.std)), mean)
    per_std = np.divide(1, layer.std, out=np.zeros_like(layer.std), where=layer.std > 0)
    return graph.add("Mul", graph.add("Sub", x, mean), graph.weight("per_std", per_std))


# --------------------------------------------------------------------------------------------------
# Activations


@translates(Activation)
@translates(Function)
def function(graph: OnnxGraph, module: Activation | Function, x: str) -> str:
    """A function that is a single operation of ONNX."""
    operation = FUNCTIONS.get(module.function)
    if operation is None:
        raise graph.unknown(module)
    return graph.add(operation, x)


@translates(Identity)
def identity(graph: OnnxGraph, module: Identity, x: str) -> str:
    """No node."""
    return x


@translates(Step)
def step(graph: OnnxGraph, module: Step, x: str) -> str:
    """1 where x ≥ 0, else 0."""
    above = graph.add("GreaterOrEqual", x, graph.weight("zero", 0))
    return graph.add("Where", above, graph.weight("one", 1), graph.weight("zero", 0))


@translates(LeakyReLU)
def leaky_relu(graph: OnnxGraph, module: LeakyReLU, x: str) -> str:
    """Leaky ReLU with a fixed slope."""
    return graph.add("LeakyRelu", x, alpha=module.alpha)


@translates(PReLU)
def prelu(graph: OnnxGraph, module: PReLU, x: str) -> str:
    """PReLU with one slope, or one for each unit."""
    return graph.add("PRelu", x, graph.weight("weight", module.state_dict()["weight"]))


@translates(ELU)
def elu(graph: OnnxGraph, module: ELU, x: str) -> str:
    """ELU with a fixed α."""
    return graph.add("Elu", x, alpha=module.alpha)


@translates(Softmax)
def softmax(graph: OnnxGraph, module: Softmax, x: str) -> str:
    """Softmax along an axis of (batch, features)."""
    return graph.add("Softmax", x, axis=module.axis)
