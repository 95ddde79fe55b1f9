"""The digits that come with scikit-learn, and the made-up sets, against their definitions."""

import sys
from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits

from nn import datasets


def test_digits_are_scikit_learns_scaled_to_1() -> None:
    x, y = datasets.digits()
    original = load_digits()
    np.testing.assert_array_equal(x * 16, original.data)
    np.testing.assert_array_equal(y, original.target)
    assert (x.dtype.name, y.dtype.name) == ("float32", "int64")
    assert (x.min(), x.max()) == (0, 1)


def test_digits_without_scikit_learn_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'pip install "wengert\[train\]"'):
        datasets.digits()


PLANE = [
    datasets.moons,
    datasets.circles,
    datasets.spirals,
    datasets.xor,
    datasets.gaussian_classes,
]


@pytest.mark.parametrize("make", PLANE)
def test_plane_sets_are_seeded_typed_and_balanced(make: Any) -> None:
    x, y = make(101)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((101, 2), np.float32, (101,), np.int64)
    np.testing.assert_array_equal(x, make(101, rng=0).x)
    np.testing.assert_array_equal(x, make(101, rng=np.random.default_rng(0)).x)
    assert abs(int((y == 0).sum()) - int((y == 1).sum())) <= 1
    if make is not datasets.xor:
        assert (make(101, rng=1).x != x).any()


@pytest.mark.parametrize("make", PLANE[:4])
def test_noise_disturbs_each_coordinate_by_its_standard_deviation(make: Any) -> None:
    clean, noisy = make(5000, noise=0.0), make(5000, noise=0.3)
    np.testing.assert_array_equal(clean.y, noisy.y)
    disturbance = noisy.x - clean.x
    np.testing.assert_allclose(disturbance.std(axis=0), 0.3, rtol=0.05)
    np.testing.assert_allclose(disturbance.mean(axis=0), 0, atol=0.02)


def test_moons_lie_on_two_half_circles() -> None:
    x, y = datasets.moons(500, noise=0)
    upper, lower = x[y == 0], x[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=1e-6)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5


def test_circles_lie_at_their_radii() -> None:
    x, y = datasets.circles(500, noise=0, inner=0.3)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1, 0.3), atol=1e-6)


@pytest.mark.parametrize(("classes", "turns"), [(2, 1.0), (3, 0.5), (5, 2.0)])
def test_spiral_arms_turn_with_the_radius(classes: int, turns: float) -> None:
    x, y = datasets.spirals(600, noise=0, classes=classes, turns=turns)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    off = angle / (2 * np.pi) - turns * radius - y / classes
    far = radius > 0.01
    np.testing.assert_allclose((off - np.round(off))[far], 0, atol=1e-4)
    assert radius.max() <= 1
    assert np.bincount(y).tolist() == [600 // classes] * classes


def test_xor_takes_the_corners_in_turn() -> None:
    x, y = datasets.xor(6)
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 1]]
    assert y.tolist() == [0, 1, 1, 0, 0, 1]


def test_the_posterior_is_bayes_rule_on_the_generating_densities() -> None:
    points = np.random.default_rng(0).uniform(-4, 4, (3, 50, 2))
    density = [
        multivariate_normal([0.0, -0.5], [[0.35, 0.0], [0.0, 0.25]]).pdf(points),
        multivariate_normal([-1.2, 0.6], [[0.30, 0.12], [0.12, 0.30]]).pdf(points) / 2
        + multivariate_normal([1.2, 0.8], [[0.30, -0.10], [-0.10, 0.20]]).pdf(points) / 2,
    ]
    posterior = datasets.gaussian_classes_posterior(points)
    np.testing.assert_allclose(posterior, density[1] / (density[0] + density[1]), atol=1e-12)
    assert np.isfinite(datasets.gaussian_classes_posterior([[1e6, 1e6], [0, -1e6]])).all()


def test_the_posterior_is_the_share_of_class_1_among_the_points_drawn() -> None:
    x, y = datasets.gaussian_classes(200_000)
    posterior = datasets.gaussian_classes_posterior(x)
    for low in np.arange(0, 1, 0.1):
        here = (posterior >= low) & (posterior < low + 0.1)
        assert y[here].mean() == pytest.approx(posterior[here].mean(), abs=0.03)
    assert np.mean((posterior > 0.5) != y) == pytest.approx(0.0516, abs=0.002)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("square", lambda x: x**2),
        ("sin", np.sin),
        ("abs", abs),
        ("step", lambda x: np.heaviside(x, 0)),
    ],
)
@pytest.mark.parametrize("n", [50, 51])
def test_curves_are_points_of_their_functions(name: str, function: Any, n: int) -> None:
    x, y = datasets.curve(name, n)
    assert x.shape == y.shape == (n, 1)
    assert x.dtype == y.dtype == np.float32
    assert -1 < x[0, 0] == -x[-1, 0]
    np.testing.assert_allclose(np.diff(x[:, 0]), 2 / n, rtol=1e-5)
    np.testing.assert_allclose(y, function(x), atol=1e-7)
    noisy = datasets.curve(name, 4000, noise=0.2)
    assert np.std(noisy.y - datasets.curve(name, 4000).y) == pytest.approx(0.2, rel=0.05)


def test_wrong_arguments_of_made_up_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="n=0: at least one point"):
        datasets.moons(0)
    with pytest.raises(ValueError, match="noise=-1"):
        datasets.circles(noise=-1)
    with pytest.raises(ValueError, match="classes=0"):
        datasets.spirals(classes=0)
    with pytest.raises(ValueError, match="'cube' is none of square, sin, abs, step"):
        datasets.curve("cube")
