"""The base class of optimisers: parameters by name, checked settings, and state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np

from autograd import Tensor, Value
from nn.habits import OF_OPTIMIZERS, check_keywords, missing
from nn.modules.tree import Parameter, reset_gradient

State: TypeAlias = dict[str, Any]
"""The state of one parameter: ``steps``, and arrays of its shape by name."""


class HasParameters(Protocol):
    """An object with parameters, such as a ``Module``."""

    def named_parameters(self) -> Mapping[str, Parameter]: ...


Parameters: TypeAlias = HasParameters | Mapping[str, Parameter] | Iterable[Parameter]

# A setting is at least 0 and below its bound.
_BOUNDS = {
    "lr": math.inf,
    "weight_decay": math.inf,
    "eps": math.inf,
    "lr_decay": math.inf,
    "initial_accumulator": math.inf,
    "momentum": 1.0,
    "alpha": 1.0,
    "beta1": 1.0,
    "beta2": 1.0,
}


class Optimizer:
    """Base class of optimisers, with their parameters, settings and state.

    parameters: a module, or Tensors or Values, by name or in a sequence. Of a module the parameters
        that are not frozen now are used; make a new optimiser after ``freeze`` or ``unfreeze``.
    lr: the learning rate.

    Settings are attributes that may be changed at any time: ``optimizer.lr = 0.01``. Raises
    ``ValueError`` for a setting out of range, for no parameters, and for a parameter that occurs
    twice or is the result of an operation.
    """

    settings: ClassVar[tuple[str, ...]] = ("lr",)
    state_names: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_keywords(cls, kwargs)
        return super().__new__(cls)

    def __init__(self, parameters: Parameters, lr: float) -> None:
        self.parameters: dict[str, Parameter] = named_parameters(parameters)
        self.lr = lr
        self._states: dict[str, State] = {name: {"steps": 0} for name in self.parameters}

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, self._checked(name, value))

    def _checked(self, name: str, value: Any) -> Any:
        if name == "clip_norm" and value is not None and not value > 0:
            raise ValueError(f"{type(self).__name__}: clip_norm={value} must be above 0, or None")
        if name not in _BOUNDS:
            return value
        # A NumPy float64 would turn float32 parameters into float64; a Python float does not.
        value = float(value)
        if not 0 <= value < _BOUNDS[name]:
            raise ValueError(
                f"{type(self).__name__}: {name}={value} is not from 0 to below {_BOUNDS[name]}"
            )
        return value

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)}" for name in self.settings)
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients, to None or to zeros, so that ``backward`` does not add to them."""
        for parameter in self.parameters.values():
            reset_gradient(parameter, set_to_none)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say how what other libraries call so is written here."""
            raise AttributeError(missing(repr(type(self).__name__), name, OF_OPTIMIZERS))

    def named_states(self) -> dict[str, State]:
        """Return the state of each parameter by name, not a copy."""
        return self._states

    def state_dict(self) -> dict[str, Any]:
        """Return settings and state as numbers and copies of arrays, by name of parameter."""
        return {
            "optimizer": type(self).__name__,
            "settings": {name: getattr(self, name) for name in self.settings},
            "parameters": {
                name: {key: np.copy(x) if isinstance(x, np.ndarray) else x for key, x in s.items()}
                for name, s in self._states.items()
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``, settings included.

        Raises ``ValueError``, and changes nothing, unless it is from an optimiser of the same class
        with parameters of the same names and shapes.
        """
        mine = type(self).__name__
        if state.get("optimizer") != mine:
            raise ValueError(f"the state of {state.get('optimizer')} cannot be loaded into {mine}")
        if set(state["settings"]) != set(self.settings):
            raise ValueError(
                f"{mine} has the settings {list(self.settings)}, not {list(state['settings'])}"
            )
        if list(state["parameters"]) != list(self.parameters):
            raise ValueError(
                f"{mine} holds the parameters {list(self.parameters)}, not those of the state, "
                f"{list(state['parameters'])}"
            )
        for name, saved in state["parameters"].items():
            parameter = self.parameters[name]
            if not isinstance(saved.get("steps"), int | np.integer) or saved["steps"] < 0:
                raise ValueError(f"{mine}: the state of {name!r} has no number of steps")
            for key, array in saved.items():
                is_array = key in self.state_names and np.shape(array) == parameter.shape
                if key != "steps" and not is_array:
                    raise ValueError(
                        f"{mine}: {key!r} of shape {np.shape(array)} is not a state of the "
                        f"parameter {name!r} of shape {parameter.shape}"
                    )
        settings = {name: self._checked(name, value) for name, value in state["settings"].items()}
        for name, value in settings.items():
            setattr(self, name, value)
        self._states = {
            name: {
                key: int(x) if key == "steps" else np.array(x, self.parameters[name].dtype)
                for key, x in saved.items()
            }
            for name, saved in state["parameters"].items()
        }


def named_parameters(parameters: Parameters) -> dict[str, Parameter]:
    """Return parameters by name, those of a sequence by number; for errors see ``Optimizer``."""
    by_name: dict[str, Parameter]
    if isinstance(parameters, Tensor | Value):
        by_name = {"0": parameters}
    elif isinstance(parameters, Mapping):
        by_name = dict(parameters)
    elif isinstance(parameters, Iterable):
        by_name = {str(number): parameter for number, parameter in enumerate(parameters)}
    else:
        by_name = dict(parameters.named_parameters())
    seen: dict[int, str] = {}
    for name, parameter in by_name.items():
        if not isinstance(parameter, Tensor | Value):
            raise TypeError(f"parameter {name!r} is a {type(parameter).__name__}, not a Tensor")
        if parameter.op is not None:
            raise ValueError(
                f"parameter {name!r} is the result of {parameter.op.name!r}: only leaves of the "
                "graph can be parameters"
            )
        if id(parameter) in seen:
            raise ValueError(f"parameter {name!r} occurs twice: it is {seen[id(parameter)]!r}")
        seen[id(parameter)] = name
    if not by_name:
        raise ValueError("there are no parameters to optimise; are all of them frozen?")
    return by_name
