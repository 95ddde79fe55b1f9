"""The densities of the gamma and the beta distribution, the derivatives of their probabilities.

The logarithm of a density has a pole where the density is 0, and 0 · ∞ would make the derivatives
wrong there. At the border of the support they follow from recurrences in the shapes instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops.op_types import custom_op
from autograd.scipy.special.functions import theirs
from autograd.scipy.special.logarithms import xlog1py, xlogy
from autograd.scipy.special.polygammas import polygamma_gap, psi


def _is_pole(a: Any) -> Any:
    """Whether 1/Γ(a) is 0."""
    return np.less_equal(a, 0) & np.equal(np.floor(a), a)


@np.errstate(all="ignore")
def _gamma_density(a: Any, x: Any) -> Any:
    power = theirs.xlogy(np.subtract(a, 1), x)
    density = theirs.gammasgn(a) * np.exp(power - x - theirs.gammaln(a))
    return np.where(np.less(x, 0), np.nan, np.where(_is_pole(a), 0.0, density))[()]


def _gamma_density_x(out: Array, a: Array, x: Array) -> Array:
    below = (2 * x < a - 1) | (x == 0)
    slope = (a - 1) / ops.where(below, 1.0, x) - 1
    return ops.where(below, gamma_density(a - 1, x) - out, out * slope)


gamma_density: Op = custom_op(
    _gamma_density,
    derivative=(lambda out, a, x: xlogy(out, x) - out * psi(a), _gamma_density_x),
    name="gamma_density",
)
"""xᵃ⁻¹ exp(-x) / Γ(a) for x >= 0, the density p(a, x) with ∂p(a, x)/∂x = p(a - 1, x) - p(a, x)."""


@np.errstate(all="ignore")
def _beta_density(a: Any, b: Any, x: Any) -> Any:
    power = theirs.xlogy(np.subtract(a, 1), x) + theirs.xlog1py(np.subtract(b, 1), np.negative(x))
    sign = theirs.gammasgn(a) * theirs.gammasgn(b) * theirs.gammasgn(np.add(a, b))
    density = sign * np.exp(power - theirs.betaln(a, b))
    outside = np.less(x, 0) | np.greater(x, 1)
    return np.where(outside, np.nan, np.where(_is_pole(a) | _is_pole(b), 0.0, density))[()]


def _beta_density_x(out: Array, a: Array, b: Array, x: Array) -> Array:
    edge = (x < 1e-100) | (x == 1)
    at_edge = (a + b - 1) * (beta_density(a - 1, b, x) - beta_density(a, b - 1, x))
    inside = ops.where(edge, 0.5, x)
    return ops.where(edge, at_edge, out * ((a - 1) / inside - (b - 1) / (1 - inside)))


beta_density: Op = custom_op(
    _beta_density,
    derivative=(
        lambda out, a, b, x: xlogy(out, x) + out * polygamma_gap(0, a, b),
        lambda out, a, b, x: xlog1py(out, -x) + out * polygamma_gap(0, b, a),
        _beta_density_x,
    ),
    name="beta_density",
)
"""xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b) for 0 <= x <= 1, the density p(a, b, x) with
∂p(a, b, x)/∂x = (a + b - 1) (p(a - 1, b, x) - p(a, b - 1, x)).
"""
