"""HIPS autograd."""

from collections.abc import Mapping

from benchmarks.problems.clients import cases
from benchmarks.systems.hips import hips, versions
from benchmarks.timing import Case

__all__ = ["clients", "versions"]


def clients(variant: str) -> Mapping[str, Case]:
    """The programs and the fits."""
    return cases(hips.value_and_grad)
