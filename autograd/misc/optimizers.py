"""HIPS autograd's optimisers for nested parameters: `sgd`, `rmsprop` and `adam`.

Each takes `grad(x, i)`, the gradient g at the parameters x in iteration i, and the initial x, which
are nested lists, tuples and dicts of arrays and numbers. It returns the last x, and calls
`callback(x, i, g)` before each update. `nn` has optimisers for networks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from autograd.misc.flatten import flatten

Gradient: TypeAlias = Callable[[Any, int], Any]
Callback: TypeAlias = Callable[[Any, int, Any], Any]


def unflatten_optimizer(optimizer: Callable[..., Any]) -> Callable[..., Any]:
    """Extend an optimiser of one vector to nested parameters.

    It is called as `optimizer(grad, x, callback, ...)`, always with a callback.

    >>> from autograd.misc.optimizers import unflatten_optimizer
    >>> step = unflatten_optimizer(lambda grad, x, callback: x - 0.5 * grad(x, 0))
    >>> float(step(lambda p, i: {"a": 2 * p["a"]}, {"a": 3.0})["a"])
    0.0
    """

    @wraps(optimizer)
    def optimize(
        grad: Gradient, x0: Any, callback: Callback | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        start, unflatten = flatten(x0)

        def report(x: Any, i: int, g: Any) -> None:
            if callback is not None:
                callback(unflatten(x), i, unflatten(g))

        def slope(x: Any, i: int) -> Any:
            return flatten(grad(unflatten(x), i))[0]

        return unflatten(optimizer(slope, start, report, *args, **kwargs))

    return optimize


@unflatten_optimizer
def sgd(
    grad: Gradient,
    x: Any,
    callback: Callback,
    num_iters: int = 200,
    step_size: float = 0.1,
    mass: float = 0.9,
) -> Any:
    """Gradient descent with momentum: v ← mass v - (1 - mass) g; x ← x + step_size v.

    >>> import numpy as np
    >>> from autograd.misc.optimizers import sgd
    >>> abs(sgd(lambda x, i: 2 * x, np.array([1.0]))) < 1e-3
    array([ True])
    """
    velocity = np.zeros_like(x)
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        velocity = mass * velocity - (1.0 - mass) * g
        x = x + step_size * velocity
    return x


@unflatten_optimizer
def rmsprop(
    grad: Gradient,
    x: Any,
    callback: Callback,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """RMSProp (Hinton, 2012), with a running mean s of squared gradients that starts at 1:
    s ← gamma s + (1 - gamma) g²; x ← x - step_size g / (√s + eps).

    >>> import numpy as np
    >>> from autograd.misc.optimizers import rmsprop
    >>> abs(rmsprop(lambda x, i: 2 * x, np.array([1.0]))) < 0.2
    array([ True])
    """
    square = np.ones_like(x)
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        square = gamma * square + (1 - gamma) * g**2
        x = x - step_size * g / (np.sqrt(square) + eps)
    return x


@unflatten_optimizer
def adam(
    grad: Gradient,
    x: Any,
    callback: Callback,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Adam (Kingma and Ba, 2015, arXiv:1412.6980), with running means m of g and s of g²:
    m ← b1 m + (1 - b1) g; s ← b2 s + (1 - b2) g²; x ← x - step_size m̂ / (√ŝ + eps), where
    m̂ = m / (1 - b1ⁱ⁺¹) and ŝ = s / (1 - b2ⁱ⁺¹) are unbiased.

    >>> import numpy as np
    >>> from autograd.misc.optimizers import adam
    >>> abs(adam(lambda x, i: {"a": 2 * x["a"]}, {"a": 1.0}, step_size=0.1)["a"]) < 0.05
    np.True_
    """
    mean, square = np.zeros_like(x), np.zeros_like(x)
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        mean = b1 * mean + (1 - b1) * g
        square = b2 * square + (1 - b2) * g**2
        unbiased_mean = mean / (1 - b1 ** (i + 1))
        unbiased_square = square / (1 - b2 ** (i + 1))
        x = x - step_size * unbiased_mean / (np.sqrt(unbiased_square) + eps)
    return x
