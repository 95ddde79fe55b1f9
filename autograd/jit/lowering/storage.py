"""Memory for results: buffers made once, and shared by results that are not alive together."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np


@dataclass(eq=False)
class Slot:
    """A piece of memory of `size` numbers of one type."""

    name: str
    size: int
    dtype: np.dtype[Any]
    shared: bool = True
    """Whether it may be given to another result once this one is not needed any more."""


@dataclass
class Slots:
    """All memory of a program."""

    all: list[Slot] = field(default_factory=list)
    free: list[Slot] = field(default_factory=list)

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any], shared: bool = True) -> Slot:
        """Memory for an array: the smallest piece that is free and large enough, or a new one."""
        size = prod(shape)
        fitting = [s for s in self.free if s.dtype == dtype and size <= s.size <= 4 * size + 64]
        if shared and fitting:
            best = min(fitting, key=lambda slot: slot.size)
            self.free.remove(best)
            return best
        slot = Slot(f"buffer{len(self.all)}", size, dtype, shared)
        self.all.append(slot)
        return slot

    def release(self, slot: Slot) -> None:
        """The array in this piece is not needed any more."""
        if slot.shared:
            self.free.append(slot)
