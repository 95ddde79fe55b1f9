"""`scipy.ndimage` with nodes: correlations, convolutions, Gaussian filters and interpolation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.numpy.wrapping import wrap
from autograd.ops.structural import normalize_axis, plain
from autograd.scipy import load

if TYPE_CHECKING:
    from scipy.ndimage import *  # noqa: F403

_theirs: Any = load("ndimage")
_PADDING: dict[str, Any] = {
    **dict.fromkeys(("reflect", "grid-mirror"), "symmetric"),
    **dict.fromkeys(("constant", "grid-constant"), "constant"),
    **dict.fromkeys(("wrap", "grid-wrap"), "wrap"),
    "nearest": "edge",
    "mirror": "reflect",
}
"""SciPy's names of what lies beyond the border, and NumPy's."""


def _without_output(name: str, output: Any) -> None:
    if output is not None:
        raise TypeError(f"{name}: output= is not supported with nodes: use the result")


def _not_of_integers(name: str, x: Array) -> Array:
    x = ops.array(x)
    if x.dtype.kind in "biu":
        raise TypeError(
            f"{name}: of an input of {x.dtype}, SciPy makes {x.dtype} of the results, which have "
            "no derivative then: convert the input with .astype(float)"
        )
    return x


def _correlate(
    input: Array,
    weights: Array,
    output: None = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int | Sequence[int] = 0,
) -> Array:
    """Σⱼ input[i + j - center] conj(weights[j]), with the center in the middle of the weights.

    mode, cval: what lies beyond the border.
    origin: how far the center is from the middle, for all axes or for each.
    """
    _without_output("correlate", output)
    x, weights = _not_of_integers("correlate", input), ops.conj(ops.as_real(weights))
    sizes = ops.shape_of(weights)
    if len(sizes) != len(ops.shape_of(x)):
        raise ValueError(f"correlate: shapes {ops.shape_of(x)} and {sizes} differ in axes")
    if mode not in _PADDING:
        raise ValueError(f"correlate: mode {mode!r} is not one of {', '.join(_PADDING)}")
    origins = [origin] * len(sizes) if isinstance(origin, int) else list(origin)
    before = [k // 2 + shift for k, shift in zip(sizes, origins, strict=True)]
    if any(not 0 <= b < k for b, k in zip(before, sizes, strict=True)):
        raise ValueError(f"correlate: origin {origin} is outside of the weights")
    widths = [(b, k - 1 - b) for b, k in zip(before, sizes, strict=True)]
    how: dict[str, Any] = {"constant_values": cval} if "constant" in mode else {}
    padded = ops.pad(x, widths, _PADDING[mode], **how)
    windows = ops.sliding_window_view(padded, sizes, tuple(range(len(sizes))))
    return ops.tensordot(windows, weights, len(sizes))


def _convolve(
    input: Array,
    weights: Array,
    output: None = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int | Sequence[int] = 0,
) -> Array:
    """`correlate` with the weights reversed, not conjugated, and the center at the other side of
    the middle.
    """
    sizes = ops.shape_of(weights)
    origins = [origin] * len(sizes) if isinstance(origin, int) else list(origin)
    reversed_origins = [-shift - (k % 2 == 0) for shift, k in zip(origins, sizes, strict=True)]
    reversed_weights = ops.conj(ops.flip(ops.array(weights)))
    return _correlate(input, reversed_weights, output, mode, cval, reversed_origins)


def _along(x: Array, axis: int, weights: Array) -> Array:
    """Weights along one axis, with as many axes as x."""
    ndim = len(ops.shape_of(x))
    own = normalize_axis(axis, ndim)[0]
    return ops.reshape(weights, tuple(-1 if n == own else 1 for n in range(ndim)))


def _correlate1d(
    input: Array,
    weights: Array,
    axis: int = -1,
    output: None = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Array:
    """`correlate` along one axis."""
    origins = [0] * len(ops.shape_of(input))
    origins[axis] = origin
    return _correlate(input, _along(input, axis, weights), output, mode, cval, origins)


def _convolve1d(
    input: Array,
    weights: Array,
    axis: int = -1,
    output: None = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: int = 0,
) -> Array:
    """`convolve` along one axis."""
    even = len(ops.array(weights)) % 2 == 0
    reversed_weights = ops.conj(ops.flip(ops.array(weights)))
    return _correlate1d(input, reversed_weights, axis, output, mode, cval, -origin - even)


def _gaussian_filter1d(
    input: Array,
    sigma: float,
    axis: int = -1,
    order: int = 0,
    output: None = None,
    mode: str = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | None = None,
) -> Array:
    """A Gaussian filter, or its derivative of some order, along one axis; sigma is a constant."""
    reach = int(truncate * float(sigma) + 0.5) if radius is None else radius
    impulse = np.zeros(2 * reach + 1)
    impulse[reach] = 1.0
    weights = _theirs.gaussian_filter1d(
        impulse, sigma, 0, order, mode="constant", truncate=truncate, radius=radius
    )
    return _convolve1d(input, weights, axis, output, mode, cval)


def _gaussian_filter(
    input: Array,
    sigma: Any,
    order: Any = 0,
    output: None = None,
    mode: Any = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: int | Sequence[int] | None = None,
) -> Array:
    """`gaussian_filter1d` along the axes, one after the other."""
    x = _not_of_integers("gaussian_filter", input)
    places = normalize_axis(
        tuple(axes) if isinstance(axes, Sequence) else axes, len(ops.shape_of(x))
    )
    settings = [
        list(setting)
        if isinstance(setting, Sequence) and not isinstance(setting, str)
        else [setting] * len(places)
        for setting in (sigma, order, mode, radius)
    ]
    for axis, width, degree, beyond, reach in zip(places, *settings, strict=True):
        if width > 1e-15:
            x = _gaussian_filter1d(
                x, width, axis, degree, output, beyond, cval, truncate, radius=reach
            )
    return x


def _map_coordinates(
    input: Array,
    coordinates: Array,
    output: None = None,
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    prefilter: bool = True,
) -> Array:
    """The array between its entries, at places of shape (axes, ...), by linear interpolation.

    order: 1; splines of higher order are not supported.
    mode: beyond the border is `cval` ("constant") or the nearest entry ("nearest").

    Both the array and the places are differentiated.
    """
    _without_output("map_coordinates", output)
    if order != 1 or mode not in ("constant", "nearest"):
        raise TypeError(
            "map_coordinates: with nodes, order=1 and mode='constant' or 'nearest' are supported, "
            f"not order={order} and mode={mode!r}"
        )
    x, places = _not_of_integers("map_coordinates", input), ops.as_real(coordinates)
    last = [n - 1 for n in ops.shape_of(x)]
    inside: Any = True
    lower, shares = [], []
    for number, end in enumerate(last):
        place = places[number]
        inside = inside & (plain(place) >= 0) & (plain(place) <= end)
        place = ops.clip(place, 0.0, float(end))
        start = np.minimum(np.floor(plain(place)), max(end - 1, 0)).astype(int)
        lower.append(start)
        shares.append(place - start)
    total: Array = 0.0
    for corner in product((0, 1), repeat=len(last)):
        at = tuple(np.minimum(s + c, e) for s, c, e in zip(lower, corner, last, strict=True))
        factors = [share if c else 1 - share for share, c in zip(shares, corner, strict=True)]
        total = total + ops.index(x, at) * math.prod(factors[1:], start=factors[0])
    return total if mode == "nearest" else ops.where(inside, total, cval)


globals().update(
    wrap(
        _theirs,
        {
            "convolve": _convolve,
            "convolve1d": _convolve1d,
            "correlate": _correlate,
            "correlate1d": _correlate1d,
            "gaussian_filter": _gaussian_filter,
            "gaussian_filter1d": _gaussian_filter1d,
            "map_coordinates": _map_coordinates,
        },
    )
)


def __getattr__(name: str) -> Any:
    """Other names of `scipy.ndimage`."""
    return getattr(_theirs, name)
