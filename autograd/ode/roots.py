"""The real roots of a polynomial in an interval, where it changes its sign.

In Bernstein form a polynomial has at most as many roots in its interval as its coefficients change
sign (Descartes), and the form splits at the middle by averages. So intervals are halved until each
holds one root or none, and bisection and Newton's method find it.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import Any

import numpy as np

_PARTS = (0.5, 0.45, 0.55)
"""Where an interval is divided: not at a root, which would belong to neither side."""


def sign_changes(c: Any, sign: float) -> list[tuple[float, float]]:
    """Where Σ cₖ uᵏ changes its sign for 0 < u ≤ 1: each u, and the sign from there on.

    sign: the sign just after 0, which decides where c₀ is 0 but for rounding; 0 for none known.
    """
    rounding = 4e-16 * len(c) * np.abs(c).sum()
    bernstein = _without(_matrix(len(c)) @ c, rounding)
    if not bernstein.any():
        return []
    if not bernstein[0]:
        bernstein[0] = np.copysign(rounding, sign or bernstein[bernstein != 0][0])
    found: list[tuple[float, float]] = []
    stack = [(bernstein, 0.0, 1.0)]
    while stack:
        b, left, right = stack.pop()
        signs = np.sign(b[b != 0])
        changes = int(np.count_nonzero(signs[1:] != signs[:-1]))
        if right == 1.0 and b[-1] == 0:
            changes += 1
        if changes == 0:
            continue
        if changes > 1:
            for part in _PARTS:
                first, second = _split(b, part)
                if abs(second[0]) > rounding:
                    break
            else:  # as good as 0 throughout, with one root or two
                changes = int(b[0] * b[-1] < 0)
        if changes == 1:
            found.append((_root(c, left, right, np.sign(b[0])), -float(np.sign(b[0]))))
        elif changes > 1:
            middle = left + part * (right - left)
            stack.append((_without(second, rounding), middle, right))
            stack.append((_without(first, rounding), left, middle))
    return found


def _without(b: Any, rounding: float) -> Any:
    """Coefficients with 0 in place of what may be nothing but rounding errors."""
    return np.where(np.abs(b) <= rounding, 0.0, b)


def _split(b: Any, part: float) -> tuple[Any, Any]:
    """The Bernstein coefficients before and after a part of the interval (de Casteljau)."""
    first, second = np.empty_like(b), np.empty_like(b)
    for k in range(len(first)):
        first[k], second[-1 - k] = b[0], b[-1]
        b = (1 - part) * b[:-1] + part * b[1:]
    return first, second


def _root(c: Any, left: float, right: float, before: float) -> float:
    """The root between, where the sign is `before` on the left, by Newton's method in a bracket."""
    falling = c[::-1].tolist()
    u = (left + right) / 2
    for _ in range(100):
        value = slope = 0.0
        for coefficient in falling:
            slope = slope * u + value
            value = value * u + coefficient
        if value * before > 0:
            left = u
        else:
            right = u
        change = value / slope if slope else right - left
        if abs(change) <= 1e-16 * u:
            return u
        u = u - change if left < u - change < right else (left + right) / 2
    return u


@lru_cache(64)
def _matrix(n: int) -> Any:
    """From powers of u to Bernstein polynomials of degree n - 1."""
    rows = [[comb(i, k) / comb(n - 1, k) for k in range(n)] for i in range(n)]
    return np.array(rows)
