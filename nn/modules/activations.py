"""Activations, as functions and as modules. The functions are those of ``autograd``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd import (
    Tensor,
    elu,
    gelu,
    hardtanh,
    identity,
    leaky_relu,
    log_softmax,
    mish,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)
from autograd import heaviside as step
from nn.modules.module import Module
from nn.registry import register

__all__ = [
    # modules
    "Activation", "ELU", "Function", "GELU", "Hardtanh", "Identity", "LeakyReLU", "LogSoftmax",
    "Mish", "PReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Step", "Tanh",
    # functions
    "elu", "gelu", "hardtanh", "identity", "leaky_relu", "log_softmax", "mish", "prelu", "relu",
    "sigmoid", "silu", "softmax", "softplus", "softsign", "step", "tanh",
    # by name
    "ACTIVATIONS", "ActivationLike", "as_module",
]  # fmt: skip

ActivationLike: TypeAlias = "str | type[Module] | Module | Callable[..., Any]"


def prelu(x: ArrayLike | Tensor, alpha: ArrayLike | Tensor) -> Tensor | Any:
    """x where x > 0, else α x: a leaky ReLU whose α is learned.

    The derivative with respect to α is min(x, 0). ``alpha`` is a number, or (units,) numbers.
    (He et al. 2015, eq. 1.)

    >>> import autograd
    >>> autograd.grad(lambda alpha: prelu(-3.0, alpha))(0.25)
    -3.0
    """
    return leaky_relu(x, alpha)


class Activation(Module):
    """Base class of elementwise activations: output and input have the same shape."""

    function: ClassVar[Callable[..., Any]]
    init: ClassVar[str] = "xavier"
    """The initialiser that ``MLP`` uses for the layer before."""

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return type(self).function(x)


class Step(Activation):
    """H(x): 0 for x < 0, else 1; derivative 0.

    The threshold unit of McCulloch and Pitts (1943). Its gradient is 0, so it cannot be trained by
    gradient descent.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(step)


class Sigmoid(Activation):
    """σ(x) = 1/(1 + e⁻ˣ); derivative σ(1 - σ) ≤ 1/4.

    The outputs are probabilities. It saturates for large |x|, where learning is slow, and its
    outputs are not centred at 0.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(sigmoid)


class Tanh(Activation):
    """tanh x; derivative 1 - tanh² x ≤ 1.

    A sigmoid whose outputs are centred at 0. It also saturates for large |x|.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(tanh)


class ReLU(Activation):
    """max(x, 0); derivative 1 for x > 0, else 0.

    It is cheap and does not saturate for x > 0. A unit whose input is negative for all examples is
    dead: it has no gradient and stops learning.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(relu)
    init = "he"


class LeakyReLU(Activation):
    """x where x > 0, else α x; derivative 1 or α.

    Units do not die, but α is one more hyper-parameter.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(leaky_relu)
    init = "he"

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return leaky_relu(x, self.alpha)


class PReLU(Activation):
    """x where x > 0, else α x, with α learned; derivative 1 or α, and min(x, 0) in α.

    ``units`` is 1 for a slope that all units share, or the number of units. The slopes are the
    parameter ``weight``, (units,), as in PyTorch, and start at ``alpha``. It adapts the slope to
    the data, and can overfit if there are few. (He et al. 2015, eq. 1.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(prelu)
    init = "he"

    def __init__(
        self, units: int = 1, alpha: float = 0.25, *, dtype: DTypeLike = np.float32
    ) -> None:
        self.weight: Tensor = Tensor(np.full(units, alpha), "slope", dtype)

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return prelu(x, self.weight)


class ELU(Activation):
    """x where x > 0, else α(eˣ - 1); derivative 1 or α eˣ.

    For α = 1 it is smooth at 0, and the mean of its outputs is closer to 0 than a ReLU's. It costs
    an exponential and saturates at -α.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(elu)
    init = "he"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return elu(x, self.alpha)


