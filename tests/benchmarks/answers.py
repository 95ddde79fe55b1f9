"""The right answers of the benchmarks, computed once for all tests."""

from collections.abc import Mapping
from functools import cache

from benchmarks.problems import ANSWERS
from benchmarks.problems.arrays import Answer


@cache
def right(name: str) -> Mapping[str, Answer]:
    """What each measure of a work must give."""
    return ANSWERS[name]()
