"""Parameter groups: parts of the parameters with settings of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from autograd import Tensor, Value
from nn.modules.tree import Parameter
from nn.optim.base import Parameters, named_parameters

OWN = ("lr", "weight_decay", "decay_biases")
"""The settings that a group may have of its own."""


class Group(NamedTuple):
    """The names of some parameters, and the settings that they do not share with the others."""

    names: tuple[str, ...]
    settings: dict[str, float]


def parameter_groups(parameters: Any) -> tuple[dict[str, Parameter], list[Group]]:
    """Return all parameters by name, and the groups; for errors see ``GradientOptimizer``.

    The names of the parameters of group n, if there are groups, begin with ``n.``.
    """
    if isinstance(parameters, Iterable) and not isinstance(parameters, Mapping | Tensor | Value):
        parts = list(parameters)
        if any(isinstance(part, Mapping) for part in parts):
            return _of_dicts(parts)
        parameters = parts
    by_name = named_parameters(parameters)
    return by_name, [Group(tuple(by_name), {})]


def _of_dicts(parts: list[Any]) -> tuple[dict[str, Parameter], list[Group]]:
    everything: dict[str, Parameter] = {}
    groups = []
    for number, part in enumerate(parts):
        if not isinstance(part, Mapping) or "params" not in part:
            raise ValueError(
                f"parameter group {number} must be a dict with the key 'params', such as "
                "{'params': model[0], 'lr': 0.01}"
            )
        settings = {name: value for name, value in part.items() if name != "params"}
        if unknown := [name for name in settings if name not in OWN]:
            raise ValueError(
                f"parameter group {number} has the setting {unknown[0]!r}; a group can have its "
                f"own {', '.join(OWN)}, and all groups share the other settings"
            )
        of_group: Parameters = part["params"]
        names = {f"{number}.{name}": p for name, p in named_parameters(of_group).items()}
        everything |= names
        groups.append(Group(tuple(names), settings))
    return named_parameters(everything), groups
