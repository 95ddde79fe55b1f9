"""Activations: elementwise functions between layers, as functions and as modules.

The functions are ``autograd``'s, re-exported; their derivatives come from it. Figures of how
many units are saturated or dead are in ``nn.modules.saturation``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from autograd import (
    Tensor,
    elu,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from autograd import heaviside as step
from nn.modules.module import Module
from nn.registry import register

__all__ = [
    # modules
    "Activation", "ELU", "Function", "Identity", "LeakyReLU", "PReLU", "ReLU", "Sigmoid",
    "Softmax", "Softplus", "Step", "Tanh",
    # functions
    "elu", "identity", "leaky_relu", "prelu", "relu", "sigmoid", "softmax", "softplus", "step",
    "tanh",
    # by name
    "ACTIVATIONS", "ActivationLike", "as_module",
]  # fmt: skip

ActivationLike: TypeAlias = "str | type[Module] | Module | Callable[..., Any]"


def prelu(x: Any, alpha: Any) -> Any:
    """x where x > 0, else α x: a leaky ReLU whose α is learned.

    ∂/∂α = min(x, 0). ``alpha`` is one number, or one for each unit. (He et al. 2015, eq. 1.)

    >>> import autograd
    >>> autograd.grad(lambda alpha: prelu(-3.0, alpha))(0.25)
    -3.0
    """
    return leaky_relu(x, alpha)


class Activation(Module):
    """An activation that works entry by entry: the output of a unit depends on its own input."""

    function: ClassVar[Callable[..., Any]]
    init: ClassVar[str] = "xavier"
    """The initialiser that suits the layer before it."""

    def forward(self, x: Any) -> Any:
        return type(self).function(x)


class Step(Activation):
    """H(x): 0 for x < 0, else 1; derivative 0. The neuron of 1943, which no gradient can train."""

    function: ClassVar[Callable[..., Any]] = staticmethod(step)


class Sigmoid(Activation):
    """σ(x) = 1/(1 + e⁻ˣ), derivative σ(1 - σ) ≤ 1/4. Gives probabilities; saturates at both ends,
    where learning stalls, and its outputs are not centred at 0.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(sigmoid)


class Tanh(Activation):
    """tanh x, derivative 1 - tanh² ≤ 1. A sigmoid centred at 0; it saturates as well."""

    function: ClassVar[Callable[..., Any]] = staticmethod(tanh)


class ReLU(Activation):
    """max(x, 0), derivative 1 for x > 0, else 0. Cheap, and does not saturate for x > 0; a unit
    that is negative on all examples is dead, for no gradient revives it.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(relu)
    init = "he"


class LeakyReLU(Activation):
    """x where x > 0, else α x, derivative 1 or α. No unit dies; α = 0.01 is one more choice."""

    function: ClassVar[Callable[..., Any]] = staticmethod(leaky_relu)
    init = "he"

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return leaky_relu(x, self.alpha)


class PReLU(Activation):
    """x where x > 0, else α x with α learned, derivative 1 or α, and min(x, 0) with respect to α.

    Finds its own slope; with few data it can overfit. ``units`` is 1 for one slope that all
    units share, or their number. The slopes are the parameter ``weight``, as in PyTorch, and
    begin at ``alpha``. (He et al. 2015.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(prelu)
    init = "he"

    def __init__(
        self, units: int = 1, alpha: float = 0.25, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.weight: Tensor = Tensor(np.full(units, alpha), "slope", dtype)

    def forward(self, x: Any) -> Any:
        return prelu(x, self.weight)


class ELU(Activation):
    """x where x > 0, else α(eˣ - 1), derivative 1 or α eˣ. Smooth at 0 for α = 1, and its mean is
    nearer 0; costs an exponential, and saturates at -α.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(elu)
    init = "he"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return elu(x, self.alpha)


class Softplus(Activation):
    """ln(1 + eˣ), derivative σ(x). A smooth, always positive ReLU without dead units; costs more,
    and its outputs are not centred at 0.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(softplus)
    init = "he"


class Identity(Activation):
    """x, derivative 1. For outputs in regression; layers with nothing else between are one."""

    function: ClassVar[Callable[..., Any]] = staticmethod(identity)


class Softmax(Module):
    """qₖ = e^{zₖ} / Σⱼ e^{zⱼ}, ∂qₖ/∂zⱼ = qₖ(1{k = j} - qⱼ). Turns logits into probabilities.

    To train, leave it out: ``cross_entropy`` takes logits, which is exact where probabilities
    underflow.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return softmax(x, self.axis)


class Function(Module):
    """Any function of one argument as a module; register it with ``nn.register`` to save it."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


ACTIVATIONS: dict[str, type[Module]] = {
    "step": Step,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "elu": ELU,
    "softplus": Softplus,
    "identity": Identity,
}
"""Every activation, by the name that ``activation=`` takes."""

for _thing in (
    *ACTIVATIONS.values(),
    Function,
    *(step, sigmoid, softmax, tanh, relu, leaky_relu, elu, softplus, identity),
):
    register(_thing)


def as_module(activation: ActivationLike, dtype: DTypeLike = np.float32) -> Module:
    """A module for the name of an activation, a class of modules, a module, or a function.

    A function of the table becomes its module: ``autograd.tanh`` gives ``Tanh()``. ``dtype`` is
    that of the slope that a ``PReLU`` learns.

    Raises ``ValueError`` for an unknown name, ``TypeError`` for what cannot be called.

    >>> as_module("leaky_relu")
    LeakyReLU()
    """
    if isinstance(activation, Module):
        return activation
    kind: Any = activation
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation={activation!r} is unknown; there are {known}")
        kind = ACTIVATIONS[activation]
    elif not callable(activation):
        raise TypeError(f"{activation!r} is neither a module nor a function")
    elif not isinstance(activation, type):
        same = [k for k in ACTIVATIONS.values() if getattr(k, "function", None) is activation]
        if not same:
            return Function(activation)
        kind = same[0]
    made = kind(dtype=dtype) if kind is PReLU else kind()
    if not isinstance(made, Module):
        raise TypeError(f"{kind.__name__} is not a class of modules")
    return made
