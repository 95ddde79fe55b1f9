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
    """An optimiser that changes each parameter by its own gradient; ``rule`` says how."""

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
                slots = {key: slot(state, key, parameter, x) for key, x in self.begins().items()}
                new, slots = self.rule(
                    parameter.numpy(),
                    parameter.grad,
                    slots,
                    self.rates(state["steps"]),
                    decayed=self.decays(name, parameter),
                )
                parameter.data = new
                state |= slots

    def decays(self, name: str, parameter: Parameter) -> bool:
        """Whether weight decay acts on a parameter."""
        return bool(self.weight_decay) and (self.decay_biases or not is_bias(name, parameter))

    def begins(self) -> dict[str, float]:
        """What the rule remembers of a parameter, by name: the number each array begins with."""
        return {}

    def rates(self, steps: int) -> dict[str, float]:
        """The numbers in the rule, at that step: settings, and what follows from them."""
        return {"lr": self.lr, "weight_decay": self.weight_decay}

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        """θ and what is remembered of it after one step along the gradient ``g``.

        It is written in arithmetic that holds for arrays and for nodes, since ``fit`` compiles it,
        for all parameters at once. Nothing that is given is written into.
        """
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

    settings: ClassVar[tuple[str, ...]] = (*GradientOptimizer.settings, "momentum", "nesterov")
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

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

    def begins(self) -> dict[str, float]:
        return {"velocity": 0.0} if self.momentum else {}

    def rates(self, steps: int) -> dict[str, float]:
        return super().rates(steps) | {"momentum": self.momentum}

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + rates["weight_decay"] * theta
        if slots:
            v = rates["momentum"] * slots["velocity"] + g
            slots = {"velocity": v}
            g = g + rates["momentum"] * v if self.nesterov else v
        return theta - rates["lr"] * g, slots


class Adam(GradientOptimizer):
    """Adam (Kingma and Ba 2015): steps of about η whatever the gradient's size.

    ``m ← β₁ m + (1-β₁) g``, ``v ← β₂ v + (1-β₂) g²`` and, in step t,
    ``θ ← θ - η (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (*GradientOptimizer.settings, "beta1", "beta2", "eps")
    slots: ClassVar[tuple[str, ...]] = ("mean", "square")

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
        self.beta1: float = betas[0]
        self.beta2: float = betas[1]
        self.eps = eps

    def begins(self) -> dict[str, float]:
        return {"mean": 0.0, "square": 0.0}

    def rates(self, steps: int) -> dict[str, float]:
        # The two corrections are numbers: taken out of the root they cost no array operations.
        root = math.sqrt(1 - self.beta2**steps)
        return super().rates(steps) | {
            "beta1": self.beta1,
            "beta2": self.beta2,
            "new1": 1 - self.beta1,
            "new2": 1 - self.beta2,
            "rate": self.lr * root / (1 - self.beta1**steps),
            "floor": self.eps * root,
        }

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + rates["weight_decay"] * theta
        m = rates["beta1"] * slots["mean"] + rates["new1"] * g
        v = rates["beta2"] * slots["square"] + rates["new2"] * (g * g)
        step = rates["rate"] * m / (np.sqrt(v) + rates["floor"])
        return theta - step, {"mean": m, "square": v}


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

    def rates(self, steps: int) -> dict[str, float]:
        return super().rates(steps) | {"kept": 1 - self.lr * self.weight_decay}

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            theta = theta * rates["kept"]
        return super().rule(theta, g, slots, rates, decayed=False)


class RMSProp(GradientOptimizer):
    """RMSProp (Tieleman and Hinton 2012): the gradient over the root of its mean square.

    ``v ← α v + (1-α) g²``, ``θ ← θ - η g / (√v + ε)``. ``centered=True`` takes the variance
    ``v - m²`` with ``m ← α m + (1-α) g`` for v. With momentum μ the quotient q is gathered,
    ``b ← μ b + q``, and ``θ ← θ - η b``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (
        *GradientOptimizer.settings,
        "alpha",
        "eps",
        "momentum",
        "centered",
    )
    slots: ClassVar[tuple[str, ...]] = ("square", "mean", "velocity")

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

    def begins(self) -> dict[str, float]:
        slots = {"square": 0.0}
        if self.centered:
            slots["mean"] = 0.0
        if self.momentum:
            slots["velocity"] = 0.0
        return slots

    def rates(self, steps: int) -> dict[str, float]:
        return super().rates(steps) | {
            "alpha": self.alpha,
            "new": 1 - self.alpha,
            "eps": self.eps,
            "momentum": self.momentum,
        }

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + rates["weight_decay"] * theta
        v = rates["alpha"] * slots["square"] + rates["new"] * (g * g)
        after = {"square": v}
        if "mean" in slots:
            m = after["mean"] = rates["alpha"] * slots["mean"] + rates["new"] * g
            v = np.maximum(v - m * m, 0)  # a variance that rounding may have made negative
        step = g / (np.sqrt(v) + rates["eps"])
        if "velocity" in slots:
            step = after["velocity"] = rates["momentum"] * slots["velocity"] + step
        return theta - rates["lr"] * step, after


class Adagrad(GradientOptimizer):
    """Adagrad (Duchi et al. 2011): the gradient over the root of the sum of all its squares.

    ``s ← s + g²``, ``θ ← θ - η / (1 + (t-1) ζ) · g / (√s + ε)`` in step t, with ζ ``lr_decay``
    and s at first ``initial_accumulator``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (
        *GradientOptimizer.settings,
        "lr_decay",
        "initial_accumulator",
        "eps",
    )
    slots: ClassVar[tuple[str, ...]] = ("square_sum",)

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

    def begins(self) -> dict[str, float]:
        return {"square_sum": self.initial_accumulator}

    def rates(self, steps: int) -> dict[str, float]:
        return super().rates(steps) | {
            "rate": self.lr / (1 + (steps - 1) * self.lr_decay),
            "eps": self.eps,
        }

    def rule(
        self, theta: Any, g: Any, slots: dict[str, Any], rates: dict[str, Any], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + rates["weight_decay"] * theta
        s = slots["square_sum"] + g * g
        return theta - rates["rate"] * g / (np.sqrt(s) + rates["eps"]), {"square_sum": s}


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
