"""Optimisers: a small state and one rule to change each parameter along its gradient.

What they share is in ``nn.optim.base``, how the learning rate changes over time in
``nn.optim.schedules``, and limits to a gradient's size in ``nn.optim.clipping``.

θ is a parameter, g its gradient, η the learning rate ``lr``, λ the ``weight_decay``; products,
squares and roots are taken entry by entry. Names, formulas and defaults are PyTorch's, with one
difference: weight decay leaves biases out unless ``decay_biases=True``. A bias is what is called
``b`` or ``bias``, and every parameter of a single axis (the gains of a normalisation, the learned
slopes of a PReLU).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nn.modules.tree import is_bias
from nn.optim.base import Optimizer, Parameter, Parameters, State
from nn.optim.search import RandomSearch

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientOptimizer",
    "RMSProp",
    "RandomSearch",
    "optimizer",
]


class GradientOptimizer(Optimizer):
    """An optimiser that changes each parameter by its own gradient; ``update`` is its rule."""

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay", "decay_biases")

    def __init__(
        self, parameters: Parameters, lr: float, weight_decay: float, decay_biases: bool
    ) -> None:
        super().__init__(parameters, lr)
        self.weight_decay = weight_decay
        self.decay_biases = decay_biases

    def step(self) -> None:
        """Change every parameter that has a gradient, once."""
        for name, parameter in self.parameters.items():
            if parameter.grad is not None:
                state = self._states[name]
                state["steps"] += 1
                decayed = self.weight_decay and (self.decay_biases or not is_bias(name, parameter))
                self.update(parameter, parameter.grad, state, self.weight_decay if decayed else 0)

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        """Change ``parameter``; ``decay`` is its λ. ``g`` is the user's and must stay as it is."""
        raise NotImplementedError


class SGD(GradientOptimizer):
    """Gradient descent: ``θ ← θ - η g``, on all examples, one, or a mini-batch of them.

    With momentum μ: ``v ← μ v + g`` (v = 0 at first), ``θ ← θ - η v``; with ``nesterov=True``
    ``θ ← θ - η (g + μ v)``. Weight decay adds λθ to g, the gradient of ``λ/2 Σ θ²``.

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> SGD([w], lr=0.25).step()
    >>> w.data
    array([0.5, 1. ])
    """

    settings = (*GradientOptimizer.settings, "momentum", "nesterov")
    slots = ("velocity",)

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases)
        self.momentum = momentum
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("SGD(nesterov=True) needs a momentum above 0")

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        if decay:
            g = g + decay * parameter.numpy()
        if self.momentum:
            v = slot(state, "velocity", parameter)
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        parameter.data -= self.lr * g


class Adam(GradientOptimizer):
    """Adam (Kingma and Ba 2015): steps of about η whatever the gradient's size.

    ``m ← β₁ m + (1-β₁) g``, ``v ← β₂ v + (1-β₂) g²`` and, in step t,
    ``θ ← θ - η (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)``. Weight decay adds λθ to g.
    """

    settings = (*GradientOptimizer.settings, "beta1", "beta2", "eps")
    slots = ("mean", "square")

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases)
        self.beta1, self.beta2 = betas
        self.eps = eps

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        if decay:
            g = g + decay * parameter.numpy()
        m = slot(state, "mean", parameter)
        m *= self.beta1
        m += (1 - self.beta1) * g
        v = slot(state, "square", parameter)
        v *= self.beta2
        v += (1 - self.beta2) * (g * g)
        # The two corrections are numbers: taken out of the root they cost no array operations.
        root = math.sqrt(1 - self.beta2 ** state["steps"])
        rate = self.lr * root / (1 - self.beta1 ** state["steps"])
        parameter.data -= rate * m / (np.sqrt(v) + self.eps * root)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019).

    ``θ ← (1 - ηλ) θ``, then Adam's step with g alone. λ is 0.01 unless given.
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        decay_biases: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decay_biases=decay_biases,
        )

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        if decay:
            parameter.data *= 1 - self.lr * decay
        super().update(parameter, g, state, 0)


