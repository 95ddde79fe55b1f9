"""Networks of single numbers, ``autograd.Value``: ``Neuron``, ``Layer`` and ``MLP``.

Programs for micrograd's ``nn`` run unchanged except for the import, and get the same weights from
the same state of ``random``. ``nn.MLP`` is the same network on arrays.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value
from nn.data import Rng
from nn.modules.module import Module

__all__ = ["Layer", "MLP", "Module", "Neuron"]


class Neuron(Module):
    """ReLU(w·x + b), or w·x + b with ``nonlin=False``, of ``nin`` inputs.

    The weights are drawn from U(-1, 1) by Python's ``random``, or by ``rng``; b starts at 0. Raises
    ``ValueError`` for another number of inputs.

    >>> neuron = Neuron(2)
    >>> for w, data in zip(neuron.w, [2.0, -1.0]):
    ...     w.data = data
    >>> neuron([3.0, 1.0]).data
    5.0
    """

    def __init__(self, nin: int, nonlin: bool = True, *, rng: Rng | None = None) -> None:
        uniform = random.uniform if rng is None else np.random.default_rng(rng).uniform
        self.w: list[Value] = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b: Value = Value(0.0)
        self.nonlin = nonlin

    def forward(self, x: Value | Sequence[Any]) -> Any:
        inputs = [x] if isinstance(x, Value) else x  # a layer of one neuron returns a Value
        if len(inputs) != len(self.w):
            raise ValueError(f"a neuron with {len(self.w)} inputs got {len(inputs)}")
        z = sum((wi * xi for wi, xi in zip(self.w, inputs, strict=True)), self.b)
        return z.relu() if self.nonlin else z

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons with the same ``nin`` inputs; returns a list, or the output if only one."""

    def __init__(self, nin: int, nout: int, *, rng: Rng | None = None, **settings: Any) -> None:
        if rng is not None:
            rng = np.random.default_rng(rng)
        self.neurons: list[Neuron] = [Neuron(nin, rng=rng, **settings) for _ in range(nout)]

    def forward(self, x: Sequence[Any]) -> Any:
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """Layers of ``nouts`` neurons on ``nin`` inputs: ReLU layers, and a linear last layer.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(self, nin: int, nouts: Sequence[int], *, rng: Rng | None = None) -> None:
        if rng is not None:
            rng = np.random.default_rng(rng)
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers: list[Layer] = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != last, rng=rng) for i in range(len(nouts))
        ]

    def forward(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
