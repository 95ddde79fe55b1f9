"""The data of each work and the right answers, in plain NumPy float64, the same on every run.

Nothing here is timed, and no differentiation library is imported.
"""

from collections.abc import Callable, Mapping

from benchmarks.problems import classification, epochs, moons, operations, programs
from benchmarks.problems.arrays import Answer

# For each work, what every measure of it must give.
ANSWERS: Mapping[str, Callable[[], Mapping[str, Answer]]] = {
    "scalars": moons.answers,
    "step": classification.answers,
    "operations": operations.answers,
    "epoch": epochs.answers,
    "programs": programs.answers,
}
