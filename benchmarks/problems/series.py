"""The work `series`: derivatives of high order, by the recurrences of Taylor coefficients.

Of y = tanh(x): k yₖ = Σ j xⱼ sₖ₋ⱼ for j from 1 to k, with s = 1 - y².
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.problems.arrays import Answer, Array
from benchmarks.timing import Case

TANH = "tanh of a number, derivatives to order 10"
LINE = "network 3-32-32-1 along a line, to order 5"
PHYSICS = "loss and gradient, network 2-64-64-64-1 in u_t + 6 u u_x + u_xxx = 0, 500 points"
LAPLACIAN = "Laplacian of a network 100-64-64-1"

ORDER = 10
LINE_ORDER = 5
NUMBER = 0.3
STEP = 1e-30

Parameters = list[tuple[Array, Array]]


def network(*sizes: int) -> Parameters:
    """Weights and biases of a network with tanh."""
    rng = np.random.default_rng(sum(sizes))
    return [
        (rng.standard_normal((m, n)) / math.sqrt(m), 0.1 * rng.standard_normal(n))
        for m, n in pairwise(sizes)
    ]


def forward(parameters: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
    """The network, in any library."""
    *hidden, (last, bias) = parameters
    for weights, biases in hidden:
        x = tanh(x @ weights + biases)
    return x @ last + bias


def line() -> tuple[Parameters, Array, Array]:
    """The network, a point and a direction."""
    return network(3, 32, 32, 1), np.array([0.1, 0.2, 0.3]), np.array([1.0, -0.5, 0.2])


def physics() -> tuple[Parameters, Array, Array]:
    """The network, and the points: places and times."""
    x, t = np.random.default_rng(4).uniform(-1, 1, (2, 500))
    return network(2, 64, 64, 64, 1), x, t


def laplace() -> tuple[Parameters, Array]:
    """The network and a point."""
    return network(100, 64, 64, 1), np.random.default_rng(3).standard_normal(100)


# The same by formulas


def tanh_series(x: Sequence[Any]) -> list[Any]:
    """The coefficients of tanh(x) from those of x."""
    y, s = [np.tanh(x[0])], [1 - np.tanh(x[0]) ** 2]
    for k in range(1, len(x)):
        y.append(sum(j * x[j] * s[k - j] for j in range(1, k + 1)) / k)
        s.append(-sum(y[j] * y[k - j] for j in range(k + 1)))
    return y


def series_of(parameters: Sequence[Any], x: Sequence[Any]) -> list[Any]:
    """The coefficients of the network from those of its inputs."""
    *hidden, last = parameters
    for weights, biases in hidden:
        x = tanh_series(_affine(x, weights, biases))
    return _affine(x, *last)


def _affine(x: Sequence[Any], weights: Any, biases: Any) -> list[Any]:
    return [c @ weights + (biases if k == 0 else 0) for k, c in enumerate(x)]


def _physics_loss(parameters: Sequence[Any], x: Array, t: Array) -> Any:
    point = np.stack([x, t], 1)
    along = [np.broadcast_to(v, point.shape) for v in ([1.0, 0.0], [0.0, 1.0], [0.0, 0.0])]
    u, u_x, _, sixth = series_of(parameters, [point, along[0], along[2], along[2]])
    u_t = series_of(parameters, [point, along[1]])[1]
    return ((u_t + 6 * u * u_x + 6 * sixth) ** 2).mean()


def gradient_direction() -> Parameters:
    """Where the gradient of the physics-informed network is compared."""
    rng = np.random.default_rng(9)
    return [(rng.standard_normal(w.shape), rng.standard_normal(b.shape)) for w, b in physics()[0]]


def loss_and_slope(found: tuple[Any, Any]) -> Answer:
    """What is compared of a loss and its gradient."""
    value, gradient = found
    pairs = zip(gradient, gradient_direction(), strict=True)
    slope = sum(
        (np.asarray(g) * v).sum() for layer, move in pairs for g, v in zip(layer, move, strict=True)
    )
    return {"loss": np.array(float(value)), "slope": np.array(float(slope))}


def row(found: Any) -> Answer:
    """What is compared of coefficients or of one number."""
    return {"row": np.array([float(np.asarray(c).reshape(())) for c in found])}


def case(
    compute: Callable[..., Any],
    *given: Any,
    compared: Callable[[Any], Answer] = row,
    wait: Callable[[Any], Any] | None = None,
) -> Case:
    """A function, what it is given, and what is compared of its result.

    wait: until a result is there, for a library that gives it before.
    """
    names = {"compute": compute, "given": given, "wait": wait}
    statement = "wait(compute(*given))" if wait else "compute(*given)"
    return Case(statement, names, lambda: compared(compute(*given)))


def answers() -> Mapping[str, Answer]:
    """What each measure must give."""
    parameters, x, v = line()
    given = [x, v, *[0 * v] * (LINE_ORDER - 1)]
    p, places, times = physics()
    moved = [
        tuple(a + 1j * STEP * d for a, d in zip(layer, move, strict=True))
        for layer, move in zip(p, gradient_direction(), strict=True)
    ]
    loss = _physics_loss(moved, places, times)  # its imaginary part is the slope, exactly
    q, point = laplace()
    second = series_of(q, [point, np.eye(100), np.zeros((100, 100))])[2]
    number = [NUMBER, 1.0, *[0.0] * (ORDER - 1)]
    return {
        TANH: row(tanh_series(number)),
        LINE: row(series_of(parameters, given)),
        PHYSICS: {"loss": loss.real, "slope": np.array(loss.imag / STEP)},
        LAPLACIAN: row([2 * second.sum()]),
    }
