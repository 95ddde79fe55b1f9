"""This project's engine, under the names of HIPS autograd."""

from collections.abc import Mapping

from autograd import jit, value_and_grad
from benchmarks.problems.programs import cases
from benchmarks.systems.ours import versions
from benchmarks.timing import Case

__all__ = ["programs", "versions"]


def programs(variant: str) -> Mapping[str, Case]:
    """Every program, eager or compiled."""
    return cases((lambda f: jit(value_and_grad(f))) if variant == "jit" else value_and_grad)
