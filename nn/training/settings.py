"""What a training run is told to do, and what of it must not change when the run is resumed.

Each setting is explained and checked by ``nn.fit``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.data import Array
from nn.evaluation import Loss, Metric
from nn.optim.base import Optimizer
from nn.optim.schedules import Schedule
from nn.training.checkpoint import Checkpoint
from nn.training.stopping import StoppingRule


@dataclass(frozen=True)
class Settings:
    """What a run does; see ``fit``."""

    loss: Loss
    metrics: Mapping[str, Metric]
    data: tuple[Array, Array]
    validation: tuple[Array, Array] | None
    validation_every: int | None
    epochs: int
    batch_size: int
    rules: Sequence[StoppingRule]
    schedule: Schedule | Callable[[int], float] | None
    clip_norm: float | None
    callbacks: Sequence[Callable[[Any], Any]]
    checkpoint: Checkpoint | None
    compile: bool
    shards: int | None

    def remembering(self) -> list[Any]:
        """The parts that may have a state of their own."""
        parts: list[Any] = [self.schedule, *self.rules, *self.callbacks]
        return [part for part in parts if hasattr(part, "state_dict")]

    def identity(self, optimizer: Optimizer, rng: np.random.Generator | None) -> dict[str, str]:
        """What must be the same where a run goes on from a checkpoint, as texts by name.

        The number of epochs is not part of it: a run may be made longer.
        """
        data = {
            "checksum of the data": f"{checksum(*self.data)}",
            "checksum of the validation data": f"{checksum(*(self.validation or ()))}",
        }
        return data | self.described(optimizer, rng)

    def described(self, optimizer: Optimizer, rng: np.random.Generator | None) -> dict[str, str]:
        """The same without the data."""
        settings = optimizer.state_dict()["settings"]
        if self.schedule:
            del settings["lr"]  # it is the schedule's
        described = {
            "validation_every": self.validation_every,
            "batch_size": self.batch_size,
            "loss": self.loss,
            "metrics": list(self.metrics),
            "optimizer": type(optimizer).__name__,
            "optimizer settings": settings,
            "schedule": self.schedule,
            "stop": list(self.rules),
            "clip_norm": self.clip_norm,
            "shards": self.shards,
            "state of rng": None if rng is None else f"{_state_checksum(rng):08x}",
        }
        return texts(described)


def texts(described: Mapping[str, Any]) -> dict[str, str]:
    """What was named, to be compared with that of another process.

    Addresses of functions differ from process to process.
    """
    return {name: re.sub(" at 0x[0-9a-f]+", "", repr(x)) for name, x in described.items()}


def _state_checksum(rng: np.random.Generator) -> int:
    return zlib.crc32(repr(rng.bit_generator.state).encode())


def checksum(*arrays: Array) -> int:
    """Of the numbers, the shapes and the types: that the data are the same as before."""
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(f"{array.dtype}{array.shape}".encode(), checksum)
        checksum = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), checksum)
    return checksum
