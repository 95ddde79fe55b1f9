"""Optimisers: a state and a rule that updates each parameter by its gradient.

θ is a parameter, g its gradient, η the learning rate ``lr``, λ the ``weight_decay``; products,
squares and roots are elementwise. Names, formulas and defaults are PyTorch's, except that weight
decay leaves out biases unless ``decay_biases=True``. A bias is a parameter called ``b`` or
``bias``, or any with a single axis (the scale of a normalisation, the slopes of a PReLU).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from nn.optim.base import Parameters
from nn.optim.gradient import GradientOptimizer


class SGD(GradientOptimizer):
    """Gradient descent: ``θ ← θ - η g``, on all examples, on one, or on a mini-batch.

    With momentum μ: ``v ← μ v + g`` (v = 0 at first), ``θ ← θ - η v``; with ``nesterov=True``
    ``θ ← θ - η (g + μ v)``. Weight decay adds λθ to g, the gradient of ``λ/2 Σ θ²``. Raises
    ``ValueError`` for a setting out of range. (Lindholm et al. 2022, sections 5.4 and 5.5.)

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> SGD([w], lr=0.25).step()
    >>> w.data
    array([0.5, 1. ])
    """

    settings: ClassVar[tuple[str, ...]] = (*GradientOptimizer.settings, "momentum", "nesterov")
    state_names: ClassVar[tuple[str, ...]] = ("velocity",)

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases, clip_norm)
        self.momentum = momentum
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ValueError("SGD(nesterov=True) needs a momentum above 0")

    def init_state(self) -> dict[str, float]:
        return {"velocity": 0.0} if self.momentum else {}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {"momentum": self.momentum}

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + hyper["weight_decay"] * theta
        if state:
            v = hyper["momentum"] * state["velocity"] + g
            state = {"velocity": v}
            g = g + hyper["momentum"] * v if self.nesterov else v
        return theta - hyper["lr"] * g, state


class Adam(GradientOptimizer):
    """Adam (Kingma and Ba 2015): steps of about η, whatever the size of the gradient.

    ``m ← β₁ m + (1-β₁) g``, ``v ← β₂ v + (1-β₂) g²`` and, in step t,
    ``θ ← θ - η (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (*GradientOptimizer.settings, "beta1", "beta2", "eps")
    state_names: ClassVar[tuple[str, ...]] = ("mean", "square")

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases, clip_norm)
        self.beta1: float = betas[0]
        self.beta2: float = betas[1]
        self.eps = eps

    def init_state(self) -> dict[str, float]:
        return {"mean": 0.0, "square": 0.0}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        # The two corrections are numbers: taken out of the root they cost no array operations.
        root = math.sqrt(1 - self.beta2**steps)
        return super().hyperparameters(steps) | {
            "beta1": self.beta1,
            "beta2": self.beta2,
            "new1": 1 - self.beta1,
            "new2": 1 - self.beta2,
            "rate": self.lr * root / (1 - self.beta1**steps),
            "floor": self.eps * root,
        }

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + hyper["weight_decay"] * theta
        m = hyper["beta1"] * state["mean"] + hyper["new1"] * g
        v = hyper["beta2"] * state["square"] + hyper["new2"] * (g * g)
        step = hyper["rate"] * m / (np.sqrt(v) + hyper["floor"])
        return theta - step, {"mean": m, "square": v}


class AdamW(Adam):
    """Adam with weight decay decoupled from the gradient (Loshchilov and Hutter 2019).

    ``θ ← (1 - ηλ) θ``, then Adam's step. λ is 0.01 by default.
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
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decay_biases=decay_biases,
            clip_norm=clip_norm,
        )

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {"kept": 1 - self.lr * self.weight_decay}

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            theta = theta * hyper["kept"]
        return super().rule(theta, g, state, hyper, decayed=False)


class RMSProp(GradientOptimizer):
    """RMSProp (Tieleman and Hinton 2012): the gradient over the root of its mean square.

    ``v ← α v + (1-α) g²``, ``θ ← θ - η g / (√v + ε)``. ``centered=True`` replaces v by the variance
    ``v - m²`` with ``m ← α m + (1-α) g``. With momentum μ and q = g / (√v + ε): ``b ← μ b + q``,
    ``θ ← θ - η b``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (
        *GradientOptimizer.settings,
        "alpha",
        "eps",
        "momentum",
        "centered",
    )
    state_names: ClassVar[tuple[str, ...]] = ("square", "mean", "velocity")

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
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases, clip_norm)
        self.alpha = alpha
        self.eps = eps
        self.momentum = momentum
        self.centered = centered

    def init_state(self) -> dict[str, float]:
        state = {"square": 0.0}
        if self.centered:
            state["mean"] = 0.0
        if self.momentum:
            state["velocity"] = 0.0
        return state

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {
            "alpha": self.alpha,
            "new": 1 - self.alpha,
            "eps": self.eps,
            "momentum": self.momentum,
        }

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + hyper["weight_decay"] * theta
        v = hyper["alpha"] * state["square"] + hyper["new"] * (g * g)
        after = {"square": v}
        if "mean" in state:
            m = after["mean"] = hyper["alpha"] * state["mean"] + hyper["new"] * g
            v = np.maximum(v - m * m, 0)  # rounding may make the variance negative
        step = g / (np.sqrt(v) + hyper["eps"])
        if "velocity" in state:
            step = after["velocity"] = hyper["momentum"] * state["velocity"] + step
        return theta - hyper["lr"] * step, after


class Adagrad(GradientOptimizer):
    """Adagrad (Duchi et al. 2011): the gradient over the root of the sum of all its squares.

    ``s ← s + g²``, ``θ ← θ - η / (1 + (t-1) ζ) · g / (√s + ε)`` in step t, where ζ is ``lr_decay``
    and s starts at ``initial_accumulator``. Weight decay adds λθ to g.
    """

    settings: ClassVar[tuple[str, ...]] = (
        *GradientOptimizer.settings,
        "lr_decay",
        "initial_accumulator",
        "eps",
    )
    state_names: ClassVar[tuple[str, ...]] = ("square_sum",)

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
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases, clip_norm)
        self.lr_decay = lr_decay
        self.initial_accumulator = initial_accumulator
        self.eps = eps

    def init_state(self) -> dict[str, float]:
        return {"square_sum": self.initial_accumulator}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {
            "rate": self.lr / (1 + (steps - 1) * self.lr_decay),
            "eps": self.eps,
        }

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            g = g + hyper["weight_decay"] * theta
        s = state["square_sum"] + g * g
        return theta - hyper["rate"] * g / (np.sqrt(s) + hyper["eps"]), {"square_sum": s}
