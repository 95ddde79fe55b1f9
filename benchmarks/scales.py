"""Weighing the memory of a statement in this process, where `timing` would time it."""

import ctypes
import gc
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.timing import Case

STEPS_BEFORE = 3


class Scale:
    """Weighs what a statement has at its greatest, with all that its set-up and runs have kept.

    A first weighing goes for nothing: what a library sets up once for a process is not counted.
    """

    def __init__(self, case: "Case") -> None:
        self.setup = compile(case.setup, "set-up", "exec")
        self.statement = compile(case.statement, "statement", "exec")
        self.names = case.names
        self.used = False

    def turn(self, seconds: float) -> float:
        """The bytes."""
        if not self.used:
            self.weigh()
            self.used = True
        return self.weigh()

    def weigh(self) -> float:
        """Set up, run until nothing is new, then run once with an eye on the peak."""
        names = dict(self.names)
        self.begin()
        exec(self.setup, names)
        for _ in range(STEPS_BEFORE):
            exec(self.statement, names)
        self.forget_peak()
        exec(self.statement, names)
        return self.peak()

    def begin(self) -> None:
        """Note what there is without the statement."""
        raise NotImplementedError

    def forget_peak(self) -> None:
        """From here on counts."""
        raise NotImplementedError

    def peak(self) -> float:
        """The most since then, less what there was at the beginning."""
        raise NotImplementedError


class Traced(Scale):
    """By what Python and NumPy ask for: exact, and blind to other libraries."""

    def begin(self) -> None:
        gc.collect()
        tracemalloc.start()

    def forget_peak(self) -> None:
        gc.collect()
        tracemalloc.reset_peak()

    def peak(self) -> float:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return float(peak)


class Resident(Scale):
    """By the pages that the process holds, as Linux counts them."""

    def begin(self) -> None:
        release()
        self.before = status("VmRSS")

    def forget_peak(self) -> None:
        release()
        Path("/proc/self/clear_refs").write_text("5")

    def peak(self) -> float:
        return status("VmHWM") - self.before


def release() -> None:
    """Give back to the system what is free, so that it is not found there again unseen."""
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def status(name: str) -> float:
    """A figure of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return 1024.0 * float(line.split()[1])
    raise OSError(f"the system tells no {name}")


RESIDENT, TRACED = "resident pages", "asked for by Python and NumPy"
SCALES: Mapping[str, type[Scale]] = {TRACED: Traced} | (
    {RESIDENT: Resident} if Path("/proc/self/clear_refs").exists() else {}
)
