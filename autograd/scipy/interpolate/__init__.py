"""`scipy.interpolate` with nodes: splines and linear interpolation, in one and more dimensions.

The interpolators are classes of this package, with SciPy's names and arguments. They are linear in
the samples, or piecewise smooth, and polynomials between the positions, which are constants.
"""

from __future__ import annotations

from typing import Any

from autograd.alternatives import MARKS, Mark
from autograd.numpy.wrapping import wrap
from autograd.scipy import load
from autograd.scipy.interpolate.grids import RegularGridInterpolator
from autograd.scipy.interpolate.piecewise import BSpline, PPoly
from autograd.scipy.interpolate.splines import (
    Akima1DInterpolator,
    CubicHermiteSpline,
    CubicSpline,
    PchipInterpolator,
    interp1d,
    make_interp_spline,
)

_theirs: Any = load("interpolate")
_OURS = (
    *(Akima1DInterpolator, BSpline, CubicHermiteSpline, CubicSpline, PPoly, PchipInterpolator),
    *(RegularGridInterpolator, interp1d, make_interp_spline),
)
_functions = wrap(_theirs, {})
globals().update({name: _functions[name] for name in _functions if name not in globals()})
MARKS["scipy.interpolate"].update({ours.__name__: Mark.DERIVATIVE for ours in _OURS})
pchip = PchipInterpolator


def __getattr__(name: str) -> Any:
    """Other names of `scipy.interpolate`."""
    return getattr(_theirs, name)
