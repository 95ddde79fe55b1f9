"""HIPS autograd's `convolve`: along some axes, with sums over others."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters

import numpy as np

from autograd import ops
from autograd.engine.graph import Array

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
        term_a[a] = made[-1] + term_b[b]
    others = []
    for term, x in ((term_a, A), (term_b, B)):
        free = [axis for axis in range(len(ops.shape_of(x))) if axis not in term]
        term |= {axis: next(letters) for axis in free}
        others.append("".join([term[axis] for axis in free]))
    # Windows of A, from the last axis to the first, since each adds an axis after its own.
    for a, n, k in sorted(zip(axes_a, sizes_a, sizes_b, strict=True), reverse=True):
        A = _windows(A, a, n, k, mode)
    B = ops.flip(B, tuple(axes_b))
    left, right = ("".join([term[axis] for axis in sorted(term)]) for term in (term_a, term_b))
    others = others[::-1] if swap else others
    return ops.einsum(f"{left},{right}->{''.join([*others, *made])}", A, B)


def _windows(x: Array, axis: int, n: int, k: int, mode: str) -> Array:
    """All windows of k entries along an axis, as an axis of windows and an axis of entries."""
    before, count = {"full": (k - 1, n + k - 1), "same": (k // 2, n), "valid": (0, n - k + 1)}[mode]
    widths = [(0, 0)] * len(ops.shape_of(x))
    widths[axis] = (before, k - 1)
    places = np.arange(count)[:, None] + np.arange(k)
    return ops.take(ops.pad(x, widths) if mode != "valid" else x, places, axis)
