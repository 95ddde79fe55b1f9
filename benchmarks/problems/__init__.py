"""The data of each work and the right answers, in plain NumPy float64, the same on every run.

Nothing here is timed, and no differentiation library is imported.
"""

from collections.abc import Callable, Mapping

from benchmarks.problems import (
    classification,
    clients,
    compiling,
    costs,
    epochs,
    moons,
    operations,
    programs,
    series,
    steps,
    valley,
)
from benchmarks.problems.arrays import Answer

# For each work, what every measure of it must give.
ANSWERS: Mapping[str, Callable[[], Mapping[str, Answer]]] = {
    "scalars": moons.answers,
    "step": classification.answers,
    "operations": operations.answers,
    "epoch": epochs.answers,
    "programs": programs.answers,
    "clients": clients.answers,
    "compiled-step": steps.answers,
    "rosenbrock": valley.answers,
    "gradient-cost": costs.answers,
    "series": series.answers,
    "compile-time": compiling.answers,
    "memory": steps.answers_of_memory,
}
