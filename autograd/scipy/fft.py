"""`scipy.fft` with nodes: Fourier transforms, and discrete cosine and sine transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.numpy.wrapping import wrap
from autograd.ops.complex_parts import is_complex
from autograd.ops.fourier import opposite, resized
from autograd.ops.op_types import Linear
from autograd.ops.structural import as_real, normalize_axis
from autograd.scipy import load

_theirs = load("fft")

# --------------------------------------------------------------------------------------------------
# Cosine and sine transforms along one axis. Those of type 1 and 4 have symmetric matrices, and that
# of type 2 is the transpose of that of type 3, all but for the weights of entries at the ends. With
# `orthogonalize` there are no weights, since the matrices are multiples of orthogonal ones.

_TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}
_ENDS: dict[str, dict[int, tuple[int, ...]]] = {
    "dct": {1: (0, -1), 2: (0,), 3: (0,)},
    "dst": {2: (-1,), 3: (-1,)},
}
"""The entries of weight 1 where the others have 2: of the input for types 1 and 3, and in the
transpose of type 2.
"""


def _weights(name: str, kind: int, size: int, dtype: Any) -> Any:
    weights = np.full(size, 2, dtype)
    weights[list(_ENDS[name][kind])] = 1
    return weights


def _transposed(
    name: str, g: Array, x: Array, type: int, n: int, axis: int, norm: str, orthogonalize: bool
) -> Array:
    op = _OPS[name]
    settings = {"n": n, "axis": axis, "norm": norm, "orthogonalize": orthogonalize}
    back = partial(op, type=_TRANSPOSED[type], **settings)
    shape = ops.shape_of(x)
    if orthogonalize or type not in _ENDS[name]:
        return resized(back(g), shape[axis], axis)
    ones = (1,) * (-axis - 1)
    weights = _weights(name, type, n, g.dtype).reshape(-1, *ones)
    if type == 1:
        g = back(g / weights) * weights
    elif type == 2:
        g = back(g * (2 / weights))
    else:
        g = back(g) * (weights / 2)
    return resized(g, shape[axis], axis)


_OPS: dict[str, Linear] = {
    name: Linear(name, getattr(_theirs, name), partial(_transposed, name))
    for name in ("dct", "dst")
}


def _transform(
    name: str,
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    overwrite_x: bool = False,
    workers: int | None = None,
    orthogonalize: bool | None = None,
) -> Array:
    """The transform of SciPy, on nodes."""
    x = as_real(x)
    shape = ops.shape_of(x)
    (place,) = normalize_axis(axis, len(shape))
    if type not in _TRANSPOSED:
        raise ValueError(f"{name}: the type is 1, 2, 3 or 4, not {type!r}")
    opposite(norm)
    if orthogonalize not in (None, norm == "ortho") and is_complex(x):
        raise ValueError(
            f"{name}: SciPy does not heed `orthogonalize` of complex numbers: transform the real "
            "and the imaginary parts"
        )
    return _OPS[name](
        x,
        type=type,
        n=shape[place] if n is None else int(n),
        axis=place - len(shape),
        norm=norm or "backward",
        orthogonalize=norm == "ortho" if orthogonalize is None else bool(orthogonalize),
    )


def _inverse(
    name: str, x: Array, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
    overwrite_x: bool = False, workers: Any = None, orthogonalize: bool | None = None,
) -> Array:  # fmt: skip
    """The inverse: the transform of the transposed type, with the norm of the other direction."""
    kind = _TRANSPOSED.get(type, type)
    return _transform(name, x, kind, n, axis, opposite(norm), orthogonalize=orthogonalize)


def _several(one: Callable[..., Array]) -> Callable[..., Array]:
    """The transform along several axes."""

    def function(
        x: Array,
        type: int = 2,
        s: int | Sequence[int] | None = None,
        axes: int | Sequence[int] | None = None,
        norm: str | None = None,
        overwrite_x: bool = False,
        workers: int | None = None,
        *,
        orthogonalize: bool | None = None,
    ) -> Array:
        sizes = (s,) if isinstance(s, int) else s
        places = (axes,) if isinstance(axes, int) else axes
        ndim = len(ops.shape_of(x))
        if places is None:
            places = range(ndim) if sizes is None else range(ndim - len(sizes), ndim)
        lengths = [None] * len(places) if sizes is None else sizes
        for n, axis in zip(lengths, places, strict=True):
            x = one(x, type, n, axis, norm, orthogonalize=orthogonalize)
        return x

    return function


# --------------------------------------------------------------------------------------------------
# Fourier transforms, which SciPy lets be computed in place and by several threads

_NUMPYS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
_NUMPYS_OF_SEVERAL = ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "irfft2", "rfftn", "irfftn")


def _fourier(name: str) -> Callable[..., Array]:
    ours = getattr(ops.fft, name)

    def function(
        x: Array, n: Any = None, axis: Any = None, norm: Any = None, overwrite_x: bool = False,
        workers: Any = None, *, plan: None = None, s: Any = None, axes: Any = None,
    ) -> Array:  # fmt: skip
        size, place = (n if s is None else s), (axis if axes is None else axes)
        return ours(x, size, norm=norm) if place is None else ours(x, size, place, norm)

    return function


_composed: dict[str, Any] = {
    **{name: _fourier(name) for name in (*_NUMPYS, *_NUMPYS_OF_SEVERAL)},
    "fftshift": ops.fft.fftshift,
    "ifftshift": ops.fft.ifftshift,
}
for _name in ("dct", "dst"):
    for _prefix, _one in (("", partial(_transform, _name)), ("i", partial(_inverse, _name))):
        _composed[f"{_prefix}{_name}"] = _one
        _composed[f"{_prefix}{_name}n"] = _several(_one)

globals().update(
    wrap(_theirs, _composed, plain=("fftfreq", "rfftfreq", "next_fast_len", "prev_fast_len"))
)


def __getattr__(name: str) -> Any:
    """Other names of `scipy.fft`."""
    return getattr(_theirs, name)
