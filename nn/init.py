"""Initialisers of weights.

An initialiser takes a shape (n_out, n_in), a generator and a dtype, and returns an array. Numbers
are drawn in float64 and rounded, so the same seed gives the same weights in float32 and float64.
Biases start at 0 (``nn.Linear``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nn.data import Array, Rng
from nn.habits import OF_INITIALISERS, missing
from nn.registry import register

Shape: TypeAlias = tuple[int, ...]
Initializer: TypeAlias = "str | Callable[..., Array]"

_stream = np.random.SeedSequence(0)


def as_generator(rng: Rng | None) -> np.random.Generator:
    """Return the generator itself, or one seeded by an integer.

    ``None`` returns the next generator of a fixed sequence: two layers made without a seed differ,
    and every run of the program gets the same weights.

    >>> as_generator(0).random() == as_generator(0).random()
    True
    >>> as_generator(None).random() == as_generator(None).random()
    False
    """
    return np.random.default_rng(_stream.spawn(1)[0] if rng is None else rng)


def zeros(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """All weights 0. Symmetry is never broken: all units of a layer stay equal in training.

    >>> zeros((1, 3))
    array([[0., 0., 0.]], dtype=float32)
    """
    return np.zeros(shape, dtype)


def uniform(
    shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32, *, epsilon: float = 0.05
) -> Array:
    """U(-ε, ε). Breaks symmetry; ε does not depend on the size of the layer.

    >>> bool((abs(uniform((20, 30), rng=0, epsilon=0.1)) <= 0.1).all())
    True
    """
    return as_generator(rng).uniform(-epsilon, epsilon, shape).astype(dtype)


def normal(
    shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32, *, sigma: float = 0.01
) -> Array:
    """N(0, σ²), by default with σ = 0.01, which makes signals shrink in a deep network.

    For another σ use ``init=functools.partial(nn.init.normal, sigma=1.0)``.

    >>> round(float(normal((100, 100), rng=0).std()), 3)
    0.01
    """
    return as_generator(rng).normal(0.0, sigma, shape).astype(dtype)


def xavier_simple(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """U(-√(1/n_in), √(1/n_in)): the simple form of Xavier initialisation.

    (Glorot and Bengio 2010, eq. 1.)

    >>> bool((abs(xavier_simple((9, 100), rng=0)) <= 0.1).all())
    True
    """
    _, n_in = _fans(shape)
    return uniform(shape, rng, dtype, epsilon=(1 / n_in) ** 0.5)


def xavier(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """U(-√(6/(n_in + n_out)), √(6/(n_in + n_out))), with variance 2/(n_in + n_out).

    Keeps the variance of activations and of gradients about equal in all layers if the activation
    is nearly linear around 0, like tanh. (Glorot and Bengio 2010, eq. 16.)

    >>> bool((abs(xavier((20, 130), rng=0)) <= 0.2).all())
    True
    """
    n_out, n_in = _fans(shape)
    return uniform(shape, rng, dtype, epsilon=(6 / (n_in + n_out)) ** 0.5)


def xavier_normal(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """N(0, 2/(n_in + n_out)): the normal distribution with the variance of ``xavier``.

    (Glorot and Bengio 2010, eq. 12.)

    >>> round(float(xavier_normal((100, 100), rng=0).std()), 2)
    0.1
    """
    n_out, n_in = _fans(shape)
    return normal(shape, rng, dtype, sigma=(2 / (n_in + n_out)) ** 0.5)


def he(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """N(0, 2/n_in). The factor 2 makes up for the half of the signal that a ReLU sets to 0.

    (He et al. 2015, eq. 10.)

    >>> round(float(he((100, 200), rng=0).std()), 2)
    0.1
    """
    _, n_in = _fans(shape)
    return normal(shape, rng, dtype, sigma=(2 / n_in) ** 0.5)


INITIALIZERS: dict[str, Callable[..., Array]] = {
    function.__name__: register(function)
    for function in (zeros, uniform, normal, xavier_simple, xavier, xavier_normal, he)
}
"""All initialisers, by the name that ``init=`` takes."""


def weights(
    init: Initializer, shape: Shape, rng: Rng | None, dtype: DTypeLike = np.float32
) -> Array:
    """Draw weights by an initialiser, given as a function or by name.

    Raises ``ValueError`` for an unknown name, and for a function that returns another shape.

    >>> weights("zeros", (1, 2), rng=0)
    array([[0., 0.]], dtype=float32)
    """
    if isinstance(init, str):
        if init not in INITIALIZERS:
            raise ValueError(f"init={init!r} is unknown; there are {', '.join(INITIALIZERS)}")
        init = INITIALIZERS[init]
    array = np.asarray(init(shape, as_generator(rng), dtype))
    if array.shape != shape:
        raise ValueError(f"the initialiser returned shape {array.shape}, not {shape}")
    return array.astype(dtype, copy=False)


def _fans(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(
            f"shape {shape}: this initialiser needs a shape (n_out, n_in), because it scales with "
            f"the number of inputs"
        )
    return shape[0], shape[1]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say how an initialiser of another library is called here."""
        raise AttributeError(missing("module 'nn.init'", name, OF_INITIALISERS))
