"""Learning-rate schedules: the learning rate η as a function of the step.

A schedule is called with the number t of a step (0, 1, ...) and returns the η of that step.
``fit(lr=schedule)`` takes one, or any function of t. In a loop of your own, set
``optimizer.lr = schedule(t)`` before ``optimizer.step()``. t counts mini-batches: n epochs of b
mini-batches are n·b steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Schedule:
    """Base class of schedules, η as a function of the step t. ``ReduceOnPlateau`` has a state."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of step number ``step``, counted from 0."""
        raise NotImplementedError

    def start(self) -> None:
        """Reset the state. ``fit`` calls it before the first step."""

    def observe(self, loss: float) -> None:
        """Observe a validation loss, or without validation the mean loss of an epoch."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state, as numbers."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""


@dataclass(frozen=True)
class Constant(Schedule):
    """η(t) = ``lr``.

    >>> Constant(0.5)(1000)
    0.5
    """

    lr: float

    def __post_init__(self) -> None:
        _at_least(self, 0, "lr")

    def __call__(self, step: int) -> float:
        return self.lr


@dataclass(frozen=True)
class Step(Schedule):
    """η(t) = ``lr`` · ``factor`` ^ ⌊t / ``every``⌋: reduced after every ``every`` steps.

    >>> [Step(0.8, every=2, factor=0.5)(t) for t in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _at_least(self, 0, "lr", "factor")
        _at_least(self, 1, "every")

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    """η(t) = ``lr`` · ``factor`` ^ t.

    >>> [Exponential(0.8, factor=0.5)(t) for t in range(4)]
    [0.8, 0.4, 0.2, 0.1]
    """

    lr: float
    factor: float

    def __post_init__(self) -> None:
        _at_least(self, 0, "lr", "factor")

    def __call__(self, step: int) -> float:
        return self.lr * self.factor**step


@dataclass(frozen=True)
class Cosine(Schedule):
    """η(t) = ``end`` + (``lr`` - ``end``) / 2 · (1 + cos(π t / ``steps``)), and then ``end``.

    Half a cosine wave from ``lr`` to ``end``. (Loshchilov and Hutter 2017, without restarts.)

    >>> [round(Cosine(1.0, steps=4)(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    lr: float
    steps: int
    end: float = 0.0

    def __post_init__(self) -> None:
        _at_least(self, 0, "lr", "end")
        _at_least(self, 1, "steps")

    def __call__(self, step: int) -> float:
        return _cosine(self.lr, self.end, step / self.steps)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """From ``peak`` / 25 up to ``peak``, then down to ``peak`` / 250,000, in ``steps`` steps.

    Let r = ``rise`` · ``steps`` - 1, and c(a, b, s) = b + (a - b) / 2 · (1 + cos πs) half a cosine
    wave from a to b. Then η(t) = c(``peak`` / 25, ``peak``, t / r) for t ≤ r and
    c(``peak``, ``peak`` / 250,000, (t - r) / (``steps`` - 1 - r)) after that; it stays at the last
    value. (Smith and Topin 2018; the numbers are PyTorch's defaults.)

    >>> [round(OneCycle(1.0, steps=10)(t), 2) for t in range(10)]
    [0.04, 0.52, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]
    """

    peak: float
    steps: int
    rise: float = 0.3

    def __post_init__(self) -> None:
        _at_least(self, 0, "peak")
        _at_least(self, 1, "steps")
        if not 1 < self.rise * self.steps < self.steps:
            raise ValueError(
                f"{self}: a rise of {self.rise * self.steps} steps is not above 1 and below "
                f"{self.steps}"
            )

    def __call__(self, step: int) -> float:
        top = self.rise * self.steps - 1
        start = self.peak / 25
        if step <= top:
            return _cosine(start, self.peak, step / top)
        return _cosine(self.peak, start / 1e4, (step - top) / (self.steps - 1 - top))


@dataclass(frozen=True)
class Warmup(Schedule):
    """A linear rise in ``steps`` steps, followed by the schedule ``then`` from its first step.

    η(t) = (t + 1) / (``steps`` + 1) · then(0) for t < ``steps``, else then(t - ``steps``).

    >>> warmup = Warmup(3, Exponential(0.8, factor=0.5))
    >>> [round(warmup(t), 3) for t in range(6)]
    [0.2, 0.4, 0.6, 0.8, 0.4, 0.2]
    """

    steps: int
    then: Schedule

    def __post_init__(self) -> None:
        _at_least(self, 1, "steps")

    def __call__(self, step: int) -> float:
        if step < self.steps:
            return (step + 1) / (self.steps + 1) * self.then(0)
        return self.then(step - self.steps)

    def start(self) -> None:
        self.then.start()

    def observe(self, loss: float) -> None:
        self.then.observe(loss)

    def state_dict(self) -> dict[str, Any]:
        return self.then.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.then.load_state_dict(state)


class ReduceOnPlateau(Schedule):
    """``lr``, multiplied by ``factor`` whenever the observed loss stops improving.

    The loss improves if it is below the best so far by more than ``min_delta``; NaN does not. After
    more than ``patience`` consecutive observations without improvement η becomes
    max(``factor`` · η, ``least``), and the count starts again.

    >>> schedule = ReduceOnPlateau(0.8, factor=0.5, patience=1)
    >>> rates = []
    >>> for loss in [3.0, 2.0, 2.0, 2.0, 1.0]:
    ...     schedule.observe(loss)
    ...     rates.append(schedule(0))
    >>> rates
    [0.8, 0.8, 0.8, 0.4, 0.4]
    """

    def __init__(
        self,
        lr: float,
        *,
        factor: float = 0.1,
        patience: int = 10,
        min_delta: float = 0.0,
        least: float = 0.0,
    ) -> None:
        self.lr = lr
        self.factor = factor
        self.patience = patience
        self.min_delta = min_delta
        self.least = least
        _at_least(self, 0, "lr", "factor", "patience", "min_delta", "least")
        if factor >= 1:
            raise ValueError(f"{self}: factor={factor} would not reduce the learning rate")
        self.start()

    def start(self) -> None:
        self._rate = self.lr
        self._best: float | None = None
        self._waited = 0

    def __repr__(self) -> str:
        return (
            f"ReduceOnPlateau(lr={self.lr}, factor={self.factor}, patience={self.patience}, "
            f"min_delta={self.min_delta}, least={self.least})"
        )

    def __call__(self, step: int) -> float:
        return self._rate

    def observe(self, loss: float) -> None:
        if self._best is None and math.isfinite(loss):
            self._best = loss
        elif self._best is not None and loss < self._best - self.min_delta:
            self._best = loss
            self._waited = 0
        else:
            self._waited += 1
        if self._waited > self.patience:
            self._rate = max(self.factor * self._rate, self.least)
            self._waited = 0

    def state_dict(self) -> dict[str, Any]:
        return {"rate": self._rate, "best": self._best, "waited": self._waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._rate = state["rate"]
        self._best = state["best"]
        self._waited = state["waited"]


def _cosine(first: float, last: float, s: float) -> float:
    """Half a cosine wave from ``first`` at s = 0 to ``last`` at s = 1 and beyond."""
    return last + (first - last) / 2 * (1 + math.cos(math.pi * min(s, 1.0)))


def _at_least(schedule: Schedule, least: float, *names: str) -> None:
    for name in names:
        value = getattr(schedule, name)
        if not least <= value < math.inf:
            raise ValueError(f"{schedule}: {name}={value} must be finite and at least {least}")
