"""The steps of a solution in plain numbers: their sizes, their checks, and the events in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.arguments import plain
from autograd.ode.programs import Args, Function, Programs
from autograd.ode.roots import sign_changes

EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Step:
    """One step, from t to t + h, and the coefficients of the solution: a row for each order."""

    t: float
    h: float
    rows: Any

    def after(self, s: float) -> Any:
        """The solution at t + s."""
        return polynomial(self.rows, s)


@dataclass(frozen=True)
class Crossing:
    """Event `event` changes its sign in step `step`, at its time plus s."""

    step: int
    s: float
    event: int


class March:
    """The steps from t to t1, each as large as its series allows."""

    def __init__(
        self,
        programs: Programs,
        unravel: Callable[[Any], Any],
        args: Args,
        events: Sequence[Function],
        order: int,
        rtol: float,
        atol: float,
    ) -> None:
        """unravel: puts all numbers of y, in a row, in the form of y."""
        self._programs = programs
        self._unravel = unravel
        self._args = args
        self._events = events
        self._order = order
        self._rtol = rtol
        self._floor = atol / rtol
        self._orders = np.arange(order + 1.0)
        self._largest_defect = 100 * max(rtol, EPSILON)
        self.steps: list[Step] = []
        self.crossings: list[Crossing] = []
        self.ended: int | None = None
        """The event that ended the march."""

    def run(self, t: float, t1: float, y: Any, max_steps: int) -> None:
        """Take all steps from y at t; ArithmeticError where that cannot be done."""
        carry = np.zeros(len(y))
        signs = [0.0] * len(self._events)
        rows, watched = self._series(t, y)
        largest = math.inf
        while len(self.steps) < max_steps:
            largest_entries = [np.abs(rows).max(1, initial=0.0), *np.abs(watched.T)]
            if not math.isfinite(sum(map(np.sum, largest_entries))):
                raise ArithmeticError(f"solve_ode: the solution is not finite at t = {t!r}")
            size = min(*map(self._size, largest_entries), abs(t1 - t), largest)
            end = t1 if size == abs(t1 - t) else t + math.copysign(size, t1 - t)
            h = end - t  # exact, where t + h was rounded
            if h == 0 and t != t1:
                raise ArithmeticError(
                    f"solve_ode: the steps have become too small at t = {t!r}: the solution has a "
                    "singularity there, or f is not continuous"
                )
            change = polynomial(rows[1:], h) * h + carry
            new = y + change
            new_rows, new_watched = self._series(end, new)
            step = Step(t, h, rows)
            if not self._is_right(step, new_rows, watched, new_watched):
                largest = abs(h) / 2
                continue
            largest = math.inf
            self.steps.append(step)
            self._find_events(watched, h, signs)
            if self.ended is not None or end == t1:
                return
            carry = change - (new - y)  # what rounding lost, for the next step (Kahan)
            t, y, rows, watched = end, new, new_rows, new_watched
        raise ArithmeticError(
            f"solve_ode: {max_steps} steps led to t = {t!r} only, and not to {t1!r}"
        )

    def _series(self, t: float, y: Any) -> tuple[Any, Any]:
        rows, watched = self._programs.series(t, self._unravel(y), self._args)
        n = self._order + 1
        return ravel(rows).reshape(n, len(y)), ravel(watched).reshape(n, len(self._events))

    def _size(self, norms: Any) -> float:
        """The step whose last terms are within the tolerance (Jorba and Zou, 2005, section 3.2).

        Σ cₖ hᵏ is as large as its first terms; a c₀ near 0 does not count.
        """
        order, sizes = self._order, norms.tolist()
        sizes[0] += self._floor
        first = next((k for k, size in enumerate(sizes) if size), order)
        radius = math.inf
        for k in (order - 1, order):
            if sizes[k] and first < k:
                ways = [(sizes[m] / sizes[k]) ** (1 / (k - m)) for m in {0, 1, first} if m < k]
                radius = min(radius, max(ways))
        return radius * self._rtol ** (1 / order) * math.exp(-0.7 / (order - 1))

    def _is_right(self, step: Step, end: Any, watched: Any, watched_end: Any) -> bool:
        """Whether the series satisfy the equation at the end of a step, and give the events there.

        This notices what the last coefficients do not tell, as where f has a kink.
        """
        h, rows, orders = step.h, step.rows, self._orders
        slope = polynomial(rows[1:] * orders[1:, None], h)
        defect = np.abs(slope - end[1]).max(initial=0.0) * abs(h)
        size = np.abs(rows).max(1, initial=0.0) @ abs(h) ** orders + self._floor
        if not defect <= self._largest_defect * size:
            return False
        defects = np.abs(polynomial(watched, h) - watched_end[0])
        sizes = abs(h) ** orders @ np.abs(watched) + self._floor
        return bool((defects <= self._largest_defect * sizes).all())

    def _find_events(self, watched: Any, h: float, signs: list[float]) -> None:
        """Add the events of the latest step, up to the first that ends it."""
        found = []
        for number, event in enumerate(self._events):
            scaled = watched[:, number] * h**self._orders
            wanted = getattr(event, "direction", 0)
            for u, sign in sign_changes(scaled, signs[number]):
                signs[number] = sign
                if not wanted or wanted * sign * math.copysign(1.0, h) > 0:
                    found.append((u * h, number))
            signs[number] = signs[number] or float(np.sign(scaled.sum()))
        for s, number in sorted(found, key=lambda pair: abs(pair[0])):
            self.crossings.append(Crossing(len(self.steps) - 1, s, number))
            if getattr(self._events[number], "terminal", False):
                self.ended = number
                self.steps[-1] = Step(self.steps[-1].t, s, self.steps[-1].rows)
                return


def polynomial(rows: Any, s: float) -> Any:
    """Σ rowsₖ sᵏ, from the last and smallest term on."""
    powers = s ** np.arange(len(rows) - 1.0, -1.0, -1.0)
    return powers @ rows[::-1]


def ravel(leaves: Sequence[Any]) -> Any:
    """All numbers of plain leaves in a row."""
    if any(x.__class__ is not float for x in leaves):
        data = [np.ravel(plain(x)) for x in leaves]
        return np.concatenate(data) if data else np.zeros(0)
    return np.array(leaves, float)
