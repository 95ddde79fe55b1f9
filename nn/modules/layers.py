"""Layers, and networks made of them. The last axis of an input holds the features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, Rng
from nn.init import Initializer, as_generator, weights
from nn.modules.activations import ActivationLike, as_module
from nn.modules.module import Module
from nn.registry import register


@register
class Linear(Module):
    """Linear layer Z = X Wᵀ + b, from (..., n_in) to (..., n_out).

    n_in, n_out: the number of inputs and outputs. ``weight`` W is (n_out, n_in), ``bias`` b is
        (n_out,).
    bias: whether there is a b, which starts at 0.
    init: how the weights are initialised: a name from ``nn.init``, or a function of (shape, rng,
        dtype) that returns an array.
    rng: a seed or generator for the weights; see ``nn.init.as_generator`` for the default.

    Raises ``ValueError`` for a size below 1, and for inputs of another width. (Lindholm et al.
    2022, eq. 6.15.)

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

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        z = _features(self, x, self.weight.shape[1]) @ self.weight.T
        return z if self.bias is None else z + self.bias


@register
class Sequential(Module):
    """Modules in a chain: each is applied to the output of the one before.

    Functions can be used as layers. ``model[i]`` is layer i and ``model[:i]`` the first i layers,
    as in PyTorch; paths begin with the number of the layer, ``0.weight``.

    >>> import autograd as ag
    >>> model = Sequential(Linear(2, 3), ag.tanh, Linear(3, 1))
    >>> len(model), list(model.named_parameters())
    (3, ['0.weight', '0.bias', '2.weight', '2.bias'])
    """

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        self._append(layers)

    def _append(self, layers: Sequence[Module | Callable[[Any], Any]]) -> None:
        vars(self).update({str(number): as_module(layer) for number, layer in enumerate(layers)})

    @property
    def layers(self) -> list[Module]:
        """The modules, in order."""
        return [layer for name, layer in vars(self).items() if name.isdigit()]

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, key: int | slice) -> Any:
        layers = self.layers[key]
        return Sequential(*layers) if isinstance(layers, list) else layers

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


