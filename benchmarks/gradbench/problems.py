"""The programs, written once for any library with the names of NumPy.

They follow the descriptions of GradBench (https://gradbench.github.io), ADBench and, for the last
two, Pearlmutter and Siskind. The code and the data are written here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Program = Callable[..., Any]


@dataclass(frozen=True)
class Problem:
    """A function of arrays, its derivative as a library takes it, and arguments for both.

    function: takes NumPy's names first, or with `of_library` the library.
    derivative: from a library and the function, without the names, to its derivative.
    whole: the function is itself made of derivatives, and goes on as numbers tell it to, which only
        some libraries can compile.
    """

    name: str
    function: Program
    derivative: Callable[[Any, Program], Program]
    arguments: Callable[[np.random.Generator], tuple[Any, ...]]
    of_library: bool = False
    whole: bool = False


def gradient(lib: Any, f: Program) -> Program:
    return lib.grad(f)


# --------------------------------------------------------------------------------------------------
# Short formulas


def logsumexp(xp: Any, x: Any) -> Any:
    top = xp.max(x)
    return xp.log(xp.sum(xp.exp(x - top))) + top


def least_squares(xp: Any, x: Any) -> Any:
    t = np.linspace(-1.0, 1.0, 1000)
    error = -np.sign(t) - (t[:, None] ** np.arange(len(x))) @ x
    return 0.5 * xp.sum(error * error)


def square(xp: Any, x: Any) -> Any:
    return x * x


def clusters(xp: Any, centroids: Any, points: Any) -> Any:
    squares = xp.sum(centroids * centroids, axis=1) - 2.0 * (points @ centroids.T)
    return xp.sum(xp.min(squares, axis=1)) + xp.sum(points * points)


def newton_direction(lib: Any, f: Program) -> Program:
    """The gradient over the diagonal of the Hessian, which has no other entries."""

    def direction(x: Any, points: Any) -> Any:
        g, h = lib.gradient_and_hvp(lambda x: f(x, points), x, np.ones(np.shape(x)))
        return g / h

    return direction


def determinant(xp: Any, rows: Sequence[Sequence[Any]]) -> Any:
    """By minors along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    total, sign = 0.0, 1.0
    for n, entry in enumerate(rows[0]):
        minor = [[*row[:n], *row[n + 1 :]] for row in rows[1:]]
        total, sign = total + sign * entry * determinant(xp, minor), -sign
    return total


# --------------------------------------------------------------------------------------------------
# ADBench: a mixture of Gaussians, bundle adjustment, hand tracking, a recurrent network


