"""Medians, ratios and agreement of what was measured; no timing and no text."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.problems.arrays import Answer


@dataclass(frozen=True)
class Spread:
    """A typical value, and the quartiles: half of all rounds lie between `low` and `high`."""

    value: float
    low: float
    high: float


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The first and third quartile; of a single value, that value twice."""
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def time(times: Sequence[float]) -> Spread:
    """The median of the times, one per round, and their quartiles."""
    return Spread(statistics.median(times), *quartiles(times))


def ratio(times: Sequence[float], baseline: Sequence[float]) -> Spread:
    """How many times longer `times` are than `baseline`: the ratio of the medians.

    The machine may be slow in one round and fast in the next, so the spread is that of the
    ratios within a round.
    """
    rounds = [time / base for time, base in zip(times, baseline, strict=True)]
    value = statistics.median(times) / statistics.median(baseline)
    return Spread(value, *quartiles(rounds))


def disagreement(
    given: Mapping[str, Answer], right: Mapping[str, Answer], tolerance: float
) -> str | None:
    """Describe the first answer that is wrong, or None if all are right.

    The error of an array is its greatest difference over the greatest entry of the right one. A
    measure that the system did not take is no error, an unknown one is.
    """
    for measure, answer in given.items():
        if measure not in right:
            return f"{measure}: not a measure of this work"
        if missing := right[measure].keys() - answer.keys():
            return f"{measure}: no {', '.join(sorted(missing))}"
        for name, want in right[measure].items():
            got = np.asarray(answer[name])
            if got.shape != want.shape:
                return f"{measure}: {name} has shape {got.shape}, not {want.shape}"
            error = float(np.max(np.abs(got - want)) / np.max(np.abs(want)))
            if not error <= tolerance:  # a NaN is an error too
                return f"{measure}: {name} is off by {error:.1e}, more than {tolerance:.0e}"
    return None
