"""HIPS autograd."""

from collections.abc import Mapping

from benchmarks.problems.programs import cases
from benchmarks.systems.hips import hips, versions
from benchmarks.timing import Case

__all__ = ["programs", "versions"]


def programs(variant: str) -> Mapping[str, Case]:
    """Every program."""
    return cases(hips.value_and_grad)
