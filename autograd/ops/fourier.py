"""Fourier transforms along one axis, which are linear, and in several dimensions, composed of them.

Each of the four operations has one of them as its transpose. The matrix of the complex transform is
symmetric, so it is its own; that of a real transform and that back to real numbers are each
other's, but for the entries that stand for two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd.convert import ArrayLike
from autograd.engine.graph import Array
from autograd.ops.array_function import array_function
from autograd.ops.complex_parts import conj, is_complex
from autograd.ops.op_types import Linear
from autograd.ops.shaping import roll
from autograd.ops.structural import as_real, index_op, normalize_axis, scatter_op, shape_of

Norm = str | None
Sizes = Sequence[int] | None
Axes = Sequence[int] | None

_OPPOSITE = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def opposite(norm: Norm) -> str:
    """The norm of the transform in the other direction that scales by the same factor."""
    if norm not in _OPPOSITE:
        raise ValueError(f"fft: norm is 'backward', 'ortho' or 'forward', not {norm!r}")
    return _OPPOSITE[norm]


def resized(x: Array, size: int, axis: int) -> Array:
    """x cut off or padded with zeros at the end of an axis: the transpose of the same back."""
    shape = shape_of(x)
    before = (slice(None),) * (axis % len(shape))
    if size == shape[axis]:
        return x
    if size < shape[axis]:
        return index_op(x, key=(*before, slice(size)))
    padded = tuple([size if a == axis % len(shape) else n for a, n in enumerate(shape)])
    return scatter_op(x, key=(*before, slice(shape[axis])), shape=padded)


def _pairs(x: Array, n: int, axis: int) -> Any:
    """How many entries of a real transform's whole spectrum each of its entries stands for."""
    counts = np.full(n // 2 + 1, 2, x.real.dtype)
    counts[0] = 1
    if n % 2 == 0:
        counts[-1] = 1
    return counts.reshape((-1,) + (1,) * (len(shape_of(x)) - 1 - axis % len(shape_of(x))))


def _of_real(g: Array, x: Array, n: int, axis: int, norm: Norm) -> Array:
    halves = conj(g) / _pairs(g, n, axis)
    back = irfft_op(halves, n=n, axis=axis, norm=opposite(norm))
    return resized(back, shape_of(x)[axis], axis)


def _to_real(g: Array, x: Array, n: int, axis: int, norm: Norm) -> Array:
    spectrum = conj(rfft_op(g, n=n, axis=axis, norm=opposite(norm)))
    return resized(spectrum * _pairs(spectrum, n, axis), shape_of(x)[axis], axis)


def _with_itself(of: Callable[[], Linear]) -> Callable[..., Array]:
    def transpose(g: Array, x: Array, n: int, axis: int, norm: Norm) -> Array:
        return resized(of()(g, n=n, axis=axis, norm=norm), shape_of(x)[axis], axis)

    return transpose


fft_op: Linear = Linear("fft", np.fft.fft, _with_itself(lambda: fft_op))
ifft_op: Linear = Linear("ifft", np.fft.ifft, _with_itself(lambda: ifft_op))
rfft_op: Final = Linear("rfft", np.fft.rfft, _of_real)
irfft_op: Final = Linear("irfft", np.fft.irfft, _to_real)


def _transform(op: Linear, x: ArrayLike, n: int | None, axis: int, norm: Norm) -> Array:
    x = as_real(x)
    (place,) = normalize_axis(axis, len(shape_of(x)))
    size = shape_of(x)[place]
    if n is None:
        n = 2 * (size - 1) if op is irfft_op else size
    if n < 1:
        raise ValueError(f"{op.name}: the number of points must be positive, and is {n}")
    if op is rfft_op and is_complex(x):
        raise TypeError("rfft: arguments must be real; use fft for complex numbers")
    opposite(norm)
    return op(x, n=int(n), axis=place - len(shape_of(x)), norm=norm)


# --------------------------------------------------------------------------------------------------
# Along one axis


@array_function
def fft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """The discrete Fourier transform along an axis: F[k] = Σⱼ a[j] exp(-2πi jk/n).

    n: the number of points; a is cut off there, or padded with zeros.
    norm: "backward" (the default) scales the inverse by 1/n, "forward" the transform, and "ortho"
        both by 1/√n.

    It is linear and its matrix symmetric, so ∂L/∂a is the transform of g. Raises ValueError for
    another norm, and for n < 1.

    >>> import numpy as np
    >>> from autograd import abs, fft, grad
    >>> grad(lambda x: (abs(fft.fft(x)) ** 2).sum())(np.ones(4))
    array([8., 8., 8., 8.])
    """
    return _transform(fft_op, a, n, axis, norm)


@array_function
def ifft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """The inverse of `fft`: a[j] = Σₖ F[k] exp(2πi jk/n) / n.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.ifft(fft.fft(np.array([1.0, 2.0]))).real
    array([1., 2.])
    """
    return _transform(ifft_op, a, n, axis, norm)


@array_function
def rfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """The first n//2 + 1 entries of `fft` of real numbers; the others are conjugates of these.

    Raises TypeError for complex numbers.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.rfft(np.array([1.0, 2.0, 3.0, 4.0]))
    array([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return _transform(rfft_op, a, n, axis, norm)


@array_function
def irfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """The inverse of `rfft`, which gives n real numbers, by default 2 (m - 1) of m entries.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.irfft(fft.rfft(np.array([1.0, 2.0, 3.0, 4.0])))
    array([1., 2., 3., 4.])
    """
    return _transform(irfft_op, a, n, axis, norm)


@array_function
def hfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """`fft` of n numbers of which only the first n//2 + 1 are given, and the others are conjugates
    of these: it is real.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.hfft(np.array([1.0, 2.0j, 3.0]))
    array([ 4.,  2.,  4., -6.])
    """
    return irfft(conj(as_real(a)), n, axis, opposite(norm))


@array_function
def ihfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """The inverse of `hfft`.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.ihfft(np.array([4.0, 2.0, 4.0, -6.0]))
    array([1.-0.j, 0.+2.j, 3.-0.j])
    """
    return conj(rfft(a, n, axis, opposite(norm)))


# --------------------------------------------------------------------------------------------------
# Along several axes


def _several(name: str, x: ArrayLike, s: Sizes, axes: Axes) -> list[tuple[int | None, int]]:
    """The number of points, or None for all, and the axis of each transform."""
    if axes is None:
        ndim = len(shape_of(x))
        axes = range(ndim) if s is None else range(ndim - len(s), ndim)
    sizes = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(sizes) != len(axes):
        raise ValueError(f"{name}: {len(sizes)} sizes for {len(axes)} axes")
    if not sizes and name.startswith(("rfft", "irfft")):
        raise ValueError(f"{name}: at least one axis is needed")
    return list(zip(sizes, axes, strict=True))


@array_function
def fftn(a: ArrayLike, s: Sizes = None, axes: Axes = None, norm: Norm = None) -> Array:
    """`fft` along several axes, by default all.

    s: the number of points along each; -1 stands for all that there are.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.fftn(np.eye(2)).real
    array([[2., 0.],
           [0., 2.]])
    """
    for n, axis in reversed(_several("fftn", a, s, axes)):
        a = fft(a, n, axis, norm)
    return a


@array_function
def ifftn(a: ArrayLike, s: Sizes = None, axes: Axes = None, norm: Norm = None) -> Array:
    """`ifft` along several axes, by default all; the inverse of `fftn`.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.ifftn(2 * np.eye(2)).real
    array([[1., 0.],
           [0., 1.]])
    """
    for n, axis in reversed(_several("ifftn", a, s, axes)):
        a = ifft(a, n, axis, norm)
    return a


@array_function
def rfftn(a: ArrayLike, s: Sizes = None, axes: Axes = None, norm: Norm = None) -> Array:
    """`rfft` along the last of several axes, and `fft` along the others.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.rfftn(np.ones((2, 4))).shape
    (2, 3)
    """
    *others, (n, axis) = _several("rfftn", a, s, axes)
    a = rfft(a, n, axis, norm)
    for n, axis in reversed(others):
        a = fft(a, n, axis, norm)
    return a


@array_function
def irfftn(a: ArrayLike, s: Sizes = None, axes: Axes = None, norm: Norm = None) -> Array:
    """The inverse of `rfftn`: `irfft` along the last of several axes, after `ifft` along others.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.irfftn(fft.rfftn(np.ones((2, 4))))
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.]])
    """
    *others, (n, axis) = _several("irfftn", a, s, axes)
    for size, other in others:
        a = ifft(a, size, other, norm)
    return irfft(a, n, axis, norm)


@array_function
def fft2(a: ArrayLike, s: Sizes = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`fftn` along the last two axes.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.fft2(np.ones((3, 2, 2))).shape
    (3, 2, 2)
    """
    return fftn(a, s, axes, norm)


