"""`autograd.scipy.signal.convolve` agrees with SciPy's, and its sums over axes with loops."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from autograd import Tensor, check_grads
from autograd.scipy.signal import convolve, fftconvolve

SIZES = st.integers(1, 4)


@given(st.data(), st.integers(1, 3), st.sampled_from(["full", "same", "valid"]))
def test_a_convolution_along_all_axes_is_scipys(data: Any, ndim: int, mode: str) -> None:
    a, b = (
        np.random.default_rng(i).random([data.draw(SIZES) for _ in range(ndim)]) for i in (1, 2)
    )
    larger = [n >= k for n, k in zip(a.shape, b.shape, strict=True)]
    smaller = [n <= k for n, k in zip(a.shape, b.shape, strict=True)]
    if mode == "valid" and not all(larger) and not all(smaller):
        with pytest.raises(ValueError, match="needs an array that is larger along all axes"):
            convolve(a, b, mode=mode)
    else:
        expected = scipy.signal.convolve(a, b, mode, method="direct")
        np.testing.assert_allclose(convolve(a, b, mode=mode), expected, rtol=1e-12)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("larger_first", [True, False])
def test_other_axes_are_kept_and_sums_are_taken(mode: str, larger_first: bool) -> None:
    rng = np.random.default_rng(0)
    images, filters = rng.random((2, 3, 6, 5)), rng.random((3, 4, 3, 2))
    pairs = [[2, 3], [2, 3]], [[1], [0]]
    if larger_first or mode == "same":
        found = convolve(images, filters, *pairs, mode=mode)
    else:
        found = convolve(filters, images, [[2, 3], [2, 3]], [[0], [1]], mode).transpose(1, 0, 2, 3)
    for image, kernel in itertools.product(range(2), range(4)):
        planes = [
            scipy.signal.convolve(images[image, channel], filters[channel, kernel], mode)
            for channel in range(3)
        ]
        np.testing.assert_allclose(found[image, kernel], sum(planes), rtol=1e-12)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_derivatives_are_right(mode: str) -> None:
    rng = np.random.default_rng(1)
    images, filters = rng.random((2, 4, 2, 3)), rng.random((2, 3, 2))
    check_grads(
        lambda a, b: convolve(a, b, [[3, 1], [1, 2]], [[2], [0]], mode=mode), images, filters
    )


@given(st.data(), st.integers(1, 3), st.sampled_from(["full", "same", "valid"]), st.booleans())
def test_a_convolution_by_fourier_transforms_is_scipys(
    data: Any, ndim: int, mode: str, is_complex: bool
) -> None:
    a, b = (
        np.random.default_rng(i).random([data.draw(SIZES) for _ in range(ndim)]) for i in (1, 2)
    )
    a = a * (1 + 2j) if is_complex else a
    try:
        expected = scipy.signal.fftconvolve(a, b, mode)
    except ValueError:
        with pytest.raises(ValueError, match="needs an array that is larger along all axes"):
            fftconvolve(a, b, mode)
    else:
        found = fftconvolve(Tensor(a), Tensor(b), mode)
        np.testing.assert_allclose(found.data, expected, rtol=1e-12, atol=1e-13)
        assert found.dtype == expected.dtype


def test_a_convolution_by_fourier_transforms_along_some_axes() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random((3, 5, 4)), rng.random((1, 2, 4))
    for mode in ("full", "same", "valid"):
        found = fftconvolve(a, b, mode, axes=[1])
        np.testing.assert_allclose(found, scipy.signal.fftconvolve(a, b, mode, axes=[1]))
        check_grads(lambda a, b, mode=mode: fftconvolve(a, b, mode, axes=[1]), a, b)
    with pytest.raises(ValueError, match="different numbers of axes"):
        fftconvolve(a, b[0])


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="'half' is not 'full', 'same' or 'valid'"):
        convolve(np.ones(3), np.ones(2), mode="half")
    with pytest.raises(ValueError, match="'half' is not 'full', 'same' or 'valid'"):
        fftconvolve(np.ones(3), np.ones(2), mode="half")
