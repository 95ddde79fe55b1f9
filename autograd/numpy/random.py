"""`numpy.random`, which refuses nodes, since random numbers have no derivative."""

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
        advice="Draw standard numbers and transform them, as in mean + std * randn(n), or pass "
        "autograd.tracer.getval(x).",
    )
)
