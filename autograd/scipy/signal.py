"""HIPS autograd's `convolve`: along some axes, with sums over others; and SciPy's `fftconvolve`."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.complex_parts import is_complex
from autograd.ops.structural import normalize_axis
from autograd.scipy import load

Pairs = Sequence[Sequence[int]]


def convolve(
    A: Array, B: Array, axes: Pairs | None = None, dot_axes: Pairs = ((), ()), mode: str = "full"
) -> Array:
    """Σⱼ A[i - j] B[j] along pairs of axes, summed over other pairs of axes.

    axes: the axes along which to convolve, as [axes of A, axes of B]; by default all.
    dot_axes: the axes of A and B to sum over, of equal sizes, as in `tensordot`.
    mode: the result has an entry for every overlap ("full"), as many entries as A ("same"), or an
        entry for every complete overlap ("valid").

    The result has the other axes of A, the other axes of B, and the convolved axes. Raises
    ValueError for another mode, and in mode "valid" if neither array is larger along all axes.

    >>> import numpy as np
    >>> from autograd.scipy.signal import convolve
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]))
    array([ 1., 12., 23., 30.])
    """
    A, B = ops.array(A), ops.array(B)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: mode {mode!r} is not 'full', 'same' or 'valid'")
    axes_a, axes_b = axes if axes is not None else [range(len(ops.shape_of(A)))] * 2
    dots_a, dots_b = dot_axes
    sizes_a, sizes_b = (
        [ops.shape_of(x)[axis] for axis in own] for x, own in ((A, axes_a), (B, axes_b))
    )
    swap = mode == "valid" and any(n < k for n, k in zip(sizes_a, sizes_b, strict=True))
    if swap and any(n > k for n, k in zip(sizes_a, sizes_b, strict=True)):
        raise ValueError(
            "convolve: mode 'valid' needs an array that is larger along all axes, and the sizes "
            f"are {sizes_a} and {sizes_b}"
        )
    if swap:
        A, B, axes_a, axes_b = B, A, axes_b, axes_a
        dots_a, dots_b, sizes_a, sizes_b = dots_b, dots_a, sizes_b, sizes_a
    letters = iter(ascii_letters)
    term_a, term_b, made = {}, {}, []
    for a, b in zip(dots_a, dots_b, strict=True):
        term_a[a] = term_b[b] = next(letters)
    for a, b in zip(axes_a, axes_b, strict=True):
        term_b[b] = next(letters)
        made.append(next(letters))
        term_a[a] = made[-1]
    others = []
    for term, x in ((term_a, A), (term_b, B)):
        free = [axis for axis in range(len(ops.shape_of(x))) if axis not in term]
        term |= {axis: next(letters) for axis in free}
        others.append("".join([term[axis] for axis in free]))
    A = _windows(A, axes_a, sizes_b, mode)
    B = ops.flip(B, tuple(axes_b))
    left, right = ("".join([term[axis] for axis in sorted(term)]) for term in (term_a, term_b))
    left += "".join([term_b[b] for b in axes_b])
    others = others[::-1] if swap else others
    return ops.einsum(f"{left},{right}->{''.join([*others, *made])}", A, B)


def fftconvolve(
    in1: Array, in2: Array, mode: str = "full", axes: int | Sequence[int] | None = None
) -> Array:
    """The convolution of `scipy.signal.fftconvolve`, by Fourier transforms.

    mode: the result has an entry for every overlap ("full"), as many entries as in1 ("same"), or an
        entry for every complete overlap ("valid").
    axes: the axes along which to convolve, by default all; the others broadcast.

    With sizes n and k along an axis the time grows with (n + k) log(n + k), not n k. Raises
    ValueError for another mode, for arrays of different numbers of axes, and in mode "valid" if
    neither array is larger along all axes.

    >>> import numpy as np
    >>> from autograd.scipy.signal import fftconvolve
    >>> fftconvolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0])).round(12)
    array([ 1., 12., 23., 30.])
    """
    x, y = ops.as_real(in1), ops.as_real(in2)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"fftconvolve: mode {mode!r} is not 'full', 'same' or 'valid'")
    ndim = len(ops.shape_of(x))
    if len(ops.shape_of(y)) != ndim:
        raise ValueError(
            f"fftconvolve: shapes {ops.shape_of(x)} and {ops.shape_of(y)} have different numbers "
            "of axes"
        )
    places = normalize_axis(tuple(axes) if isinstance(axes, Sequence) else axes, ndim)
    pairs = list(zip(ops.shape_of(x), ops.shape_of(y), strict=True))
    places = tuple([axis for axis in places if 1 not in pairs[axis]])  # the others broadcast
    sizes = [pairs[axis] for axis in places]
    if mode == "valid" and not all(n >= k for n, k in sizes):
        if any(n > k for n, k in sizes):
            raise ValueError(
                "fftconvolve: mode 'valid' needs an array that is larger along all axes, and the "
                f"sizes are {sizes}"
            )
        x, y, sizes = y, x, [(n, k) for k, n in sizes]
    whole = [n + k - 1 for n, k in sizes]
    real = not (is_complex(x) or is_complex(y))
    points = [load("fft").next_fast_len(n, real) for n in whole]
    forward, back = (ops.fft.rfftn, ops.fft.irfftn) if real else (ops.fft.fftn, ops.fft.ifftn)
    if places:
        product = forward(x, points, places) * forward(y, points, places)
        result = back(product, points, places)
    else:
        result = x * y
    made = [max(pair) for pair in pairs]
    wanted = [n for n, _ in pairs] if mode == "same" else list(made)
    for axis, (n, k), total in zip(places, sizes, whole, strict=True):
        made[axis] = total
        wanted[axis] = {"full": total, "same": n, "valid": n - k + 1}[mode]
    starts = [(n - size) // 2 for n, size in zip(made, wanted, strict=True)]
    key = [slice(start, start + size) for start, size in zip(starts, wanted, strict=True)]
    return ops.index(result, tuple(key))


def _windows(x: Array, axes: Sequence[int], sizes: Sequence[int], mode: str) -> Array:
    """All windows of these sizes along some axes; the entries of a window are the last axes."""
    widths = [(0, 0)] * len(ops.shape_of(x))
    for axis, k in zip(axes, sizes, strict=True):
        before = {"full": k - 1, "same": k // 2, "valid": 0}[mode]
        widths[axis] = (before, k - 1 if mode == "full" else k - 1 - before)
    padded = ops.pad(x, widths) if mode != "valid" else x
    return ops.sliding_window_view(padded, tuple(sizes), tuple(axes))
