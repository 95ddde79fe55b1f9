"""HIPS autograd's `unbroadcast_f`, which rules for `defvjp` use."""

from collections.abc import Callable
from typing import Any

__all__ = ["unbroadcast_f"]


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f itself, since the engine sums every cotangent to the shape of its argument.

    In HIPS autograd it is the function g ↦ f(g) summed to the shape of `target`.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> scale = primitive(lambda a, x: a * x)
    >>> defvjp(
    ...     scale,
    ...     lambda ans, a, x: unbroadcast_f(a, lambda g: g * x),
    ...     lambda ans, a, x: unbroadcast_f(x, lambda g: g * a),
    ... )
    >>> grad(lambda a: np.sum(scale(a, np.array([1.0, 2.0]))))(3.0)
    3.0
    """
    return f
