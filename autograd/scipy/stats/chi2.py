"""The χ² distribution with `df` degrees of freedom, shifted by `loc` and scaled by `scale`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from autograd.engine.graph import Array
from autograd.scipy import load
from autograd.scipy.stats import gamma
from autograd.scipy.stats.distribution import differentiable, others

_theirs = load("stats").chi2


def _as_gamma(name: str) -> Callable[..., Any]:
    """A function of the gamma distribution with shape df / 2 and scale 2, which this is."""
    of_gamma = getattr(gamma, name)

    def ours(x: Array, df: Array, loc: Array = 0.0, scale: Array = 1.0) -> Array:
        return of_gamma(x, df / 2, loc, 2 * scale)

    return differentiable(getattr(_theirs, name), ours)


logpdf: Final = _as_gamma("logpdf")
pdf: Final = _as_gamma("pdf")
cdf: Final = _as_gamma("cdf")
logcdf: Final = _as_gamma("logcdf")
sf: Final = _as_gamma("sf")
logsf: Final = _as_gamma("logsf")
ppf: Final = _as_gamma("ppf")
isf: Final = _as_gamma("isf")
__getattr__: Final = others(_theirs, "chi2")
