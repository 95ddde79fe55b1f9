"""Layers, and networks made of them: one example a row, features along the last axis.

What comes between layers is in ``nn.modules.activations``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, Rng
from nn.init import Initializer, as_generator, weights
from nn.modules.activations import ActivationLike, as_module
from nn.modules.module import Module
from nn.registry import register


@register
class Linear(Module):
    """Z = X Wᵀ + b: (..., n_in) to (..., n_out). ``weight`` W is (n_out, n_in), ``bias`` (n_out,).

    The bias begins at 0, the weights by ``init``: the name of an initialiser of ``nn.init``, or a
    function ``f(shape, rng, dtype)``. (Lindholm et al. 2022, eq. 6.15.)

    Raises ``ValueError`` for a size below 1, and for inputs of another width.

    >>> layer = Linear(3, 2, init="zeros")
    >>> layer([[1.0, 2.0, 3.0]])
    Tensor([[0., 0.]])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        bias: bool = True,
        *,
        init: Initializer = "xavier",
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if min(n_in, n_out) < 1:
            raise ValueError(f"Linear: n_in={n_in} and n_out={n_out} must both be 1 or more")
        self.weight: Tensor = Tensor(weights(init, (n_out, n_in), rng, dtype), "weight")
        self.bias: Tensor | None = Tensor(np.zeros(n_out, dtype), "bias") if bias else None

    def forward(self, x: Any) -> Any:
        x = _features(self, x, self.weight.shape[1])
        z = x @ self.weight.T
        return z if self.bias is None else z + self.bias


@register
class Sequential(Module):
    """Modules one after the other: each takes the output of the one before.

    Functions are welcome among them. ``model[i]`` is the i-th, ``model[:i]`` the first i, and
    paths begin with their number, as in PyTorch: ``0.weight``.

    >>> import autograd as ag
    >>> model = Sequential(Linear(2, 3), ag.tanh, Linear(3, 1))
    >>> len(model), list(model.named_parameters())
    (3, ['0.weight', '0.bias', '2.weight', '2.bias'])
    """

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        self._append(layers)

    def _append(self, layers: Sequence[Module | Callable[[Any], Any]]) -> None:
        vars(self).update({str(place): as_module(layer) for place, layer in enumerate(layers)})

    @property
    def layers(self) -> list[Module]:
        """The modules in their order."""
        return [layer for name, layer in vars(self).items() if name.isdigit()]

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, key: int | slice) -> Any:
        chosen = self.layers[key]
        return Sequential(*chosen) if isinstance(chosen, list) else chosen

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


