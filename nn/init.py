"""How weights begin: the initialisers of the texts, and the stream random numbers come from.

An initialiser takes a shape ``(n_out, n_in)`` and a generator and gives an array. Biases begin at 0
(``nn.Linear``). Numbers are drawn in float64 and rounded, so the same seed gives the same weights
in float32 and float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nn.data import Array, Rng
from nn.registry import register

Shape: TypeAlias = tuple[int, ...]
Initializer: TypeAlias = "str | Callable[..., Array]"

_stream = np.random.SeedSequence(0)


def as_generator(rng: Rng | None) -> np.random.Generator:
    """The generator itself, or one seeded by an integer.

    ``None`` gives the next stream of a fixed sequence: what a program makes without naming a seed
    differs from one thing to the next, and is the same in every run of the program.

    >>> as_generator(0).random() == as_generator(0).random()
    True
    >>> as_generator(None).random() == as_generator(None).random()
    False
    """
    return np.random.default_rng(_stream.spawn(1)[0] if rng is None else rng)


def zeros(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """All weights 0. The units of a layer then stay equal for ever: it never breaks symmetry.

    >>> zeros((1, 3))
    array([[0., 0., 0.]], dtype=float32)
    """
    return np.zeros(shape, dtype)


def uniform(
    shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32, *, epsilon: float = 0.05
) -> Array:
    """U(-ε, ε). Breaks symmetry; ε knows nothing of the layer's size.

    >>> bool((abs(uniform((20, 30), rng=0, epsilon=0.1)) <= 0.1).all())
    True
    """
    return as_generator(rng).uniform(-epsilon, epsilon, shape).astype(dtype)


def normal(
    shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32, *, sigma: float = 0.01
) -> Array:
    """N(0, σ²) with σ = 0.01. In a deep network signals then shrink layer by layer.

    Another σ: ``init=functools.partial(nn.init.normal, sigma=1.0)``.

    >>> round(float(normal((100, 100), rng=0).std()), 3)
    0.01
    """
    return as_generator(rng).normal(0.0, sigma, shape).astype(dtype)


def xavier_simple(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """U(-√(1/n_in), √(1/n_in)): Xavier's rule in its simple form.

    >>> bool((abs(xavier_simple((9, 100), rng=0)) <= 0.1).all())
    True
    """
    _, n_in = _fans(shape)
    return uniform(shape, rng, dtype, epsilon=(1 / n_in) ** 0.5)


def xavier(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """U(-√(6/(n_in + n_out)), √(6/(n_in + n_out))), of variance 2/(n_in + n_out).

    Keeps the spread of activations and of gradients about equal from layer to layer where the
    activation is nearly linear around 0, as tanh is. (Glorot and Bengio 2010, eq. 16.)

    >>> bool((abs(xavier((20, 130), rng=0)) <= 0.2).all())
    True
    """
    n_out, n_in = _fans(shape)
    return uniform(shape, rng, dtype, epsilon=(6 / (n_in + n_out)) ** 0.5)


def xavier_normal(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """N(0, 2/(n_in + n_out)): ``xavier`` with the same variance, normally distributed.

    >>> round(float(xavier_normal((100, 100), rng=0).std()), 2)
    0.1
    """
    n_out, n_in = _fans(shape)
    return normal(shape, rng, dtype, sigma=(2 / (n_in + n_out)) ** 0.5)


def he(shape: Shape, rng: Rng | None = None, dtype: DTypeLike = np.float32) -> Array:
    """N(0, 2/n_in): twice 1/n_in, since a ReLU lets only half of its input's variance through.

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
"""Every initialiser, by the name that ``init=`` takes."""


def weights(
    init: Initializer, shape: Shape, rng: Rng | None, dtype: DTypeLike = np.float32
) -> Array:
    """Draw weights by an initialiser or its name.

    Raises ``ValueError`` for an unknown name, and for a function of the user's own that gives
    another shape.

    >>> weights("zeros", (1, 2), rng=0)
    array([[0., 0.]], dtype=float32)
    """
    if isinstance(init, str):
        if init not in INITIALIZERS:
            raise ValueError(f"init={init!r} is unknown; there are {', '.join(INITIALIZERS)}")
        init = INITIALIZERS[init]
    drawn = np.asarray(init(shape, as_generator(rng), dtype))
    if drawn.shape != shape:
        raise ValueError(f"the initialiser gave shape {drawn.shape} where {shape} is needed")
    return drawn.astype(dtype, copy=False)


def _fans(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise ValueError(
            f"shape {shape}: this initialiser needs (n_out, n_in), since it scales by the number "
            f"of a layer's inputs"
        )
    return shape[0], shape[1]