class RMSProp(GradientOptimizer):
    """RMSProp (Tieleman and Hinton 2012): the gradient over the root of its mean square.

    ``v ← α v + (1-α) g²``, ``θ ← θ - η g / (√v + ε)``. ``centered=True`` takes the variance
    ``v - m²`` with ``m ← α m + (1-α) g`` for v. With momentum μ the quotient q is gathered,
    ``b ← μ b + q``, and ``θ ← θ - η b``. Weight decay adds λθ to g.
    """

    settings = (*GradientOptimizer.settings, "alpha", "eps", "momentum", "centered")
    slots = ("square", "mean", "velocity")

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0.0,
        centered: bool = False,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases)
        self.alpha = alpha
        self.eps = eps
        self.momentum = momentum
        self.centered = centered

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        if decay:
            g = g + decay * parameter.numpy()
        v = slot(state, "square", parameter)
        v *= self.alpha
        v += (1 - self.alpha) * (g * g)
        if self.centered:
            m = slot(state, "mean", parameter)
            m *= self.alpha
            m += (1 - self.alpha) * g
            v = np.maximum(v - m * m, 0)  # a variance that rounding may have made negative
        q = g / (np.sqrt(v) + self.eps)
        if self.momentum:
            b = slot(state, "velocity", parameter)
            b *= self.momentum
            b += q
            q = b
        parameter.data -= self.lr * q


class Adagrad(GradientOptimizer):
    """Adagrad (Duchi et al. 2011): the gradient over the root of the sum of all its squares.

    ``s ← s + g²``, ``θ ← θ - η / (1 + (t-1) ζ) · g / (√s + ε)`` in step t, with ζ ``lr_decay``
    and s at first ``initial_accumulator``. Weight decay adds λθ to g.
    """

    settings = (*GradientOptimizer.settings, "lr_decay", "initial_accumulator", "eps")
    slots = ("square_sum",)

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        *,
        lr_decay: float = 0.0,
        initial_accumulator: float = 0.0,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases)
        self.lr_decay = lr_decay
        self.initial_accumulator = initial_accumulator
        self.eps = eps

    def update(self, parameter: Parameter, g: Any, state: State, decay: float) -> None:
        if decay:
            g = g + decay * parameter.numpy()
        s = slot(state, "square_sum", parameter, self.initial_accumulator)
        s += g * g
        rate = self.lr / (1 + (state["steps"] - 1) * self.lr_decay)
        parameter.data -= rate * g / (np.sqrt(s) + self.eps)


_OPTIMIZERS: dict[str, Callable[..., GradientOptimizer | RandomSearch]] = {
    kind.__name__.lower(): kind for kind in (SGD, Adam, AdamW, RMSProp, Adagrad, RandomSearch)
}


def optimizer(
    name: str, parameters: Parameters, **settings: Any
) -> GradientOptimizer | RandomSearch:
    """The optimiser of that name (sgd, adam, adamw, rmsprop, adagrad, random-search).

    Case, ``-`` and ``_`` do not count. Raises ``ValueError`` naming those there are.

    >>> from autograd import Tensor
    >>> optimizer("adam", [Tensor([1.0])], lr=0.1)
    Adam(1 parameters, lr=0.1, ...)
    """
    kind = _OPTIMIZERS.get(name.lower().replace("-", "").replace("_", ""))
    if kind is None:
        raise ValueError(f"optimizer={name!r} is none of {', '.join(_OPTIMIZERS)}")
    return kind(parameters, **settings)


def slot(state: State, name: str, parameter: Parameter, first: float = 0.0) -> NDArray[Any]:
    """The array of that name in a parameter's state; one full of ``first`` where it is missing."""
    if name not in state:
        state[name] = np.full(parameter.shape, first, parameter.dtype)
    array: NDArray[Any] = state[name]
    return array
