"""What a step of the integrator computes, compiled: the series, and values after a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from autograd.engine.graph import Array
from autograd.jit import jit
from autograd.ode.series import series_and_events

Function: TypeAlias = Callable[..., Any]
Args: TypeAlias = tuple[Any, ...]
State: TypeAlias = Sequence[Array]
"""The leaves of y."""


@dataclass(frozen=True)
class Programs:
    """series(t, y, args) gives the coefficients of y and those of the events, each in one list;
    advance(t, y, s, args) the leaves of y at t + s; each of events(t, y, s, args) the event and its
    slope there.
    """

    series: Function
    advance: Function
    events: tuple[Function, ...]


def programs(f: Function, order: int, events: tuple[Function, ...]) -> Programs:
    """The programs of an equation, compiled when they are first called."""
    try:
        return _kept(f, order, events)
    except TypeError:  # f cannot be hashed
        return _programs(f, order, events)


def _programs(f: Function, order: int, events: tuple[Function, ...]) -> Programs:
    def series(t: Array, y: Any, args: Args) -> Any:
        rows, watched = series_and_events(f, t, y, order, args, events)
        return [c for row in rows for c in row], [c for row in watched for c in row]

    def advance(t: Array, y: Any, s: Array, args: Args) -> State:
        return horner(series_and_events(f, t, y, order, args)[0], s)

    def watching(event: Function) -> Function:
        def value_and_slope(t: Array, y: Any, s: Array, args: Args) -> tuple[Array, Array]:
            _, rows = series_and_events(f, t, y, order, args, [event])
            (value,) = horner(rows, s)
            (slope,) = horner([[row[0] * k] for k, row in enumerate(rows)][1:], s)
            return value, slope

        return jit(value_and_slope, notices=False)

    return Programs(
        jit(series, notices=False), jit(advance, notices=False), tuple(map(watching, events))
    )


_kept = lru_cache(32)(_programs)


def horner(rows: Sequence[State], s: Any) -> State:
    """Σ rowsₖ sᵏ, for each leaf."""
    total = list(rows[-1])
    for row in rows[-2::-1]:
        total = [x * s + c for x, c in zip(total, row, strict=True)]
    return total
