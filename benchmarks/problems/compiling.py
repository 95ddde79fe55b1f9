"""The work `compile-time`: the first steps of two networks, and a program of 66,000 numbers."""

from collections.abc import Mapping

from benchmarks.problems import moons, steps
from benchmarks.problems.arrays import Answer

SCALARS = "micrograd's demonstration, 66,000 numbers"


def answers() -> Mapping[str, Answer]:
    """What is compiled computes what it does in the works `compiled-step` and `scalars`."""
    return {**steps.answers(), SCALARS: moons.answers()[moons.COLLECTOR_ON]}
