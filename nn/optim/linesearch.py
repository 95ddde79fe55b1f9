"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nn.data import Array

ENOUGH = 1e-4
"""c₁: the least decrease, as a fraction of what the slope at the beginning promises."""
FLAT = 0.9
"""c₂: the largest slope that remains, as a fraction of that at the beginning."""
MOST_EVALUATIONS = 25


class Point(NamedTuple):
    """A step size t, the loss φ(t) and its slope φ'(t), and the gradient there."""

    t: float
    loss: float
    slope: float
    gradient: Array


def strong_wolfe(evaluate: Callable[[float], Point], start: Point, t: float) -> Point:
    """Return a point where φ(t) ≤ φ(0) + c₁ t φ'(0), and φ'(t) is at most c₂ φ'(0) in size.

    start: the point t = 0, with a negative slope. t: the first step size to try.

    If ``MOST_EVALUATIONS`` do not find one, the result is the best point with the first condition,
    or ``start``. (Nocedal and Wright 2006, algorithms 3.5 and 3.6.)
    """
    left = start
    for number in range(MOST_EVALUATIONS):
        point = evaluate(t)
        if not _decreases(point, start) or (number and point.loss >= left.loss):
            return _zoom(evaluate, start, left, point, MOST_EVALUATIONS - number)
        if abs(point.slope) <= -FLAT * start.slope:
            return point
        if point.slope >= 0:
            return _zoom(evaluate, start, point, left, MOST_EVALUATIONS - number)
        guess = _minimum(left, point)
        left, t = point, 10 * t if math.isnan(guess) else min(max(guess, 1.1 * t), 10 * t)
    return left


def _zoom(
    evaluate: Callable[[float], Point], start: Point, low: Point, high: Point, most: int
) -> Point:
    """Narrow an interval that has such a point; ``low`` is the best end with enough decrease."""
    for _ in range(most):
        width = high.t - low.t
        if abs(width) <= 1e-12 * max(abs(high.t), abs(low.t)):
            break
        t = _minimum(low, high)
        inner = sorted((low.t + 0.1 * width, high.t - 0.1 * width))
        if not inner[0] <= t <= inner[1]:
            t = low.t + 0.5 * width
        point = evaluate(t)
        if not _decreases(point, start) or point.loss >= low.loss:
            high = point
            continue
        if abs(point.slope) <= -FLAT * start.slope:
            return point
        if point.slope * width >= 0:
            high = low
        low = point
    return low


def _decreases(point: Point, start: Point) -> bool:
    """Whether the loss is finite and low enough."""
    return point.loss <= start.loss + ENOUGH * point.t * start.slope


def _minimum(a: Point, b: Point) -> float:
    """The minimum of the cubic with the losses and slopes of two points; NaN if it has none."""
    if not math.isfinite(a.loss + b.loss + a.slope + b.slope) or a.t == b.t:
        return math.nan
    first = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = first * first - a.slope * b.slope
    if square < 0:
        return math.nan
    root = math.copysign(math.sqrt(square), b.t - a.t)
    below = b.slope - a.slope + 2 * root
    return math.nan if below == 0 else b.t - (b.t - a.t) * (b.slope + root - first) / below
