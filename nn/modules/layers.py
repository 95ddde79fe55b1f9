"""Layers, and networks made of them. The last axis of an input holds the features."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, Rng
from nn.init import Initializer, as_generator, normal, weights
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
        z = of_width(self, x, self.weight.shape[1]) @ self.weight.T
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
class Embedding(Module):
    """A row of a table for each integer: from (...) to (..., embedding_dim).

    num_embeddings, embedding_dim: how many rows the table has, and how long they are. ``weight`` is
        (num_embeddings, embedding_dim), with entries from N(0, 1).
    padding_idx: the number of a row that starts at 0 and gets no gradient.

    Raises ``IndexError`` for an integer outside the table, and ``TypeError`` for other numbers.

    >>> import numpy as np
    >>> table = Embedding(3, 2, init="zeros")
    >>> table(np.array([0, 2, 2])).shape
    (3, 2)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        init: Initializer | None = None,
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        table = weights(
            init or partial(normal, sigma=1.0), (num_embeddings, embedding_dim), rng, dtype
        )
        if padding_idx is not None:
            table[padding_idx] = 0
        self.weight: Tensor = Tensor(table, "weight")
        self.padding_idx = padding_idx

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        rows = ag.captured(ag.array(x))
        count = self.weight.shape[0]
        if rows.dtype.kind not in "iu":
            raise TypeError(f"{self.title()} takes integers, and got numbers of type {rows.dtype}")
        if isinstance(rows, np.ndarray) and rows.size and not 0 <= rows.min() <= rows.max() < count:
            raise IndexError(
                f"{self.title()} got the numbers {rows.min()} to {rows.max()}; they must be from 0 "
                f"to {count - 1}"
            )
        out = ag.take(self.weight, rows, 0)
        if self.padding_idx is None:
            return out
        padding = ag.expand_dims(rows == self.padding_idx % count, -1)
        return ag.where(padding, ag.stop_gradient(out), out)


@register
class Flatten(Module):
    """All axes from one to another as one: images (n, channels, height, width) as rows (n, ...).

    >>> import numpy as np
    >>> Flatten()(np.zeros((5, 3, 4, 4))).shape
    (5, 48)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = ag.array(x)
        first, last = self.start_dim % data.ndim, self.end_dim % data.ndim
        if first > last:
            raise ValueError(f"{self.title()} got an input of shape {data.shape}")
        size = math.prod(data.shape[first : last + 1])
        return ag.reshape(data, (*data.shape[:first], size, *data.shape[last + 1 :]))


@register
class Unflatten(Module):
    """One axis as several: rows of 784 numbers as images of one channel, (n, 1, 28, 28).

    >>> import numpy as np
    >>> Unflatten(1, (1, 28, 28))(np.zeros((5, 784))).shape
    (5, 1, 28, 28)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        self.dim = dim
        self.unflattened_size: tuple[int, ...] = tuple(unflattened_size)

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        data = ag.array(x)
        axis = self.dim % data.ndim
        sizes = (*data.shape[:axis], *self.unflattened_size, *data.shape[axis + 1 :])
        return ag.reshape(data, sizes)


@register
class Residual(Sequential):
    """x + f(x), with modules in a chain as f. (He et al. 2016.)

    >>> import numpy as np
    >>> Residual(Linear(2, 2, init="zeros"))(np.ones(2)).tolist()
    [1.0, 1.0]
    """

    def forward(self, x: Any) -> Any:
        return x + super().forward(x)


def of_width(module: Module, x: ArrayLike | Tensor, features: int) -> Any:
    """The input as a node or array; ``ValueError`` if its last axis has another length, and
    ``TypeError`` for what a recurrent layer returns.
    """
    if isinstance(x, tuple) and any(isinstance(part, Tensor | tuple) for part in x):
        raise TypeError(
            f"{module.title()} got {len(x)} results, such as the outputs and the last state of a "
            "recurrent layer; give it one of them: outputs, state = layer(x)"
        )
    data = ag.captured(ag.array(x))
    if data.ndim == 0 or data.shape[-1] != features:
        raise ValueError(
            f"{module.title()} got an input of shape {data.shape}; its last axis must hold "
            f"{features} features"
        )
    return data
