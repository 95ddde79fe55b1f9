"""Functions that compiled programs call where NumPy alone has no short way to say it.

Their text goes along with a program's source, so each is complete in itself but for NumPy and
`scattering`.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def error_function(x: Any) -> Any:
    """Erf of each entry."""
    import math

    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), x.dtype)


def with_entries(x: Any, values: Any, key: Any) -> Any:
    """A copy of x with `values` at x[key]."""
    out = np.array(x)
    out[key] = values
    return out


def recurrence(a: Any, b: Any) -> Any:
    """h[0] = b[0], h[i] = a[i] h[i-1] + b[i] along the last axis.

    Two steps x → a x + b one after the other are one such step: runs of 2, 4, 8, ... follow.
    """
    a, b = np.array(np.broadcast_arrays(a, b))
    done = 1
    while done < b.shape[-1]:
        b[..., done:] += a[..., done:] * b[..., :-done]
        a[..., done:] *= a[..., :-done].copy()
        done *= 2
    return b


def symmetric(a: Any) -> Any:
    """The symmetric part of matrices."""
    return a / 2 + np.swapaxes(a, -1, -2) / 2


def end_to_end(factors: Any, shape: Any) -> Any:
    """Arrays of shape (*shape, ...) as one, their other axes one after another in the last."""
    return np.concatenate([factor.reshape(*shape, -1) for factor in factors], -1)
