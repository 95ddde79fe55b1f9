"""This project's engine, under the names of HIPS autograd."""

from collections.abc import Mapping

from autograd import jit, value_and_grad
from benchmarks.problems.clients import cases
from benchmarks.systems.ours import versions
from benchmarks.timing import Case

__all__ = ["clients", "versions"]


def clients(variant: str) -> Mapping[str, Case]:
    """The programs, eager or compiled; and the fits, which call the engine as they are."""
    if variant == "jit":
        return cases(lambda f: jit(value_and_grad(f)), fits=False)
    return cases(value_and_grad)