class Softplus(Activation):
    """ln(1 + eˣ); derivative σ(x).

    A smooth, always positive version of ReLU without dead units. It costs more, and its outputs are
    not centred at 0.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(softplus)
    init = "he"


class GELU(Activation):
    """x Φ(x), with the distribution function Φ of the normal distribution; derivative Φ + x φ.

    A smooth ReLU that weighs x by how large it is among normal numbers. ``approximate="tanh"`` is
    the formula of GPT-2, which takes less time. (Hendrycks and Gimpel 2016.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(gelu)
    init = "he"

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        self.approximate: Literal["none", "tanh"] = approximate

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return gelu(x, self.approximate)


class SiLU(Activation):
    """x σ(x), also called swish; derivative σ (1 + x (1 - σ)).

    A smooth ReLU with a minimum of -0.28 at x = -1.28. (Ramachandran et al. 2017.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(silu)
    init = "he"


class Mish(Activation):
    """x tanh(ln(1 + eˣ)).

    A smooth ReLU with a minimum of -0.31 at x = -1.19. (Misra 2019.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(mish)
    init = "he"


class Softsign(Activation):
    """x/(1 + |x|); derivative 1/(1 + |x|)².

    A tanh that saturates slowly. (Turian et al. 2009.)
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(softsign)


class Hardtanh(Activation):
    """x between ``min_val`` and ``max_val``, and the nearer of them beyond; derivative 1 or 0.

    A tanh of straight lines, without exponentials.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val={min_val} must be less than max_val={max_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return hardtanh(x, self.min_val, self.max_val)


class Identity(Activation):
    """x; derivative 1.

    The output activation for regression. Linear layers with only this between them are equivalent
    to a single one.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(identity)


class Softmax(Module):
    """qₖ = e^{zₖ} / Σⱼ e^{zⱼ} along ``axis``; ∂qₖ/∂zⱼ = qₖ(1{k = j} - qⱼ).

    It turns logits into probabilities. Leave it out for training: ``cross_entropy`` takes logits,
    and is exact where probabilities underflow.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return softmax(x, self.axis)


class LogSoftmax(Module):
    """ln of ``Softmax`` along ``axis``, exact where probabilities underflow.

    Leave it out before ``cross_entropy``, which takes logits.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: ArrayLike | Tensor) -> Tensor | Any:
        return log_softmax(x, self.axis)


class Function(Module):
    """A function of one argument as a module; to save it, register it with ``nn.register``."""

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
    "gelu": GELU,
    "silu": SiLU,
    "mish": Mish,
    "softsign": Softsign,
    "hardtanh": Hardtanh,
    "log_softmax": LogSoftmax,
    "identity": Identity,
}
"""All activations, by the name that ``activation=`` takes."""

for _activation in (
    *ACTIVATIONS.values(),
    Function,
    *(step, sigmoid, softmax, tanh, relu, leaky_relu, elu, softplus, identity),
    *(gelu, silu, mish, softsign, hardtanh, log_softmax),
):
    register(_activation)


def as_module(activation: ActivationLike, dtype: DTypeLike = np.float32) -> Module:
    """Return a module for the name of an activation, a module class, a module, or a function.

    The function of an activation gives its module: ``autograd.tanh`` gives ``Tanh()``. ``dtype`` is
    the type of the slope of a ``PReLU``.

    Raises ``ValueError`` for an unknown name, and ``TypeError`` if it cannot be called.

    >>> as_module("leaky_relu")
    LeakyReLU()
    """
    if isinstance(activation, Module):
        return activation
    kind: Any = activation
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation={activation!r} is unknown; there are {names}")
        kind = ACTIVATIONS[activation]
    elif not callable(activation):
        several = isinstance(activation, list | tuple | dict)
        advice = "; give its layers one by one: nn.Sequential(*layers)" if several else ""
        raise TypeError(f"{activation!r} is neither a module nor a function{advice}")
    elif not isinstance(activation, type):
        same = [k for k in ACTIVATIONS.values() if getattr(k, "function", None) is activation]
        if not same:
            return Function(activation)
        kind = same[0]
    module = kind(dtype=dtype) if kind is PReLU else kind()
    if not isinstance(module, Module):
        raise TypeError(f"{kind.__name__} is not a class of modules")
    return module
