"""Translations of the activations of ``nn`` to ONNX's operator set 17."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from nn.exchange.onnx_graph import OnnxGraph, translates
from nn.modules.activations import (
    ELU,
    GELU,
    Activation,
    Function,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    SiLU,
    Softmax,
    Step,
)

OPERATIONS = {
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "softplus": "Softplus",
    "softsign": "Softsign",
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


@translates(Activation)
@translates(Function)
def function(graph: OnnxGraph, module: Activation | Function, x: str) -> str:
    """A function that is a single operation of ONNX."""
    operation = FUNCTIONS.get(module.function)
    if operation is None:
        raise graph.unknown(module)
    if operation == "Softplus" and graph.dtype != np.float32:
        return _softplus(graph, x)
    return graph.add(operation, x)


@translates(Identity)
def identity(graph: OnnxGraph, module: Identity, x: str) -> str:
    """No node."""
    return x


@translates(GELU)
def gelu(graph: OnnxGraph, module: GELU, x: str) -> str:
    """x Φ(x), or its approximation."""
    if module.approximate == "tanh":
        cubic = graph.add("Mul", graph.constant(np.array(0.044715)), graph.add("Mul", x, x))
        u = graph.add("Mul", x, graph.add("Add", graph.constant(np.array(1.0)), cubic))
        scale = graph.constant(np.array(2 * math.sqrt(2 / math.pi)))
        return graph.add("Mul", x, graph.add("Sigmoid", graph.add("Mul", u, scale)))
    half = graph.constant(np.array(0.5))
    erf = graph.add("Erf", graph.add("Mul", x, graph.constant(np.array(math.sqrt(0.5)))))
    below = graph.add("Mul", half, graph.add("Add", graph.constant(np.array(1.0)), erf))
    return graph.add("Mul", x, below)


@translates(SiLU)
def silu(graph: OnnxGraph, module: SiLU, x: str) -> str:
    """x σ(x)."""
    return graph.add("Mul", x, graph.add("Sigmoid", x))


@translates(Mish)
def mish(graph: OnnxGraph, module: Mish, x: str) -> str:
    """x tanh(softplus(x))."""
    soft = graph.add("Softplus", x) if graph.dtype == np.float32 else _softplus(graph, x)
    return graph.add("Mul", x, graph.add("Tanh", soft))


@translates(Hardtanh)
def hardtanh(graph: OnnxGraph, module: Hardtanh, x: str) -> str:
    """x between two numbers."""
    bounds = [graph.constant(np.array(float(n))) for n in (module.min_val, module.max_val)]
    return graph.add("Clip", x, *bounds)


@translates(LogSoftmax)
def log_softmax(graph: OnnxGraph, module: LogSoftmax, x: str) -> str:
    """Log-softmax along an axis."""
    return graph.add("LogSoftmax", x, axis=module.axis)


@translates(Step)
def step(graph: OnnxGraph, module: Step, x: str) -> str:
    """1 where x ≥ 0, else 0."""
    above = graph.add("GreaterOrEqual", x, graph.weight("zero", 0))
    return graph.add("Where", above, graph.weight("one", 1), graph.weight("zero", 0))


@translates(LeakyReLU)
def leaky_relu(graph: OnnxGraph, module: LeakyReLU, x: str) -> str:
    """Leaky ReLU with a fixed slope."""
    if graph.dtype != np.float32:  # ONNX's α is a float32
        zero = graph.weight("zero", 0)
        below = graph.add("Mul", graph.weight("alpha", module.alpha), graph.add("Min", x, zero))
        return graph.add("Add", graph.add("Max", x, zero), below)
    return graph.add("LeakyRelu", x, alpha=module.alpha)


@translates(PReLU)
def prelu(graph: OnnxGraph, module: PReLU, x: str) -> str:
    """PReLU with one slope, or one for each unit."""
    return graph.add("PRelu", x, graph.weight("weight", module.state_dict()["weight"]))


@translates(ELU)
def elu(graph: OnnxGraph, module: ELU, x: str) -> str:
    """ELU with a fixed α."""
    if graph.dtype != np.float32:
        return _elu(graph, module.alpha, x)
    return graph.add("Elu", x, alpha=module.alpha)


# In float64 onnxruntime has neither of these two. Kahan's formulas keep the digits of small numbers
# that 1 + e and exp(x) - 1 lose.


def _softplus(graph: OnnxGraph, x: str) -> str:
    """max(x, 0) + log(1 + e), where e = exp(-|x|)."""
    one = graph.weight("one", 1)
    e = graph.add("Exp", graph.add("Neg", graph.add("Abs", x)))
    u = graph.add("Add", one, e)
    log = graph.add("Mul", graph.add("Log", u), graph.add("Div", e, graph.add("Sub", u, one)))
    log = graph.add("Where", graph.add("Equal", u, one), e, log)
    return graph.add("Add", graph.add("Max", x, graph.weight("zero", 0)), log)


def _elu(graph: OnnxGraph, alpha: float, x: str) -> str:
    """max(x, 0) + α (exp(m) - 1), where m = min(x, 0)."""
    one, zero = graph.weight("one", 1), graph.weight("zero", 0)
    m = graph.add("Min", x, zero)
    u = graph.add("Exp", m)
    less = graph.add("Sub", u, one)
    exact = graph.add("Mul", less, graph.add("Div", m, graph.add("Log", u)))
    tail = graph.add("Equal", less, graph.weight("minus_one", -1))
    below = graph.add("Where", tail, less, exact)
    below = graph.add("Where", graph.add("Equal", u, one), m, below)
    scaled = graph.add("Mul", graph.weight("alpha", alpha), below)
    return graph.add("Add", graph.add("Max", x, zero), scaled)


@translates(Softmax)
def softmax(graph: OnnxGraph, module: Softmax, x: str) -> str:
    """Softmax along an axis of (batch, features)."""
    return graph.add("Softmax", x, axis=module.axis)
