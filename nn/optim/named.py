"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from nn.optim.base import Parameters
from nn.optim.gradient import GradientOptimizer
from nn.optim.lbfgs import LBFGS
from nn.optim.lion import Lion
from nn.optim.muon import Muon
from nn.optim.rules import SGD, Adagrad, Adam, AdamW, RMSProp
from nn.optim.search import RandomSearch

AnyOptimizer: TypeAlias = GradientOptimizer | RandomSearch
"""What ``fit`` trains with."""

_OPTIMIZERS: dict[str, Callable[..., AnyOptimizer]] = {
    kind.__name__.lower(): kind
    for kind in (SGD, Adam, AdamW, RMSProp, Adagrad, Lion, Muon, LBFGS, RandomSearch)
}


def optimizer(name: str, parameters: Parameters, **settings: Any) -> AnyOptimizer:
    """Make the optimiser of that name: sgd, adam, adamw, rmsprop, adagrad, lion, muon, lbfgs or
    random-search.

    Case, ``-`` and ``_`` are ignored. Raises ``ValueError`` for another name.

    >>> from autograd import Tensor
    >>> optimizer("adam", [Tensor([1.0])], lr=0.1)
    Adam(1 parameters, lr=0.1, ...)
    """
    kind = _OPTIMIZERS.get(name.lower().replace("-", "").replace("_", ""))
    if kind is None:
        raise ValueError(f"optimizer={name!r} is none of {', '.join(_OPTIMIZERS)}")
    return kind(parameters, **settings)