@register
class MLP(Sequential):
    """Multilayer perceptron: q⁽ˡ⁾ = h(W⁽ˡ⁾ q⁽ˡ⁻¹⁾ + b⁽ˡ⁾), the last layer without activation h.

    sizes: the number of inputs, of units in each hidden layer, and of outputs.
    activation: h, as a name ("relu", "sigmoid", "tanh", ...), a module class, a function, or a
        module, which all layers then share. The outputs of the last layer are logits or values.
    init: as for ``Linear``. By default "he" for activations like ReLU, "xavier" for the others.
    rng: a seed or generator for weights and dropout; see ``nn.init.as_generator`` for the default.
    dropout: the fraction of hidden units that are dropped in training mode.

    Raises ``ValueError`` for fewer than two sizes, and for a size below 1. (Lindholm et al. 2022,
    section 6.1.)

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
                f"sizes={list(sizes)}: an MLP needs at least the number of inputs and of outputs, "
                f"[n_in, ..., n_out], each 1 or more"
            )
        generator = as_generator(rng)
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes):
            if layers:
                layers.append(as_module(activation, dtype))
                if dropout:
                    layers.append(Dropout(dropout, generator))
            default = getattr(as_module(activation), "init", "xavier")
            layers.append(Linear(n_in, n_out, init=init or default, rng=generator, dtype=dtype))
        self._append(layers)


@register
class Dropout(Module):
    """In training mode set each entry to 0 with probability p, else divide it by 1 - p.

    The expected output equals the input; in evaluation mode the output is the input. The
    random generator is part of the module's state; see ``named_generators``.

    Raises ``ValueError`` for p outside [0, 1). (Srivastava et al. 2014.)

    >>> import numpy as np
    >>> drop = Dropout(0.5, rng=0)
    >>> drop(np.ones(4)), drop.eval()(np.ones(4))
    (array([2., 2., 2., 0.]), array([1., 1., 1., 1.]))
    """

    def __init__(self, p: float = 0.5, rng: Rng | None = None) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"p={p}: the fraction of entries to drop must be in [0, 1)")
        self.p = p
        self.generator: np.random.Generator = as_generator(rng)

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        if not self.training or self.p == 0:
            return x
        data = ag.array(x)
        shape, dtype, p = data.shape, data.dtype, self.p

        def mask(generator: np.random.Generator) -> Array:
            keep: Array = generator.random(shape, np.float32) >= np.float32(p)
            return (keep / (1 - p)).astype(dtype)

        return data * ag.sample(self.generator, mask)


@register
class LayerNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² over the features of an example.

    From (..., features) to the same shape. ``weight`` w starts at 1 and ``bias`` b at 0, both
    (features,). Training and evaluation mode do not differ. Raises ``ValueError`` for inputs of
    another width. (Ba, Kiros and Hinton 2016.)

    >>> LayerNorm(2)([[1.0, 3.0]]).numpy().round(3)
    array([[-1.,  1.]])
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        self.weight: Tensor = Tensor(np.ones(features, dtype), "weight")
        self.bias: Tensor = Tensor(np.zeros(features, dtype), "bias")
        self.eps = eps

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = _features(self, x, self.weight.shape[0])
        centred = data - ag.mean(data, -1, keepdims=True)
        variance = ag.mean(ag.square(centred), -1, keepdims=True)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias


@register
class BatchNorm(Module):
    """(x - μ)/√(σ² + ε) · w + b, with the mean μ and variance σ² of each feature over the batch.

    From (..., features) to the same shape; all axes but the last are batch axes. In training mode
    the buffers ``running_mean`` and ``running_var`` follow μ and σ² (with n - 1) by
    r ← (1 - m) r + m·new, where m is the ``momentum``; ``momentum=None`` averages over all batches.
    In evaluation mode they replace μ and σ². Parameters and buffers have PyTorch's names.

    Raises ``ValueError`` for inputs of another width, and in training mode for a batch of one
    example, which has no variance. (Ioffe and Szegedy 2015.)

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

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = _features(self, x, self.weight.shape[0])
        if self.training:
            axes = tuple(range(data.ndim - 1))
            mean = ag.mean(data, axes)
            centred = data - mean
            variance = ag.mean(ag.square(centred), axes)
            self._update_running(mean, variance, data.size // max(data.shape[-1], 1))
        else:
            centred, variance = data - self.running_mean, ag.captured(self.running_var)
        return centred / ag.sqrt(variance + self.eps) * self.weight + self.bias

    def _update_running(self, mean: Any, variance: Any, n: int) -> None:
        if n < 2:
            raise ValueError(
                f"{self.title()}: training on a batch of {n}; the variance needs at least two "
                f"examples (leave out a short last batch, nn.fit(..., drop_last=True), or use "
                f"evaluation mode, model.eval())"
            )
        if not ag.is_compiling():  # arithmetic on arrays takes a third of the time
            mean, variance = (s.numpy() if isinstance(s, Tensor) else s for s in (mean, variance))
        with ag.no_grad():
            count = ag.array(ag.captured(self.num_batches_tracked) + 1)
            momentum = 1 / count if self.momentum is None else self.momentum
            ag.assign(self, "num_batches_tracked", count)
            # New arrays, because a graph may still refer to the old ones.
            for name, new in (("running_mean", mean), ("running_var", variance * (n / (n - 1)))):
                old = ag.captured(getattr(self, name))
                ag.assign(self, name, ag.cast((1 - momentum) * old + momentum * new, old.dtype))


def _features(module: Module, x: ArrayLike | Tensor, features: int) -> Any:
    """The input as a node or array; ``ValueError`` if its last axis has another length."""
    data = ag.captured(ag.array(x))
    if data.ndim == 0 or data.shape[-1] != features:
        raise ValueError(
            f"{module.title()} got an input of shape {data.shape}; its last axis must hold "
            f"{features} features"
        )
    return data
