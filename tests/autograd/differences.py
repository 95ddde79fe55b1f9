"""Derivatives of a function from its values alone: the tests' own oracle.

Nothing of the engine is used: the function is read at Chebyshev points of a short line through the
point, and the polynomial through the values is differentiated. For a function that is smooth there
it is right to about 1e-13, 1e-11 and 1e-9 of its size at the orders 1, 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

POINTS = 17
_NODES = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)


def _weights(order: int) -> Any:
    """Weights w with Σ w[i] φ(t[i]) = φ⁽ᵒʳᵈᵉʳ⁾(0) for the points t of [-1, 1]."""
    chebyshev = np.polynomial.chebyshev
    to_coefficients = np.linalg.inv(chebyshev.chebvander(_NODES, POINTS - 1))
    basis = np.eye(POINTS)
    at_zero = [chebyshev.chebval(0.0, chebyshev.chebder(unit, order)) for unit in basis]
    return np.array(at_zero) @ to_coefficients


_WEIGHTS = [_weights(order) for order in range(4)]


def directional(
    f: Callable[..., float], xs: Sequence[Any], vs: Sequence[Any], order: int, radius: float
) -> tuple[float, float]:
    """The derivative of t ↦ f(xs + t vs) at t = 0, of an order up to 3, and its rounding error."""
    values = np.array(
        [f(*[x + t * v for x, v in zip(xs, vs, strict=True)]) for t in radius * _NODES]
    )
    derivative = float(_WEIGHTS[order] @ values) / radius**order
    rounding = 1e-15 * np.abs(values).max() * np.abs(_WEIGHTS[order]).sum() / radius**order
    return derivative, float(rounding)
