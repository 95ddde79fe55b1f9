"""Translations of the layers of ``nn`` to ONNX's operator set 17."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.exchange.onnx_graph import OnnxGraph, translates
from nn.exchange.onnx_operations import convolution
from nn.modules.columns import Columns, Pixels
from nn.modules.convolution import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from nn.modules.layers import (
    Dropout,
    Embedding,
    Flatten,
    Linear,
    Residual,
    Sequential,
    Unflatten,
)
from nn.modules.normalization import BatchNorm, BatchNorm2d, LayerNorm
from nn.modules.scaling import Standardize

# --------------------------------------------------------------------------------------------------
# Layers


@translates(Linear)
def linear(graph: OnnxGraph, layer: Linear, x: str) -> str:
    """X Wᵀ + b."""
    graph.takes(layer.weight.shape[1])
    weight, *bias = (graph.weight(name, array) for name, array in layer.state_dict().items())
    if graph.ndim(x) == 2:
        return graph.add("Gemm", x, weight, *bias, transB=1)
    z = graph.add("MatMul", x, graph.add("Transpose", weight, perm=[1, 0]))
    return graph.add("Add", z, *bias) if bias else z


@translates(Sequential)
def sequential(graph: OnnxGraph, model: Sequential, x: str) -> str:
    """The layers in order; also for ``MLP`` and ``Classifier``."""
    for layer in model.layers:
        x = graph.translate(layer, x)
    return x


@translates(Columns)
@translates(Pixels)
def encoded(graph: OnnxGraph, layer: Columns | Pixels, x: str) -> str:
    """No node: the network takes the numbers that a table or images become."""
    graph.takes(len(layer.encoder.features))
    return x


@translates(Dropout)
def dropout(graph: OnnxGraph, layer: Dropout, x: str) -> str:
    """No node, since dropout has no effect in evaluation mode."""
    return x


@translates(LayerNorm)
def layer_norm(graph: OnnxGraph, layer: LayerNorm, x: str) -> str:
    """Normalisation over the last axis."""
    graph.takes(len(layer.weight))
    weight, bias = (graph.weight(name, array) for name, array in layer.state_dict().items())
    if graph.dtype == np.float32:
        return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=layer.eps)
    # ONNX's ε is a float32.
    centred = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[-1]))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes=[-1])
    std = graph.add("Sqrt", graph.add("Add", variance, graph.weight("eps", layer.eps)))
    return graph.add("Add", graph.add("Mul", graph.add("Div", centred, std), weight), bias)


@translates(BatchNorm)
def batch_norm(graph: OnnxGraph, layer: BatchNorm, x: str) -> str:
    """Normalisation by the running mean and variance."""
    graph.takes(len(layer.weight))
    if graph.ndim(x) != 2:
        raise graph.unknown(layer, "only that of rows of features has one")
    state = layer.state_dict()
    names = ("weight", "bias", "running_mean", "running_var")
    weight, bias, mean, variance = (graph.weight(name, state[name]) for name in names)
    if graph.dtype == np.float32:
        inputs = (weight, bias, mean, variance)
        return graph.add("BatchNormalization", x, *inputs, epsilon=layer.eps)
    std = graph.add("Sqrt", graph.add("Add", variance, graph.weight("eps", layer.eps)))
    normal = graph.add("Div", graph.add("Sub", x, mean), std)
    return graph.add("Add", graph.add("Mul", normal, weight), bias)


@translates(BatchNorm2d)
def batch_norm_of_images(graph: OnnxGraph, layer: BatchNorm2d, x: str) -> str:
    """Normalisation of each channel by its running mean and variance."""
    state = layer.state_dict()
    if graph.dtype == np.float32:
        names = ("weight", "bias", "running_mean", "running_var")
        inputs = [graph.weight(name, state[name]) for name in names]
        return graph.add("BatchNormalization", x, *inputs, epsilon=layer.eps)
    scale = state["weight"] / np.sqrt(state["running_var"] + layer.eps)
    shift = state["bias"] - state["running_mean"] * scale
    each = (-1, 1, 1)
    scaled = graph.add("Mul", x, graph.constant(scale.reshape(each)))
    return graph.add("Add", scaled, graph.constant(shift.reshape(each)))


@translates(Standardize)
def standardize(graph: OnnxGraph, layer: Standardize, x: str) -> str:
    """(x - mean)/std, and 0 where std is 0; inverse: x · std + mean."""
    graph.takes(len(layer.mean))
    mean = graph.weight("mean", layer.mean)
    if layer.inverse:
        return graph.add("Add", graph.add("Mul", x, graph.weight("std", layer.std)), mean)
    per_std = np.divide(1, layer.std, out=np.zeros_like(layer.std), where=layer.std > 0)
    return graph.add("Mul", graph.add("Sub", x, mean), graph.weight("per_std", per_std))


@translates(Residual)
def residual(graph: OnnxGraph, model: Residual, x: str) -> str:
    """x + f(x)."""
    return graph.add("Add", x, sequential(graph, model, x))


@translates(Flatten)
def flatten(graph: OnnxGraph, layer: Flatten, x: str) -> str:
    """All axes of an example as one."""
    if (layer.start_dim, layer.end_dim) != (1, -1):
        raise graph.unknown(layer, "only start_dim=1 and end_dim=-1 have one")
    return graph.add("Flatten", x, axis=1)


@translates(Unflatten)
def unflatten(graph: OnnxGraph, layer: Unflatten, x: str) -> str:
    """The last of two axes as several."""
    if layer.dim not in (1, -1):
        raise graph.unknown(layer, "only dim=1 of rows has one")
    sizes = layer.unflattened_size
    graph.takes(math.prod(sizes))
    return graph.add("Reshape", x, graph.constant(np.array([-1, *sizes], np.int64)))


@translates(Conv1d)
@translates(Conv2d)
def conv(graph: OnnxGraph, layer: Conv1d | Conv2d, x: str) -> str:
    """Convolution with bias."""
    if layer.padding_mode != "zeros":
        raise graph.unknown(layer, "only padding_mode='zeros' has one")
    inputs = [x, *(graph.weight(name, array) for name, array in layer.state_dict().items())]
    axes = layer.axes
    sizes = layer.weight.shape[2:]
    steps, dilations = (_each(n, axes) for n in (layer.stride, layer.dilation))
    if layer.padding == "same":
        around = [d * (k - 1) for k, d in zip(sizes, dilations, strict=True)]
        pairs = [(n // 2, n - n // 2) for n in around]
    else:
        zeros = 0 if isinstance(layer.padding, str) else layer.padding
        pairs = [(p, p) for p in _each(zeros, axes)]
    return graph.add("Conv", *inputs, **convolution(pairs, (sizes, steps, dilations), layer.groups))


@translates(MaxPool1d)
@translates(MaxPool2d)
@translates(AvgPool1d)
@translates(AvgPool2d)
def pool(graph: OnnxGraph, layer: Any, x: str) -> str:
    """The largest or the mean of each window."""
    if layer.ceil_mode:
        raise graph.unknown(layer, "only ceil_mode=False has one")
    axes = layer.axes
    pads = _each(layer.padding, axes)
    attributes: dict[str, Any] = {
        "kernel_shape": list(layer.kernel_size),
        "strides": _each(layer.kernel_size if layer.stride is None else layer.stride, axes),
        "pads": [*pads, *pads],
    }
    if isinstance(layer, MaxPool1d | MaxPool2d):
        return graph.add("MaxPool", x, dilations=_each(layer.dilation, axes), **attributes)
    count = int(layer.count_include_pad)
    return graph.add("AveragePool", x, count_include_pad=count, **attributes)


def _each(sizes: Any, axes: int) -> list[int]:
    return [sizes] * axes if isinstance(sizes, int) else list(sizes)


@translates(Embedding)
def embedding(graph: OnnxGraph, layer: Embedding, x: str) -> str:
    """Rows of a table."""
    if x == "input":
        graph.integers = True
    return graph.add("Gather", graph.weight("weight", layer.state_dict()["weight"]), x)
