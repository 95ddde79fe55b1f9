"""Seeded point sets in the plane, and curves, to see what a network learns.

Point sets have x (n, 2) float32 and y (n,) int64 class numbers, which alternate (0, 1, 0, 1, ...),
so that every slice of them is balanced. ``noise`` is the standard deviation of the normal noise
added to each coordinate. ``rng`` is a seed or a ``numpy.random.Generator``. All raise
``ValueError`` for ``n`` below 1 and for negative noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.data import Array, Examples, Rng

CURVES: dict[str, Callable[[Array], Array]] = {
    "square": np.square,
    "sin": np.sin,
    "abs": np.abs,
    "step": lambda x: (x > 0).astype(x.dtype),
}


def moons(n: int = 200, noise: float = 0.1, rng: Rng = 0) -> Examples:
    """Two interlocking half circles: (cos t, sin t) and (1 - cos t, ½ - sin t), 0 ≤ t ≤ π.

    >>> x, y = moons(n=4, noise=0)
    >>> x.shape, y.tolist()
    ((4, 2), [0, 1, 0, 1])
    """
    generator, y = _start(n, noise, rng, classes=2)
    t = generator.uniform(0, np.pi, n)
    upper = np.column_stack((np.cos(t), np.sin(t)))
    lower = np.column_stack((1 - np.cos(t), 0.5 - np.sin(t)))
    return _with_noise(np.where(y[:, None] == 0, upper, lower), y, noise, generator)


def circles(n: int = 200, noise: float = 0.05, rng: Rng = 0, *, inner: float = 0.5) -> Examples:
    """Two circles around the origin: class 0 with radius 1, class 1 with radius ``inner``."""
    generator, y = _start(n, noise, rng, classes=2)
    radius = np.where(y == 0, 1.0, inner)
    return _with_noise(_polar(radius, generator.uniform(0, 2 * np.pi, n)), y, noise, generator)


def spirals(
    n: int = 200, noise: float = 0.02, rng: Rng = 0, *, classes: int = 2, turns: float = 1.0
) -> Examples:
    """Spiral arms from the origin to radius 1, one for each class, with ``turns`` turns.

    At radius r, uniform on (0, 1), arm k of K is at the angle 2π (turns · r + k / K).
    """
    if classes < 1:
        raise ValueError(f"classes={classes}: at least one arm is needed")
    generator, y = _start(n, noise, rng, classes)
    radius = generator.uniform(0, 1, n)
    angle = 2 * np.pi * (turns * radius + y / classes)
    return _with_noise(_polar(radius, angle), y, noise, generator)


def xor(n: int = 4, noise: float = 0.0, rng: Rng = 0) -> Examples:
    """The corners of the unit square and their exclusive or; more than 4 points repeat them.

    >>> x, y = xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    generator, corner = _start(n, noise, rng, classes=4)
    points = np.column_stack((corner // 2, corner % 2))
    return _with_noise(points, points.sum(axis=1) % 2, noise, generator)


# Three normal distributions: the first is class 0, the other two are the halves of class 1.
_MEAN = np.array([[0.0, -0.5], [-1.2, 0.6], [1.2, 0.8]])
_COVARIANCE = np.array(
    [[[0.35, 0.0], [0.0, 0.25]], [[0.30, 0.12], [0.12, 0.30]], [[0.30, -0.10], [-0.10, 0.20]]]
)


def gaussian_classes(n: int = 200, rng: Rng = 0) -> Examples:
    """Two overlapping classes: a normal distribution, and a mixture of two others.

    Class 0 is N(m₀, S₀) and class 1 is ½ N(m₁, S₁) + ½ N(m₂, S₂), with equal probability. The least
    possible error rate is 5.2 %; ``gaussian_classes_posterior`` gives the classifier that reaches
    it. (After Bishop 2006, appendix A and fig. 5.4.)

    >>> x, y = gaussian_classes(n=100)
    >>> best = gaussian_classes_posterior(x) > 0.5
    >>> int((best != y).sum())
    7
    """
    generator, y = _start(n, 0.0, rng, classes=2)
    component = np.where(y == 0, 0, generator.integers(1, 3, n))
    root = np.linalg.cholesky(_COVARIANCE)[component]
    x = _MEAN[component] + np.einsum("nij,nj->ni", root, generator.standard_normal((n, 2)))
    return Examples(x.astype(np.float32), y)


def gaussian_classes_posterior(points: ArrayLike) -> NDArray[np.float64]:
    """The exact P(class 1 | x) for points x (..., 2) of ``gaussian_classes``.

    It is p₁(x) / (p₀(x) + p₁(x)) by Bayes' rule. The contour at ½ is the optimal decision boundary.
    """
    centred = np.asarray(points, dtype=np.float64)[..., None, :] - _MEAN
    precision = np.linalg.inv(_COVARIANCE)
    squares = np.einsum("...ki,kij,...kj->...k", centred, precision, centred)
    log_density = 0.5 * (np.log(np.linalg.det(precision)) - squares)  # up to a common constant
    log_odds = np.logaddexp(log_density[..., 1], log_density[..., 2]) - np.log(2)
    log_odds -= log_density[..., 0]
    # The logistic function in a form that cannot overflow.
    posterior: NDArray[np.float64] = 0.5 * (1 + np.tanh(log_odds / 2))
    return posterior


def curve(name: str, n: int = 50, noise: float = 0.0, rng: Rng = 0) -> Examples:
    """Points of a curve on (-1, 1): x and y of shape (n, 1), float32, for regression.

    ``name`` is "square" (x²), "sin" (sin x), "abs" (|x|) or "step" (H(x), 1 where x > 0, else 0).
    x are the midpoints of n equal parts of the interval; ``noise`` is added to y only. Raises
    ``ValueError`` for another name. (Bishop 2006, fig. 5.3.)

    >>> x, y = curve("square", n=4)
    >>> x.ravel().tolist(), y.ravel().tolist()
    ([-0.75, -0.25, 0.25, 0.75], [0.5625, 0.0625, 0.0625, 0.5625])
    """
    if name not in CURVES:
        raise ValueError(f"curve {name!r} is none of {', '.join(CURVES)}")
    generator, index = _start(n, noise, rng, classes=n)
    x = ((2 * index + 1) / n - 1)[:, None]
    y = CURVES[name](x) + noise * generator.standard_normal(x.shape)
    return Examples(x.astype(np.float32), y.astype(np.float32))


def _start(
    n: int, noise: float, rng: Rng, classes: int
) -> tuple[np.random.Generator, NDArray[np.int64]]:
    """Check the arguments; return the generator, and class numbers that alternate."""
    if n < 1:
        raise ValueError(f"n={n}: at least one point is needed")
    if noise < 0:
        raise ValueError(f"noise={noise}: a standard deviation cannot be negative")
    return np.random.default_rng(rng), np.arange(n, dtype=np.int64) % classes


def _polar(radius: Array, angle: Array) -> Array:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def _with_noise(points: Array, y: Array, noise: float, generator: np.random.Generator) -> Examples:
    x = points + noise * generator.standard_normal(points.shape)
    return Examples(x.astype(np.float32), y)
