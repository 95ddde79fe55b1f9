"""`numpy.fft`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.numpy.wrapping import wrap

if TYPE_CHECKING:
    from numpy.fft import *  # noqa: F403

globals().update(
    wrap(
        np.fft,
        {},
        plain=("fftfreq", "rfftfreq"),
    )
)
