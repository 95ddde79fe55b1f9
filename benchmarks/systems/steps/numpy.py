"""NumPy alone, with the derivatives written by hand and every array made once."""

from collections.abc import Mapping

from benchmarks.problems import steps
from benchmarks.problems.arrays import Array, Labels
from benchmarks.problems.epochs import Network
from benchmarks.scales import SCALES
from benchmarks.systems.epochs.numpy import Preallocated
from benchmarks.systems.numpy import versions
from benchmarks.timing import Case

__all__ = ["compiled_step", "memory", "versions"]


class OneBatch(Preallocated):
    """With the batch in its place."""

    def __init__(self, network: Network, inputs: Array, labels: Labels) -> None:
        super().__init__(network, inputs, labels)
        self.x[...], self.right[...] = self.inputs, self.one_hot


def compiled_step(variant: str) -> Mapping[str, Case]:
    """What a compiler can reach at best."""
    return steps.cases(OneBatch)


def memory(variant: str) -> Mapping[str, Case]:
    """What it holds."""
    return steps.weighing(OneBatch, SCALES)
