"""`numpy.random`: NumPy's own, which refuses nodes, since a drawn number has no derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.numpy.wrapping import wrap

if TYPE_CHECKING:
    from numpy.random import *  # noqa: F403

globals().update(
    wrap(
        np.random,
        {},
        advice="Draw without parameters and compute with what was drawn, as in mean + spread * "
        "randn(n); or pass autograd.tracer.getval(x).",
    )
)