def mixture(xp: Any, alphas: Any, means: Any, icf: Any, x: Any) -> Any:
    (n, d), k = x.shape, len(alphas)
    below = np.zeros((d * (d - 1) // 2, d * d))
    places = [i * d + j for j in range(d) for i in range(j + 1, d)]
    below[np.arange(len(places)), places] = 1.0
    diagonal = xp.exp(icf[:, :d])
    lower = xp.reshape(icf[:, d:] @ below, (k, d, d))
    away = x[:, None, :] - means[None, :, :]
    scaled = away * diagonal + xp.einsum("kij,nkj->nki", lower, away)
    inner = alphas + xp.sum(icf[:, :d], axis=1) - 0.5 * xp.sum(scaled * scaled, axis=2)
    top = xp.max(inner, axis=1, keepdims=True)
    likelihood = xp.sum(xp.log(xp.sum(xp.exp(inner - top), axis=1)) + top[:, 0])
    prior = 0.5 * (xp.sum(diagonal * diagonal) + xp.sum(icf[:, d:] ** 2))
    return likelihood - n * logsumexp(xp, alphas) - prior


def reprojection(xp: Any, camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """The weighted error of a point in an image, by Rodrigues' formula and radial distortion."""
    axis, centre, focus = camera[:3], camera[3:6], camera[6]
    angle = xp.sqrt(xp.sum(axis * axis))
    u = axis / angle
    x = point - centre
    cross = xp.stack(
        [u[1] * x[2] - u[2] * x[1], u[2] * x[0] - u[0] * x[2], u[0] * x[1] - u[1] * x[0]]
    )
    x = x * xp.cos(angle) + cross * xp.sin(angle) + u * xp.sum(u * x) * (1.0 - xp.cos(angle))
    flat = x[:2] / x[2]
    r = xp.sum(flat * flat)
    image = focus * flat * (1.0 + camera[9] * r + camera[10] * r * r) + camera[7:9]
    return weight * (image - feature)


def rows_of_jacobian(lib: Any, f: Program) -> Program:
    return lib.vmap(lib.jacobian(f, (0, 1, 2)))


def hand(xp: Any, theta: Any, base: Any, vertices: Any, weights: Any, measured: Any) -> Any:
    """The distances of a skinned mesh of 22 bones, posed by angles, from measured points."""
    transforms = []
    for bone in range(22):
        local = base[bone]
        if bone % 4 and bone < 21:
            a, b = theta[6 + bone % 20], theta[6 + (bone + 7) % 20]
            ca, sa, cb, sb = xp.cos(a), xp.sin(a), xp.cos(b), xp.sin(b)
            turn = xp.stack([cb, -sb * ca, sb * sa, sb, cb * ca, -cb * sa, 0.0 * a, sa, ca])
            local = xp.concatenate([local[:, :3] @ xp.reshape(turn, (3, 3)), local[:, 3:]], axis=1)
        if bone:
            parent = transforms[bone - 1 if bone % 4 else 0]
            moved = parent[:, :3] @ local
            local = moved + parent[:, 3:] * np.array([0.0, 0.0, 0.0, 1.0])
        transforms.append(local)
    skinned = xp.einsum("bij,nj,nb->ni", xp.stack(transforms), vertices, weights)
    return xp.reshape(skinned + theta[:3] - measured, (-1,))


def columns_of_jacobian(lib: Any, f: Program) -> Program:
    return lib.forward_jacobian(f)


def lstm(lib: Any, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    xp = lib.xp

    def sigmoid(x: Any) -> Any:
        return 1.0 / (1.0 + xp.exp(-x))

    def step(carry: Any, gold: Any) -> Any:
        x, states, total = carry
        x, states = x * extra[0], list(states)
        for n in range(0, len(states), 2):
            (w, b), hidden, cell = main[n : n + 2], states[n], states[n + 1]
            forget, out = sigmoid(x * w[0] + b[0]), sigmoid(x * w[2] + b[2])
            into, change = sigmoid(hidden * w[1] + b[1]), xp.tanh(hidden * w[3] + b[3])
            cell = cell * forget + into * change
            x = out * xp.tanh(cell)
            states[n], states[n + 1] = x, cell
        y = x * extra[1] + extra[2]
        total = total + xp.sum(gold * (y - xp.log(xp.sum(xp.exp(y)) + 2.0)))
        return (gold, states, total), None

    states = [state[n] for n in range(len(state))]
    (_, _, total), _ = lib.scan(step, (sequence[0], states, 0.0), sequence[1:])
    return -total / sequence[1:].size


def both_gradients(lib: Any, f: Program) -> Program:
    return lib.grad(f, (0, 1))


# --------------------------------------------------------------------------------------------------
# A differential equation, and optimisations whose steps depend on the numbers


def equation(xp: Any, x: Any) -> Any:
    """y₁' = x₁ and yₙ' = xₙ yₙ₋₁ from 0 to 2, by Runge and Kutta's method: the last y."""

    def slope(y: Any) -> Any:
        return x * xp.concatenate([np.ones(1), y[:-1]])

    y, h = 0.0 * x, 2.0 / 10
    for _ in range(10):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y[-1]


def argmin(lib: Any, f: Program, x: list[Any]) -> list[Any]:
    """Gradient descent whose step grows after ten successes and shrinks after a failure."""
    fx, g, rate, successes = f(x), lib.grad(f)(x), 1e-2, 0
    while sum([gn * gn for gn in g]) > 1e-10:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        new = [xn - rate * gn for xn, gn in zip(x, g, strict=True)]
        if sum([(a - b) * (a - b) for a, b in zip(x, new, strict=True)]) <= 1e-10:
            break
        f_new = f(new)
        if f_new < fx:
            x, fx, g, successes = new, f_new, lib.grad(f)(new), successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return x


def saddle(lib: Any, start: list[Any]) -> list[Any]:
    """min over x of max over y of |x|² - |y|²."""

    def outcome(x: list[Any], y: list[Any]) -> Any:
        return x[0] * x[0] + x[1] * x[1] - (y[0] * y[0] + y[1] * y[1])

    def worst(x: list[Any]) -> Any:
        return outcome(x, argmin(lib, lambda y: -outcome(x, y), start))

    return argmin(lib, worst, start)


def particle(lib: Any, start: list[Any]) -> list[Any]:
    """The strength of a charge that brings a falling particle down at x = 0."""

    def landing(w: list[Any]) -> Any:
        charges, x, v, dt = [(10.0, 10.0 - w[0]), (10.0, 0.0)], [0.0, 8.0], [0.75, 0.0], 1e-1

        def potential(p: list[Any]) -> Any:
            squares = [(p[0] - a) * (p[0] - a) + (p[1] - b) * (p[1] - b) for a, b in charges]
            return sum([r**-0.5 for r in squares])

        while True:
            force = lib.grad(potential)(x)
            new = [xn + dt * vn for xn, vn in zip(x, v, strict=True)]
            if not new[1] > 0.0:
                time = -x[1] / v[1]
                return (x[0] + time * v[0]) * (x[0] + time * v[0])
            v = [vn - dt * fn for vn, fn in zip(v, force, strict=True)]
            x = new

    return argmin(lib, landing, start)


def normal(*shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: (rng.normal(size=shape),)


def _mixture_data(rng: np.random.Generator) -> tuple[Any, ...]:
    d, k, n = 10, 25, 1000
    shapes = [(k,), (k, d), (k, d * (d + 1) // 2), (n, d)]
    return tuple([rng.normal(size=shape) for shape in shapes])


def _image_data(rng: np.random.Generator) -> tuple[Any, ...]:
    n = 2000
    shapes = [(n, 11), (n, 3), (n,), (n, 2)]
    return tuple([rng.uniform(0.1, 1.0, size=shape) for shape in shapes])


def _hand_data(rng: np.random.Generator) -> tuple[Any, ...]:
    shapes = [(26,), (22, 3, 4), (544, 4), (544, 22), (544, 3)]
    return tuple([0.3 * rng.normal(size=shape) for shape in shapes])


def _lstm_data(rng: np.random.Generator, length: int = 129) -> tuple[Any, ...]:
    main, extra, state = [rng.uniform(-1, 1, shape) for shape in ((4, 4, 14), (3, 14), (4, 14))]
    return main, extra, state, rng.integers(0, 2, (length, 14)).astype(float)


PROBLEMS = [
    Problem("hello", square, gradient, lambda rng: (float(rng.normal()),)),
    Problem("lse 40,000", logsumexp, gradient, normal(40_000)),
    Problem("llsq 512", least_squares, gradient, normal(512)),
    Problem(
        "kmeans 100/1000/16",
        clusters,
        newton_direction,
        lambda rng: (rng.normal(size=(100, 16)), rng.normal(size=(1000, 16))),
    ),
    Problem("det 5", determinant, gradient, lambda rng: (rng.normal(size=(5, 5)).tolist(),)),
    Problem("gmm d10 k25", mixture, lambda lib, f: lib.grad(f, (0, 1, 2)), _mixture_data),
    Problem("ba 2,000", reprojection, rows_of_jacobian, _image_data),
    Problem("ht", hand, columns_of_jacobian, _hand_data),
    Problem("lstm l2 c129", lstm, both_gradients, _lstm_data, of_library=True),
    Problem(
        "lstm l2 c1024", lstm, both_gradients, lambda rng: _lstm_data(rng, 1024), of_library=True
    ),
    Problem("ode 1,000 s=10", equation, gradient, normal(1000)),
    Problem("saddle", saddle, gradient, lambda rng: ([1.0, 1.0],), whole=True),
    Problem("particle", particle, gradient, lambda rng: ([0.0],), whole=True),
]
