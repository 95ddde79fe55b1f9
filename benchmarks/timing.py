"""Timing a statement in this process; no libraries and no processes."""

import gc
import time
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the problems are made of what is here
    from benchmarks.problems.arrays import Answer


class Meter(Protocol):
    """Measures a case again and again."""

    def turn(self, seconds: float) -> float:
        """One sample of about that length."""


@dataclass(frozen=True)
class Case:
    """A statement to measure, and the proof that it computes the right thing.

    `names` are the globals of the statement and `units` is how often it does the work, by which
    its time is divided. With `collector` the cyclic garbage collector runs as in any program;
    without, it is off during a sample and everything is collected before. `executions` fixes
    how often the statement runs in a sample; without it that is found by calibration. `setup` runs
    before each sample and is not measured. `meter` makes what measures the case, if not its time.
    """

    statement: str
    names: Mapping[str, object]
    answer: "Callable[[], Answer]"
    units: int = 1
    collector: bool = True
    executions: int | None = None
    note: str = ""
    setup: str = "pass"
    meter: Callable[["Case"], Meter] | None = None

    def measured(self) -> Meter:
        """What measures it: a stopwatch, if nothing else."""
        return (self.meter or Stopwatch)(self)


class Stopwatch:
    """Times one case again and again, calibrating once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        # timeit turns the collector off before the set-up runs, so the set-up decides.
        collector = "import gc; gc.enable()\n" if case.collector else ""
        setup = collector + case.setup
        self.timer = timeit.Timer(case.statement, setup, globals=dict(case.names))
        self.executions = case.executions

    def turn(self, seconds: float) -> float:
        """Warm up, then the seconds that one unit takes in a sample of about `seconds`."""
        self.warm_up(seconds)
        executions = self.executions or self.calibrate(seconds)
        if not self.case.collector:
            gc.collect()
        return self.timer.timeit(executions) / executions / self.case.units

    def warm_up(self, seconds: float) -> None:
        """Run, untimed, until caches are warm and the threads of other processes asleep."""
        if not self.case.collector:
            gc.collect()
        chunk = 1 if self.case.executions or not self.executions else max(1, self.executions // 8)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.timer.timeit(chunk)

    def calibrate(self, seconds: float) -> int:
        """Find how many executions last `seconds`, by doubling."""
        executions = 1
        while (elapsed := self.timer.timeit(executions)) < seconds / 2:
            executions *= 2
        self.executions = max(1, round(executions * seconds / elapsed))
        return self.executions
