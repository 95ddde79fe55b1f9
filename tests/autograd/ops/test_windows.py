"""Windows: `conv`, pooling and `sliding_window_view`."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, grad
from autograd.ops import convolution

IMAGES = np.random.default_rng(0).normal(size=(5, 2, 6, 5))
WEIGHTS = np.random.default_rng(1).normal(size=(3, 2, 3, 3))


def test_sliding_window_view_is_that_of_numpy() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    for shape, axis in (((1, 2, 3), None), (2, -1), ((2, 3), (1, 2)), ((3, 2), (2, 0))):
        theirs = np.lib.stride_tricks.sliding_window_view(x, shape, axis)
        np.testing.assert_array_equal(ad.sliding_window_view(x, shape, axis), theirs)
        dispatched: Any = np.lib.stride_tricks.sliding_window_view(Tensor(x), shape, axis)
        np.testing.assert_array_equal(dispatched.numpy(), theirs)
    twice = np.lib.stride_tricks.sliding_window_view(x, (2, 2), (2, 2))
    np.testing.assert_array_equal(ad.sliding_window_view(x, (2, 2), (2, 2)), twice)


def test_images_computed_a_few_at_a_time_are_those_computed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def results() -> list[Any]:
        loss = grad(lambda x, w: ad.sum(ad.conv(x, w, 2, 1) ** 3), (0, 1))
        return [ad.conv(IMAGES, WEIGHTS, 2, 1), *loss(IMAGES, WEIGHTS)]

    whole = results()
    for most in (400, 130, 1):  # some images, some rows of one, and one row
        monkeypatch.setattr(convolution, "COLUMNS", most)
        for found, expected in zip(results(), whole, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_the_memory_for_a_large_image_does_not_grow_with_its_windows() -> None:
    x, w = np.ones((1, 4, 300, 300), np.float32), np.ones((4, 4, 5, 5), np.float32)
    tracemalloc.start()
    ad.conv(x, w)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * x.nbytes  # of which the columns of all windows would be 25


def test_no_images_give_no_results_and_weights_a_gradient_of_zero() -> None:
    x = np.zeros((0, 2, 4, 4))
    assert ad.conv(x, WEIGHTS).shape == (0, 3, 2, 2)
    slopes = grad(lambda x, w: ad.sum(ad.conv(x, w)), (0, 1))(x, WEIGHTS)
    assert slopes[0].shape == x.shape
    np.testing.assert_array_equal(slopes[1], np.zeros_like(WEIGHTS))


def test_float32_beside_float64_gives_float64() -> None:
    found = grad(lambda w: ad.sum(ad.conv(IMAGES, w)))(WEIGHTS.astype(np.float32))
    assert ad.conv(IMAGES, WEIGHTS.astype(np.float32)).dtype == np.float64
    assert found.dtype == np.float32


def test_entries_of_a_window_that_tie_share_the_derivative() -> None:
    x = np.array([[0.0, 2.0, 2.0, 1.0, 1.0, 1.0]])
    slopes = grad(lambda x: ad.sum(ad.max_pool(x, (3,))))(x)
    np.testing.assert_allclose(slopes, [[0, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3]])
    tangent = ad.jvp(lambda x: ad.max_pool(x, (3,)), (x,), (np.arange(6.0)[None],))[1]
    np.testing.assert_allclose(tangent, [[1.5, 4.0]])


def test_the_largest_of_a_window_with_nan_is_nan_and_so_is_its_derivative() -> None:
    x = np.array([1.0, np.nan, 2.0, 3.0])
    np.testing.assert_array_equal(ad.max_pool(x, (2,)), [np.nan, 3.0])
    slopes = grad(lambda x: ad.sum(ad.max_pool(x, (2,))))(x)
    assert np.isnan(slopes[:2]).all()
    np.testing.assert_array_equal(slopes[2:], [0.0, 1.0])


def test_a_zero_weight_lets_no_infinity_through() -> None:
    def f(x: Any) -> Any:
        return ad.sum(ad.conv(ad.sqrt(x)[None, None], np.array([[[1.0, 0.0]]])))

    np.testing.assert_allclose(grad(f)(np.array([4.0, 1.0, 0.0])), [0.25, 0.5, 0.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ad.conv(IMAGES, WEIGHTS[:, :1]), "2 channels of x"),
        (lambda: ad.conv(IMAGES, WEIGHTS, groups=2), "multiples of groups"),
        (lambda: ad.conv(IMAGES[0, 0], WEIGHTS), r"x of shape \(6, 5\) and w of shape"),
        (lambda: ad.conv(IMAGES, WEIGHTS, dilation=3), "do not fit"),
        (lambda: ad.conv(IMAGES, WEIGHTS, stride=0), "stride=0 must be a positive integer"),
        (lambda: ad.conv(IMAGES, WEIGHTS, padding=(1, 2, 3)), "a sequence of 2"),
        (lambda: ad.conv(IMAGES, WEIGHTS, 2, "same"), "needs stride=1"),
        (lambda: ad.max_pool(IMAGES, (7, 1)), "do not fit"),
        (lambda: ad.avg_pool(IMAGES, (2, 2), padding=2), "at most half"),
        (lambda: ad.sliding_window_view(IMAGES, (2, 9), (2, 3)), "does not fit"),
        (lambda: ad.sliding_window_view(IMAGES, 2), "1 sizes of a window"),
    ],
)
def test_shapes_that_do_not_match_are_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
