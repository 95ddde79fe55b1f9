"""Loops over single numbers: each is a function of lists of floats, and makes its arguments."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograd import exp, log, maximum, sin, tanh


@dataclass(frozen=True)
class Program:
    """A function of some arguments, of which value and gradient are compiled."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def predators_and_prey(p: Any, steps: int) -> Any:
    """Lotka and Volterra's equations, by Runge and Kutta's method of order 4."""
    a, b, c, d, x, y = p
    h = 10.0 / steps

    def slopes(x: Any, y: Any) -> tuple[Any, Any]:
        return a * x - b * x * y, c * x * y - d * y

    for _ in range(steps):
        k1 = slopes(x, y)
        k2 = slopes(x + h / 2 * k1[0], y + h / 2 * k1[1])
        k3 = slopes(x + h / 2 * k2[0], y + h / 2 * k2[1])
        k4 = slopes(x + h * k3[0], y + h * k3[1])
        x = x + h / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
        y = y + h / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
    return x * x + y


def pendulum(torques: Any) -> Any:
    """What it costs to swing a pendulum by a torque in each step."""
    angle, speed, cost = 0.1, 0.0, 0.0
    for u in torques:
        speed = speed + 0.02 * (u - 9.8 * sin(angle))
        angle = angle + 0.02 * speed
        cost = cost + angle * angle + 0.1 * speed * speed + 0.001 * u * u
    return cost


def kalman(noises: Any, seen: Any) -> Any:
    """The likelihood of measured positions, where the velocity drifts."""
    drift, error = exp(noises[0]), exp(noises[1])
    x, v, xx, xv, vv, likelihood = 0.0, 0.0, 1.0, 0.0, 1.0, 0.0
    for y in seen:
        x, xx, xv, vv = x + v, xx + 2.0 * xv + vv, xv + vv, vv + drift
        off, spread = y - x, xx + error
        likelihood = likelihood - 0.5 * (log(spread) + off * off / spread)
        gain, gain_v = xx / spread, xv / spread
        x, v = x + gain * off, v + gain_v * off
        xx, xv, vv = (1.0 - gain) * xx, (1.0 - gain) * xv, vv - gain_v * xv
    return likelihood


def monte_carlo(p: Any, paths: Any) -> Any:
    """The price of an option on the mean of a share, along given paths."""
    start, rate, volatility, strike = p
    total, dt = 0.0, 1.0 / len(paths[0])
    for path in paths:
        share, mean = start, 0.0
        for step in path:
            share = share * exp((rate - 0.5 * volatility * volatility) * dt + volatility * step)
            mean = mean + share / len(path)
        total = total + maximum(mean - strike, 0.0)
    return exp(-rate) * total / len(paths)


def recurrence(w: Any, y: Any, steps: int) -> Any:
    for _ in range(steps):
        y = tanh(w * y)
    return y


def programs() -> list[Program]:
    rng = random.Random(0)
    normal = partial(rng.gauss, 0.0, 1.0)
    prey = [1.1, 0.4, 0.1, 0.4, 10.0, 5.0]
    paths = [[normal() * 0.05**0.5 for _ in range(20)] for _ in range(200)]
    walk = [0.1 * n + normal() for n in range(2000)]
    found = [
        Program(
            f"Lotka-Volterra, {steps:,} steps", partial(predators_and_prey, steps=steps), (prey,)
        )
        for steps in (100, 1_000, 10_000)
    ]
    return [
        *found,
        Program("pendulum, 2,000 steps", pendulum, ([0.01 * (k % 7) for k in range(2000)],)),
        Program("Kalman filter, 2,000 positions", kalman, ([-1.0, 0.0], walk)),
        Program("Monte Carlo, 200 paths of 20", monte_carlo, ([100.0, 0.03, 0.2, 100.0], paths)),
        Program("tanh(w * y), 4,000 times", partial(recurrence, steps=4000), (0.9, 0.5)),
    ]
