"""Digits against time: Kepler's problem, 100 turns of an ellipse with e = 0.5.

`python -m benchmarks.orbits` writes `results/orbits.md`. The integrators take turns, and each is
given several tolerances. After a whole number of turns the body is where it started, so the error
is known. SciPy and heyoka take part where they are installed.
"""

import math
import platform
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from autograd.ode import solve_ode

RESULTS = Path(__file__).parent / "results" / "orbits.md"
ECCENTRICITY = 0.5
TURNS = 100
END = 2 * math.pi * TURNS
START = (
    1 - ECCENTRICITY,
    0.0,
    0.0,
    math.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY)),
)
ROUNDS = 5

Run = Callable[[], tuple[Any, int]]
"""Gives the state after all turns, and the number of steps."""


def kepler(t: Any, state: Any) -> Any:
    """The equation."""
    x, y, u, v = state
    attraction = -((x * x + y * y) ** -1.5)
    return u, v, attraction * x, attraction * y


def ours(rtol: float) -> Run:
    """`autograd.ode.solve_ode`."""

    def run() -> tuple[Any, int]:
        solution = solve_ode(kepler, (0.0, END), START, rtol=rtol)
        return [x[-1] for x in solution.y], solution.steps

    return run


def dop853(rtol: float) -> Run:
    """`scipy.integrate.solve_ivp`, the method of order 8 of Dormand and Prince."""
    solve_ivp = import_module("scipy.integrate").solve_ivp

    def run() -> tuple[Any, int]:
        found = solve_ivp(kepler, (0.0, END), START, method="DOP853", rtol=rtol, atol=rtol)
        return found.y[:, -1], len(found.t) - 1

    return run


def heyoka(tolerance: float) -> Run:
    """heyoka's Taylor integrator, compiled by LLVM when it is made."""
    library = import_module("heyoka")
    names = library.make_vars("x", "y", "u", "v")
    system = list(zip(names, kepler(0.0, names), strict=True))
    integrator = library.taylor_adaptive(system, list(START), tol=tolerance)

    def run() -> tuple[Any, int]:
        integrator.time = 0.0
        integrator.state[:] = START
        steps = integrator.propagate_until(END)[3]
        return integrator.state.copy(), steps

    return run


CONTESTANTS: dict[str, tuple[Callable[[float], Run], tuple[float, ...]]] = {
    "solve_ode (ours)": (ours, (1e-6, 1e-9, 1e-12, 1e-14, 1e-16)),
    "SciPy, DOP853": (dop853, (1e-6, 1e-9, 1e-12, 3e-14)),
    "heyoka": (heyoka, (1e-6, 1e-9, 1e-12, 1e-14, 2e-16)),
}


def runs() -> Iterator[tuple[str, float, Run]]:
    """Each contestant that is installed, with each of its tolerances, ready to run."""
    for name, (make, tolerances) in CONTESTANTS.items():
        try:
            made = [(tolerance, make(tolerance)) for tolerance in tolerances]
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        for tolerance, run in made:
            run()  # compiles ours
            yield name, tolerance, run


def measured() -> Iterator[tuple[str, float, int, float, float]]:
    """The name, tolerance, steps, error and time of each."""
    contestants = list(runs())
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(ROUNDS):
        for own, (_, _, run) in zip(times, contestants, strict=True):
            start = time.perf_counter()
            run()
            own.append(time.perf_counter() - start)
    for (name, tolerance, run), own in zip(contestants, times, strict=True):
        state, steps = run()
        error = float(np.abs(np.subtract(state, START)).max())
        yield name, tolerance, steps, error, median(own)


def page() -> str:
    """The table."""
    rows = list(measured())
    libraries = ", ".join(
        f"{name} {version(name.lower())}"
        for name in ("NumPy", "SciPy", "heyoka")
        if any(name in row[0] for row in rows) or name == "NumPy"
    )
    lines = [
        "# Orbits",
        "",
        f"Kepler's problem, {TURNS} turns with eccentricity {ECCENTRICITY}: the error of the state "
        f"after the last turn, and the time, the median of {ROUNDS} runs in turns. Compiling is "
        "not timed. `python -m benchmarks.orbits` makes this page.",
        "",
        f"Python {platform.python_version()}, {libraries}, {platform.machine()}.",
        "",
        "| | tolerance | steps | error | time |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, tolerance, steps, error, took in rows:
        lines.append(
            f"| {name} | {tolerance:.0e} | {steps:,} | {error:.1e} | {took * 1e3:,.1f} ms |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    RESULTS.write_text(page(), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))
