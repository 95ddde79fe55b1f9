"""``GradientOptimizer``: the base class of optimisers that step along the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nn.modules.tree import Parameter, is_bias
from nn.optim.base import Optimizer, Parameters
from nn.optim.clipping import clip_grad_norm


class GradientOptimizer(Optimizer):
    """Base class of optimisers that change each parameter by its own gradient, with a ``rule``.

    weight_decay: λ of the penalty λ/2 Σ θ²; biases are left out unless ``decay_biases=True``.
    clip_norm: the largest norm of the gradient of all parameters together. ``step`` first scales a
        larger gradient to it, as ``clip_grad_norm`` does.

    A subclass defines ``rule``, and also ``init_state`` and ``hyperparameters`` if it needs more
    than the gradient, the learning rate and the weight decay.
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
        """Make deprecated names work, in both directions; to be removed in the next version."""
        super().__init_subclass__(**keywords)
        for old, new in _DEPRECATED.items():
            if old in vars(cls) or new in vars(cls):
                function = vars(cls).get(new, vars(cls).get(old))
                setattr(cls, old, function)
                setattr(cls, new, function)

    def step(self) -> None:
        """Update every parameter that has a gradient."""
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
        """Return whether weight decay applies to a parameter."""
        return bool(self.weight_decay) and (self.decay_biases or not is_bias(name, parameter))

    def init_state(self) -> dict[str, float]:
        """Return the initial value of each array in a parameter's state, by name."""
        return {}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        """Return the numbers of the rule by name, in step ``steps``, counted from 1."""
        return {"lr": self.lr, "weight_decay": self.weight_decay}

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        """Return new arrays: θ and its state after a step with gradient ``g``.

        The rule must work for arrays and for nodes, since ``fit`` compiles it, for all parameters
        at once. ``decayed`` says whether weight decay applies to θ.
        """
        raise NotImplementedError

    begins = init_state
    rates = hyperparameters


_DEPRECATED = {
    "begins": "init_state",
    "rates": "hyperparameters",
    "slots": "state_names",
}