@array_function
def ifft2(a: ArrayLike, s: Sizes = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`ifftn` along the last two axes.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.ifft2(fft.fft2(np.eye(2))).real
    array([[1., 0.],
           [0., 1.]])
    """
    return ifftn(a, s, axes, norm)


@array_function
def rfft2(a: ArrayLike, s: Sizes = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`rfftn` along the last two axes.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.rfft2(np.ones((3, 2, 4))).shape
    (3, 2, 3)
    """
    return rfftn(a, s, axes, norm)


@array_function
def irfft2(a: ArrayLike, s: Sizes = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`irfftn` along the last two axes.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.irfft2(fft.rfft2(np.eye(2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return irfftn(a, s, axes, norm)


@array_function
def fftshift(x: ArrayLike, axes: int | Axes = None) -> Array:
    """Move the frequency 0 from the first place to the middle, along axes, by default all.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.fftshift(np.array([0.0, 1.0, 2.0, -2.0, -1.0]))
    array([-2., -1.,  0.,  1.,  2.])
    """
    return _shifted(x, axes, lambda size: size // 2)


@array_function
def ifftshift(x: ArrayLike, axes: int | Axes = None) -> Array:
    """The inverse of `fftshift`.

    >>> import numpy as np
    >>> from autograd import fft
    >>> fft.ifftshift(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    array([ 0.,  1.,  2., -2., -1.])
    """
    return _shifted(x, axes, lambda size: -(size // 2))


def _shifted(x: ArrayLike, axes: int | Axes, by: Callable[[int], int]) -> Array:
    shape = shape_of(x)
    if isinstance(axes, int):
        axes = (axes,)
    places = tuple(range(len(shape))) if axes is None else tuple(axes)
    return roll(x, tuple([by(shape[a]) for a in places]), places)
