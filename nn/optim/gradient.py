"""``GradientOptimizer``: the base class of optimisers that step along the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np

from nn.modules.tree import Parameter, is_bias
from nn.optim.base import Optimizer, Parameters
from nn.optim.clipping import clip_grad_norm
from nn.optim.groups import Group, parameter_groups


class GradientOptimizer(Optimizer):
    """Base class of optimisers that change each parameter by its own gradient, with a ``rule``.

    parameters: as for ``Optimizer``, or *groups* with settings of their own: a list of dicts such
        as ``[{"params": model[0], "lr": 0.01}, {"params": model[2]}]``. A group may have its own
        lr, weight_decay and decay_biases. When ``lr`` of the optimiser is changed, as by a
        schedule, the rates of all groups change in proportion.
    weight_decay: λ of the penalty λ/2 Σ θ²; biases are left out unless ``decay_biases=True``.
    clip_norm: the largest norm of the gradient of all parameters together. ``step`` first scales a
        larger gradient to it, as ``clip_grad_norm`` does.

    A subclass defines ``rule``, and also ``init_state`` and ``hyperparameters`` if it needs more
    than the gradient, the learning rate and the weight decay.
    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay", "decay_biases", "clip_norm")
    elementwise: ClassVar[bool] = True
    """Whether the rule acts on each entry alone, so that it can be applied to many parameters at
    once."""

    def __init__(
        self,
        parameters: Parameters,
        lr: float,
        weight_decay: float,
        decay_biases: bool,
        clip_norm: float | None = None,
    ) -> None:
        by_name, groups = parameter_groups(parameters)
        super().__init__(by_name, lr)
        self.groups: list[Group] = [
            Group(names, {name: self._checked(name, value) for name, value in settings.items()})
            for names, settings in groups
        ]
        if lr == 0 and any("lr" in group.settings for group in self.groups):
            raise ValueError(
                f"{type(self).__name__}: groups with an lr need an lr above 0 here, too"
            )
        self._first_lr = self.lr
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

    def step(self, closure: Callable[[], Any] | None = None) -> float | None:
        """Update every parameter that has a gradient.

        closure: a function that resets the gradients, computes the loss, calls ``backward`` and
            returns the loss, which is then the result. Only ``LBFGS`` needs one.
        """
        loss = None if closure is None else float(closure())
        if self.clip_norm is not None:
            clip_grad_norm(self.parameters, self.clip_norm)
        for group in self.groups:
            of_group = self.of_group(group)
            for name in group.names:
                of_group._step(name, self.parameters[name])
        return loss

    def _step(self, name: str, parameter: Parameter) -> None:
        if parameter.grad is None:
            return
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

    def of_group(self, group: Group) -> Self:
        """Return the optimiser with the settings of a group, and the same parameters and states."""
        if not group.settings:
            return self
        own = copy(self)
        for name, value in group.settings.items():
            if name == "lr" and self.lr != self._first_lr:
                value = value * (self.lr / self._first_lr)
            setattr(own, name, value)
        return own

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        if len(self.groups) > 1:
            state["groups"] = [dict(group.settings) for group in self.groups]
            state["first_lr"] = self._first_lr
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        mine = [group.settings for group in self.groups]
        if len(mine) > 1 and state.get("groups") != mine:
            raise ValueError(
                f"{type(self).__name__} has groups with {mine}, and the state has "
                f"{state.get('groups')}"
            )
        super().load_state_dict(state)
        self._first_lr = state.get("first_lr", self._first_lr)

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