@register
class MLP(Sequential):
    """A multilayer perceptron: ``Linear`` layers of the given sizes with activations between.

    sizes: the number of inputs, of units in each hidden layer, and of outputs.
    activation: after each hidden layer: a name ("relu", "sigmoid", "tanh", ...), a class of
        modules, a function, or a module, which all layers then share. The last layer has none:
        its outputs are logits or values.
    init: as for ``Linear``. By default "he" for activations like ReLU, "xavier" for the others.
    rng: a seed or generator for weights and dropout; without it, see ``nn.init.as_generator``.
    dropout: the share of hidden units dropped while training.

    Raises ``ValueError`` for fewer than two sizes, and for a size below 1.

    >>> MLP([784, 30, 10], activation="sigmoid")
    MLP([784, 30, 10], activation='sigmoid')                                 23,860 parameters
      0: Linear(784, 30)                      weight (30, 784), bias (30,)   23,550
      1: Sigmoid()
      2: Linear(30, 10)                       weight (10, 30), bias (10,)       310
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: ActivationLike = "relu",
        *,
        init: Initializer | None = None,
        rng: Rng | None = None,
        dropout: float = 0.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(
                f"sizes={list(sizes)}: an MLP needs the number of its inputs and of its outputs "
                f"at least, [n_in, ..., n_out], each 1 or more"
            )
        generator = as_generator(rng)
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes):
            if layers:
                layers.append(as_module(activation, dtype))
                if dropout:
                    layers.append(Dropout(dropout, generator))
            suited = getattr(as_module(activation), "init", "xavier")
            layers.append(Linear(n_in, n_out, init=init or suited, rng=generator, dtype=dtype))
        self._append(layers)


@register
class Dropout(Module):
    """While training, each entry is 0 with probability p and else divided by 1 - p.

    So the expected output is the input, and in evaluation it is the input itself. The generator
    is part of the module's state: ``named_generators`` finds it. (Srivastava et al. 2014.)

    Raises ``ValueError`` for a p outside [0, 1).

    >>> import numpy as np
    >>> drop = Dropout(0.5, rng=0)
    >>> drop(np.ones(4)), drop.eval()(np.ones(4))
    (array([2., 2., 2., 0.]), array([1., 1., 1., 1.]))
    """

    def __init__(self, p: float = 0.5, rng: Rng | None = None) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"p={p}: the share of entries dropped lies in [0, 1)")
        self.p = p
        self.generator: np.random.Generator = as_generator(rng)

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0:
            return x
        x = ag.array(x)
        shape, dtype, p = x.shape, x.dtype, self.p

        def mask(generator: np.random.Generator) -> Array:
            kept: Array = generator.random(shape, np.float32) >= np.float32(p)
            return (kept / (1 - p)).astype(dtype)

        return x * ag.sample(self.generator, mask)


@register
class LayerNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² over each example's features.

    It does the same in training and evaluation, and for a batch of one. ``weight`` w begins at 1
    and ``bias`` b at 0, both (features,). (Ba, Kiros and Hinton 2016.)

    >>> LayerNorm(2)([[1.0, 3.0]]).numpy().round(3)
    array([[-1.,  1.]])
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.bias: Tensor = Tensor(np.zeros(features, dtype), "bias")
        self.eps = eps

    def forward(self, x: Any) -> Any:
        x = _features(self, x, self.weight.shape[0])
        centred = x - ag.mean(x, -1, keepdims=True)
        variance = ag.mean(ag.square(centred), -1, keepdims=True)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias


@register
class BatchNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² of each feature over the batch.

    All axes but the last count as batch. While training, the buffers ``running_mean`` and
    ``running_var`` follow μ and σ² (estimated with n - 1) by r ← (1 - m) r + m·new with m the
    ``momentum``; in evaluation they take their place. ``momentum=None`` averages over all batches.
    Parameters and buffers have PyTorch's names. (Ioffe and Szegedy 2015.)

    Raises ``ValueError`` for training on a batch of one, whose variance says nothing.

    >>> norm = BatchNorm(1)
    >>> norm([[1.0], [3.0]]).numpy().round(3).ravel()
    array([-1.,  1.])
    >>> norm.running_mean, norm.running_var
    (array([0.2], dtype=float32), array([1.1], dtype=float32))
    """

    def __init__(
        self,
        features: int,
        *,
        momentum: float | None = 0.1,
        eps: float = 1e-5,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.bias: Tensor = Tensor(np.zeros(features, dtype), "bias")
        self.running_mean: Array = np.zeros(features, dtype)
        self.running_var: Array = np.ones(features, dtype)
        self.num_batches_tracked: Array = np.array(0)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Any) -> Any:
        x = _features(self, x, self.weight.shape[0])
        if self.training:
            axes = tuple(range(x.ndim - 1))
            mean = ag.mean(x, axes)
            centred = x - mean
            variance = ag.mean(ag.square(centred), axes)
            self._follow(mean, variance, x.size // max(x.shape[-1], 1))
        else:
            centred, variance = x - self.running_mean, ag.captured(self.running_var)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias

    def _follow(self, mean: Any, variance: Any, n: int) -> None:
        if n < 2:
            raise ValueError(
                f"{self.title()}: training on a batch of {n}; the variance of a "
                f"batch needs at least two examples (switch to evaluation by model.eval(), or "
                f"leave out the last, short batch)"
            )
        if not ag.is_compiling():  # arithmetic of plain arrays takes a third of the time
            mean, variance = (s.numpy() if isinstance(s, Tensor) else s for s in (mean, variance))
        with ag.no_grad():
            count = ag.array(ag.captured(self.num_batches_tracked) + 1)
            share = 1 / count if self.momentum is None else self.momentum
            ag.assign(self, "num_batches_tracked", count)
            # New arrays, for a graph may still hold the old.
            for name, new in (("running_mean", mean), ("running_var", variance * (n / (n - 1)))):
                old = ag.captured(getattr(self, name))
                ag.assign(self, name, ag.cast((1 - share) * old + share * new, old.dtype))


def _features(module: Module, x: Any, features: int) -> Any:
    """The input as a node or array, refused where its last axis is of another length."""
    x = ag.captured(ag.array(x))
    if x.ndim == 0 or x.shape[-1] != features:
        raise ValueError(
            f"{module.title()} got an input of shape {x.shape}; its last axis must hold "
            f"{features} features"
        )
    return x
