"""Optimisers: a small state and one rule to change each parameter along its gradient.

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

from nn.modules.tree import is_bias
from nn.optim.base import Optimizer, Parameter, Parameters
from nn.optim.clipping import clip_grad_norm
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
    """An optimiser that changes each parameter by its own gradient; ``rule`` says how.

    clip_norm: the largest norm of the gradient of all parameters together. ``step`` first scales a
        larger one to it, as ``clip_grad_norm`` does.

    An optimiser of one's own implements ``rule``, and ``init_state`` and ``hyperparameters`` where
    it needs more than the gradient, the learning rate and the weight decay.
    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay", "decay_biases", "clip_norm")

    def __init__(
        self,
        parameters: Parameters,
        lr: float,
        weight_decay: float,
        decay_biases: bool,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr)
        self.weight_decay = weight_decay
        self.decay_biases = decay_biases
        self.clip_norm = clip_norm

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Deprecated names, old and new in both directions: to be removed in the next version."""
        super().__init_subclass__(**keywords)
        for old, new in _DEPRECATED.items():
            if old in vars(cls) or new in vars(cls):
                function = vars(cls).get(new, vars(cls).get(old))
                setattr(cls, old, function)
                setattr(cls, new, function)

    def step(self) -> None:
        """Change every parameter that has a gradient, once."""
        if self.clip_norm is not None:
            clip_grad_norm(self.parameters, self.clip_norm)
        for name, parameter in self.parameters.items():
            if parameter.grad is not None:
                state = self._states[name]
                state["steps"] += 1
                for key, first in self.init_state().items():
                    if key not in state:
                        state[key] = np.full(parameter.shape, first, parameter.dtype)
                new, new_state = self.rule(
                    parameter.numpy(),
                    parameter.grad,
                    {key: state[key] for key in self.init_state()},
                    self.hyperparameters(state["steps"]),
                    decayed=self.decays(name, parameter),
                )
                parameter.data = new
                state |= new_state

    def decays(self, name: str, parameter: Parameter) -> bool:
        """Whether weight decay acts on a parameter."""
        return bool(self.weight_decay) and (self.decay_biases or not is_bias(name, parameter))

    def init_state(self) -> dict[str, float]:
        """The number that each array of a parameter's state is filled with at first, by name."""
        return {}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        """The numbers in the rule in that step, from 1: settings, and what follows from them."""
        return {"lr": self.lr, "weight_decay": self.weight_decay}

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        """θ and its state after one step along the gradient ``g``: new arrays.

        The rule is written in arithmetic that holds for arrays and for nodes, since ``fit``
        compiles it, for all parameters at once. ``decayed``: whether weight decay acts on θ.
        """
        raise NotImplementedError

    begins = init_state
    rates = hyperparameters


_DEPRECATED = {
    "begins": "init_state",
    "rates": "hyperparameters",
    "slots": "state_names",
}


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
    """Adam (Kingma and Ba 2015): steps of about η whatever the gradient's size.

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
            v = np.maximum(v - m * m, 0)  # a variance that rounding may have made negative
        step = g / (np.sqrt(v) + hyper["eps"])
        if "velocity" in state:
            step = after["velocity"] = hyper["momentum"] * state["velocity"] + step
        return theta - hyper["lr"] * step, after


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
